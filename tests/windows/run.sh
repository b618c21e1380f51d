#!/usr/bin/env bash
# run.sh - tests the Windows programs on this machine, under Wine, as `make check-windows` does.
# Invariant: Wine shows correctness. Each test that Wine cannot support is skipped with its reason.
#
#   BIN=build/bin WIN=build/windows/bin PREFIX=DIR MODELS="select ..." [ONLY=REGEX]
#   [TIMEOUT_SCALE=X] bash tests/windows/run.sh
#
# BIN contains the test programs, which run on this system; WIN contains the programs under test. The
# last line is "N passed, N failed, N skipped"; the exit code is 1 if any failed or none passed.
set -u
# Debian's Wine has no preloader. Its loader, linked to 0x7d000000, has a heap at a random place in the GiB above; where
# that covers 0x7ffe0000, which Wine wants for itself, a program does not start: exit code 1, not a word, once in 5,000.
if [ -z "${FIXED:-}" ] && setarch -R true 2>/dev/null; then FIXED=1 exec setarch -R bash "$0" "$@"; fi
cd "$(dirname "$0")/../.." || exit 1
. tests/windows/wine.sh

BIN=${BIN:-build/bin}
WIN=${WIN:-build/windows/bin}
ONLY=${ONLY:-.}
LOGS=build/test-logs/windows
scale=${TIMEOUT_SCALE:-4}
export BIN WIN
mkdir -p "$LOGS"
. tests/suites.sh

missing=$(wine_missing)
if [ -n "$missing" ]; then
    skip windows "not installed: $missing"
    total
    exit
fi
wine_begin "$PREFIX" || { echo "run.sh: no Wine prefix; see $PREFIX/boot.log" >&2; exit 1; }
echo "$(wine --version), prefix $PREFIX"

# ---- unit tests ----

for unit in "$WIN"/tests/unit-*.exe; do
    beside "$(basename "$unit" .exe)" 60 wine "$unit"
done
together

# ---- servers: the conformance suite, run from Linux; one at a time, because all share wineserver's descriptors ----

in_wineserver="Wine keeps sockets in wineserver, whose limit of descriptors is not the server's"
no_sigterm="under Wine SIGTERM ends a process at once, and Windows has no such signal; ctrl-c is tested instead"
no_account="an echo under Wine takes 40 to 200 us of CPU, which hides the burnt time"
conformance() { # NAME CONNECTIONS EXE
    suite "conformance-$1" 300 "$BIN/tests/conformance" --timeout-scale "$scale" --connections "$2" \
        --observer "wine $WIN/tests/handles.exe" --skip "out-of-descriptors=$in_wineserver" \
        --skip "few-descriptors=$in_wineserver" --skip "stop-sigterm=$no_sigterm" --skip "signals=$no_sigterm" \
        --skip "signals-ignored=$no_sigterm" --skip "signals-harmless=$no_sigterm" --skip "burn=$no_account" -- wine "$3"
}
for model in $MODELS; do
    case $model in
    completion-routine | iocp | wsapoll) conformance "$model" 5000 "$WIN/echo-$model.exe" ;;
    *) conformance "$model" 1000 "$WIN/echo-$model.exe" ;;
    esac
done
# Wine has no registered I/O, so the server uses a test double
conformance rio-on-a-double 1000 "$WIN/tests/echo-rio-double.exe"
suite newcomers 180 bash tests/windows/newcomers.sh
suite ctrl-c 60 bash tests/windows/ctrl_c.sh

# ---- the load generator: its truth tests, against servers that run on Linux ----

mixed=build/windows/mixed # BIN of the truth tests
rm -rf "$mixed" && mkdir -p "$mixed"
ln -s "$PWD/$BIN"/* "$mixed" && rm "$mixed/loadgen"
printf '#!/bin/sh\nexec wine "%s/loadgen.exe" "$@"\n' "$WIN" >"$mixed/loadgen" # relative: the path may contain quotes
chmod +x "$mixed/loadgen"
truth=("$BIN/tests/truth" --timeout-scale "$scale")
for name in fixed-delay-closed fixed-delay-open queueing-is-latency stall-open stall-closed littles-law \
    drawn-delay-closed two-delays-closed drawn-delay-open poisson-on-the-wire starved-a-tenth newcomer-delay churn-delay churn-schedule churn-saturated silence-open \
    rotation-delays rotation-stall; do
    truth+=(--skip "$name=its bounds are narrower than Wine's timing")
done
for name in frozen-closed frozen-open frozen-other-loads frozen-at-edges frozen-often; do
    truth+=(--skip "$name=Windows has no clock that shows what a thread lost outside of its waits")
done
truth+=(--skip "server-cpu=a Windows program cannot look at a process of this system"
    --skip "transports-agree=Windows has only one transport"
    --skip "cached-clock=it needs the transport epoll")
suite truth-once 200 "${truth[@]}" --once "$mixed"
suite truth-libuv 300 "${truth[@]}" --transport libuv "$mixed"

# ---- iobench ----

suite iobench 120 bash tests/windows/iobench.sh

total
