# doctored.sh - `iobench validate` on a fresh result in which one number was changed; the program that
# changes each of them is tests/unit/test_doctored.c. Part of cli.sh.
# shellcheck shell=bash

# The relations hold for slots of every verdict, so the exit code of the run does not matter. A slot without
# figures or messages says little that could be contradicted, so there must be none.
run_doctored() {
    local name="validate: whatever number is changed, the file is refused" doctor=$BIN/tests/unit-doctored tries=3 code
    [ -x "$doctor" ] || { skip "$name" "$doctor is not built"; return; }
    while
        limited "$BIN/iobench" run --quiet --suite "$HERE/every-load.json" -o "$TMP/every-load.json" >/dev/null 2>"$TMP/.err"
        grep -qE '"skipped"|"messages":[[:space:]]*null|no_message' "$TMP/every-load.json" && [ $((--tries)) -gt 0 ]
    do :; done
    verdict "validate: a fresh result of every load" "$("$BIN/iobench" validate --quiet "$TMP/every-load.json" 2>&1)"
    verdict "validate: no figures of it were refused" "$(grep -m 1 "loadgen's figures" "$TMP/every-load.json")"
    [ "$tries" -gt 0 ] || { skip "$name" "a slot has no messages: $(grep -m 1 -A 1 '"reasons"' "$TMP/every-load.json")"; return; }
    timeout --kill-after=5 "$((120 * SCALE))" "$doctor" "$TMP/every-load.json" >"$TMP/.out" 2>&1
    code=$?
    verdict "$name" "$([ "$code" = 0 ] || grep -m 3 passes "$TMP/.out" || tail -n 3 "$TMP/.out")"
    grep -h 'changes refused' "$TMP/.out" | sed 's/^.*json: /# /'
}
