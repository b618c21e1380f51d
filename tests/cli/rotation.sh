# rotation.sh - servers that are measured in turns, and those that cannot be. Part of cli.sh; uses
# functions of sessions.sh and faults.sh.
# shellcheck shell=bash

# in_turns FILE [OPTION...]: runs the suite `turns` with the servers given.
in_turns() {
    local out=$1
    shift
    limited "$BIN/iobench" run --suite "$TMP/turns.json" "$@" -o "$out" >"$TMP/.out" 2>"$TMP/.err"
    code=$?
}

# How many samples have slices.
with_slices() { grep -cE '"slices":[[:space:]]*\{' "$1"; }

# Why a result is not one of so many slots, so many of them in turns; empty if it is.
turns_fault() { # FILE SLOTS IN-TURNS
    [ "$code" = 0 ] || echo "exit code $code: $(tail -n 1 "$TMP/.err")"
    samples_in "$1" "$2" || echo "not $2 slots"
    [ "$(with_slices "$1")" = "$3" ] || echo "$(with_slices "$1") slots in turns, expected $3"
    invalid "$1"
}

# write_command NAME: a command that is what stdin says; its argument is a port.
write_command() {
    { echo '#!/bin/bash' && cat; } >"$TMP/$1" && chmod +x "$TMP/$1"
}

take_turns() {
    local code out=$TMP/turns-all.json
    in_turns "$out" --server epoll --server poll --server select
    verdict "rotation: three servers" "$(turns_fault "$out" 6 6)"
    verdict "rotation: the table says so" "$(grep -q 'in$\|in turns' "$TMP/.out" || echo "it does not")"
    verdict "rotation: nothing is apart" "$(grep -m 1 '"apart"' "$out")"
    in_turns "$TMP/turns-one.json" --server epoll
    verdict "rotation: a server alone has slots" "$(turns_fault "$TMP/turns-one.json" 2 0)"
    verdict "rotation: and it is said why" "$(holds "$TMP/turns-one.json" '"apart":"no other server has this load"')"
    limited "$BIN/iobench" run --dry-run --measure rotation --suite "$TMP/tiny.json" --server epoll --server poll >"$TMP/.out" 2>"$TMP/.err"
    verdict "rotation: --measure" "$(grep -q '^poll/.* in turns$' "$TMP/.out" || cat "$TMP/.out" "$TMP/.err")"
    limited "$BIN/iobench" run --dry-run --measure slots --suite "$TMP/turns.json" --server epoll --server poll >"$TMP/.out" 2>"$TMP/.err"
    verdict "rotation: --measure slots" "$(grep 'in turns' "$TMP/.out")$(grep -c '^poll/' "$TMP/.out" | grep -v '^1$')"
}

# A server that burns CPU while others have their turns.
burn_out_of_turn() {
    local code out=$TMP/turns-burner.json
    write_command burner <<<"'$BIN/tests/fault-server' --port \$1 & while :; do :; done"
    in_turns "$out" --server epoll --server poll --server-cmd "$TMP/burner {port}"
    verdict "rotation: a server that burns CPU out of its turns" "$(turns_fault "$out" 6 4)"
    verdict "rotation: is measured apart, and it is said" "$(grep -q 'burner/.* is measured apart from the others: it used [0-9]* % of a CPU' "$TMP/.err" || tail -n 3 "$TMP/.err")"
    verdict "rotation: the table says so, too" "$(tr -s ' \n' ' ' <"$TMP/.out" | grep -q 'burner was measured apart: it used' || echo "it does not")"
    limited "$BIN/iobench" report "$out" -o "$TMP/turns.html" >/dev/null 2>"$TMP/.err"
    verdict "rotation: and the page" "$(grep -q '<small>in turns</small>' "$TMP/turns.html" && grep -q '<small>measured apart: it used' "$TMP/turns.html" || echo "it does not")"
    verdict "rotation: the others were not disturbed" "$(no_code_at_all "$out" out_of_turn)"
    in_turns "$out" --server epoll --server-cmd "$TMP/burner {port}"
    verdict "rotation: the last that is left" "$(turns_fault "$out" 4 0)$(holds "$out" '"apart":"no other server takes turns with it"')"
}

no_code_at_all() { # FILE CODE
    ! grep -q "\"$2\"" "$1" || echo "there is $2"
}

# The verdict of a model's samples, as "invalid invalid".
verdicts_of() { # FILE MODEL
    sed -nE "s/.*\"id\":[[:space:]]*\"([^/:\"]*)[/:].*/cell \1/p; s/.*\"verdict\":[[:space:]]*\"([a-z]*)\".*/\1/p" "$1" |
        awk -v model="$2" '$1 == "cell" { of = $2; next } of == model { printf "%s%s", sep, $1; sep = " " }'
}

# spoilt NAME COMMAND CODE: a server that fails in its turns is invalid for CODE, and nothing of that shows in the others.
spoilt() {
    local code out=$TMP/turns-spoilt.json model
    in_turns "$out" --server epoll --server-cmd "$2" --server poll
    verdict "rotation: a server that $1" "$(invalid "$out")$(samples_in "$out" 6 || echo "not 6 slots")$(no_code "$out" "$3")"
    model=$(basename "${2%% *}")
    verdict "rotation: a server that $1 is invalid" "$([ "$(verdicts_of "$out" "$model")" = "invalid invalid" ] || echo "$(verdicts_of "$out" "$model")")"
    for model in epoll poll; do
        verdict "rotation: a server that $1: $model is not" "$(verdicts_of "$out" $model | grep -E 'invalid|^$')"
    done
}

spoil_turns() {
    write_command dies <<<"exec 3< <('$BIN/tests/fault-server' --port \$1 --tell-at 300); read -r ready <&3; read -r told <&3; kill -9 \$\$"
    write_command unready <<<'exit 5'
    spoilt "lies" "$BIN/tests/fault-server --fault wrong-byte --fault-connection 3 --fault-at 5000 --port {port}" wrong_echo
    spoilt "resets a connection" "$BIN/tests/fault-server --fault reset --fault-connection 3 --fault-at 5000 --port {port}" "errors|connections_lost"
    spoilt "dies" "$TMP/dies {port}" server_died
    spoilt "never answers" "$BIN/tests/fault-server --mute-from 0 --port {port}" no_message
    spoilt "does not start" "$TMP/unready {port}" server_not_ready
}

# Below the limit there is no room for the connections of all servers.
crowd_turns() {
    local code out=$TMP/turns-files.json
    (ulimit -n 150 && limited "$BIN/iobench" run --suite "$TMP/turns.json" --connections 50 --server epoll --server poll -o "$out" >"$TMP/.out" 2>"$TMP/.err")
    code=$?
    verdict "rotation: too few descriptors for all at once" "$(turns_fault "$out" 4 0)$(holds "$out" '"apart":"all servers together need more descriptors')"
}

interrupt_turns() {
    local code out=$TMP/turns-interrupted.json children
    start_long_run "$out" --measure rotation --server epoll --server poll || {
        not_ok "rotation: interrupted" "no slot was measured: $(tail -n 1 "$TMP/.err")"
        kill -9 "$run"
        return
    }
    children=$(children_of "$run")
    kill -INT "$run"
    end_run
    verdict "rotation: SIGINT is exit code 130" "$([ "$code" = 130 ] || echo "exit code $code")"
    # shellcheck disable=SC2086
    verdict "rotation: SIGINT leaves no process" "$(until_true gone $children || echo "some of $children live")"
    verdict "rotation: SIGINT keeps a valid file" "$(invalid "$out")"
    verdict "rotation: SIGINT keeps whole rotations" "$([ $(($(with_slices "$out") % 2)) = 0 ] || echo "$(with_slices "$out") slots")"
}

run_rotation() {
    sed 's/"repeats": 2/"measure": "rotation", &/; s/"duration_s": 0.2/"duration_s": 0.4/' "$TMP/tiny.json" >"$TMP/turns.json"
    take_turns
    burn_out_of_turn
    spoil_turns
    crowd_turns
    interrupt_turns
}
