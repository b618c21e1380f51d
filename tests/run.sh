#!/usr/bin/env bash
# run.sh - runs every test program that is built and adds up what they say.
# Invariant: what is not built or not there is printed as a skip with its reason.
#
#   BIN=build/bin [CONFIG=release|asan|tsan] [MODELS="epoll ..."] [MISSING=TEXT] [ONLY=REGEX]
#   [TIMEOUT_SCALE=X] bash tests/run.sh
#
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
export TSAN_OPTIONS=${TSAN_OPTIONS:-exitcode=99:halt_on_error=1:atexit_sleep_ms=50}

. tests/suites.sh

# ThreadSanitizer wants the address space it was built for: no randomization.
fixed=()
if [ "$CONFIG" = tsan ] && command -v setarch >/dev/null; then fixed=(setarch -R); fi

[ -n "${MISSING:-}" ] && skip "missing packages" "not installed: $MISSING"

units=0
for unit in "$BIN"/tests/unit-*; do
    [ -x "$unit" ] || continue
    units=1
    suite "$(basename "$unit")" 60 ${fixed[@]+"${fixed[@]}"} "$unit"
done
[ "$units" = 1 ] || skip unit "no unit tests are built; cmocka is missing"

# Freed memory that the sanitizer keeps looks like memory that is kept; it finds that by itself.
conformance=("$BIN/tests/conformance" --timeout-scale "$scale")
[ "$CONFIG" = release ] || conformance+=(--skip "rounds=a sanitizer keeps freed memory, and finds leaks itself")

# Race detection is for the load generator, the one program that shares state between threads.
if [ "$CONFIG" != tsan ]; then
    for model in $MODELS; do
        if [ -x "$BIN/echo-$model" ]; then
            suite "conformance-$model" 240 "${conformance[@]}" -- "$BIN/echo-$model"
        else
            skip "conformance-$model" "$BIN/echo-$model is not built"
        fi
    done
fi

# What a transport has a say in is asked of each; the rest, and whether there is one, once.
truth=(${fixed[@]+"${fixed[@]}"} "$BIN/tests/truth" --timeout-scale "$scale")
[ "$CONFIG" = release ] || truth+=(--slow-build)
suite truth-once 200 "${truth[@]}" --once "$BIN"
for transport in $("$BIN/loadgen" --describe | sed -nE 's/.*"transports":\[([^]]*)\].*/\1/p' | tr -d '"' | tr , ' '); do
    suite "truth-$transport" 300 "${truth[@]}" --transport "$transport" "$BIN"
done

if [ "$CONFIG" != tsan ]; then
    suite cli 500 env BIN="$BIN" SCALE="${scale%%.*}" bash tests/cli/cli.sh
fi

# The targets have sanitizers of their own.
if [ "$CONFIG" = release ]; then
    suite fuzz 400 env BIN="$BIN" bash tests/fuzz/fuzz.sh
fi

total
