# changes.sh - what changes while iobench looks, and what is not what it seems: programs that are built anew
# under a run, CPUs that go offline, a /proc that is that of other processes, ports that run out. Part of cli.sh.
# shellcheck shell=bash

# Programs that change or vanish in the second of three slots: only the first is theirs for sure.
changed_programs() {
    local how code out pattern
    make_fakes
    cp "$BIN/loadgen" "$FAKES/build/bin" # another part may have put another there
    for how in changed removed; do
        out=$TMP/program-$how.json pattern="^iobench run: $out: .*/echo-$how was $how meanwhile"
        fake "echo-$how" <<<"if [ -e '$TMP/$how' ]; then [ $how = changed ] && echo >>\"\$0\" || rm \"\$0\"; fi; : >'$TMP/$how'; exec '$BIN/echo-epoll' \"\$@\""
        limited "$FAKES/build/bin/iobench" run --suite "$TMP/tiny.json" --repeats 3 --server "$how" -o "$out" >/dev/null 2>"$TMP/.err"
        code=$?
        verdict "run: a program that is $how ends it with exit code 2" "$([ "$code" = 2 ] && grep -qE "$pattern" "$TMP/.err" || echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
        verdict "run: a program that is $how: the slots before stay" "$([ "$(grep -c '"verdict"' "$out")" = 1 ] || echo "other slots")$(invalid "$out")"
    done
}

# apart OPTION... COMMAND...: in namespaces of its own.
apart() {
    local own=()
    [ "$(id -u)" = 0 ] || own=(-r)
    limited unshare ${own[@]+"${own[@]}"} "$@"
}

# CPUs with a gap in their numbers, and a /proc/stat that cannot be read twice: a pipe.
odd_processors() {
    local code cpu writer last sys=$TMP/cpus out=$TMP/odd-processors.json
    if ! apart -m mount --bind "$TMP" /sys/devices/system/cpu 2>/dev/null; then
        skip "run: CPUs that come and go" "this user may not mount"
        return
    fi
    last=$(($(nproc) + 1)) # one CPU more than this process may use
    for cpu in 0 $(seq 2 "$last"); do
        mkdir -p "$sys/cpu$cpu/topology" && echo 0 >"$sys/cpu$cpu/topology/physical_package_id" && echo "$cpu" >"$sys/cpu$cpu/topology/core_id"
    done
    echo "0,2-$last" >"$sys/online"
    mkfifo "$TMP/stat"
    # shellcheck disable=SC2016
    limited bash -c 'while [ -p "$0" ]; do cat /proc/stat >"$0"; done' "$TMP/stat" 2>/dev/null &
    writer=$!
    # the words after -c are positional
    # shellcheck disable=SC2016
    apart -m bash -c 'mount --bind "$0/cpus" /sys/devices/system/cpu && mount --bind "$0/stat" /proc/stat && exec "$@"' "$TMP" \
        "$BIN/iobench" run --quiet --suite "$TMP/tiny.json" --repeats 1 -o "$out" >/dev/null 2>"$TMP/.err"
    code=$?
    kill -- "-$writer" # also the one that waits for a reader
    wait "$writer" 2>/dev/null
    verdict "run: CPUs that come and go do not end it" "$([ "$code" = 0 ] || [ "$code" = 3 ] || echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
    verdict "run: CPUs that are offline are not the last ones" "$(holds "$out" "\"physical\":($last|null)")"
}

# A kernel for more CPUs than a set of the C library has.
many_processors() {
    local name="run: a kernel for 8192 CPUs: the processes are pinned" out=$TMP/many.json code
    if [ ! -x "$BIN/tests/no-pinning" ] || ! taskset -c "$(own_cpus | head -n 1)" true 2>/dev/null; then
        skip "$name" "there are no seccomp filters, or nobody may pin"
        return
    fi
    measured "$BIN/tests/no-pinning" --many "$BIN/iobench" run --quiet --suite "$TMP/tiny.json" --repeats 1 -o "$out" >/dev/null 2>"$TMP/.err"
    code=$?
    if [ "$code" = 77 ]; then
        skip "$name" "$(head -n 1 "$TMP/.err")"
        return
    fi
    verdict "$name" "$(holds "$out" '"pinning":true')"
}

# Process 1 of a pid namespace whose /proc shows another process 1.
foreign_proc() {
    local holder port
    if [ ! -r /proc/self/stat ] || ! apart --kill-child -pf true 2>/dev/null; then
        skip "loadgen: a /proc of other processes" "this user may not make pid namespaces, or there is no /proc"
        return
    fi
    : >"$TMP/holder3"
    exec {hold}> >(exec "$BIN/echo-epoll" --stop-on-eof >"$TMP/holder3")
    holder=$!
    until_true first_line_in "$TMP/holder3" || { not_ok "loadgen: a /proc of other processes" "no server"; return; }
    port=$(sed -n '1s/.*"port":\([0-9]*\).*/\1/p' "$TMP/holder3")
    # the leak checker reads this /proc, too
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 apart --kill-child -pf "$BIN/loadgen" --connect "127.0.0.1:$port" --server-pid 1 --duration 0.1 >"$TMP/.out" 2>"$TMP/.err"
    verdict "loadgen: a /proc of other processes: CPU time is known, memory is not a stranger's" \
        "$(holds "$TMP/.out" '"cpu_ns":[1-9].*"rss_bytes":null' 2>&1)$(head -n 1 "$TMP/.err")"
    exec {hold}>&-
    until_true gone "$holder" || kill -9 "$holder"
}

# Short connections use up 20 ports at once: the count of errors says little, the first of them all.
few_ports() {
    local code name="run: no ports are left: the error is told"
    # shellcheck disable=SC2016
    if ! apart -n bash -c 'ip link set lo up && echo 40000 40019 >/proc/sys/net/ipv4/ip_local_port_range' 2>/dev/null; then
        skip "$name" "this user may not make network namespaces, or ip is missing"
        return
    fi
    sed 's/"load": "closed", "connections": \[5\], "depth": 1,/"load": "churn", "connections": [50], "rate_per_s": 2000,/' "$TMP/tiny.json" >"$TMP/ports.json"
    # shellcheck disable=SC2016
    apart -n bash -c 'ip link set lo up && echo 40000 40019 >/proc/sys/net/ipv4/ip_local_port_range && exec "$@"' ports \
        "$BIN/iobench" run --suite "$TMP/ports.json" --repeats 1 -o "$TMP/ports-result.json" >/dev/null 2>"$TMP/.err"
    code=$?
    verdict "$name" "$([ "$code" = 3 ] && grep -q '^  loadgen: .*: Cannot assign requested address' "$TMP/.err" || echo "exit code $code: $(tail -n 3 "$TMP/.err" | tr '\n' '|')")"
}

run_changes() {
    changed_programs
    odd_processors
    many_processors
    foreign_proc
    few_ports
}
