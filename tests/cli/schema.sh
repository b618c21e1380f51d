# schema.sh - a validator that is not ours reads the schemas and what the programs wrote. Part of
# cli.sh.
# shellcheck shell=bash

run_schema() {
    need_result
    local name="schema: ajv accepts what iobench wrote" modules=$ROOT/build/npm line
    npm_ready "$name" ajv "$modules" || return 0
    local results=()
    for line in result skipped interrupted killed dies transports foreign-python foreign-wrapped foreign-at; do
        [ -s "$TMP/$line.json" ] && results+=("$TMP/$line.json")
    done
    for line in "$ROOT"/results/samples/*.json; do [ -s "$line" ] && results+=("$line"); done
    (cd "$modules" && timeout 60 node validate.mjs "$ROOT/results/iobench-result.schema.json" "${results[@]}") ||
        not_ok "schema: validate.mjs" "it failed"
    line=$ROOT/bench/suites/iobench-suite.schema.json
    if [ -s "$line" ]; then
        results=()
        for name in "$ROOT"/bench/suites/*.json; do [ "$name" = "$line" ] || results+=("$name"); done
        (cd "$modules" && timeout 60 node validate.mjs "$line" "$TMP/tiny.json" "${results[@]}") ||
            not_ok "schema: validate.mjs of suites" "it failed"
    fi
}
