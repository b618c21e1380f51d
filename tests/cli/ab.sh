# ab.sh - `iobench ab` as a gate: what turns it red, what it leaves behind. Part of cli.sh.
#
# Candidates are scripts around echo-epoll. Whether noise is mistaken for a change is for
# make gate-calibrate to say; here a change is so large, or so wrong, that no noise hides it.
# shellcheck shell=bash

# candidate NAME LINE: a server NAME/echo-epoll that runs LINE, where "$real" is the true one.
candidate() {
    mkdir -p "$TMP/ab/$1"
    printf '#!/bin/sh\nreal=%s\n%s\n' "$BIN/echo-epoll" "$2" >"$TMP/ab/$1/echo-epoll"
    chmod +x "$TMP/ab/$1/echo-epoll"
}

ab() { timeout --kill-after=5 "$((120 * SCALE))" "$BIN/iobench" ab "$@" </dev/null >"$TMP/.out" 2>"$TMP/.err"; }

# Whether nothing of a comparison is left in the directory for temporary files.
swept() { [ -z "$(ls -d "$TMP"/ab/tmp/iobench-ab-* 2>/dev/null)" ]; }

# gated NAME CODE PATTERN WORDS...: the exit code, and what it says on stdout.
gated() {
    local name=$1 want=$2 pattern=$3 code reason=
    shift 3
    ab "$@"
    code=$?
    [ "$code" = "$want" ] || reason="exit code $code: $(tail -n 2 "$TMP/.out" "$TMP/.err" | tr '\n' '|')"
    grep -qE -e "$pattern" "$TMP/.out" || reason=${reason:-"said: $(tail -c 400 "$TMP/.out" | tr '\n' '|')"}
    swept || reason=${reason:-"left its copies behind"}
    verdict "ab: $name" "$reason"
}

# A candidate that takes ten times as long is found; chance voids one job in a hundred, so another seed may try.
slower() {
    local seed code=3 out=$TMP/ab/slow
    for seed in 1 2 3; do
        [ "$code" = 3 ] || break
        ab --suite "$TMP/ab/suite.json" --baseline epoll --candidate "$TMP/ab/slow/echo-epoll" --seed "$seed" \
            -o "$out.json" --json --junit "$out.xml" --markdown "$out.md"
        code=$?
    done
    verdict "ab: a slower candidate is exit code 1" "$([ "$code" = 1 ] || echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
    cp "$TMP/.out" "$out.gate.json"
    verdict "ab: the throughput is what regressed" "$(grep -q '"verdict":[[:space:]]*"REGRESSED"' "$out.gate.json" || echo "no row did")"
    verdict "ab: its result is valid" "$(invalid "$out.json")"
    verdict "ab: every pair has both its slots" "$(
        [ "$(grep -c '"verdict":[[:space:]]*"' "$out.json")" -ge 64 ] || echo "$(grep -c '"verdict":[[:space:]]*"' "$out.json") slots")"
    verdict "ab --markdown: a table" "$(grep -q '^|.*REGRESSED' "$out.md" || head -c 300 "$out.md")"
    if command -v xmllint >/dev/null; then
        verdict "ab --junit: as Jenkins reads it" "$(xmllint --noout --relaxng "$HERE/junit.rng" "$out.xml" 2>&1 | grep -v ' validates$')"
    else
        skip "ab --junit: as Jenkins reads it" "xmllint is not installed"
    fi
    verdict "ab --junit: one failure" "$(grep -q '<failure ' "$out.xml" || head -c 300 "$out.xml")"
}

# One of ten connections is reset, by a server that is otherwise right and fast.
resets() {
    local name="a candidate that resets a connection has regressed"
    if [ ! -x "$BIN/tests/fault-server" ]; then
        skip "ab: $name" "the fault server is not built"
        return
    fi
    candidate resets 'case "$*" in *--describe*) exec "$real" "$@" ;; esac
exec "${real%/*}/tests/fault-server" --stop-on-eof --fault reset --fault-connection 3 --fault-at 640'
    gated "$name" 1 'lost slots: baseline .*, candidate .* failed.*; p of the failures' \
        --baseline epoll --candidate "$TMP/ab/resets/echo-epoll" --suite "$TMP/ab/suite.json" -o "$TMP/ab/resets.json"
    verdict "ab: and the cause is told" "$(
        grep -qE 'REGRESSED: .*reliability: .*lost connections in [0-9]+ of .*connections were lost' "$TMP/.out" ||
            tail -n 1 "$TMP/.out")"
}

# Server and load generator on the same CPU.
ab_one_cpu() {
    local name="ab: with one CPU there is no verdict" cpu code reason=
    if ! command -v taskset >/dev/null; then
        skip "$name" "taskset is not installed"
        return
    fi
    cpu=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
    timeout --kill-after=5 "$((60 * SCALE))" taskset -c "$cpu" "$BIN/iobench" ab --suite "$TMP/ab/suite.json" \
        --baseline epoll --candidate epoll:trigger=level -o "$TMP/ab/one.json" </dev/null >"$TMP/.out" 2>"$TMP/.err"
    code=$?
    [ "$code" = 3 ] || reason="exit code $code"
    grep -qE "NO VERDICT: .*the server and the load generator share CPU $cpu," "$TMP/.out" ||
        reason=${reason:-"said: $(tail -c 300 "$TMP/.out" | tr '\n' '|')"}
    verdict "$name" "$reason"
}

interrupted_ab() {
    local pid code reason='' out=$TMP/ab/broken.json
    "$BIN/iobench" ab --suite "$TMP/ab/suite.json" --baseline epoll --candidate epoll:trigger=level -o "$out" \
        >/dev/null 2>"$TMP/.err" </dev/null &
    pid=$!
    until_true samples_in "$out" 3 || reason="no samples"
    kill -INT "$pid"
    wait "$pid"
    code=$?
    [ "$code" = 130 ] || reason=${reason:-"exit code $code"}
    verdict "ab: interrupted, it keeps its slots and says so" \
        "${reason:-$(invalid "$out"; grep -q '^iobench ab: interrupted; [0-9]* slots' "$TMP/.err" || tail -n 1 "$TMP/.err"; swept || echo "left its copies behind")}"
}

# What a killed comparison leaves is removed by the next one, and not by one beside it that lives.
killed_ab() {
    local pid children space reason=
    "$BIN/iobench" ab --suite "$TMP/ab/suite.json" --baseline epoll --candidate epoll:trigger=level -o "$TMP/ab/killed.json" \
        >/dev/null 2>"$TMP/.err" </dev/null &
    pid=$!
    until_true samples_in "$TMP/ab/killed.json" 1 || reason="no samples"
    space=$(ls -d "$TMP"/ab/tmp/iobench-ab-*)
    ab --suite "$TMP/ab/suite.json" --baseline epoll --candidate epoll:trigger=level --dry-run
    verdict "ab: the copies of one that runs stay" "${reason:-$([ "$(ls -d "$TMP"/ab/tmp/iobench-ab-*)" = "$space" ] || ls "$TMP/ab/tmp")}"
    children=$(children_of "$pid")
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
    # shellcheck disable=SC2086
    until_true gone $children || kill -9 $children
    ab --suite "$TMP/ab/suite.json" --baseline epoll --candidate epoll:trigger=level --dry-run
    verdict "ab: the copies of one that was killed are removed" "$(swept || ls -d "$TMP"/ab/tmp/*)"
}

# The tree that the tests run from, against itself.
revision() {
    local name="ab --baseline-rev: unchanged servers are identical" reason=
    if ! git -C "$ROOT" rev-parse --quiet --verify HEAD >/dev/null 2>&1; then
        skip "$name" "not a git work tree"
    elif [ "$(basename "$(dirname "$BUILT")")" != build ]; then
        skip "$name" "only plain builds are compared"
    elif ! git -C "$ROOT" diff --quiet HEAD -- base servers Makefile; then
        skip "$name" "base/, servers/ or the Makefile have changes"
    else
        timeout --kill-after=5 "$((300 * SCALE))" "$BIN/iobench" ab --baseline-rev HEAD --server epoll --server poll \
            </dev/null >"$TMP/.out" 2>"$TMP/.err" || reason=$(tail -n 1 "$TMP/.err")
        verdict "$name" "${reason:-}$([ "$(grep -c IDENTICAL "$TMP/.out")" -ge 2 ] || head -c 300 "$TMP/.out")"
    fi
}

run_revision() {
    mkdir -p "$TMP/ab/tmp"
    local -x TMPDIR=$TMP/ab/tmp
    revision
}

run_ab() {
    mkdir -p "$TMP/ab/tmp"
    local -x TMPDIR=$TMP/ab/tmp
    cat >"$TMP/ab/suite.json" <<'SUITE'
{ "schema": { "name": "iobench-suite", "version_major": 1, "version_minor": 0 },
  "name": "short", "description": "one closed loop", "servers": ["epoll"],
  "phases": [{ "name": "capacity", "loads": [
    { "load": "closed", "connections": 10, "burn_ns": 20000, "warmup_s": 0.05, "duration_s": 0.1 }] }] }
SUITE
    candidate slow 'case "$*" in *--describe*) exec "$real" "$@" ;; esac
exec "$real" --stop-on-eof --burn-ns 200000'
    candidate dies 'case "$*" in *--describe*) exec "$real" "$@" ;; esac
echo "out of luck" >&2; exit 1'
    gated "equal programs and options are not measured" 0 IDENTICAL --baseline epoll --candidate "$BIN/echo-epoll" --suite "$TMP/ab/suite.json"
    gated "a candidate that does not start has regressed" 1 'REGRESSED: .*reliability: .*crashed in 3 of 3 .*out of luck' \
        --baseline epoll --candidate "$TMP/ab/dies/echo-epoll" --suite "$TMP/ab/suite.json" -o "$TMP/ab/dies.json"
    gated "a baseline that does not start is exit code 3" 3 'NO VERDICT: .*capacity|INVALID: .*out of luck|NO VERDICT: .*out of luck' \
        --baseline "$TMP/ab/dies/echo-epoll" --candidate epoll --suite "$TMP/ab/suite.json" -o "$TMP/ab/base.json"
    candidate breaks 'case "$*" in *--describe*) exec "$real" "$@" ;; esac
n=$(cat "$0.n" 2>/dev/null || echo 0); echo "$((n + 1))" >"$0.n"
[ "$((n % 2))" = 0 ] || { echo "broke down" >&2; exit 1; }
exec "$real" "$@"'
    gated "a candidate that breaks now and then has regressed" 1 'REGRESSED: .*reliability: .*crashed in 3 of 6 .*broke down' \
        --baseline epoll --candidate "$TMP/ab/breaks/echo-epoll" --suite "$TMP/ab/suite.json" -o "$TMP/ab/breaks.json"
    resets
    ab_one_cpu
    gated "a dry run tells cells and time" 0 'about [0-9]+ s with the control if nothing changed, at most 720 s' \
        --baseline epoll --candidate epoll:trigger=level --dry-run
    sed 's/: 10,/: 5000,/' "$TMP/ab/suite.json" >"$TMP/ab/many.json"
    mkdir "$TMP/ab/select" && { cat "$BIN/echo-select"; echo; } >"$TMP/ab/select/echo-select" && chmod +x "$TMP/ab/select/echo-select"
    gated "a cell that cannot run is exit code 3" 3 'NO VERDICT: .*serves at most' --baseline select \
        --candidate "$TMP/ab/select/echo-select" --suite "$TMP/ab/many.json" -o "$TMP/ab/many.result.json"
    gated "a cell that cannot run has its code" 3 '"code":[[:space:]]*"skipped"' --json --baseline select \
        --candidate "$TMP/ab/select/echo-select" --suite "$TMP/ab/many.json" -o "$TMP/ab/many.result.json"
    slower
    interrupted_ab
    if [ -r /proc/self/stat ]; then killed_ab; else skip "ab: killed" "there is no /proc to find children in"; fi
}
