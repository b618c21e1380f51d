#!/usr/bin/env bash
# run.sh - runs every test program that is built and adds up what they say.
# Invariant: what is not built or not there is printed as a skip with its reason.
#
#   BIN=build/bin [CONFIG=release|asan|tsan] [MODELS="epoll ..."] [MISSING=TEXT] [ONLY=REGEX]
#   [TIMEOUT_SCALE=X] [LONG=1] [JOBS=N] bash tests/run.sh
#
# LONG adds what takes long and seldom finds anything: every case of truth for every transport, also in
# builds with sanitizers, thousands of connections more, the servers of this revision built again, fuzzing
# for a minute. JOBS suites run at once where nothing is timed.
# Everything they say is in build/test-logs/. The last line is "N passed, N failed, N skipped"; the
# exit code is 1 if any failed or none passed.
set -u
cd "$(dirname "$0")/.." || exit 1

BIN=${BIN:-build/bin}
CONFIG=${CONFIG:-release}
MODELS=${MODELS:-$(cd "$BIN" && for f in echo-*; do printf '%s ' "${f#echo-}"; done)}
ONLY=${ONLY:-.}
LOGS=build/test-logs/$CONFIG
mkdir -p "$LOGS"

# Sanitizers slow programs down; a finding must be an exit code that no test takes for its own.
case $CONFIG in
release) scale=1 ;;
asan) scale=4 ;;
tsan) scale=6 ;;
*) echo "run.sh: CONFIG=$CONFIG: unknown" >&2; exit 2 ;;
esac
scale=${TIMEOUT_SCALE:-$scale}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:exitcode=99}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
export LSAN_OPTIONS=${LSAN_OPTIONS:-exitcode=99}
export TSAN_OPTIONS=${TSAN_OPTIONS:-exitcode=99:halt_on_error=1:atexit_sleep_ms=50:suppressions=\"$PWD/tests/tsan.supp\"}

. tests/suites.sh

# ThreadSanitizer wants the address space it was built for: no randomization.
fixed=()
if [ "$CONFIG" = tsan ] && setarch -R true 2>/dev/null; then fixed=(setarch -R); fi

[ -n "${MISSING:-}" ] && skip "missing packages" "not installed: $MISSING"

# ---- nothing here is timed: several suites at once, the longest first ----

# The targets have sanitizers of their own.
if [ "$CONFIG" = release ]; then
    beside fuzz 900 env BIN="$BIN" FUZZ_S="${LONG:+60}" bash tests/fuzz/fuzz.sh
fi

# Race detection is for the load generator, the one program that shares state between threads.
cli() { # NAME PART...
    local name=$1
    shift
    beside "cli-$name" 500 env BIN="$BIN" SCALE="${scale%%.*}" bash tests/cli/cli.sh "$@"
}
if [ "$CONFIG" != tsan ]; then
    cli faults faults
    cli verdicts verdicts
    cli foreign foreign addresses rotation
    cli limits limits changes orphans
fi
# What measures for long, or has a reader of another project read the results, says the same under a sanitizer.
case $CONFIG in
release)
    cli ab ab
    cli source source
    cli sessions sessions plots outputs schema exports loadgen
    cli table table doctor words terminal compare outside
    ;;
asan)
    cli sessions sessions plots loadgen
    cli table table doctor words terminal compare outside
    ;;
esac
[ -z "${LONG:-}" ] || [ "$CONFIG" != release ] || cli revision revision

# What a transport can make different is asked of each; the rest, and whether there is one, once.
truth=(${fixed[@]+"${fixed[@]}"} "$BIN/tests/truth" --timeout-scale "$scale")
[ "$CONFIG" = release ] || truth+=(--slow-build)
transports=$("$BIN/loadgen" --describe | sed -nE 's/.*"transports":\[([^]]*)\].*/\1/p' | tr -d '"' | tr , ' ')
for transport in $transports; do
    beside "truth-$transport" 300 "${truth[@]}" --untimed --transport "$transport" "$BIN"
done
beside truth-once 200 "${truth[@]}" --untimed --once "$BIN"

# Freed memory that the sanitizer keeps looks like memory that is kept; it finds that by itself.
conformance=("$BIN/tests/conformance" --timeout-scale "$scale")
[ "$CONFIG" = release ] || conformance+=(--skip "rounds=a sanitizer keeps freed memory, and finds leaks itself")
[ -z "${LONG:-}" ] || conformance+=(--connections 5000 --wave 2000)
if [ "$CONFIG" != tsan ]; then
    for model in $MODELS; do
        if [ -x "$BIN/echo-$model" ]; then
            beside "conformance-$model" 240 "${conformance[@]}" -- "$BIN/echo-$model"
        else
            skip "conformance-$model" "$BIN/echo-$model is not built"
        fi
    done
fi

units=0
for unit in "$BIN"/tests/unit-*; do
    [ -x "$unit" ] || continue
    units=1
    beside "$(basename "$unit")" 60 ${fixed[@]+"${fixed[@]}"} "$unit"
done
[ "$units" = 1 ] || skip unit "no unit tests are built; cmocka is missing"
together

# ---- times and rates are compared: one after another, and not where a sanitizer slows all of it down ----

if [ "$CONFIG" = release ] || [ -n "${LONG:-}" ]; then
    [ "$CONFIG" != release ] || suite cli-crowds 200 env BIN="$BIN" bash tests/cli/cli.sh crowds bound
    suite truth-timed-once 600 "${truth[@]}" --timed --once "$BIN"
    for transport in $transports; do
        suite "truth-timed-$transport" 900 "${truth[@]}" --timed ${LONG:+--every} --transport "$transport" "$BIN"
    done
fi

total
