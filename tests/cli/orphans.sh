# orphans.sh - kill -9 of iobench while children of every kind run: none of them is left, nor any of
# theirs. Part of cli.sh.
# shellcheck shell=bash

# Processes that were started with this mark in their environment, directly or not.
marked() { grep -lszx "ORPHANS_OF=$1" /proc/[0-9]*/environ | grep -o '[0-9]*'; }
none_marked() { [ -z "$(marked "$1")" ]; }

# Why control groups of process $1 are left; empty if none is.
groups_left() {
    local own
    own=$(sed -n 's/^0:://p' /proc/self/cgroup)
    ls -d "/sys/fs/cgroup$own/iobench-$1" "/sys/fs/cgroup/unified$own/iobench-$1" 2>/dev/null | tr '\n' ' '
}

# kill_amid NAME READY COMMAND...: kills COMMAND with -9 once READY succeeds; with ORPHANS_GROUP its
# whole process group.
kill_amid() {
    local name="killed $1" ready=$2 mark=$$-$RANDOM run left target
    shift 2
    rm -f "$TMP/orphans.pid"
    (ORPHANS_OF=$mark exec "$@" >/dev/null 2>"$TMP/.err" </dev/null) &
    run=$!
    if ! until_true eval "$ready"; then
        not_ok "$name" "it did not get so far: $(tail -n 1 "$TMP/.err")"
        kill -9 "$run"
        return
    fi
    target=$run
    [ -z "${ORPHANS_GROUP:-}" ] || target=-$run
    kill -KILL -- "$target"
    wait "$run" 2>/dev/null
    left=
    until_true none_marked "$mark" || left=$(marked "$mark" | tr '\n' ' ')
    verdict "$name: no process is left" "${left:+$left: $(ps -o args= -p "${left// /,}0" 2>/dev/null | tr '\n' '|')}"
    # shellcheck disable=SC2086
    [ -z "$left" ] || kill -9 $left
    until_true eval "[ -z \"\$(groups_left $run)\" ]"
    verdict "$name: no control group is left" "$(groups_left "$run")"
}

# A program that ends only when it is killed, named by its path.
write_sleeper() {
    mkdir -p "$(dirname "$1")"
    printf '#!/bin/sh\n%s\necho $$ >"%s"\ntrap "" TERM INT HUP\ntail -f /dev/null &\nwhile :; do wait; done\n' "${2:-}" "$TMP/orphans.pid" >"$1"
    chmod +x "$1"
}

run_orphans() {
    local tree=$TMP/orphans started="test -s '$TMP/orphans.pid'" serve
    if [ ! -r /proc/self/environ ]; then
        skip "killed" "there is no /proc to find processes in"
        return
    fi
    sed 's/"warmup_s": 0.05/"warmup_s": 0.2/' "$TMP/tiny.json" >"$TMP/orphans.json"
    serve="\"$BIN/echo-epoll\" --port {port}"
    local slow=("$BIN/iobench" run --suite "$TMP/orphans.json" --duration 20 -o "$TMP/orphans-result.json")

    # before and in a slot; a server that waits in all its parts for a signal that it ignores
    write_sleeper "$tree/sleeper"
    kill_amid "while a command gets ready" "$started" "${slow[@]}" --server-cmd "sh -c '$tree/sleeper; : {port}'"
    kill_amid "while daemons of a command live" "$started" "${slow[@]}" --server-cmd "sh -c '(setsid $tree/sleeper &); $serve'"
    # a daemon that has lost the environment stays in the group of its command
    kill_amid "while a command without environment runs" "$started" "${slow[@]}" --server-cmd "env -i PATH=$PATH sh -c '$tree/sleeper & $serve'"
    # the stopped server does not notice the end of its stream
    kill_amid "while a server is stopped in a slot" "child_called \$run loadgen && kill -STOP \$(cat $TMP/orphans.pid)" \
        "${slow[@]}" --server-cmd "sh -c 'echo \$\$ >$TMP/orphans.pid; exec $serve'"
    ORPHANS_GROUP=1 kill_amid "with its process group in a slot" "child_called \$run loadgen" "${slow[@]}" --server-cmd "sh -c '$serve & wait'"
    kill_amid "in a slot of ab" "child_called \$run loadgen" "$BIN/iobench" ab --baseline epoll --candidate-cmd "sh -c '$serve & wait'" --suite ci -o "$TMP/orphans-ab.json"

    # a description, gnuplot and git that never end
    mkdir -p "$tree/build/bin" "$tree/results" "$tree/bench"
    cp "$BIN/iobench" "$BIN/loadgen" "$tree/build/bin" && cp -R "$ROOT/bench/suites" "$tree/bench" &&
        cp "$ROOT/results/iobench-result.schema.json" "$tree/results"
    write_sleeper "$tree/build/bin/echo-slow"
    kill_amid "while a server describes itself" "$started" "$tree/build/bin/iobench" list
    kill_amid "in doctor" "$started" "$tree/build/bin/iobench" doctor
    write_sleeper "$tree/path/gnuplot"
    write_sleeper "$tree/path/git"
    need_result
    kill_amid "while gnuplot draws" "$started" env PATH="$tree/path:$PATH" "$BIN/iobench" plot throughput "$TMP/result.json" -o "$TMP/orphans.svg"
    kill_amid "while git works" "$started" env PATH="$tree/path:$PATH" "$BIN/iobench" ab --baseline-rev HEAD --server epoll -o "$TMP/orphans-ab.json"
}
