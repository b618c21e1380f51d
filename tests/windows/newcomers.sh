#!/usr/bin/env bash
# newcomers.sh - measures how long a newcomer waits for its first echo while 200 connections are busy,
# for every `accept` option of completion-routine, under Wine. With `alternate`, routines that start
# new operations starve the accept; docs/models.md explains it. `deferred` and `thread` prevent this.
# Invariant: all options are compared in one run, on one machine, under the same load.
#
#   BIN=build/bin WIN=build/windows/bin bash tests/windows/newcomers.sh   (within a Wine prefix)
set -u
cure_min=20 # the wait must be shorter by at least this factor
seconds=5   # duration of the measured window
server=$WIN/echo-completion-routine.exe
failed=0

verdict() { # CONDITION-CODE NAME TEXT
    if [ "$1" = 0 ]; then
        echo "ok newcomers $2 # $3"
    else
        echo "not ok newcomers $2 # $3"
        failed=1
    fi
}

# median NAME: the newcomers' median in us under accept=NAME; empty if it was not measured
median() {
    local out ready port sample
    coproc server { exec wine "$server" --stop-on-eof --option "accept=$1"; }
    out=${server[0]}
    local stdin=${server[1]} pid=$server_PID
    read -r -t 20 ready <&"$out"
    port=$(sed -nE 's/.*"port":([0-9]+).*/\1/p' <<<"$ready")
    sample=$("$BIN/loadgen" --connect "127.0.0.1:$port" --connections 200 --newcomers 20 \
        --warmup 1 --duration "$seconds" --drain 5 </dev/null)
    exec {stdin}>&-
    wait "$pid" || return
    # the object "newcomers", up to its histogram
    sed -nE 's/.*"newcomers":\{[^{}]*"p50_ns":([0-9]+)[^{}]*"hist".*/\1/p' <<<"$sample" |
        awk '{ printf "%d", $1 / 1000 }'
}

described=$(wine "$server" --describe </dev/null)
code=$?
options=$(sed -nE 's/.*"name":"accept"[^}]*"choices":\[([^]]*)\].*/\1/p' <<<"$described" | tr -d '"' | tr , ' ')
[ -n "$options" ] || { echo "not ok newcomers # no accept option; exit code $code, output '$described'"; exit 1; }
declare -A wait_us
measure() { wait_us[$1]=$(median "$1"); [ -n "${wait_us[$1]}" ]; }

measure alternate
verdict $? alternate "${wait_us[alternate]:-unmeasured} us: this loop starves the accept"
for option in $options; do
    case $option in
    alternate) ;;
    deferred | thread)
        # If other processes take the CPUs, the busy connections pause and newcomers get in: measure both again.
        for ((try = 1; try <= 3; try++)); do
            [ "$try" = 1 ] || measure alternate
            measure "$option" && [ $((wait_us[$option] * cure_min)) -le "${wait_us[alternate]:-0}" ] && break
        done
        [ "$try" -le 3 ]
        verdict $? "$option" "${wait_us[$option]:-unmeasured} us, alternate ${wait_us[alternate]:-unmeasured} us; must be $cure_min times shorter"
        ;;
    *)
        measure "$option"
        verdict $? "$option" "${wait_us[$option]:-unmeasured} us"
        ;;
    esac
done
exit "$failed"
