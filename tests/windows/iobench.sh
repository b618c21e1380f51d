#!/usr/bin/env bash
# iobench.sh - all programs together under Wine: a shortened quick suite with three kinds of servers.
# Both iobench.exe and iobench validate the result.
set -u
failed=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

try() { # NAME EXPECTED-CODE COMMAND...
    local name=$1 expected=$2 code
    shift 2
    "$@" >"$dir/out" 2>&1 </dev/null
    code=$?
    if [ "$code" = "$expected" ]; then
        echo "ok iobench $name"
    else
        echo "not ok iobench $name # exit code $code, expected $expected: $(head -n 3 "$dir/out" | tr '\n' '|')"
        failed=1
    fi
}

result="$dir/it's 한글.json"
# Wine maps Z: to the root directory of this system
try run 0 wine "$WIN/iobench.exe" run --suite quick --server select --server iocp --server libuv \
    --repeats 1 --duration 0.3 --quiet -o "Z:$result"
try validate.exe 0 wine "$WIN/iobench.exe" validate "Z:$result"
try validate 0 "$BIN/iobench" validate "$result"
try emulator 0 grep -q '"emulator":[[:space:]]*"wine' "$result"
sed 's/"messages":[[:space:]]*[0-9]*/"messages": 1/' "$result" >"$dir/false.json"
try "validate.exe finds a false figure" 2 wine "$WIN/iobench.exe" validate "Z:$dir/false.json"
try list 0 wine "$WIN/iobench.exe" list
tree="$dir/it's \$HOME 한글 (1)"
mkdir -p "$tree/build/windows" && ln -s "$PWD/$WIN" "$tree/build/windows/bin" && ln -s "$PWD"/{bench,plot,results} "$tree"
try "list in a folder with any character in its name" 0 wine "$tree/build/windows/bin/iobench.exe" list

# ---- a killed iobench ----

# Processes that were started with the mark, directly or not.
marked() { grep -lszx "ORPHANS_OF=iobench.sh-$$" /proc/[0-9]*/environ | grep -o '[0-9]*'; }
describes() { local pid; for pid in $(marked); do tr '\0' ' ' <"/proc/$pid/cmdline"; done 2>/dev/null | grep -q 'echo-slow.exe --describe'; }
none_marked() { [ -z "$(marked)" ]; }
wait_for() { local tries=400; until "$@"; do [ "$((tries--))" -gt 0 ] || return 1; sleep 0.05; done; }

# A server that never describes itself has no stream whose end it would notice.
killed() {
    local tree=$dir/tree run left
    mkdir -p "$tree/build/bin" "$tree/results" "$tree/bench"
    cp "$WIN/iobench.exe" "$WIN/loadgen.exe" "$tree/build/bin" && cp "$WIN/tests/sleeper.exe" "$tree/build/bin/echo-slow.exe" &&
        cp -R bench/suites "$tree/bench" && cp results/iobench-result.schema.json "$tree/results"
    ORPHANS_OF=iobench.sh-$$ wine "$tree/build/bin/iobench.exe" list </dev/null >"$dir/out" 2>&1 &
    run=$!
    wait_for describes || { echo "not ok iobench killed # no server was asked: $(head -n 1 "$dir/out")"; failed=1; }
    { kill -KILL "$run"; wait "$run"; } 2>/dev/null
    if wait_for none_marked; then
        echo "ok iobench killed: no process is left"
    else
        left=$(marked)
        echo "not ok iobench killed: no process is left # $left"
        # shellcheck disable=SC2086
        kill -KILL $left
        failed=1
    fi
}
killed
exit "$failed"
