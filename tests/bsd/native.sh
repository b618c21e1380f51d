#!/usr/bin/env bash
# native.sh - runs on macOS or a BSD: the unit tests, the checks of kqueue that the model relies on, and
# each server under a short load and in the conformance suite.
# It uses only tools that are part of these systems.
#
#   [BIN=build/bin] bash tests/bsd/native.sh
#
# It prints one line per test: "ok", "not ok NAME # reason" or "skip NAME # reason". The exit code is 1
# if any is not ok. `native.sh holds PID` prints the number of descriptors of a process, and its
# resident bytes.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-build/bin}
logs=build/test-logs/native
failed=0
mkdir -p "$logs"

if [ "${1:-}" = holds ]; then # the observer of the conformance suite
    if command -v lsof >/dev/null; then lsof -nP -p "$2" 2>/dev/null; else fstat -p "$2"; fi |
        awk 'NR > 1 && $4 ~ /^[0-9]/' | wc -l | tr -d ' \n'
    echo " $(($(ps -o rss= -p "$2") * 1024))"
    exit
fi

check() { # NAME COMMAND...: its exit code decides
    local name=$1
    shift
    if "$@" >"$logs/$name.log" 2>&1 </dev/null; then
        echo "ok $name"
    else
        echo "not ok $name # exit code $?; $(tail -n 1 "$logs/$name.log")"
        failed=1
    fi
}

# Runs a server under load and verifies every byte of every echo; loadgen's exit code is 1 if one is
# wrong. The server ends when its stdin ends; exit code 0 and its statistics show an orderly end.
# shellcheck disable=SC2317 # check calls it
serve_and_load() { # MODEL
    local fifo=$logs/$1.stdin ready=$logs/$1.out port pid code=0 i
    rm -f "$fifo" "$ready" && mkfifo "$fifo" || return 1
    "$BIN/echo-$1" --stop-on-eof <"$fifo" >"$ready" &
    pid=$!
    exec 3>"$fifo"
    for i in $(seq 100); do
        port=$(sed -nE 's/.*"port":([0-9]+).*/\1/p' "$ready")
        [ -n "$port" ] && break
        sleep 0.1
    done
    [ -n "$port" ] && for i in "1 64" "100 64" "100 40000"; do
        "$BIN/loadgen" --connect "127.0.0.1:$port" --connections "${i% *}" --size "${i#* }" \
            --warmup 0.2 --duration 1 3>&- || code=1
    done
    [ -n "$port" ] || code=1
    exec 3>&-
    wait "$pid" || code=1
    grep '"stats"' "$ready" || code=1
    return "$code"
}

for unit in "$BIN"/tests/unit-*; do
    [ -x "$unit" ] && check "$(basename "$unit")" "$unit"
done
for server in "$BIN"/echo-*; do
    model=${server##*/echo-}
    check "load-$model" serve_and_load "$model"
    [ -x "$BIN/tests/conformance" ] || continue
    "$BIN/tests/conformance" --timeout-scale 2 --observer "bash tests/bsd/native.sh holds" -- "$server" \
        2>"$logs/conformance-$model.log" || failed=1
done
if [ -x "$BIN/tests/kqueue-test" ]; then "$BIN/tests/kqueue-test" || failed=1; fi
exit "$failed"
