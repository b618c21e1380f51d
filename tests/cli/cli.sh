#!/usr/bin/env bash
# cli.sh - what people and scripts see: exit codes, messages, files and processes left behind.
# Invariant: every test prints exactly one line "ok", "not ok" or "skip".
#
#   BIN=build/bin [SCALE=1] bash tests/cli/cli.sh [PART...]      (from the project's directory)
#   BIN=build/bin bash tests/cli/cli.sh --only 'echo-epoll --help'
#
# A part runs alone; without one all of them run. --only runs the rows of table.txt with exactly that
# command line.
set -u
PARTS="table sessions doctor words terminal plots outputs outside faults changes verdicts crowds bound rotation foreign addresses orphans limits ab revision source loadgen schema exports compare"
set -m # children in process groups of their own, so that SIGINT is not ignored in them

BUILT=$(cd "${BIN:-build/bin}" && pwd) || exit 1
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$PWD
SCALE=${SCALE:-1}
TMP=$(mktemp -d "${TMPDIR:-/tmp}/iobench-cli.XXXXXX") || exit 1
trap 'rm -rf "$TMP"' EXIT
chmod 711 "$TMP" # other users run programs in it
# Tests write this path into scripts and commands; that of the source tree may contain spaces and quotes.
BIN=$TMP/bin
ln -s "$BUILT" "$BIN" || exit 1

ok() { echo "ok cli $1"; }
not_ok() { echo "not ok cli $1 # $2"; }
skip() { echo "skip cli $1 # $2"; }

# verdict NAME REASON: passed if the reason is empty
verdict() { if [ -z "$2" ]; then ok "$1"; else not_ok "$1" "$2"; fi; }

# Elsewhere the decimal point is a comma.
awk() { LC_ALL=C command awk "$@"; }

limited() { timeout --kill-after=5 "$((30 * SCALE))" "$@" </dev/null; }

# The same for a run that should measure something, three times at most: other work on the CPUs can take all of a short slot.
measured() { # COMMAND...
    local tries=3 code
    while limited "$@"; code=$?; [ "$code" = 3 ] && [ $((--tries)) -gt 0 ]; do :; done
    return "$code"
}

# ---- the table -----------------------------------------------------------------------------------

make_inputs() {
    cp "$HERE/tiny.json" "$TMP/tiny.json"
    sed 's/"connections"/"conections"/' "$HERE/tiny.json" >"$TMP/typo.json"
    sed 's/"depth": 1/"depth": 65536/; s/"size_bytes": 64/"size_bytes": 1000000/' "$HERE/tiny.json" >"$TMP/heavy.json"
    sed 's/"connections": \[5\]/"connections": "many"/' "$HERE/tiny.json" >"$TMP/type.json"
    sed 's/"size_bytes": 64/"size_bytes": 0/' "$HERE/tiny.json" >"$TMP/range.json"
    sed 's/"phases"/"phrases"/' "$HERE/tiny.json" >"$TMP/missing.json"
    sed 's/"version_major": 1/"version_major": 2/' "$HERE/tiny.json" >"$TMP/major.json"
    echo 'hello' >"$TMP/text.json"
    : >"$TMP/empty"
    head -c 200000 /dev/zero | tr '\0' '[' >"$TMP/deep.json"
    sed 's/"size_bytes": 64/"size_bytes": 064/' "$HERE/tiny.json" >"$TMP/zero.json"
    sed 's/"size_bytes": 64/"size_bytes": 1e999/' "$HERE/tiny.json" >"$TMP/infinite.json"
    sed 's/"size_bytes": 64/"size_bytes": 64, "size_bytes": 64/' "$HERE/tiny.json" >"$TMP/twice.json"
    sed 's/"size_bytes": 64/"size_bytes\\u0000": 64/' "$HERE/tiny.json" >"$TMP/nul.json"
    sed 's/"size_bytes": 64/"size_bytes": 64, "\\ud83d": 1/' "$HERE/tiny.json" >"$TMP/half.json"
    sed $'s/"name": "tiny"/"name": "ti\tny"/' "$HERE/tiny.json" >"$TMP/tab.json"
    LC_ALL=C sed $'s/"name": "tiny"/"name": "ti\xc0\xaeny"/' "$HERE/tiny.json" >"$TMP/bytes.json"
    sed 's/}$/},/' "$HERE/tiny.json" >"$TMP/comma.json"
    { printf '\357\273\277' && cat "$HERE/tiny.json"; } >"$TMP/mark.json"
    { cat "$HERE/tiny.json" && echo '// end'; } >"$TMP/comment.json"
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

# Rows of the table; those of one command line if that is given. Fails if there is none.
run_rows() { # [COMMAND-LINE]
    local row code pattern words program programs found=1
    while IFS= read -r row; do
        case $row in '' | '#'*) continue ;; esac
        code=${row%% | *}
        row=${row#* | }
        words=${row##* | }
        pattern=$(sed 's/ *$//' <<<"${row% | *}")
        pattern=${pattern//TMP/"$TMP"}
        program=${words%% *}
        programs=$program
        [ "$program" = SERVER ] && programs=$(cd "$BIN" && echo echo-*)
        for program in $programs; do
            local args=${words#"${words%% *}"}
            [ -z "${1:-}" ] || [ "$program$args" = "$1" ] || continue
            found=0
            if [ ! -x "$BIN/$program" ]; then
                skip "$program$args" "$program is not built"
                continue
            fi
            # splitting into words is what the table's last column is for
            # shellcheck disable=SC2086
            verdict "$program$args" "$(table_fault "$code" "$pattern" "$BIN/$program" ${args//TMP/$TMP})"
        done
    done <"$HERE/table.txt"
    return $found
}

run_table() {
    local left
    run_rows || not_ok table "it has no rows"
    left=$(cd "$TMP" && ls -d x.json no 2>/dev/null | tr '\n' ' ')
    verdict "a refused run writes nothing" "${left:+left behind: $left}"
}

# ---- what parts share ----------------------------------------------------------------------------

# A result of two slots, made once: $TMP/result.json.
need_result() {
    [ -s "$TMP/result.json" ] ||
        measured "$BIN/iobench" run --quiet --suite "$TMP/tiny.json" -o "$TMP/result.json" >/dev/null 2>"$TMP/.err" ||
        not_ok "a result to work with" "exit code $?: $(tail -n 1 "$TMP/.err")"
}

# ---- all of it -----------------------------------------------------------------------------------

for part in npm $PARTS; do
    case $part in table | crowds | bound | revision) ;; *) . "$HERE/$part.sh" ;; esac
done
make_inputs
if [ "${1:-}" = --only ]; then
    [ $# = 2 ] && run_rows "$2" && exit
    echo "cli.sh: --only: no row of table.txt has this command line: ${2:-}" >&2
    exit 2
fi
for part in "$@"; do
    [[ " $PARTS " = *" $part "* ]] || { echo "cli.sh: $part: no such part; there are: $PARTS" >&2; exit 2; }
done
[ $# -gt 0 ] || set -- $PARTS
for part in "$@"; do "run_$part"; done
