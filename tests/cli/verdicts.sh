# verdicts.sh - every reason of a verdict that can be provoked for certain, provoked in a real slot.
# Part of cli.sh; uses the fakes of faults.sh.
#
# Noise must not decide a test: each provokes its reason by far more than the rule needs, and noise
# could only add to it. Other reasons may stand beside. "ended too early" and "did not end" are in
# sessions.sh and faults.sh. Not here, because only the machine can bring them about: the
# hypervisor's share, a window that is too short, a load generator at its limit; tests/unit/test_verdict.c has them.
# shellcheck shell=bash

# slot MODEL LOAD: runs one slot of a load, given as the fields of its JSON object; leaves its exit
# code in $code.
slot() {
    printf '{"schema": {"name": "iobench-suite", "version_major": 1, "version_minor": 0}, "name": "verdict",
        "description": "one slot", "servers": ["%s"], "phases": [{"name": "p", "loads": [{%s}]}]}' \
        "$1" "$2" >"$TMP/verdict-suite.json"
    limited "$FAKES/build/bin/iobench" run --wide --suite "$TMP/verdict-suite.json" -o "$TMP/verdict.json" >"$TMP/.out" 2>"$TMP/.err"
    code=$?
}

# provoked MODEL STATUS LOAD CODE...: the slot's exit code, and all codes among those given.
provoked() {
    local model=$1 want=$2 load=$3 because code
    shift 3
    slots "$model" "$load" not_provoked "$@"
    for because in "$@"; do
        verdict "verdict: $model: $because" "$(not_provoked "$because")"
    done
}

# Why the slot does not have the exit code $want and all of these codes; empty if it does.
not_provoked() {
    local because
    [ "$code" = "$want" ] || echo "exit code $code: $(tail -n 1 "$TMP/.err")"
    for because in "$@"; do no_code "$TMP/verdict.json" "$because"; done
}

# slots MODEL LOAD COMMAND...: runs slots, three at most, until COMMAND prints nothing. Other work on
# the machine can spoil one; a real fault is in all of them.
slots() {
    local tries=3 model=$1 load=$2
    shift 2
    while slot "$model" "$load"; [ -n "$("$@")" ] && [ $((--tries)) -gt 0 ]; do :; done
}

# Why the slot does not count, or has that code; empty if all is well.
good_without() { # CODE
    [ "$code" = 0 ] && ! grep -q "\"$1\"" "$TMP/verdict.json" || echo "exit code $code: $(tail -n 1 "$TMP/.err")"
}

# Whether the slot says itself that it could not tell, because other work used the CPUs; then skips NAME.
excused() { # NAME
    [ -z "$(no_code "$TMP/verdict.json" 'cpus_taken|loadgen_preempted')" ] || return 1
    skip "$1" "other work used the CPUs: $(grep -m 1 '"reasons"' "$TMP/verdict.json" | head -c 200)"
}

# Why the slot is not suspect for that code; empty if all is well.
suspect_for() { # CODE
    [ "$code" = 0 ] || echo "exit code $code: $(tail -n 1 "$TMP/.err")"
    no_code "$TMP/verdict.json" "$1"
}

make_faulty() {
    local faulty="exec '$BIN/tests/fault-server' --stop-on-eof" field
    cp "$BIN/loadgen" "$BIN/echo-epoll" "$FAKES/build/bin"
    fake echo-wrong <<<"$faulty --fault wrong-byte --fault-at 1000"
    fake echo-resetting <<<"$faulty --delay-us 20000 --fault reset --fault-at 100"
    fake echo-mute <<<"$faulty --delay-us 10000000"
    fake echo-slow <<<"$faulty --rate-limit 500"
    fake echo-silencing <<<"$faulty --fault silence --fault-connection 3 --fault-at 128"
    fake echo-delayed <<<"$faulty --delay-us 2000"
    # serves for two seconds, then stands still for two: wherever in the first two the window begins
    fake echo-stalling <<<"$faulty --stall-every-ms 4000 --stall-ms 2000"
    for field in accepted bytes_in bytes_out; do
        fake echo-lying_$field <<<"'$BIN/echo-epoll' \"\$@\" | sed -u 's/\"$field\":[0-9]*/\"$field\":7/'"
    done
    fake echo-secretive <<<"'$BIN/echo-epoll' \"\$@\" | sed -u /stats/d"
}

# crowded CPU MODEL LOAD: a slot during which others work on that CPU.
crowded() {
    local i
    : >"$TMP/hogs"
    for i in {1..8}; do
        # a session each, as server and load generator have, because the scheduler shares between them
        setsid taskset -c "$1" bash -c "echo \$\$ >>$TMP/hogs; while ((SECONDS < 20)); do :; done" &
    done
    until_true eval "[ \$(wc -l <$TMP/hogs) = 8 ]"
    slot "$2" "$3"
    while read -r i; do kill "$i"; done <"$TMP/hogs"
    wait
}

# no_doubt CODE: why the slot does not say so, is valid all the same, or blames the server; empty if
# all is well.
no_doubt() {
    no_code "$TMP/verdict.json" "$1"
    grep -qE '"verdict":[[:space:]]*"(suspect|invalid)"' "$TMP/verdict.json" || echo "and it is valid"
    grep -E '"bound":[[:space:]]*"(server|both)"' "$TMP/verdict.json"
}

# Who shares a CPU with many others is late, and gets little done.
crowds() {
    local cpus name="verdict: a load generator without CPU"
    cpus=$(taskset -pc $$ 2>/dev/null | sed 's/.*: //')
    [[ $cpus =~ ^([0-9]+)[,-](.*[^0-9])?([0-9]+)$ ]] || { skip "verdict: others on the CPUs" "it takes two CPUs and taskset"; return; }
    local first=${BASH_REMATCH[1]} last=${BASH_REMATCH[3]}
    crowded "$last" epoll '"load": "open", "connections": 50, "outstanding": 100, "rate_per_s": 30000, "duration_s": 1'
    verdict "$name: sent late: p99" "$(no_doubt sent_late)"
    # several times what its share of the CPU can do, one by one: it is never done
    crowded "$last" epoll '"load": "open", "connections": 50, "rate_per_s": 100000, "duration_s": 1'
    verdict "$name: it lost its CPU" "$(no_doubt loadgen_preempted)"
    # whether the moment at which it lost its CPU was one of work, chance decides
    crowded "$last" epoll '"load": "closed", "connections": 50, "duration_s": 1'
    verdict "$name: a closed loop" "$(no_doubt 'bound_client|loadgen_preempted|cpus_taken')"
    crowded "$first" epoll '"load": "closed", "connections": 50, "duration_s": 1'
    verdict "verdict: a server without CPU: other processes used it" "$(no_code "$TMP/verdict.json" cpus_taken)"
}

# A load generator whose clock stands still during a turn of its loop, under a load of which most of
# the work is its own. What it says of itself is all that gives it away.
cached_clock() {
    local load='"load": "closed", "transport": "epoll", "connections": 50, "size_bytes": 16384, "duration_s": 0.3' code
    if [ ! -x "$BIN/tests/loadgen-cached-clock" ]; then
        skip "verdict: Little's law" "loadgen-cached-clock is not built"
        return
    fi
    cp "$BIN/tests/loadgen-cached-clock" "$FAKES/build/bin/loadgen"
    local want=3 why
    slots epoll "$load" not_provoked littles_law
    why=$(not_provoked littles_law)
    # a load generator that waits for its CPU has less to do in a turn of its loop
    if [ -z "$why" ] || ! excused "verdict: epoll: littles_law"; then
        verdict "verdict: epoll: littles_law" "$why"
        verdict "verdict: Little's law makes it invalid" "$(grep -qE '"verdict":[[:space:]]*"invalid"' "$TMP/verdict.json" || grep -m 1 'verdict":.*d",' "$TMP/verdict.json")"
    fi
    cp "$BIN/loadgen" "$FAKES/build/bin"
    slots epoll "$load" good_without littles_law
    verdict "verdict: Little's law holds of the real one" "$(good_without littles_law)"
}

# frozen_loadgen WHO...: a load generator that freezes itself (loadgen), its server (server) or both for
# 0.3 s as soon as its window has begun.
frozen_loadgen() {
    local pids
    pids=$(printf '"$%s" ' "$@")
    rm -f "$TMP/frozen.err"
    mkfifo "$TMP/frozen.err"
    fake loadgen <<EOF
exec 3<&0
'$BIN/loadgen' "\$@" --progress <&3 2>'$TMP/frozen.err' &
loadgen=\$!
server=\$(sed 's/.*--server-pid=//; s/ .*//' <<<"\$*")
exec 4<'$TMP/frozen.err'
while read -r line <&4 && [[ \$line != *window* ]]; do :; done
kill -STOP $pids
sleep 0.3
kill -CONT $pids
wait "\$loadgen"
EOF
}

# Why the load generator stood still for about as long as the server that is frozen; empty if it did not.
# Other work may stop it for less than that.
as_frozen() {
    local gap_ns
    gap_ns=$(sed -nE '0,/"gap_max_ns"/s/.*"gap_max_ns":[[:space:]]*([0-9]+).*/\1/p' "$TMP/verdict.json")
    [ "$code" = 0 ] && [ "${gap_ns:-0}" -lt 250000000 ] || echo "exit code $code, $gap_ns ns: $(tail -n 1 "$TMP/.err")"
}

# A load generator that stood still says so, alone or together with its server. One whose server stood
# still does not.
frozen() {
    local code want=0 why name="verdict: a frozen server is not a frozen load generator"
    local closed='"load": "closed", "connections": 20, "duration_s": 1, "drain_s": 4'
    local open='"load": "open", "connections": 50, "rate_per_s": 500, "duration_s": 3, "drain_s": 4'
    frozen_loadgen loadgen
    provoked delayed 0 "$closed" loadgen_frozen
    provoked epoll 0 "$open" loadgen_frozen sent_late
    frozen_loadgen server loadgen
    provoked epoll 0 "$closed" loadgen_frozen
    frozen_loadgen server
    slots delayed "$closed" as_frozen
    why=$(as_frozen)
    if [ -z "$why" ] || [ "$code" != 0 ] || ! excused "$name"; then verdict "$name" "$why"; fi
    cp "$BIN/loadgen" "$FAKES/build/bin"
}

# What limited the slot is no reason against it, but must be told. Only a server that gets a CPU can
# be at its limit, so that a busy machine takes several tries.
full_server() {
    local tries=5 code
    while [ $((tries--)) -gt 0 ]; do
        slot epoll '"load": "closed", "connections": 20, "burn_ns": 100000, "duration_s": 0.3'
        if grep -qE '"bound":[[:space:]]*"server"' "$TMP/verdict.json"; then
            ok "verdict: bound by the server"
            return
        fi
    done
    skip "verdict: bound by the server" "others took the server's CPU: $(grep -m 1 '"bound"' "$TMP/verdict.json")"
}

run_verdicts() {
    if [ ! -x "$BIN/tests/fault-server" ]; then
        skip "verdicts" "fault-server is not built"
        return
    fi
    # the drain is over when all is answered; a short one is for servers that never answer
    local closed='"load": "closed", "connections": 5, "duration_s": 0.3, "drain_s": 5' code
    local unanswered='"load": "closed", "connections": 5, "duration_s": 0.3, "drain_s": 0.2'
    local open='"load": "open", "connections": 5, "rate_per_s": 5000, "duration_s": 0.5, "drain_s": 0.2'
    make_fakes
    make_faulty
    provoked wrong 1 "$closed" wrong_echo
    provoked resetting 3 "$closed" errors few_messages connections_lost
    provoked mute 3 "$unanswered"', "newcomers_per_s": 200' no_message starved newcomers_unanswered
    provoked lying_accepted 3 "$closed" totals_disagree
    provoked lying_bytes_in 3 "$closed" totals_disagree
    provoked lying_bytes_out 3 "$closed" totals_disagree
    provoked secretive 3 "$closed" no_stats
    provoked slow 3 "$open" saturated
    slots slow '"load": "open", "connections": 5, "rate_per_s": 1000, "warmup_s": 0, "duration_s": 1, "drain_s": 4, "saturating": true' \
        good_without saturated
    verdict "verdict: saturated as was meant is no reason" "$(good_without saturated)"
    # one connection of five falls silent after two echoes: a fifth of the arrivals is not answered
    provoked silencing 3 "$open" unanswered saturated
    verdict "validate: the file of a silent connection" "$(invalid "$TMP/verdict.json")"
    provoked silencing 3 "$unanswered" unanswered
    verdict "validate: the file of a silent connection in a closed loop" "$(invalid "$TMP/verdict.json")"
    slots silencing "$open"', "saturating": true' suspect_for unanswered
    verdict "verdict: in a saturating slot the unanswered are suspect" "$(suspect_for unanswered)"
    verdict "run: the table says what got no answer, and that p99 is among it" \
        "$(grep -qE '^  silencing .* no answer .*% of .* messages got no answer' "$TMP/.out" || grep silencing "$TMP/.out")"
    # it stands still from the second second on, which the window's end is behind
    slots stalling '"load": "closed", "connections": 5, "duration_s": 2.5, "warmup_s": 0, "drain_s": 4' suspect_for in_flight_at_end
    verdict "verdict: a stall over the end of the window" "$(suspect_for in_flight_at_end)"
    verdict "run: the table says what was in flight" \
        "$(grep -qE '^  stalling .*a message was in flight for ' "$TMP/.out" || grep stalling "$TMP/.out")"
    # from the second second on, so that all of the second half is stall: whoever else is busy cannot make up for that
    slots stalling '"load": "closed", "connections": 5, "duration_s": 2, "warmup_s": 1, "drain_s": 4' no_code "$TMP/verdict.json" halves_differ
    verdict "verdict: a server that stops in mid-window: the halves differ" "$(no_code "$TMP/verdict.json" halves_differ)"
    cached_clock
    frozen
}

run_crowds() {
    make_fakes
    cp "$BIN/loadgen" "$BIN/echo-epoll" "$FAKES/build/bin"
    crowds
}

run_bound() {
    make_fakes
    cp "$BIN/loadgen" "$BIN/echo-epoll" "$FAKES/build/bin"
    full_server
}
