# faults.sh - what breaks from outside: signals, descriptors, disks, ports, files that are none,
# children that do not keep to what was agreed. Each is one clear line, the right exit code, no hang,
# no process left, nothing lost. Part of cli.sh.
# shellcheck shell=bash

# fault NAME CODE PATTERN COMMAND...: exit code and the one line on stderr, as in table.txt.
fault() {
    local name=$1
    shift
    verdict "$name" "$(table_fault "$@")"
}

# Why FILE's reasons do not match; empty if one does.
no_reason() { # FILE PATTERN
    grep -qE "\"reasons\":.*$2" "$1" || echo "$(grep -m 1 '"reasons": *[^]]' "$1" | head -c 300)"
}

# Why none of FILE's codes is one of A|B; empty if one is.
no_code() { # FILE A|B
    grep -qE "\"codes\":.*\"($2)\"" "$1" || echo "$(grep -m 1 '"reasons": *[^]]' "$1" | head -c 300)"
}

# ---- files ---------------------------------------------------------------------------------------

odd_files() {
    mkfifo "$TMP/fifo"
    { printf '\377' && head -c 3000 /dev/urandom; } >"$TMP/binary"
    head -c 200 "$TMP/tiny.json" >"$TMP/cut.json"
    truncate -s 8G "$TMP/huge" 2>/dev/null || rm -f "$TMP/huge"
    sed 's/"repeats"/"a\\nb\\u001b[31m"/' "$TMP/tiny.json" >"$TMP/control.json"
    sed 's/"name": "tiny"/"name": "..\/tiny"/' "$TMP/tiny.json" >"$TMP/elsewhere.json"
    local command
    for command in validate report; do
        fault "$command: a pipe without a writer" 2 "^iobench $command: $TMP/fifo: not a regular file$" "$BIN/iobench" $command "$TMP/fifo"
        fault "$command: a device" 2 "^iobench $command: /dev/zero: not a regular file$" "$BIN/iobench" $command /dev/zero
        fault "$command: bytes that are no text" 2 "^iobench $command: $TMP/binary: line [0-9]+, column [0-9]+: not valid JSON$" "$BIN/iobench" $command "$TMP/binary"
        fault "$command: an empty file" 2 "^iobench $command: $TMP/empty: line 1, column 1: unexpected end of text$" "$BIN/iobench" $command "$TMP/empty"
        fault "$command: a file that was cut" 2 "^iobench $command: $TMP/cut.json: line [0-9]+, column [0-9]+: unexpected end of text$" "$BIN/iobench" $command "$TMP/cut.json"
        if [ -e "$TMP/huge" ]; then
            fault "$command: 8 GiB" 2 "^iobench $command: $TMP/huge: larger than 256 MiB$" "$BIN/iobench" $command "$TMP/huge"
        else
            skip "$command: 8 GiB" "this file system has no sparse files of that size"
        fi
    done
    fault "run: a suite from a pipe without a writer" 2 ": not a regular file$" "$BIN/iobench" run --suite "$TMP/fifo" -o "$TMP/x.json"
    fault "run: a key with control characters is one line" 2 ': a b\?\[31m: unknown field$' "$BIN/iobench" run --suite "$TMP/control.json" -o "$TMP/x.json"
    sed 's/"epoll"/"epoll:a=\\n\\u001b[31m"/' "$TMP/tiny.json" >"$TMP/server.json"
    fault "run: a server with control characters is one line" 2 'server epoll:a= \?\[31m: .*: unknown option; this model has' "$BIN/iobench" run --suite "$TMP/server.json" -o "$TMP/x.json"
    fault "run: a suite that would write elsewhere" 2 ': name: not 1 to 60 letters' "$BIN/iobench" run --suite "$TMP/elsewhere.json"
    local bytes=$'bytes\xff.json'
    # macOS takes no such name
    if : 2>/dev/null >"$TMP/$bytes"; then
        rm "$TMP/$bytes"
        measured "$BIN/iobench" run --quiet --repeats 1 --suite "$TMP/tiny.json" -o "$TMP/$bytes" >/dev/null 2>"$TMP/.err"
        verdict "run: an argument that is not UTF-8 leaves a file that can be read" "$(invalid "$TMP/$bytes")"
    else
        skip "run: an argument that is not UTF-8" "this file system takes no such name"
    fi
    fault "run: onto a device" 2 "^iobench run: -o /dev/full: no space left on device$" "$BIN/iobench" run --suite "$TMP/tiny.json" -o /dev/full
    fault "run: onto a pipe" 2 "^iobench run: -o $TMP/fifo: nothing reads from it$" "$BIN/iobench" run --suite "$TMP/tiny.json" -o "$TMP/fifo"
    fault "run: into a file as if it were a folder" 2 "^iobench run: -o $TMP/empty/x.json: not a directory$" "$BIN/iobench" run --suite "$TMP/tiny.json" -o "$TMP/empty/x.json"
    rm -f "$TMP/huge"
    fault "report: onto a device" 2 "^iobench report: -o /dev/full: no space left on device$" "$BIN/iobench" report "$TMP/result.json" -o /dev/full
    fault "report: onto a pipe" 2 "^iobench report: -o $TMP/fifo: nothing reads from it$" "$BIN/iobench" report "$TMP/result.json" -o "$TMP/fifo"
    fault "report: onto a folder" 2 "^iobench report: -o $TMP: illegal operation on a directory$" "$BIN/iobench" report "$TMP/result.json" -o "$TMP"
    fault "report: into a folder that is not there" 2 "^iobench report: -o $TMP/no/x.html: no such file or directory$" "$BIN/iobench" report "$TMP/result.json" -o "$TMP/no/x.html"
    fault "report: onto its own result" 2 "^iobench report: -o $TMP/result.json: is one of the results$" "$BIN/iobench" report "$TMP/result.json" -o "$TMP/result.json"
    verdict "report: leaves nothing when refused" "$(ls -d /dev/full-plots "$TMP/fifo-plots" "$TMP-plots" "$TMP/no" "$TMP/result-plots" 2>/dev/null | tr '\n' ' ')"
}

# Why a command whose standard output takes nothing does not end with an error and one line; empty if it does.
# The reason goes to descriptor 3.
unwritten() { # COMMAND
    local code
    # shellcheck disable=SC2086
    limited "$BIN/"$1 2>"$TMP/.err"
    code=$?
    [[ $code = [123] ]] && grep -qE '^[a-z-]+: standard output: cannot write' "$TMP/.err" ||
        echo "exit code $code: $(head -n 1 "$TMP/.err")" >&3
}

# Standard output that takes nothing: what was asked for did not arrive, so it is no success.
full_output() {
    local command both writer commands=("iobench --help" "iobench --version" "iobench list" "iobench list --json" "iobench doctor" "iobench doctor --json"
        "iobench run --help" "iobench run --suite $TMP/tiny.json --dry-run -o $TMP/full.json" "iobench report --help" "iobench report $TMP/result.json -o $TMP/full.html"
        "iobench validate $TMP/result.json" "iobench export --hlog $TMP/result.json -o $TMP/full.hlog" "iobench plot --help" "iobench ab --help"
        "iobench compare $TMP/result.json --to $TMP/result.json" "iobench compare $TMP/result.json --to $TMP/result.json --json"
        "loadgen --help" "loadgen --describe" "echo-epoll --help" "echo-epoll --describe" "echo-epoll --stop-on-eof")
    # a pipe whose reader has gone
    mkfifo "$TMP/gone"
    exec {both}<>"$TMP/gone" {writer}>"$TMP/gone" {both}>&-
    for command in "${commands[@]}"; do
        verdict "${command//$TMP\//}: a full or broken standard output is an error" \
            "$({ [ ! -c /dev/full ] || unwritten "$command" >/dev/full; unwritten "$command" >&"$writer"; } 3>&1 | tr '\n' ' ')"
    done
    [ -c /dev/full ] || skip "a full standard output" "there is no /dev/full"
    exec {writer}>&-
    rm -rf "$TMP"/full* "$TMP/gone"
}

# Standard streams that are closed: the descriptor of a stream must not become a socket's.
closed_streams() {
    local command want code
    for command in "iobench list" "iobench --version" "loadgen --describe" "echo-epoll --describe" "echo-epoll --stop-on-eof"; do
        # shellcheck disable=SC2086
        timeout "$((30 * SCALE))" "$BIN/"$command >"$TMP/.out" 2>"$TMP/.err" <&-
        code=$?
        verdict "$command: a closed standard input is an empty one" \
            "$([ "$code" = 0 ] && [ -s "$TMP/.out" ] && [ ! -s "$TMP/.err" ] || echo "exit code $code: $(head -n 1 "$TMP/.err")")"
        want=2
        [[ $command != echo-* ]] || want=1
        # shellcheck disable=SC2086
        timeout "$((30 * SCALE))" "$BIN/"$command 2>"$TMP/.err" <&- >&-
        code=$?
        verdict "$command: a closed standard output is exit code $want" \
            "$([ "$code" = $want ] && grep -qE '^[a-z-]+: standard output: cannot write' "$TMP/.err" || echo "exit code $code: $(head -n 1 "$TMP/.err")")"
        # shellcheck disable=SC2086
        timeout "$((30 * SCALE))" "$BIN/"$command <&- >&- 2>&-
        code=$?
        verdict "$command: no standard stream at all is exit code $want" "$([ "$code" = $want ] || echo "exit code $code")"
    done
}

# A disk that fills up while a run writes: what was there stays readable.
full_disk() {
    local name="run: a full disk" small=$TMP/small code reason=
    mkdir "$small"
    if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=64k tmpfs "$small" 2>/dev/null; then
        limited "$BIN/iobench" run --suite "$TMP/tiny.json" --repeats 50 -o "$small/r.json" >/dev/null 2>"$TMP/.err"
        code=$?
    else
        # the same by a limit of the process
        name="$name (by a limit of file sizes)"
        (ulimit -f 64; limited "$BIN/iobench" run --suite "$TMP/tiny.json" --repeats 50 -o "$small/r.json") >/dev/null 2>"$TMP/.err"
        code=$?
    fi
    grep -qE '^iobench run: .*r\.json: .*(no space|too large)' "$TMP/.err" || reason="said: $(tail -n 1 "$TMP/.err")"
    [ "$code" = 2 ] || reason="exit code $code: $(tail -n 1 "$TMP/.err")"
    verdict "$name is exit code 2 and says so" "$reason"
    verdict "$name leaves the state before" "$(invalid "$small/r.json")"
    verdict "$name leaves no part of a file" "$(find "$small" -mindepth 1 ! -name r.json | tr '\n' ' ')"
    umount "$small" 2>/dev/null
    true
}

# ---- descriptors and ports -----------------------------------------------------------------------

# What goes before N COMMAND... to leave it N descriptors.
few=(bash -c 'ulimit -n "$0" && exec "$@"')

few_descriptors() {
    local n server code
    for n in 4 5 6 8 10 12 16; do
        fault "run: $n descriptors" 2 "too many open files \\(raise ulimit -n, which is $n\\)" "${few[@]}" $n "$BIN/iobench" run --suite "$TMP/tiny.json" -o "$TMP/x.json"
    done
    for n in 4 10; do
        fault "list: $n descriptors" 2 "^iobench list: .*too many open files \\(raise ulimit -n, which is $n\\)" "${few[@]}" $n "$BIN/iobench" list
    done
    fault "loadgen: 20 descriptors" 2 '^loadgen: --connections: 50.* 20 descriptors; raise ulimit -n$' "${few[@]}" 20 "$BIN/loadgen" --connect 127.0.0.1:9
    for server in "$BIN"/echo-*; do
        for n in 4 5 6 7 8 10; do
            limited "${few[@]}" $n "$server" --stop-on-eof >"$TMP/.out" 2>"$TMP/.err"
            code=$?
            case $code in
            0) [ ! -s "$TMP/.err" ] || code="0 and said $(head -n 1 "$TMP/.err")" ;;
            1 | 77) [ "$(wc -l <"$TMP/.err")" = 1 ] && [ ! -s "$TMP/.out" ] && grep -q "raise ulimit -n, which is $n" "$TMP/.err" && code=0 ;;
            esac
            [ "$code" = 0 ] || break
        done
        verdict "$(basename "$server"): 4 to 10 descriptors: it serves or names the limit" \
            "$([ "$code" = 0 ] || echo "with $n: exit code $code: $(head -n 1 "$TMP/.err")")"
    done
}

first_line_in() { [ -s "$1" ]; }

port_in_use() {
    local holder port server
    # its stdin stays open as long as this descriptor does
    exec {hold}> >(exec "$BIN/echo-epoll" --stop-on-eof >"$TMP/holder")
    holder=$!
    until_true first_line_in "$TMP/holder" || { not_ok "a port in use" "no server"; return; }
    port=$(sed -n '1s/.*"port":\([0-9]*\).*/\1/p' "$TMP/holder")
    for server in "$BIN"/echo-*; do
        fault "$(basename "$server"): a port in use is exit code 1" 1 "^$(basename "$server"): listen on 127\.0\.0\.1 port $port: Address already in use$" \
            "$server" --port "$port" --stop-on-eof
    done
    exec {hold}>&-
    until_true gone "$holder" || kill -9 "$holder"
    # several threads share their port among themselves, but not with another process
    exec {hold}> >(exec "$BIN/echo-epoll" --threads 2 --port "$port" --stop-on-eof >"$TMP/holder2")
    holder=$!
    until_true first_line_in "$TMP/holder2" || { not_ok "a shared port in use" "no server"; return; }
    fault "echo-epoll: the shared port of another process is in use" 1 'Address already in use$' \
        "$BIN/echo-epoll" --threads 2 --port "$port" --stop-on-eof
    fault "echo-epoll: a shared port is in use for one that does not share" 1 'Address already in use$' \
        "$BIN/echo-epoll" --port "$port" --stop-on-eof
    exec {hold}>&-
    until_true gone "$holder" || kill -9 "$holder"
}

# A server that other machines may reach says so on one line; one that they cannot reach says nothing.
warnings() {
    local server host name
    for server in "$BIN"/echo-*; do
        name=$(basename "$server")
        "$server" --describe </dev/null | grep -q '"available":true' || { skip "$name: hosts" "it is not available here"; continue; }
        verdict "$name: warns when others can reach it" "$(for host in 0.0.0.0 :: ::ffff:0.0.0.0; do
            [[ $host != *:* ]] || [ -e /proc/net/if_inet6 ] || continue
            limited "$server" --host $host --stop-on-eof >"$TMP/.out" 2>"$TMP/.err" || echo "$host: exit code $?: "
            [ "$(wc -l <"$TMP/.err")" = 1 ] && grep -qE "^$name: warning: $host is not a loopback address: .* port [0-9]+ " "$TMP/.err" || echo "$host: said $(cat "$TMP/.err")"
        done | tr '\n' ' ')"
        verdict "$name: does not warn on loopback" "$(for host in 127.0.0.1 localhost ::1 ::ffff:127.0.0.1; do
            [[ $host != *:* ]] || grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6 || continue
            [ $host != localhost ] || getent hosts localhost >/dev/null || continue
            limited "$server" --host $host --stop-on-eof >"$TMP/.out" 2>"$TMP/.err" || echo "$host: exit code $?: "
            [ ! -s "$TMP/.err" ] || echo "$host: said $(cat "$TMP/.err")"
        done 2>/dev/null | tr '\n' ' ')"
    done
}

# ---- signals -------------------------------------------------------------------------------------

ended_by() { # SIGNAL
    local out=$TMP/ended-$1.json children code
    start_long_run "$out" || { not_ok "run: SIG$1" "no slot was measured: $(tail -n 1 "$TMP/.err")"; kill -9 "$run"; return; }
    children=$(children_of "$run")
    kill "-$1" "$run"
    end_run
    verdict "run: SIG$1 in a slot is exit code 130" "$([ "$code" = 130 ] || echo "exit code $code")"
    # shellcheck disable=SC2086
    verdict "run: SIG$1 leaves no process" "$(until_true gone $children || echo "some of $children live")"
    verdict "run: SIG$1 keeps a valid file" "$(invalid "$out")"
    verdict "run: SIG$1 leaves no other file" "$(find "$TMP" -maxdepth 1 -name '*ended-*' ! -name "ended-*.json" | tr '\n' ' ')"
}

# Whether process $1 holds more sockets than its standard streams.
connected() { [ "$(find "/proc/$1/fd" -lname 'socket:*' | wc -l)" -gt 10 ]; }

# hit NAME SIGNAL CHILD PATTERN: in the first of two slots a child gets a signal; that slot says so.
hit() {
    local out=$TMP/hit.json code children
    sed 's/"duration_s": 0.2/"duration_s": 2, "drain_s": 0.2/' "$TMP/tiny.json" >"$TMP/hit-suite.json"
    "$BIN/iobench" run --suite "$TMP/hit-suite.json" -o "$out" >/dev/null 2>"$TMP/.err" </dev/null &
    run=$!
    if ! until_true slot_runs "$run" || ! children=$(children_of "$run") || ! until_true hit_slot "$2" "$run" "$3"; then
        not_ok "run: $1" "no slot began"
        kill -9 "$run"
        return
    fi
    end_run
    verdict "run: goes on when $1" "$([ "$code" = 0 ] || echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
    verdict "run: says that $1" "$(no_reason "$out" "$4")"
    verdict "run: one slot is lost when $1" "$([ "$(grep -cE '"verdict":[[:space:]]*"invalid"' "$out")" = 1 ] && samples_in "$out" 2 || echo "not so")"
    # shellcheck disable=SC2086
    verdict "run: leaves no process when $1" "$(until_true gone $children || { echo "some of $children live"; kill -9 $children; })"
    verdict "validate: the file when $1" "$(invalid "$out")"
}

# ---- children that break the agreement -----------------------------------------------------------

# fake NAME: a program of that name beside iobench is what stdin says; descriptions come from
# echo-epoll.
fake() {
    local describe="case \"\$*\" in *--describe*) exec '$BIN/echo-epoll' --describe ;; esac"
    [ "$1" = loadgen ] && describe="case \"\$*\" in *--describe*) exec '$BIN/loadgen' --describe ;; esac"
    { printf '#!/bin/bash\n%s\n' "$describe"; cat; } >"$FAKES/build/bin/$1" && chmod +x "$FAKES/build/bin/$1"
}

# A source tree whose build/bin has the real iobench and loadgen.
make_fakes() {
    FAKES=$TMP/fakes
    [ ! -d "$FAKES" ] || return 0
    mkdir -p "$FAKES/build/bin" "$FAKES/results" "$FAKES/bench"
    cp "$BIN/iobench" "$BIN/loadgen" "$FAKES/build/bin" && cp -RL "$ROOT/bench/suites" "$FAKES/bench" &&
        cp "$ROOT/results/iobench-result.schema.json" "$FAKES/results"
}

# Starts a run of one slot of a fake server in the background, for check_fake.
start_fake() { # NAME
    "$FAKES/build/bin/iobench" run --suite "$TMP/tiny.json" --repeats 1 --server "$1" -o "$TMP/fake-$1.json" >/dev/null 2>"$TMP/fake-$1.err" </dev/null &
    fake_runs[$1]=$!
}

check_fake() { # NAME PATTERN
    local code out=$TMP/fake-$1.json
    wait "${fake_runs[$1]}"
    code=$?
    verdict "run: a server that is $1: exit code 3, and why" "$([ "$code" = 3 ] && no_reason "$out" "$2" || echo "exit code $code: $(tail -n 1 "$TMP/fake-$1.err")")"
    verdict "validate: the file of a server that is $1" "$(invalid "$out")"
}

fake_servers() {
    declare -A fake_runs
    local name pid code
    # each notes its process id; exec keeps it
    fake echo-silent <<<"echo \$\$ >$TMP/silent.pid; exec cat >/dev/null"
    fake echo-flooding <<<"echo \$\$ >$TMP/flooding.pid; exec cat /dev/zero"
    fake echo-babbling <<<"echo \$\$ >$TMP/babbling.pid; echo hello; exec cat >/dev/null"
    fake echo-stubborn <<<"echo \$\$ >$TMP/stubborn.pid; trap '' TERM; '$BIN/echo-epoll' \"\$@\"; while :; do read -r -t 1 <>$TMP/fifo; done"
    fake echo-chatty <<<"echo \$\$ >$TMP/chatty.pid; '$BIN/echo-epoll' \"\$@\" | { IFS= read -r line; echo \"\$line\"; head -c 20000000 /dev/zero; cat; }"
    fake echo-elsewhere <<<"echo \$\$ >$TMP/elsewhere.pid; echo '{\"ready\":{\"model\":\"x\",\"host\":\"127.0.0.1\",\"port\":1,\"pid\":'\$\$'}}'; exec cat >/dev/null"
    fake echo-failing <<<"echo \$\$ >$TMP/failing.pid; '$BIN/echo-epoll' \"\$@\"; echo 'the end was bad' >&2; exit 5"
    for name in silent flooding babbling stubborn chatty elsewhere failing; do start_fake $name; done
    check_fake silent 'server not ready after 10 s'
    check_fake flooding 'its ready line is longer than 64 KiB'
    check_fake babbling 'cannot parse its ready line'
    check_fake stubborn 'server did not end and was killed'
    check_fake chatty 'the server printed no stats'
    check_fake elsewhere 'no figures: loadgen: .*127\.0\.0\.1:1|errors'
    check_fake failing 'server failed at its end: the end was bad'
    for name in silent flooding babbling stubborn chatty elsewhere failing; do
        pid=$(cat "$TMP/$name.pid")
        verdict "run: leaves no process of a server that is $name" "$(until_true gone "$pid" || { echo "$pid lives"; kill -9 "$pid"; })"
    done
    fake echo-empty </dev/null
    printf '#!/bin/sh\necho "{\\"describe\\":{\\"build\\":{},\\"options\\":[{}, {\\"choices\\":[1]}]}}"\n' >"$FAKES/build/bin/echo-vague"
    chmod +x "$FAKES/build/bin/echo-vague"
    verdict "list: a server that describes itself badly" "$(table_fault 0 '^vague +- +- +no' "$FAKES/build/bin/iobench" list)"
    limited "$FAKES/build/bin/iobench" run --suite "$TMP/tiny.json" --server vague -o "$TMP/x.json" >/dev/null 2>"$TMP/.err"
    code=$?
    # a line about the machine may stand before
    verdict "run: a server that describes itself badly is exit code 2" \
        "$([ "$code" = 2 ] && tail -n 1 "$TMP/.err" | grep -qE 'session.models\[[0-9]+\]: "name" is missing' && [ ! -e "$TMP/x.json" ] || echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
    rm "$FAKES/build/bin"/echo-*
}

# fake_loadgen NAME PATTERN: one slot with a load generator that is what stdin says.
fake_loadgen() {
    local out=$TMP/fake-loadgen.json code
    fake loadgen
    limited "$FAKES/build/bin/iobench" run --suite "$TMP/tiny.json" --repeats 1 -o "$out" >/dev/null 2>"$TMP/.err"
    code=$?
    verdict "run: a load generator that $1: exit code 3, and why" "$([ "$code" = 3 ] && no_reason "$out" "$2" || echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
    verdict "validate: the file of a load generator that $1" "$(invalid "$out")"
}

fake_loadgens() {
    cp "$BIN/echo-epoll" "$FAKES/build/bin"
    fake_loadgen "prints no JSON" 'loadgen: its output is not an object' <<<'echo hello'
    fake_loadgen "prints nothing" 'no figures: exit 0' </dev/null
    fake_loadgen "prints too much" 'no figures: printed more than 16 MiB' <<<'head -c 17000000 /dev/zero'
    fake_loadgen "prints another object" 'is missing' <<<'echo "{\"messages\": 5}"'
    fake_loadgen "prints a field that the schema lacks" "figures\\.loadgen\\.window_spread_s: unknown field" <<<"'$BIN/loadgen' \"\$@\" | sed 's/\"window_spread_ns\"/\"window_spread_s\":0,&/'"
    fake_loadgen "lacks a field of the schema" 'figures\.loadgen: ..window_spread_ns.. is missing' <<<"'$BIN/loadgen' \"\$@\" | sed -E 's/\"window_spread_ns\":[[:space:]]*[0-9]+,//'"
    fake_loadgen "prints half" 'loadgen: its output is not an object' <<<"'$BIN/loadgen' \"\$@\" | head -c 500"
    fake_loadgen "changes a figure" 'messages: is 123456' <<<"'$BIN/loadgen' \"\$@\" | sed -E '0,/\"messages\": *[0-9]+/s//\"messages\":123456/; 0,/\"messages\":\t*[0-9]+/s//\"messages\":123456/'"
    fake_loadgen "fails" 'no figures: it is broken' <<<'echo "it is broken" >&2; exit 2'
}

run_faults() {
    local code
    need_result
    odd_files
    full_output
    closed_streams
    full_disk
    few_descriptors
    port_in_use
    warnings
    make_fakes
    fake_servers
    fake_loadgens
    if [ ! -r /proc/self/stat ]; then
        skip "run: signals" "there is no /proc to find children in"
        return
    fi
    local signal
    for signal in TERM HUP QUIT USR1 ALRM; do ended_by $signal; done
    "$BIN/echo-epoll" --stop-on-eof <"$TMP/fifo" >"$TMP/holder3" &
    exec {hold}>"$TMP/fifo"
    until_true first_line_in "$TMP/holder3"
    "$BIN/loadgen" --connect "127.0.0.1:$(sed -n '1s/.*"port":\([0-9]*\).*/\1/p' "$TMP/holder3")" --duration 20 >"$TMP/.out" 2>"$TMP/.err" </dev/null &
    run=$!
    until_true connected "$run" && kill -INT "$run"
    end_run
    exec {hold}>&-
    verdict "loadgen: SIGINT is exit code 130" "$([ "$code" = 130 ] && [ ! -s "$TMP/.out" ] || echo "exit code $code")"
    hit "the load generator is killed" KILL loadgen 'no figures: killed by signal 9'
    hit "the server stands still" STOP echo-epoll 'server did not end and was killed'
}
