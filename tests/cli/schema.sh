# schema.sh - a validator that is not ours reads the schemas and what the programs wrote. Part of
# cli.sh.
# shellcheck shell=bash

run_schema() {
    local name="schema: ajv accepts what iobench wrote" modules=$ROOT/build/npm line
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        skip "$name" "node or npm is missing"
        return
    fi
    mkdir -p "$modules" && cp "$HERE"/ajv/package*.json "$HERE"/ajv/validate.mjs "$modules/"
    if ! cmp -s "$HERE/ajv/package-lock.json" "$modules/.installed"; then
        if ! (cd "$modules" && timeout 60 npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1 </dev/null); then
            skip "$name" "npm cannot fetch ajv; see build/npm/npm.log"
            return
        fi
        cp "$HERE/ajv/package-lock.json" "$modules/.installed"
    fi
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
