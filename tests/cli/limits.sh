# limits.sh - programs under limits that are too low, and slots whose processes do not have the CPUs
# that their figures assume: one CPU for both sides, a quota, CPUs that a server chooses itself or that
# nobody may choose, and work that other processes do. Part of cli.sh.
#
# Other work on the machine must not decide a test. It can only add codes here: a side that gets less
# CPU does not get out of its limit.
# shellcheck shell=bash

BURN_US=300 # CPU time of an echo of the servers that fork

# limited_run OUTPUT SUITE COMMAND...: a run of one slot, with `server` beside; its exit code in $code.
limited_run() {
    local out=$1 suite=$2
    shift 2
    limited "$@" run --suite "$suite" --repeats 1 -o "$out" ${server[@]+"${server[@]}"} >"$TMP/.out" 2>"$TMP/.err"
    code=$?
}

# Why FILE does not have that code, or is valid; empty if all is well.
limit_fault() { # FILE CODE
    [ -s "$1" ] || { echo "no result: $(tail -n 1 "$TMP/.err")"; return; }
    grep -qE "\"codes\":.*\"$2\"" "$1" || echo "no $2; reasons: $(grep -m 1 '"reasons": *[^]]' "$1" | head -c 300)"
    grep -qE '"verdict":[[:space:]]*"valid"' "$1" && echo "and it is valid"
    invalid "$1"
}

# The CPUs of this shell, one a line.
own_cpus() {
    taskset -pc $$ 2>/dev/null | sed 's/.*: //' | tr , '\n' | sed 's/-/ /' | while read -r first last; do seq "$first" "${last:-$first}"; done
}

# ---- limits under which a program cannot run ----

# Why PROGRAM under `ulimit -LIMIT VALUE` neither serves nor says in one line that PATTERN; empty if it does.
# LAUNCHER... goes before the shell that sets the limit.
limit_unnamed() { # LIMIT VALUE PATTERN PROGRAM [LAUNCHER...]
    local limit=$1 value=$2 pattern=$3 program=$4 code words=()
    case $program in echo-*) words=(--stop-on-eof) ;; iobench) words=(list) ;; loadgen) words=(--connect 127.0.0.1:9) ;; esac
    # a pipe for stderr: it must not meet the limit of file sizes
    # shellcheck disable=SC2016
    limited "${@:5}" bash -c 'ulimit "$1" "$2" && shift 2 && exec "$@"' under-limit "$limit" "$value" "$BIN/$program" "${words[@]}" \
        2>&1 >"$TMP/limit.out" | cat >"$TMP/limit.err"
    code=${PIPESTATUS[0]}
    case $code in
    0) [ ! -s "$TMP/limit.err" ] && return ;;
    [123] | 77) [ "$(wc -l <"$TMP/limit.err")" = 1 ] && [ ! -s "$TMP/limit.out" ] && grep -qE "^$program: .*$pattern" "$TMP/limit.err" && return ;;
    127) grep -q 'shared libraries' "$TMP/limit.err" && return ;; # the loader ran into the limit
    esac
    echo "with $value: exit code $code: $(head -n 1 "$TMP/limit.err")"
}

# Whether PROGRAM refuses under that limit.
limit_refused() { # LIMIT VALUE PATTERN PROGRAM [LAUNCHER...]
    limit_unnamed "$@"
    [ -s "$TMP/limit.err" ] || echo "it does not refuse"
}

low_limits() {
    local program value launcher=()
    # root is exempt from the limit of threads
    [ "$(id -u)" != 0 ] || launcher=(setpriv --reuid=61234 --regid=61234 --clear-groups)
    for program in iobench loadgen $(cd "$BIN" && echo echo-*); do
        verdict "limits: $program: a small stack" "$(limit_refused -s 256 "the stack is limited to 256 KiB; raise ulimit -s to 512$" "$program")"
        [ "$program" = loadgen ] ||
            verdict "limits: $program: no bytes for files" "$(limit_refused -f 0 "standard output: cannot write: File too large$" "$program")"
        [[ $program = echo-* && -r /proc/self/stat ]] || continue # the limits below work so on Linux
        verdict "limits: $program: no memory may be locked" "$(limit_unnamed -l 0 "raise ulimit -l, which is 0" "$program")"
        [ "$SCALE" = 1 ] || continue # sanitizers reserve more address space than this, and start threads of their own
        verdict "limits: $program: little address space" "$(for value in 12000 16000 24000 40000; do
            limit_unnamed -v $value "raise ulimit -v, which is $value" "$program"
        done | tr '\n' ' ')"
        # setpriv itself still has root's capabilities, what it starts has not
        if [ "$(id -u)" = 0 ] && ! limited "${launcher[@]}" bash -c 'exec "$0" --describe' "$BIN/$program" >/dev/null 2>&1; then
            skip "limits: $program: few threads" "another user cannot run the programs that were built here"
            continue
        fi
        verdict "limits: $program: few threads" "$(for value in 1 3 4 5; do
            limit_unnamed -u $value "raise ulimit -u, which is $value" "$program" ${launcher[@]+"${launcher[@]}"}
        done | tr '\n' ' ')$(limit_refused -u 2 "raise ulimit -u, which is 2" "$program" ${launcher[@]+"${launcher[@]}"})"
        [ "$program" = echo-threads ] || continue
        # it has 3 threads when it is ready, without one that reads standard input; a connection needs another one
        # shellcheck disable=SC2016
        verdict "limits: $program: no thread for a connection" "$(table_fault 1 "^$program: (start|thread|cannot accept a connection): .*raise ulimit -u, which is 3" \
            ${launcher[@]+"${launcher[@]}"} bash -c 'ulimit -u 3 && exec "$0"' "$BIN/$program")"
    done
}

# A server of select that has inherited nearly all descriptors that it could use.
inherited_descriptors() {
    local name="limits: echo-select: inherited descriptors" limit
    [ -x "$BIN/echo-select" ] || { skip "$name" "echo-select is not built"; return; }
    limit=$(ulimit -Hn)
    [ "$limit" = unlimited ] || [ "$limit" -ge 1100 ] || { skip "$name" "it takes 1100 descriptors"; return; }
    # shellcheck disable=SC2016
    verdict "$name" "$(table_fault 77 '^echo-select: not available: [0-9]+ descriptors are open already, .*1024' \
        bash -c 'ulimit -n 1100; for ((i = 3; i < 1015; i++)); do eval "exec $i</dev/null"; done; exec "$0" --stop-on-eof' "$BIN/echo-select")"
}

# ---- limits that both sides share ----

shared_cpu() {
    local cpu code server=() out=$TMP/one-cpu.json
    cpu=$(own_cpus | head -n 1)
    [ -n "$cpu" ] || { skip "limits: one CPU" "taskset is not installed"; return; }
    limited_run "$out" "$TMP/tiny.json" taskset -c "$cpu" "$BIN/iobench"
    verdict "limits: server and load generator on one CPU" "$(limit_fault "$out" shared_cpus_full)"
    verdict "limits: one CPU: the slot counts" "$([ "$code" = 0 ] || echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
    # a server that needs its CPU, and one that rests: both sides together do not fill it
    server=(--server-cmd "$BIN/tests/fault-server --delay-us 20000 --port {port}")
    limited_run "$out" "$TMP/tiny.json" taskset -c "$cpu" "$BIN/iobench"
    verdict "limits: one CPU that is not full" "$(holds "$out" '"messages":[1-9].*"bound":"none"')$(grep -o shared_cpus_full "$out")"
}

# A group that allows a tenth of a CPU; prints its directory, or fails.
quota_group() {
    local root group
    for root in /sys/fs/cgroup/cpu /sys/fs/cgroup; do
        group=$root/iobench-test-$$
        mkdir "$group" 2>/dev/null || continue
        if { [ -e "$group/cpu.cfs_quota_us" ] && echo 10000 >"$group/cpu.cfs_quota_us"; } 2>/dev/null ||
            { [ -e "$group/cpu.max" ] && echo "10000 100000" >"$group/cpu.max"; } 2>/dev/null; then
            echo "$group"
            return
        fi
        rmdir "$group"
    done
    false
}

# Whether both sides together had less than that quota.
below_quota() { # FILE
    sed -nE 's/.*"(cpu_ns|window_s|cpu_pct)":[[:space:]]*([0-9.e+-]*),?.*/\1 \2/p' "$1" |
        awk '{ v[$1] = $2 } END { exit !(v["cpu_ns"] / v["window_s"] / 1e9 + v["cpu_pct"] / 100 < 0.095) }'
}

quota() {
    local group code tries=3 server=() out=$TMP/quota.json fault name="limits: a quota of a tenth of a CPU"
    group=$(quota_group) || { skip "$name" "no control group with a quota can be made"; return; }
    sed 's/\[5\]/[50]/' "$TMP/tiny.json" >"$TMP/quota-suite.json"
    # other work could leave both sides less than their quota
    while [ $((tries--)) -gt 0 ]; do
        limited_run "$out" "$TMP/quota-suite.json" bash -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' in-quota "$group" "$BIN/iobench"
        fault=$(limit_fault "$out" throttled)
        [ -z "$fault" ] && break
    done
    if [ -n "$fault" ] && below_quota "$out"; then
        skip "$name: throttled" "others took the CPUs"
    else
        verdict "$name: throttled" "$fault"
    fi
    verdict "$name: it is told" "$(holds "$out" '"limits":\{"quota_cpus":0.1,')"
    rmdir "$group"
}

# ---- CPUs that are others than planned ----

moving_server() {
    local cpus code server out=$TMP/moved.json
    cpus=$(own_cpus)
    [ "$(wc -l <<<"$cpus")" -ge 2 ] || { skip "limits: a server that moves" "it takes two CPUs and taskset"; return; }
    server=(--server-cmd "$BIN/tests/fault-server --affinity $(tail -n 1 <<<"$cpus") --port {port}")
    limited_run "$out" "$TMP/tiny.json" "$BIN/iobench"
    verdict "limits: a server that moves to another CPU" "$(limit_fault "$out" affinity_changed)"
}

no_pinning() {
    local code server=() out=$TMP/no-pinning.json
    [ "$(own_cpus | wc -l)" -ge 2 ] || { skip "limits: pinning is forbidden" "it takes two CPUs and taskset"; return; }
    limited_run "$out" "$TMP/tiny.json" "$BIN/tests/no-pinning" "$BIN/iobench"
    [ "$code" = 77 ] && { skip "limits: pinning is forbidden" "$(tail -n 1 "$TMP/.err")"; return; }
    verdict "limits: pinning is forbidden: the slot" "$(limit_fault "$out" not_pinned)"
    verdict "limits: pinning is forbidden: the machine" "$(holds "$out" '"pinning":false.*"id":"pinning"')"
    limited "$BIN/tests/no-pinning" "$BIN/iobench" doctor --wide >"$TMP/.out" 2>&1
    verdict "limits: pinning is forbidden: doctor" "$(grep -q 'cannot be pinned to CPUs: Operation not permitted' "$TMP/.out" || head -n 3 "$TMP/.out")"
}

# ---- CPU time of other processes ----

# Why the CPU time per echo is too low: neither null nor that of an echo; empty if all is well.
hidden_fault() { # FILE SCOPE
    local scope per_echo
    scope=$(sed -nE 's/.*"pid_scope":[[:space:]]*([^,]*),.*/\1/p' "$1")
    per_echo=$(sed -nE 's/.*"cpu_ns_per_echo":[[:space:]]*([^,]*),.*/\1/p' "$1")
    [[ $scope =~ ^\"?($2)\"?$ ]] || echo "pid_scope is $scope"
    # at the window's edges a part of an echo may be missing
    [ "$per_echo" = null ] || awk -v n="$per_echo" -v us=$BURN_US 'BEGIN { exit !(n >= 0.95 * 1000 * us) }' || echo "$per_echo ns per echo"
}

# Names, and kills, a living process with MARK among its words.
marked_lives() { # MARK
    local words pid
    for words in /proc/[0-9]*/cmdline; do
        tr '\0' '\n' <"$words" | grep -qxF -e "$1" || continue
        pid=${words#/proc/} pid=${pid%/cmdline}
        echo "process $pid lives"
        kill -9 "$pid"
    done 2>/dev/null
}

# forks NAME OPTIONS COMMAND...: a run in the background with a server that works so.
forks() {
    local name=$1 options=$2
    shift 2
    mkdir -p "$TMP/forks" && chmod 777 "$TMP/forks"
    timeout --kill-after=5 "$((60 * SCALE))" "$@" run --suite "$TMP/forks.json" --duration 1 --repeats 1 -o "$TMP/forks/$name.json" \
        --server-cmd "$TMP/forks-$name --port {port} --burn-us $BURN_US $options" >/dev/null 2>"$TMP/forks/$name.err" </dev/null &
    fork_runs[$name]=$!
}

check_forks() { # NAME WORDS SCOPE
    local out=$TMP/forks/$1.json code
    wait "${fork_runs[$1]}"
    code=$?
    verdict "limits: $2: exit code 0" "$([ "$code" = 0 ] || echo "exit code $code: $(tail -n 1 "$TMP/forks/$1.err")")"
    verdict "limits: $2: CPU per echo" "$(hidden_fault "$out" "$3")$(invalid "$out")"
    verdict "limits: $2: no process is left" "$(marked_lives "$TMP/forks-$1")"
}

# Each way to work in other processes, as this user and as one who may not make control groups.
hidden_cpu() {
    declare -A fork_runs
    local way options user=(setpriv --reuid=65534 --regid=65534 --clear-groups "$BIN/iobench")
    local ways=(self message unwaited orphan connection session)
    sed 's/"warmup_s": 0.05/"warmup_s": 0.2/' "$TMP/tiny.json" >"$TMP/forks.json"
    chmod 644 "$TMP/forks.json"
    local other=
    if [ "$(id -u)" != 0 ]; then
        other="only root can be another user"
    elif ! limited "${user[@]}" validate "$ROOT/results/samples/every-load-2cpu.json" >/dev/null 2>&1; then
        other="another user cannot run the programs that were built here"
    fi
    for way in "${ways[@]}"; do
        options="--burn-by $way"
        [ "$way" = unwaited ] && options="--burn-by message --unwaited"
        ln "$BIN/tests/fault-server" "$TMP/forks-$way" 2>/dev/null || cp "$BIN/tests/fault-server" "$TMP/forks-$way"
        forks "$way" "$options" "$BIN/iobench"
        if [ -z "$other" ]; then
            cp "$TMP/forks-$way" "$TMP/forks-user-$way"
            forks "user-$way" "$options" "${user[@]}"
        fi
        options='group|hidden'
        [ "$way" = self ] && options=process
        check_forks "$way" "work by $way" "$options"
        [ -n "$other" ] || check_forks "user-$way" "work by $way, without a control group" "${options#group|}"
    done
    [ -z "$other" ] || skip "limits: without a control group" "$other"
}

run_limits() {
    low_limits
    inherited_descriptors
    if [ ! -x "$BIN/tests/fault-server" ]; then
        skip "limits" "fault-server is not built"
        return
    fi
    shared_cpu
    quota
    moving_server
    no_pinning
    hidden_cpu
}
