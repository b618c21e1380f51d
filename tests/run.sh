#!/usr/bin/env bash
# run.sh - runs every test program that is built and adds up what they say.
# Invariant: a suite that dies, hangs or says nothing is a failure, and a skip is never a pass.
#
#   BIN=build/bin [CONFIG=release|asan|tsan] [MODELS="epoll ..."] [MISSING=TEXT] [ONLY=REGEX]
#   [TIMEOUT_SCALE=X] bash tests/run.sh
#
# Each line "ok", "not ok" or "skip" of a suite is one test. Failing lines and what the suite said on
# stderr are shown; everything is in build/test-logs/. The last line is "N passed, N failed, N
# skipped"; the exit code is 1 if any failed or none passed.
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
export CMOCKA_MESSAGE_OUTPUT=TAP

passed=0 failed=0 skipped=0

count() { # how many lines of file $2 match $1
    grep -cE "$1" "$2" || true
}

# suite NAME DEADLINE-S COMMAND...: runs it, counts its lines, shows what failed.
suite() {
    local name=$1 deadline=$2 log=$LOGS/${1//[^a-zA-Z0-9_.-]/-} code
    shift 2
    [[ $name =~ $ONLY ]] || return 0
    timeout --kill-after=10 "$((deadline * ${scale%%.*} ))" "$@" >"$log.out" 2>"$log.err" </dev/null
    code=$?
    # cmocka numbers its lines and marks skips as TAP does
    sed -E -i 's/^ok [0-9]+ - (.*) # SKIP ?(.*)$/skip \1 # \2/; s/^(ok|not ok) [0-9]+ - /\1 '"unit\/${name#unit-}"' /' "$log.out"
    local ok not_ok skip
    ok=$(count '^ok ' "$log.out") not_ok=$(count '^not ok ' "$log.out") skip=$(count '^skip ' "$log.out")
    if [ "$not_ok" -eq 0 ]; then
        case $code in
        0 | 77) ;;
        124 | 137) echo "not ok $name # no end within its deadline" >>"$log.out"; not_ok=1 ;;
        *) echo "not ok $name # exit code $code" >>"$log.out"; not_ok=1 ;;
        esac
        if [ "$((ok + not_ok + skip))" -eq 0 ]; then
            echo "not ok $name # it said nothing" >>"$log.out"
            not_ok=1
        fi
    fi
    passed=$((passed + ok)) failed=$((failed + not_ok)) skipped=$((skipped + skip))
    printf '%-28s %4d passed %3d failed %3d skipped  %3d s\n' "$name" "$ok" "$not_ok" "$skip" \
        "$((SECONDS - started))"
    started=$SECONDS
    grep -E '^skip ' "$log.out" | sed 's/^/  /'
    if [ "$not_ok" -gt 0 ]; then
        grep -E '^not ok ' "$log.out" | sed 's/^/  /'
        # what it said beside its lines, e.g. a failed assertion or a sanitizer's report
        { grep -vE '^(ok|not ok|skip|1\.\.) ?' "$log.out"; cat "$log.err"; } | head -n 60 | sed 's/^/    /'
        echo "  all of it: $log.out, $log.err"
    fi
}

skip() { # NAME REASON
    [[ $1 =~ $ONLY ]] || return 0
    echo "skip $1 # $2"
    skipped=$((skipped + 1))
}

# ThreadSanitizer wants the address space it was built for: no randomization.
fixed=()
if [ "$CONFIG" = tsan ] && command -v setarch >/dev/null; then fixed=(setarch -R); fi

started=$SECONDS
[ -n "${MISSING:-}" ] && skip "missing packages" "not installed: $MISSING"

units=0
for unit in "$BIN"/tests/unit-*; do
    [ -x "$unit" ] || continue
    units=1
    suite "$(basename "$unit")" 60 ${fixed[@]+"${fixed[@]}"} "$unit"
done
[ "$units" = 1 ] || skip unit "no unit tests are built; cmocka is missing"

# Race detection is for the load generator, the one program that shares state between threads.
if [ "$CONFIG" != tsan ]; then
    for model in $MODELS; do
        if [ -x "$BIN/echo-$model" ]; then
            suite "conformance-$model" 240 "$BIN/tests/conformance" --timeout-scale "$scale" -- "$BIN/echo-$model"
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

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
