#!/usr/bin/env bash
# run.sh - tests echo-kqueue on a system without kqueue, as `make check-bsd` does: over a test double of
# kqueue, and over libkqueue if it is installed.
# Invariant: no test here runs on a kernel with kqueue; the name of each suite names its replacement.
#
#   BIN=build/bin KQUEUES="double other-types [libkqueue]" [ONLY=REGEX] [TIMEOUT_SCALE=X]
#   bash tests/bsd/run.sh
#
# The last line is "N passed, N failed, N skipped"; the exit code is 1 if any failed or none passed.
set -u
cd "$(dirname "$0")/../.." || exit 1

BIN=${BIN:-build/bin}
KQUEUES=${KQUEUES:-double other-types}
ONLY=${ONLY:-.}
LOGS=build/test-logs/bsd
scale=${TIMEOUT_SCALE:-1}
export BIN
mkdir -p "$LOGS"
. tests/suites.sh

double="kqueue API over epoll"

# Nothing is timed: several suites at once, the longest first.
if [ -f tests/bsd/compile.sh ]; then
    beside compile 900 bash tests/bsd/compile.sh
fi

# Waves of 2000 connections reuse descriptors, and 5000 connections are open at once, if the limit allows it.
files=$(ulimit -Hn) wave=2000
[ "$files" = unlimited ] || [ "$files" -ge 2100 ] || wave=500
many=("$BIN/tests/conformance" --timeout-scale "$scale" --connections 5000 --wave "$wave")

# conformance NAME VARIABLE=VALUE... -- OPTION...: echo-kqueue over the double, with these options.
conformance() {
    local name=$1 environment=()
    shift
    while [ "$1" != -- ]; do environment+=("$1"); shift; done
    shift
    beside "conformance double $name" 240 "${many[@]}" -- env KQUEUE_DOUBLE_STRICT=1 ${environment[@]+"${environment[@]}"} \
        "$BIN/tests/echo-kqueue-double" "$@"
}

tiny=KQUEUE_DOUBLE_SNDBUF=4608 # the minimum on Linux; larger sends are partial

beside "kqueue-test double" 120 "$BIN/tests/kqueue-test-double" --label "$double:"
beside "kqueue-test double other-types" 120 "$BIN/tests/kqueue-test-other-types" --label "$double, other types:"
beside "label double" 60 bash tests/bsd/label.sh double "$double"
conformance level --
conformance edge -- --option trigger=edge
conformance level-events-4 -- --option events=4
conformance edge-events-4 -- --option trigger=edge --option events=4
conformance level-tiny "$tiny" -- --option events=4
conformance edge-tiny "$tiny" -- --option trigger=edge --option events=4
beside "conformance double other-types" 60 "$BIN/tests/conformance" --timeout-scale "$scale" --only echoes -- \
    "$BIN/tests/echo-kqueue-other-types"

case " $KQUEUES " in
*" libkqueue "*)
    reset_is_end="libkqueue reports a reset as an ordinary end"
    beside "kqueue-test libkqueue" 120 "$BIN/tests/kqueue-test-libkqueue" --label "libkqueue:" \
        --skip "reset=$reset_is_end" \
        --skip "error-event=libkqueue writes the error into the list but returns a count of 0" \
        --skip "close-deletes=libkqueue keeps the filters of closed descriptors"
    beside "label libkqueue" 60 bash tests/bsd/label.sh libkqueue "kqueue API of libkqueue"
    for trigger in level edge; do
        beside "conformance libkqueue $trigger" 240 "${many[@]}" --skip "reset=$reset_is_end" \
            --skip "fd-reuse=$reset_is_end" -- "$BIN/tests/echo-kqueue-libkqueue" \
            --option trigger=$trigger --option events=4
    done
    ;;
*) skip "libkqueue" "not installed; the same tests would run with it" ;;
esac

together
total
