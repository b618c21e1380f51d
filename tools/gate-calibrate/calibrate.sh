#!/usr/bin/env bash
# calibrate.sh - measures the false alarms of the gate, and whether it finds real regressions. It runs
# live jobs of `iobench ab` on this machine, of four kinds in turn: equal arms, candidates that burn
# more CPU, so an echo takes 10 % or 5 % longer, and a candidate that crashes in 10 % of its processes.
# Each job is appended to the record when it ends. A run that was stopped continues where it stopped.
# See docs/gate.md.
#
#   calibrate.sh RECORD [JOBS-OF-EQUAL-ARMS [JOBS-10 [JOBS-5 [JOBS-THAT-BREAK]]]]
set -eu
record=$1 wanted=("${2:-20}" "${3:-15}" "${4:-15}" "${5:-10}")
bin=${BIN:-build/bin}
kinds=(aa 10 5 breaks)
here=$(dirname "$0")
suites=(ci "$here/cell.json" "$here/cell.json" ci) # the slower candidates are compared in that cell only
jobs=$bin/tests/gate-jobs
work=$(mktemp -d)
job=
trap '[ -z "$job" ] || kill "$job" 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
real=$(realpath "$bin/echo-epoll")

# How much more the candidate burns: determined once per record, from 40 slots at two levels.
if [ ! -s "$record.burn" ]; then
    cat >"$work/burn.json" <<'SUITE'
{ "schema": { "name": "iobench-suite", "version_major": 1, "version_minor": 0 },
  "name": "burn", "description": "the cost of burn_ns", "repeats": 20, "servers": ["epoll"],
  "phases": [{ "name": "burn", "loads": [
    { "load": "closed", "connections": 50, "burn_ns": [3000, 4000], "warmup_s": 0.3, "duration_s": 1 }] }] }
SUITE
    "$bin/iobench" run --suite "$work/burn.json" --quiet -o "$work/burn.result.json"
    ten=$("$jobs" burn "$work/burn.result.json" 10)
    five=$("$jobs" burn "$work/burn.result.json" 5)
    echo "$ten $five" >"$record.burn"
fi
read -r ten five <"$record.burn"
extra=(0 "$ten" "$five" 0)

# Equal arms must not have equal bytes, or iobench would not measure them. A byte appended to the file
# does not change the program. The slower candidates are a script that makes the same program burn more.
mkdir "$work/aa" "$work/10" "$work/5" "$work/breaks"
ln -s "$real" "$work/echo-epoll" # the path of the source tree may contain what these scripts would have to quote
real=$work/echo-epoll
{ cat "$real"; echo; } >"$work/aa/echo-epoll"
for i in 1 2; do
    cat >"$work/${kinds[i]}/echo-epoll" <<WRAPPER
#!/bin/sh
before=
count=\$#
while [ "\$count" -gt 0 ]; do
    word=\$1
    shift
    [ "\$before" != --burn-ns ] || word=\$((word + ${extra[i]}))
    before=\$word
    set -- "\$@" "\$word"
    count=\$((count - 1))
done
exec "$real" "\$@"
WRAPPER
done
# A server that crashes within the window: the subshell knows the process that becomes the server.
cat >"$work/breaks/echo-epoll" <<WRAPPER
#!/bin/sh
case "\$*" in *--describe*) exec "$real" "\$@" ;; esac
if [ \$((\$(od -An -N2 -tu2 /dev/urandom) % 10)) = 0 ]; then
    (sleep 1 && kill -KILL \$\$) </dev/null >/dev/null 2>&1 &
fi
exec "$real" "\$@"
WRAPPER
chmod +x "$work"/*/echo-epoll

for ((round = 0; round < 1000; round++)); do
    left=0
    for i in 0 1 2 3; do
        done_jobs=$("$jobs" count "$record" "${kinds[i]}")
        [ "$done_jobs" -lt "${wanted[i]}" ] || continue
        left=1
        read -r load _ </proc/loadavg
        code=0
        "$bin/iobench" ab --suite "${suites[i]}" --baseline "$real" --candidate "$work/${kinds[i]}/echo-epoll" --seed "$((done_jobs * 1000 + i))" \
            -o "$work/result.json" --json --quiet >"$work/report.json" &
        job=$!
        wait "$job" || code=$?
        job=
        [ "$code" = 0 ] || [ "$code" = 1 ] || [ "$code" = 3 ] || exit "$code"
        "$jobs" add "$record" "${kinds[i]}" "${extra[i]}" "$load" <"$work/report.json"
        echo "$(date -u +%H:%M:%S) ${kinds[i]} $((done_jobs + 1))/${wanted[i]}: exit $code"
    done
    [ "$left" = 1 ] || break
done
"$jobs" report "$record"
