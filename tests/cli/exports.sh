# exports.sh - `iobench export`: what it writes, what it must not, and that a reader which is not ours finds
# in it what the result says. Part of cli.sh; also reads results that earlier
# parts made.
# shellcheck shell=bash

# exported NAME CODE PATTERN WORDS...: the exit code, and one line that matches: on stdout of code 0, else on
# stderr; nothing on the other.
exported() {
    local name=$1 want=$2 pattern=$3 said=$TMP/.out silent=$TMP/.err code reason=
    shift 3
    limited "$BIN/iobench" export --hlog "$@" >"$TMP/.out" 2>"$TMP/.err"
    code=$?
    [ "$want" = 0 ] || { said=$TMP/.err silent=$TMP/.out; }
    [ "$code" = "$want" ] || reason="exit code $code: $(head -n 1 "$TMP/.err")"
    [ "$(wc -l <"$said")" = 1 ] && grep -qE -e "$pattern" "$said" || reason=${reason:-"said: $(head -c 300 "$said" | tr '\n' '|')"}
    [ ! -s "$silent" ] || reason=${reason:-"said, too: $(head -n 1 "$silent")"}
    verdict "export: $name" "$reason"
}

is_log() { [ "$(head -n 2 "$1" | tail -n 1)" = '#[Histogram log format version 1.3]' ] && grep -q '^Tag=epoll' "$1"; }
# the files in $TMP/exports
there() { (cd "$TMP/exports" && ls -A | tr '\n' ' '); }

run_exports() {
    need_result
    local line modules=$ROOT/build/npm-hlog logs=() sample e=$TMP/exports
    sample=$(ls "$ROOT"/results/samples/*.json | head -n 1)
    mkdir "$e" && cp "$sample" "$e/r.json"
    exported "a result beside itself" 0 'r\.hlog \([0-9]+ histograms of [0-9]+ slots' "$e/r.json"
    verdict "export: the log is the result's name with .hlog" "$(is_log "$e/r.hlog" && [ "$(there)" = "r.hlog r.json " ] || there)"
    cp "$e/r.hlog" "$TMP/whole.hlog"
    echo old >"$e/r.hlog"
    line=$(limited "$BIN/iobench" export --hlog --quiet "$e/r.json" 2>&1)
    verdict "export --quiet: says nothing" "$line"
    verdict "export: a log that exists is replaced" "$(cmp "$e/r.hlog" "$TMP/whole.hlog" 2>&1)"
    mv "$e/r.json" "$e/r" && rm "$e/r.hlog"
    exported "a result without an ending" 0 'r\.hlog \(' "$e/r"
    exported "the result is not overwritten" 2 'is one of the results' "$e/r" -o "$e/r"
    ln "$e/r" "$e/link"
    exported "nor under another name" 2 'is one of the results' "$e/r" -o "$e/link"
    mv "$e/r" "$e/r.hlog" && rm "$e/link"
    exported "nor where its name is the log's" 2 'is one of the results' "$e/r.hlog"
    verdict "export: the result is as it was" "$(cmp "$e/r.hlog" "$sample" 2>&1)"
    exported "a folder that is not there" 2 '^iobench export: -o .*no/x\.hlog: no such file' "$e/r.hlog" -o "$e/no/x.hlog"
    exported "a folder in the place of the log" 2 '^iobench export: -o .*exports: .*directory' "$e/r.hlog" -o "$e"
    sed -E 's/("started_utc":[[:space:]]*")[^"]*/\1yesterday/' "$e/r.hlog" >"$e/r.json"
    exported "a result without a time of start" 2 'session\.started_utc: "yesterday" is not a time' "$e/r.json" -o "$e/x.hlog"
    sed -E 's/("started_utc":[[:space:]]*)/\1 1, "x": /' "$e/r.hlog" >"$e/r.json"
    exported "a result that is not valid" 2 '^iobench export: .*r\.json: session\.started_utc: ' "$e/r.json" -o "$e/x.hlog"
    [ ! -s "$TMP/skipped.json" ] ||
        exported "a result of nothing but skipped cells" 2 'nothing to export' "$TMP/skipped.json" -o "$e/x.hlog"
    verdict "export: what is refused leaves nothing behind" "$([ "$(there)" = "r.hlog r.json " ] || there)"

    # slots of every kind
    limited "$BIN/iobench" run --quiet --suite "$ROOT/tests/fuzz/seed.json" -o "$TMP/kinds.json" >/dev/null 2>&1
    for line in "$ROOT"/results/samples/*.json "$TMP"/{kinds,result,interrupted,killed,foreign-python,foreign-at}.json; do
        [ -s "$line" ] || continue
        # a slow machine may have left no slot that can be used
        if limited "$BIN/iobench" export --hlog --quiet "$line" -o "$TMP/${#logs[@]}.hlog" 2>/dev/null; then
            logs+=("$line" "$TMP/${#logs[@]}.hlog")
        fi
    done
    npm_ready "hlog: hdr-histogram-js reads what was exported" hlog "$modules" || return 0
    (cd "$modules" && timeout "$((60 * SCALE))" node decode.mjs "${logs[@]}" 2>&1) || not_ok "hlog: decode.mjs" "it failed"
}
