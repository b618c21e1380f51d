#!/usr/bin/env bash
# cli.sh - what people and scripts see: exit codes, messages, files and processes left behind.
# Invariant: every test prints exactly one line "ok", "not ok" or "skip".
#
#   BIN=build/bin [SCALE=1] bash tests/cli/cli.sh      (from the project's directory)
set -u
set -m # children in process groups of their own, so that SIGINT is not ignored in them

BIN=$(cd "${BIN:-build/bin}" && pwd) || exit 1
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$PWD
SCALE=${SCALE:-1}
TMP=$(mktemp -d "${TMPDIR:-/tmp}/iobench-cli.XXXXXX") || exit 1
trap 'rm -rf "$TMP"' EXIT

ok() { echo "ok cli $1"; }
not_ok() { echo "not ok cli $1 # $2"; }
skip() { echo "skip cli $1 # $2"; }

# verdict NAME REASON: passed if the reason is empty
verdict() { if [ -z "$2" ]; then ok "$1"; else not_ok "$1" "$2"; fi; }

limited() { timeout --kill-after=5 "$((30 * SCALE))" "$@" </dev/null; }

# ---- the table -----------------------------------------------------------------------------------

make_inputs() {
    cp "$HERE/tiny.json" "$TMP/tiny.json"
    sed 's/"connections"/"conections"/' "$HERE/tiny.json" >"$TMP/typo.json"
    sed 's/"connections": \[5\]/"connections": "many"/' "$HERE/tiny.json" >"$TMP/type.json"
    sed 's/"size_bytes": 64/"size_bytes": 0/' "$HERE/tiny.json" >"$TMP/range.json"
    sed 's/"phases"/"phrases"/' "$HERE/tiny.json" >"$TMP/missing.json"
    sed 's/"version_major": 1/"version_major": 2/' "$HERE/tiny.json" >"$TMP/major.json"
    echo 'hello' >"$TMP/text.json"
    : >"$TMP/empty"
    head -c 200000 /dev/zero | tr '\0' '[' >"$TMP/deep.json"
}

# Why "CODE | PATTERN | WORDS..." does not hold; empty if it does.
table_fault() {
    local want=$1 pattern=$2 code lines
    shift 2
    limited "$@" >"$TMP/.out" 2>"$TMP/.err"
    code=$?
    [ "$code" = "$want" ] || { echo "exit code $code, expected $want: $(head -c 300 "$TMP/.err" | tr '\n' '|')"; return; }
    if [ "$want" = 0 ]; then
        [ -s "$TMP/.err" ] && { echo "said on stderr: $(head -n 1 "$TMP/.err")"; return; }
        grep -qE -e "$pattern" "$TMP/.out" || echo "stdout does not match $pattern"
        return
    fi
    lines=$(wc -l <"$TMP/.err")
    [ "$lines" = 1 ] || { echo "$lines lines on stderr: $(head -c 300 "$TMP/.err" | tr '\n' '|')"; return; }
    [ -s "$TMP/.out" ] && { echo "wrote on stdout: $(head -n 1 "$TMP/.out")"; return; }
    grep -qE -e "$pattern" "$TMP/.err" || echo "said: $(cat "$TMP/.err")"
}

run_table() {
    local row code pattern words program programs
    while IFS= read -r row; do
        case $row in '' | '#'*) continue ;; esac
        code=${row%% | *}
        row=${row#* | }
        words=${row##* | }
        pattern=$(sed 's/ *$//' <<<"${row% | *}")
        pattern=${pattern//TMP/$TMP}
        program=${words%% *}
        programs=$program
        [ "$program" = SERVER ] && programs=$(cd "$BIN" && echo echo-*)
        for program in $programs; do
            local args=${words#"${words%% *}"}
            if [ ! -x "$BIN/$program" ]; then
                skip "$program$args" "$program is not built"
                continue
            fi
            # splitting into words is what the table's last column is for
            # shellcheck disable=SC2086
            verdict "$program$args" "$(table_fault "$code" "$pattern" "$BIN/$program" ${args//TMP/$TMP})"
        done
    done <"$HERE/table.txt"
    local left
    left=$(cd "$TMP" && ls -d x.json no 2>/dev/null | tr '\n' ' ')
    verdict "a refused run writes nothing" "${left:+left behind: $left}"
}

# ---- all of it -----------------------------------------------------------------------------------

make_inputs
run_table
. "$HERE/sessions.sh"
run_sessions
. "$HERE/doctor.sh"
run_doctor
. "$HERE/plots.sh"
run_plots
. "$HERE/faults.sh"
run_faults
. "$HERE/verdicts.sh"
run_verdicts
. "$HERE/foreign.sh"
run_foreign
. "$HERE/ab.sh"
run_ab
. "$HERE/npm.sh"
. "$HERE/loadgen.sh"
run_loadgen
. "$HERE/schema.sh"
run_schema
. "$HERE/exports.sh"
run_exports
. "$HERE/compare.sh"
run_compare
