# loadgen.sh - transports of the load generator in whole runs, its end at a signal, its memory, and
# bench-loadgen. Part of cli.sh.
# shellcheck shell=bash

# A load generator that knows a transport which cannot run here.
missing_transport() {
    local tree=$TMP/transports out=$TMP/transports.json code
    mkdir -p "$tree/build/bin" "$tree/results" "$tree/bench"
    cp "$BIN/iobench" "$BIN/echo-epoll" "$tree/build/bin" && cp -RL "$ROOT/bench/suites" "$tree/bench" &&
        cp "$ROOT/results/iobench-result.schema.json" "$tree/results"
    "$BIN/loadgen" --describe | sed -E 's/,"transports_missing":\[[^]]*\]//
        s/"transports":\[[^]]*\]/"transports":["epoll"],"transports_missing":[{"name":"pigeon","reason":"no pigeons here"}]/' \
        >"$tree/describe"
    cat >"$tree/build/bin/loadgen" <<END
#!/bin/sh
case "\$*" in *--describe*) exec cat '$tree/describe' ;; esac
exec '$BIN/loadgen' "\$@"
END
    chmod +x "$tree/build/bin/loadgen"
    measured "$tree/build/bin/iobench" run --suite "$TMP/tiny.json" --transport '*' --repeats 1 -o "$out" >"$TMP/.out" 2>"$TMP/.err"
    code=$?
    verdict "run --transport '*': measures what there is" "$([ "$code" = 0 ] && samples_in "$out" 1 ||
        echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
    verdict "run --transport '*': a transport that is missing is skipped and says why" \
        "$(grep -A 1 '"skipped"' "$out" | grep -q 'transport pigeon: no pigeons here' || echo "it does not")"
    verdict "run --transport '*': its cell has the code of that" "$(skipped_for transport_missing "$out")"
    verdict "run --transport: the table tells the transports apart" \
        "$(grep -q 'transport epoll$' "$TMP/.out" && grep -q 'transport pigeon$' "$TMP/.out" || head -n 8 "$TMP/.out" | tr '\n' '|')"
    verdict "validate: a file with a missing transport" "$(invalid "$out")"
    verdict "run --transport: none of that name is exit code 2" \
        "$(table_fault 2 'transport dodo: .* there are auto, epoll, pigeon$' \
            "$tree/build/bin/iobench" run --transport dodo -o "$TMP/x.json")"
}

# number FILE KEY: the first number of that key
number() { sed -nE "s/.*\"$2\":[[:space:]]*([0-9.e+-]+).*/\1/p" "$1" | head -n 1; }

# A row per cell, and the one figure that is computed here.
sums_up() {
    local result=$TMP/transports.json out=$TMP/bench.json cells reason=
    limited "$BIN/tests/bench-loadgen" "$result" -o "$out" >"$TMP/.out" 2>"$TMP/.err" ||
        reason="exit code $?: $(tail -n 1 "$TMP/.err")"
    cells=$(grep -c '"id":.*/via-' "$result")
    verdict "bench-loadgen: exit code 0, nothing on stderr" "${reason:-$(head -n 1 "$TMP/.err")}"
    verdict "bench-loadgen: a row per cell" "$([ "$cells" = 2 ] && grep -qE '^[ *] epoll +5 +1 .* 1 [a-z]+$' "$TMP/.out" &&
        grep -qE '^  pigeon +5 +1 .*skipped: .*no pigeons here$' "$TMP/.out" || echo "of $cells: $(tr '\n' '|' <"$TMP/.out")")"
    verdict "bench-loadgen: an object per cell" "$([ "$(grep -c '"id":.*/via-' "$out")" = "$cells" ] || echo "not $cells")"
    verdict "bench-loadgen: times the histogram" "$(grep -qE '^histogram: record [0-9.]+[^0-9]+ns, merge ' "$TMP/.out" || tail -n 1 "$TMP/.out")"
    verdict "bench-loadgen: CPU per echo follows from the slot" "$(awk -v ns="$(number "$out" loadgen_cpu_ns_per_echo)" \
        -v pct="$(number "$result" cpu_pct)" -v s="$(number "$result" window_s)" -v n="$(number "$result" answered)" \
        'BEGIN { want = pct / 100 * s * 1e9 / n; if (!(ns > 0.999 * want && ns < 1.001 * want)) print ns " is not " want }')"
}

# A slot whose server was killed.
marks() {
    local name="bench-loadgen: a disturbed cell is marked"
    need_result
    sed '0,/"verdict":[[:space:]]*"[a-z]*"/s//"verdict": "invalid"/' "$TMP/result.json" >"$TMP/marked.json"
    limited "$BIN/tests/bench-loadgen" "$TMP/marked.json" -o "$TMP/bench.json" >"$TMP/.out" 2>"$TMP/.err"
    verdict "$name" "$(grep -qE '^\* .* 1 invalid$' "$TMP/.out" || tr '\n' '|' <"$TMP/.out")"
}

# ---- signals and memory --------------------------------------------------------------------------

# `quiet start [BACKLOG] [SERVER]` starts echo-poll; $quiet is its process, $quiet_at its address. `quiet
# stop` lets it read nothing.
quiet() {
    case $1 in
    start)
        : >"$TMP/quiet"
        "$BIN/${3:-echo-poll}" --backlog "${2:-1024}" >"$TMP/quiet" 2>/dev/null </dev/null &
        quiet=$!
        until_true first_line_in "$TMP/quiet" || not_ok "loadgen: a server for it" "it is not ready"
        quiet_at=127.0.0.1:$(sed -n '1s/.*"port":\([0-9]*\).*/\1/p' "$TMP/quiet")
        ;;
    stop) kill -STOP "$quiet" ;;
    end)
        kill -CONT "$quiet" && kill "$quiet"
        until_true gone "$quiet" || kill -9 "$quiet"
        ;;
    esac
}

# signalled NAME SIGNAL CONDITION...: the load generator $loadgen, started before, gets a signal once the
# condition holds, and ends. What it does would last for minutes or for ever.
signalled() {
    local name="loadgen: SIG$2 $1" number=$2 code
    shift 2
    if until_true "$@"; then
        kill "-$number" "$loadgen"
        until_true gone "$loadgen" || kill -9 "$loadgen"
        wait "$loadgen"
        code=$?
        verdict "$name" "$([ "$code" = 130 ] || echo "exit code $code")"
    else
        not_ok "$name" "it did not get there: $(tail -n 1 "$TMP/phase")"
        kill -9 "$loadgen"
        wait "$loadgen" 2>/dev/null
    fi
}

in_phase() { grep -qF "\"phase\":\"$1\"" "$TMP/phase"; }

# Its worker has ended: there are the main thread and the one that waits for signals.
prints() { in_phase drain && [ "$(find "/proc/$loadgen/task" -mindepth 1 -maxdepth 1 | wc -l)" = 2 ]; }

# phase OPTIONS: a load generator in the background, which tells its phases.
phase() {
    : >"$TMP/phase"
    # shellcheck disable=SC2086
    "$BIN/loadgen" --connect "$quiet_at" --progress --connections 40 ${1:-} >"${2:-/dev/null}" 2>"${3:-$TMP/phase}" </dev/null &
    loadgen=$!
}

ends_at_signals() {
    local full
    mkfifo "$TMP/full"
    exec {full}<>"$TMP/full"
    dd if=/dev/zero of="$TMP/full" bs=4096 count=100000 oflag=nonblock 2>/dev/null # until it is full
    quiet start
    phase "--warmup 3600"
    signalled "in the warm-up" INT in_phase warmup
    phase "--duration 3600"
    signalled "in the window" TERM in_phase window
    phase "--duration 0.01 --transport epoll" "$TMP/full"
    signalled "while nobody reads its output" TERM prints
    phase "--duration 0.01" /dev/null "$TMP/full"
    signalled "while nobody reads its progress" INT connected "$loadgen"
    phase "--rate 1000 --drain 3600"
    until_true in_phase window
    quiet stop
    signalled "in the drain" TERM in_phase drain
    quiet end
    quiet start 16
    quiet stop
    phase
    signalled "while the server accepts nothing" TERM connected "$loadgen"
    quiet end
    exec {full}>&-
}

# Memory that is taken away in mid-run, from a load generator whose messages nobody reads.
memory_ends() { # TRANSPORT
    local code name="loadgen: no more memory, transport $1"
    quiet start
    quiet stop
    phase "--transport $1 --rate 2000 --outstanding 16 --size 1000000 --warmup 3600"
    until_true connects_or_ends
    if in_phase warmup; then
        prlimit --pid "$loadgen" --as=1000000 --data=1000000
        until_true gone "$loadgen" || kill -9 "$loadgen"
    else
        kill -9 "$loadgen"
    fi
    wait "$loadgen"
    code=$?
    if [ "$code" = 2 ] && grep -q '^loadgen: memory: needs' "$TMP/phase"; then
        skip "$name" "$(cat "$TMP/phase")"
        quiet end
        return
    fi
    verdict "$name: exit code 4" "$([ "$code" = 4 ] || echo "exit code $code: $(tail -n 1 "$TMP/phase")")"
    verdict "$name: one line" "$([ "$(grep -vc '^{"progress"' "$TMP/phase")" = 1 ] &&
        grep -q '^loadgen: memory: the system gives this process no more' "$TMP/phase" || tail -n 3 "$TMP/phase" | tr '\n' '|')"
    quiet end
}

# It has its connections, or has lost all of them.
connects_or_ends() { in_phase warmup || gone "$loadgen"; }

# Memory that is taken away from a server: it loses connections, and serves again when it has memory.
server_without_memory() { # SERVER
    local name="$1: without memory for a while" reason=
    quiet start 1024 "$1"
    prlimit --pid "$quiet" --as=1000000: --data=1000000:
    phase "--idle 560 --warmup 3600"
    until_true connects_or_ends
    kill "$loadgen" 2>/dev/null
    until_true gone "$loadgen" || kill -9 "$loadgen"
    prlimit --pid "$quiet" --as=unlimited --data=unlimited
    limited "$BIN/loadgen" --connect "$quiet_at" --warmup 0 --duration 0.1 >/dev/null 2>"$TMP/.err" ||
        reason="exit code $?: $(tail -n 1 "$TMP/.err")"
    verdict "$name" "$reason"
    quiet end
}

# What goes before KIB COMMAND... to leave it that much address space.
little=(bash -c 'ulimit -s 8192 && ulimit -v "$0" && exec "$@"')

little_memory() {
    local transport server
    if [ "$SCALE" != 1 ]; then
        skip "loadgen: little memory" "a sanitizer reserves address space"
        return
    fi
    fault "loadgen: less memory than it needs" 2 '^loadgen: memory: needs [0-9]+ MiB, but ulimit -v allows 29 MiB$' \
        "${little[@]}" 30000 "$BIN/loadgen" --connect 127.0.0.1:9
    fault "run: less memory than it needs" 2 '^iobench run: --suite .*: memory: epoll/.*: its load generator needs .* ulimit -v allows ' \
        "${little[@]}" 36000 "$BIN/iobench" run --suite "$TMP/tiny.json" -o "$TMP/x.json"
    fault "loadgen: no memory for its threads" 4 '^loadgen: --threads: the system starts no 64 threads: .*; lower it$' \
        "${little[@]}" 300000 "$BIN/loadgen" --connect 127.0.0.1:9 --transport epoll --threads 64 --connections 64
    command -v prlimit >/dev/null || { skip "loadgen: no more memory" "prlimit is not installed"; return; }
    for transport in $("$BIN/loadgen" --describe | sed -nE 's/.*"transports":\[([^]]*)\].*/\1/p' | tr -d '"' | tr , ' '); do
        memory_ends "$transport"
    done
    for server in "$BIN"/echo-*; do server_without_memory "$(basename "$server")"; done
}

run_loadgen() {
    ends_at_signals
    little_memory
    missing_transport
    sums_up
    marks
}
