# foreign.sh - servers that are not iobench's own: --server-cmd and --server-at. Whatever the server
# does, the run ends, says what was wrong, and leaves no process. Part of cli.sh.
# shellcheck shell=bash

# Whether process group $1 has no living member.
group_gone() {
    local stat rest state group
    for stat in /proc/[0-9]*/stat; do
        rest=$(cat "$stat") || continue
        read -r state _ group _ <<<"${rest##*) }"
        [ "$group" = "$1" ] && [ "$state" != Z ] && return 1
    done 2>/dev/null
    true
}

# Why FILE does not hold what matches PATTERN (newlines and tabs taken out); empty if it does.
holds() { # FILE PATTERN
    tr -d '\n\t' <"$1" | grep -qE -e "$2" || echo "no $2; reasons: $(grep -m 1 '"reasons": *[^]]' "$1" | head -c 300)"
}

refused_commands() {
    local refused=("$BIN/iobench" run --suite "$TMP/tiny.json" -o "$TMP/x.json")
    verdict "server-cmd: an unknown program" "$(table_fault 2 '^iobench run: --server-cmd: nosuch: no such program in PATH$' "${refused[@]}" --server-cmd 'nosuch {port}')"
    verdict "server-cmd: an unknown path" "$(table_fault 2 '^iobench run: --server-cmd: \./nosuch: no such program$' "${refused[@]}" --server-cmd './nosuch {port}')"
    verdict "server-cmd: a file that is no program" "$(table_fault 2 'tiny.json: not executable$' "${refused[@]}" --server-cmd "$TMP/tiny.json {port}")"
    verdict "server-cmd: no {port}" "$(table_fault 2 '^iobench run: --server-cmd: cat x: no \{port\}' "${refused[@]}" --server-cmd 'cat x')"
    verdict "server-cmd: a quote that is not closed" "$(table_fault 2 "^iobench run: --server-cmd: cat 'x \{port\}: the quote ' is not closed$" "${refused[@]}" --server-cmd "cat 'x {port}")"
    verdict "server-cmd: only blanks" "$(table_fault 2 'no program given$' "${refused[@]}" --server-cmd '  ')"
    verdict "server-cmd: given twice" "$(table_fault 2 'given twice$' "${refused[@]}" --server-cmd 'cat {port}' --server-cmd 'cat {port}')"
    local address
    for address in localhost :7 ::1:7 '[]:7' localhost:0 localhost:65536 'a b:7' 'x;y:7'; do
        verdict "server-at: $address" "$(table_fault 2 '^iobench run: --server-at: .*: not HOST:PORT' "${refused[@]}" --server-at "$address")"
    done
    verdict "server-at: given twice" "$(table_fault 2 'given twice$' "${refused[@]}" --server-at h:7 --server-at h:7)"
    verdict "server-cmd, server-at: a refused run writes nothing" "$([ ! -e "$TMP/x.json" ] || echo "x.json is there")"
}

# A dry run starts nothing, and a foreign server replaces the suite's.
foreign_plans() {
    local mark=$TMP/started
    verdict "server-cmd, server-at: --dry-run" "$(table_fault 0 '^3 cells, 6 slots' "$BIN/iobench" run --suite "$TMP/tiny.json" --dry-run \
        --server-cmd "sh -c 'touch $mark' {port}" --server-cmd "sh -c 'touch $mark {port}'" --server-at nosuch.invalid:7)"
    verdict "server-cmd: names" "$(grep -q '^sh/closed' "$TMP/.out" && grep -q '^sh#2/closed' "$TMP/.out" && grep -q '^at-nosuch.invalid:7/closed' "$TMP/.out" || head -n 3 "$TMP/.out")"
    verdict "server-cmd: --dry-run starts nothing" "$([ ! -e "$mark" ] || echo "it was started")"
    verdict "server-cmd: beside --server" "$(table_fault 0 '^2 cells' "$BIN/iobench" run --suite "$TMP/tiny.json" --dry-run --server epoll --server-cmd 'cat {port}')"
    local field
    for field in '"server_threads": 2' '"burn_ns": 1000'; do
        sed "s/\"depth\": 1/\"depth\": 1, $field/" "$TMP/tiny.json" >"$TMP/ours-only.json"
        verdict "server-cmd: $field is skipped" "$(table_fault 0 '^cat/.* skipped: cat ' "$BIN/iobench" run --suite "$TMP/ours-only.json" --dry-run --server-cmd 'cat {port}')"
    done
}

# start_foreign NAME COMMAND [OPTION...]: a run in the background. A command that notes its process
# id in NAME.pid has its process group checked for what is left.
start_foreign() {
    local name=$1 command=$2
    shift 2
    "$BIN/iobench" run --suite "$TMP/foreign.json" --server-cmd "$command" -o "$TMP/foreign-$name.json" "$@" \
        >"$TMP/foreign-$name.out" 2>"$TMP/foreign-$name.err" </dev/null &
    foreign_runs[$name]=$!
}

check_foreign() { # NAME CODE PATTERN TEXT
    local name=$1 code group out=$TMP/foreign-$1.json
    wait "${foreign_runs[$name]}"
    code=$?
    verdict "server-cmd: $4: exit code $2" "$([ "$code" = "$2" ] || echo "exit code $code: $(tail -n 1 "$TMP/foreign-$name.err")")"
    verdict "server-cmd: $4: what the file says" "$(holds "$out" "$3")"
    verdict "server-cmd: $4: the file is valid" "$(invalid "$out")"
    [ -s "$TMP/$name.pid" ] || return 0
    group=$(head -n 1 "$TMP/$name.pid")
    verdict "server-cmd: $4: no process is left" "$(group_gone "$group" || { echo "some of group $group live"; kill -9 "-$group"; })"
}

broken_commands() {
    local note="echo \$\$ >>$TMP"
    start_foreign ends "sh -c '$note/ends.pid; head -c 20000000 /dev/zero; echo it is broken >&2; exit 5' {port}"
    start_foreign mute "sh -c 'exit 0' {port}"
    start_foreign wrapped "sh -c '$note/wrapped.pid; \"$BIN/echo-epoll\" --port {port}; true'"
    start_foreign stubborn "sh -c 'trap \"\" TERM; $note/stubborn.pid; \"$BIN/echo-epoll\" --port {port}; while :; do read -r x <>$TMP/stubborn.fifo; done'"
    check_foreign ends 3 'server did not get ready: it is broken' "a command that ends at once"
    check_foreign mute 3 'server did not get ready: exit 0' "a command that says nothing"
    check_foreign wrapped 0 '"pid_scope":("group",.*"cpu_ns":[1-9]|"hidden",.*"cpu_ns":null)' "a command that only starts the server"
    check_foreign stubborn 0 '"messages":[1-9]' "a command that ignores SIGTERM"
}

# Floods of hundreds of megabytes do not stay in memory.
flooding_commands() {
    local stream name limit=unlimited
    [ "$SCALE" = 1 ] && limit=200000 # KiB; sanitizers reserve more than that
    for stream in 1 2; do
        name=flood$stream
        (ulimit -v "$limit" && exec "$BIN/iobench" run --suite "$TMP/foreign.json" --duration 0.5 -o "$TMP/foreign-$name.json" \
            --server-cmd "sh -c 'echo \$\$ >>$TMP/$name.pid; \"$BIN/echo-epoll\" --port {port} >/dev/null 2>&1 & exec yes >&$stream'") \
            >/dev/null 2>"$TMP/foreign-$name.err" </dev/null &
        foreign_runs[$name]=$!
        check_foreign $name 0 '"messages":[1-9]' "a command that floods descriptor $stream"
    done
}

# A program that holds its port without listening there, says so and ends, the first N times; then it
# serves.
write_squatter() {
    cat >"$TMP/squatter.py" <<EOF
import os, signal, socket, sys
starts = open("$TMP/starts", "a")
print(sys.argv[1], file=starts, flush=True)
if len(open("$TMP/starts").readlines()) > int(sys.argv[2]):
    os.execv("$BIN/echo-epoll", ["echo-epoll", "--port", sys.argv[1]])
s = socket.socket()
s.bind(("127.0.0.1", int(sys.argv[1])))
if os.fork() == 0:
    signal.pause()
sys.exit("port %s: Address already in use" % sys.argv[1])
EOF
}

# An interpreter's servers: the documented example, and ports that somebody else was quicker to take.
python_commands() {
    if ! command -v python3 >/dev/null; then
        skip "server-cmd: a server in Python" "python3 is not installed"
        return
    fi
    local starts
    start_foreign python 'python3 docs/examples/echo.py {port}' --server epoll
    check_foreign python 0 '"model":"python3",.*"foreign":"cmd","command":"python3 docs/examples/echo.py \{port\}".*"pid_scope":"process","cpu_ns":[1-9][0-9]*,.*"stats":null' "a server in Python"
    verdict "server-cmd: a server in Python: its row in the table" "$(grep -qE '^ *python3 +[0-9]' "$TMP/foreign-python.out" || cat "$TMP/foreign-python.out")"
    limited "$BIN/iobench" report "$TMP/foreign-python.json" -o "$TMP/foreign.html" >/dev/null 2>"$TMP/.err"
    verdict "server-cmd: a report with it" "$(grep -q 'python3 docs/examples/echo.py' "$TMP/foreign.html" || echo "not in it: $(cat "$TMP/.err")")"
    write_squatter
    start_foreign squatted "python3 $TMP/squatter.py {port} 2"
    check_foreign squatted 0 '"messages":[1-9]' "a port that was taken meanwhile"
    verdict "server-cmd: another port is tried" "$([ "$(sort -u "$TMP/starts" | wc -l)" = 4 ] || tr '\n' ' ' <"$TMP/starts")"
    : >"$TMP/starts"
    start_foreign hopeless "python3 $TMP/squatter.py {port} 99" --repeats 1
    check_foreign hopeless 3 'server did not get ready: port [0-9]*: Address already in use' "ports that are always taken"
    starts=$(wc -l <"$TMP/starts")
    verdict "server-cmd: it gives up after four ports" "$([ "$starts" = 4 ] || echo "$starts starts")"
}

forking_command() {
    if ! command -v socat >/dev/null; then
        skip "server-cmd: a server that forks" "socat is not installed"
        return
    fi
    start_foreign forking "sh -c 'echo \$\$ >>$TMP/forking.pid; exec socat TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,backlog=512 EXEC:cat'"
    check_foreign forking 0 '"messages":[1-9].*"pid_scope":("group",.*"cpu_ns":[1-9]|"hidden",.*"cpu_ns":null)' "a server that forks"
}

# The server is killed, and the run interrupted, in the middle of a slot.
hit_commands() {
    local command="sh -c 'echo \$\$ >>$TMP/hit.pid; exec \"$BIN/echo-epoll\" --port {port}'" code group
    start_foreign hit "$command" --repeats 2 --duration 1
    run=${foreign_runs[hit]}
    until_true test -s "$TMP/hit.pid" && until_true child_called "$run" loadgen && kill -KILL "$(head -n 1 "$TMP/hit.pid")" || not_ok "server-cmd: a server that dies" "no slot began"
    check_foreign hit 0 '"server ended too early: killed by signal 9' "a server that dies"
    : >"$TMP/hit.pid"
    start_foreign hit "$command" --repeats 2 --duration 5
    run=${foreign_runs[hit]}
    until_true test -s "$TMP/hit.pid" && until_true child_called "$run" loadgen && kill -INT "$run" || not_ok "server-cmd: SIGINT in a slot" "no slot began"
    wait "$run"
    code=$? group=$(head -n 1 "$TMP/hit.pid")
    verdict "server-cmd: SIGINT in a slot is exit code 130" "$([ "$code" = 130 ] || echo "exit code $code")"
    verdict "server-cmd: SIGINT leaves no process" "$(group_gone "$group" || { echo "some of group $group live"; kill -9 "-$group"; })"
}

# at NAME HOST: one server of our own that runs already, beside one that iobench starts.
at_running() {
    local holder port code address out=$TMP/foreign-at.json
    : >"$TMP/at"
    exec {hold}> >(exec "$BIN/echo-epoll" --host "$2" --stop-on-eof >"$TMP/at" 2>/dev/null)
    holder=$!
    until_true test -s "$TMP/at" -o ! -d "/proc/$holder"
    if [ ! -s "$TMP/at" ]; then
        skip "server-at: $1" "no server can listen on $2"
        exec {hold}>&-
        return
    fi
    port=$(sed -n '1s/.*"port":\([0-9]*\).*/\1/p' "$TMP/at")
    address=$2:$port
    [[ $2 = *:* ]] && address="[$2]:$port"
    measured "$BIN/iobench" run --suite "$TMP/foreign.json" --server epoll --server-at "$address" -o "$out" >"$TMP/.out" 2>"$TMP/.err"
    code=$?
    verdict "server-at: $1: exit code 0" "$([ "$code" = 0 ] || echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
    address=$(sed 's/[].[]/\\&/g' <<<"$address")
    verdict "server-at: $1: what the file says" "$(holds "$out" "\"id\":\"at-$address/closed.*\"foreign\":\"at\",\"command\":\"$address\".*\"placement\":\{\"server\":\[\].*\"pid_scope\":null,\"cpu_ns\":null.*\"bound\":null")"
    verdict "server-at: $1: the file is valid" "$(invalid "$out")"
    verdict "server-at: $1: the server lives on" "$(kill -0 "$holder" 2>&1)"
    exec {hold}>&-
    until_true gone "$holder" || kill -9 "$holder"
}

at_nothing() {
    local code port
    port=$(sed -n '1s/.*"port":\([0-9]*\).*/\1/p' "$TMP/at") # its server has ended
    limited "$BIN/iobench" run --suite "$TMP/foreign.json" --server-at "127.0.0.1:$port" -o "$TMP/foreign-nothing.json" >/dev/null 2>"$TMP/.err"
    code=$?
    verdict "server-at: nobody is there: exit code 3" "$([ "$code" = 3 ] || echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
    verdict "server-at: nobody is there: what the file says" "$(holds "$TMP/foreign-nothing.json" 'no figures: loadgen: 127.0.0.1:[0-9]*: Connection refused')"
    verdict "server-at: nobody is there: the file is valid" "$(invalid "$TMP/foreign-nothing.json")"
}

run_foreign() {
    declare -A foreign_runs
    local run
    refused_commands
    foreign_plans
    if [ ! -r /proc/self/stat ]; then
        skip "server-cmd: runs" "there is no /proc to find process groups in"
        return
    fi
    sed 's/"warmup_s": 0.05/"warmup_s": 0.2/' "$TMP/tiny.json" >"$TMP/foreign.json"
    mkfifo "$TMP/stubborn.fifo"
    start_foreign never "sh -c 'echo \$\$ >>$TMP/never.pid; exec tail -f /dev/null' {port}" --repeats 1
    broken_commands
    flooding_commands
    python_commands
    forking_command
    hit_commands
    at_running "an IPv6 address" ::1
    at_running "a server that runs" 127.0.0.1
    at_nothing
    check_foreign never 3 'server not ready after 10 s' "a command that never serves" # its wait goes on beside the rest
}
