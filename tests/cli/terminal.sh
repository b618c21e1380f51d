# terminal.sh - the width of what iobench prints, on terminals and elsewhere; a terminal that gets narrower
# during a run. Part of cli.sh.
# shellcheck shell=bash

# on_terminal COLUMNS NAME WORDS...: iobench on a terminal of that width, or of these widths, one after the other.
# No line is wider, and nothing else goes wrong. Exit code 3 is doctor's. Output in $TMP/.out.
on_terminal() {
    local columns=$1 name=$2 code
    shift 2
    (cd "$TMP" && limited "$BIN/tests/in-terminal" "$columns" "$BIN/iobench" "$@") >"$TMP/.out" 2>"$TMP/.err"
    code=$?
    case $code in
    0 | 3) ok "terminal: $columns columns: $name" ;;
    77) skip "terminal: $columns columns: $name" "$(cat "$TMP/.err")" ;;
    *) not_ok "terminal: $columns columns: $name" "exit code $code: $(head -n 1 "$TMP/.err")" ;;
    esac
    return "$code"
}

# Columns of the widest line of $TMP/.out, each character taken as one.
widest() { LC_ALL=C.UTF-8 awk '{ n = gsub(/[^\200-\277]/, "&"); if (n > most) most = n } END { print most + 0 }' "$TMP/.out"; }

# A run on a terminal with this variable prints nothing that matches the pattern.
without_escapes() { # NAME PATTERN VARIABLE=VALUE
    local code
    (cd "$TMP" && limited env -u CI -u NO_COLOR TERM=xterm "$3" "$BIN/tests/in-terminal" 500 "$BIN/iobench" run \
        --suite "$TMP/tiny.json" --repeats 1 -o dumb.json) >"$TMP/.out" 2>"$TMP/.err"
    code=$?
    [ "$code" = 77 ] && { skip "terminal: $1" "$(cat "$TMP/.err")"; return; }
    verdict "terminal: $1" "$([ "$code" = 0 ] || [ "$code" = 3 ] || echo "exit code $code: $(cat "$TMP/.err")"
        ! grep -qE "$2" "$TMP/.out" || grep -E "$2" "$TMP/.out" | head -n 1 | cat -v)"
}

run_terminal() {
    local columns escape=$'\033'
    unset CI NO_COLOR COLUMNS
    export TERM=xterm
    for columns in 40 60 80 120; do on_terminal "$columns" list list; done
    on_terminal 40 "the plan of a run" run --suite default --dry-run -o plan.json
    on_terminal 40 "the plan of a comparison" ab --suite ci-full --baseline epoll --candidate poll --dry-run -o plan.json
    on_terminal 40 doctor doctor
    on_terminal 500,60,40 "a run, narrower with every line" run --suite "$TMP/tiny.json" --server epoll --server poll -o narrow.json &&
        verdict "terminal: colours and the line are gone at the end" "$(grep -o "$escape\[[0-9]*[mJ]" "$TMP/.out" | tail -n 1 | grep -q "$escape\[\(0m\|J\)" || tail -n 3 "$TMP/.out" | cat -v
            grep -q "$escape\[J" "$TMP/.out" || echo "no line was rewritten")"
    without_escapes "TERM=dumb: no escape sequence" "$escape" TERM=dumb
    without_escapes "NO_COLOR: no colour" "$escape\[[0-9]" NO_COLOR=1
    without_escapes "CI: no line is rewritten" "$escape\[J" CI=true
    limited env COLUMNS=200 "$BIN/iobench" list >"$TMP/.out"
    verdict "no terminal: 80 columns, whatever COLUMNS says" "$([ "$(widest)" -le 80 ] || echo "$(widest) columns")"
    limited "$BIN/iobench" list --wide >"$TMP/.out"
    verdict "--wide: as wide as it takes" "$([ "$(widest)" -gt 100 ] || echo "$(widest) columns")"
}
