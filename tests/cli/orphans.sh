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
    find "/sys/fs/cgroup$own" "/sys/fs/cgroup/unified$own" -maxdepth 1 -name "iobench-$1" 2>/dev/null | tr '\n' ' '
}

# amid MARK NAME READY COMMAND...: kills COMMAND with -9 once READY succeeds; $run is its process id. With
# ORPHANS_GROUP it kills the whole process group. What COMMAND starts has MARK in its environment.
amid() {
    local mark=$1 name="killed $2" ready=$3 run left
    shift 3
    (ORPHANS_OF=$mark exec setsid "$@" >/dev/null 2>"$TMP/err.$mark" </dev/null) &
    run=$!
    if ! until_true eval "$ready"; then
        not_ok "$name" "it did not get so far: $(tail -n 1 "$TMP/err.$mark")"
        kill -9 "$run"
        return
    fi
    # this shell itself would take the group for its own
    { sh -c "kill -s KILL -- ${ORPHANS_GROUP:+-}$run"; wait "$run"; } 2>/dev/null
    left=
    until_true none_marked "$mark" || left=$(marked "$mark" | tr '\n' ' ')
    verdict "$name: no process is left" "${left:+$(for pid in $left; do tr '\0' ' ' <"/proc/$pid/cmdline"; echo -n '|'; done)}"
    # shellcheck disable=SC2086
    [ -z "$left" ] || kill -9 $left
    until_true eval "[ -z \"\$(groups_left $run)\" ]"
    verdict "$name: no control group is left" "$(groups_left "$run")"
}

# A program with a child that notes its process id and ends only when it is killed.
write_sleeper() { # FILE
    mkdir -p "$(dirname "$1")"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\necho $$ >"%s/pid.$ORPHANS_OF"\ntrap "" TERM INT HUP\ntail -f /dev/null &\nwhile :; do wait; done\n' "$TMP" >"$1"
    chmod +x "$1"
}

# Before and in a slot. A sleeper stands for a server that heeds nothing.
kill_runs() {
    local slow=("$BIN/iobench" run --suite "$TMP/tiny.json" --duration 20 -o) serve="\"$BIN/echo-epoll\" --port {port}" m=$$
    amid "$m-ready" "while a command gets ready" "test -s $TMP/pid.$m-ready" "${slow[@]}" "$TMP/o1.json" --server-cmd "sh -c '$sleeper; : {port}'" &
    amid "$m-daemon" "while a daemon of a command lives" "test -s $TMP/pid.$m-daemon" "${slow[@]}" "$TMP/o2.json" --server-cmd "sh -c '(setsid $sleeper &); $serve'" &
    # a command that has lost the mark of iobench stays in its process group
    amid "$m-bare" "while a command without its environment runs" "test -s $TMP/pid.$m-bare" "${slow[@]}" "$TMP/o3.json" \
        --server-cmd "env -i PATH='$PATH' ORPHANS_OF=$m-bare sh -c '$sleeper & $serve'" &
    # a stopped server does not notice the end of its stream
    amid "$m-stopped" "while a server is stopped" "child_called \$run loadgen && kill -STOP \$(cat $TMP/pid.$m-stopped)" \
        "${slow[@]}" "$TMP/o4.json" --server-cmd "sh -c 'echo \$\$ >$TMP/pid.$m-stopped; exec $serve'" &
    ORPHANS_GROUP=1 amid "$m-group" "with its process group in a slot" "child_called \$run loadgen" "${slow[@]}" "$TMP/o5.json" --server-cmd "sh -c '$serve & wait'" &
    amid "$m-ab" "in a slot of ab" "child_called \$run loadgen" "$BIN/iobench" ab --baseline epoll --candidate-cmd "sh -c '$serve & wait'" -o "$TMP/o6.json" &
    wait
}

# Programs that iobench asks for something, and that never answer.
kill_others() {
    local tree=$TMP/orphans m=$$
    mkdir -p "$tree/build/bin" "$tree/results" "$tree/bench"
    cp "$BIN/iobench" "$BIN/loadgen" "$tree/build/bin" && cp -RL "$ROOT/bench/suites" "$tree/bench" &&
        cp "$ROOT/results/iobench-result.schema.json" "$tree/results"
    write_sleeper "$tree/build/bin/echo-slow"
    write_sleeper "$tree/path/gnuplot"
    write_sleeper "$tree/path/git"
    need_result
    amid "$m-list" "while a server describes itself" "test -s $TMP/pid.$m-list" "$tree/build/bin/iobench" list &
    amid "$m-doctor" "in doctor" "test -s $TMP/pid.$m-doctor" "$tree/build/bin/iobench" doctor &
    amid "$m-plot" "while gnuplot draws" "test -s $TMP/pid.$m-plot" env PATH="$tree/path:$PATH" "$BIN/iobench" plot throughput "$TMP/result.json" -o "$TMP/o7.svg" &
    amid "$m-git" "while git works" "test -s $TMP/pid.$m-git" env PATH="$tree/path:$PATH" "$BIN/iobench" ab --baseline-rev HEAD --server epoll -o "$TMP/o8.json" &
    wait
}

run_orphans() {
    local sleeper=$TMP/sleeper
    if [ ! -r /proc/self/environ ] || ! command -v setsid >/dev/null; then
        skip "killed" "there is no /proc to find processes in, or no setsid"
        return
    fi
    write_sleeper "$sleeper"
    kill_runs
    kill_others
}
