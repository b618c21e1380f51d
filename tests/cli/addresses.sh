# addresses.sh - names with several addresses, addresses that do not exist, ports without a server. What
# needs another /etc/hosts or other ports runs in namespaces of its own. Part of cli.sh.
# shellcheck shell=bash

address_transports() { "$BIN/loadgen" --describe | sed -nE 's/.*"transports":\[([^]]*)\].*/\1/p' | tr -d '"' | tr , ' '; }

# In the namespace: starts a server on address $1, whose port becomes $port. It ends with stop_at.
start_at() {
    : >"$TMP/addresses.at"
    exec {hold}> >(exec "$BIN/echo-epoll" --host "$1" --stop-on-eof >"$TMP/addresses.at" 2>/dev/null)
    holder=$!
    until_true test -s "$TMP/addresses.at"
    port=$(sed -n '1s/.*"port":\([0-9]*\).*/\1/p' "$TMP/addresses.at")
}
stop_at() { exec {hold}>&-; until_true gone "$holder" || kill -9 "$holder"; }

# Why the load generator did not use address $1 of name $2; empty if it did.
not_used() { # ADDRESS NAME [OPTION...]
    local want=$1 name=$2
    shift 2
    limited "$BIN/loadgen" --connect "$name:$port" --connections 2 --warmup 0 --duration 0.02 "$@" >"$TMP/.out" 2>"$TMP/.err" &&
        grep -q "\"address\":\"$want\"" "$TMP/.out" && [ ! -s "$TMP/.err" ] ||
        echo "$(head -n 1 "$TMP/.err") $(grep -o '"address":"[^"]*"' "$TMP/.out")"
}

# In the namespace: both.test is ::1 and 127.0.0.1, in this order.
several_addresses() {
    local transport port hold holder
    printf '::1 both.test\n127.0.0.1 both.test\n' >"$TMP/hosts"
    if ! mount --bind "$TMP/hosts" /etc/hosts 2>/dev/null || ! ip link set lo up 2>/dev/null ||
        [ "$(getent ahosts both.test | awk '/STREAM/ {print $1}' | tr '\n' ' ')" != "::1 127.0.0.1 " ]; then
        skip "addresses: a name with two addresses" "no name can get two addresses here"
        return
    fi
    start_at 127.0.0.1
    for transport in $(address_transports); do
        verdict "addresses: the second one answers, by $transport" "$(not_used 127.0.0.1 both.test --transport "$transport")"
    done
    verdict "addresses: the second one answers, in churn" "$(not_used 127.0.0.1 both.test --churn 1000)"
    measured "$BIN/iobench" run --quiet --suite "$TMP/tiny.json" --repeats 1 --server-at "both.test:$port" -o "$TMP/addresses.json" >/dev/null 2>"$TMP/.err"
    verdict "server-at: the second address of a name answers, and is recorded" "$(holds "$TMP/addresses.json" '"address":"127.0.0.1"')"
    verdict "server-at: a file with that address" "$(invalid "$TMP/addresses.json")"
    echo 1 >/proc/sys/net/ipv6/conf/lo/disable_ipv6
    verdict "addresses: without IPv6" "$(not_used 127.0.0.1 both.test)"
    echo 0 >/proc/sys/net/ipv6/conf/lo/disable_ipv6
    stop_at
    verdict "addresses: none answers" "$(table_fault 3 "^loadgen: both.test:$port: no address answers: ::1: Connection refused; 127.0.0.1: Connection refused$" \
        "$BIN/loadgen" --connect "both.test:$port")"
    start_at ::1
    verdict "addresses: the first one answers" "$(not_used ::1 both.test)"
    stop_at
}

# In the namespace: the port to connect from can only be the one to connect to.
to_itself() {
    local transport load
    if ! ip link set lo up 2>/dev/null || ! echo "40000 40000" 2>/dev/null >/proc/sys/net/ipv4/ip_local_port_range; then
        skip "addresses: a connection to itself" "the range of ports cannot be set here"
        return
    fi
    for transport in $(address_transports); do
        for load in "--connections 1" "--churn 100 --connections 1" "--newcomers 50 --connections 1"; do
            # shellcheck disable=SC2086
            verdict "addresses: a connection to itself is refused: $transport $load" "$(table_fault 3 'Connection refused; nothing was measured$' \
                "$BIN/loadgen" --connect 127.0.0.1:40000 --transport "$transport" --duration 0.1 $load)"
        done
    done
}

in_namespaces() { # FUNCTION
    local unshared=(unshare -mn)
    [ "$(id -u)" = 0 ] || unshared=(unshare -rmn)
    if ! command -v ip >/dev/null || ! "${unshared[@]}" true 2>/dev/null; then
        skip "addresses: $1" "no namespaces can be made here"
        return
    fi
    export BIN HERE ROOT TMP SCALE
    # shellcheck disable=SC2163
    export -f ok not_ok skip verdict limited measured table_fault until_true gone invalid holds address_transports start_at stop_at not_used "$1"
    "${unshared[@]}" bash -c "$1"
}

no_such_address() {
    local address
    for address in '[::1]' '::1:9' 'localhost' 'localhost:' 'localhost:0' 'localhost:65536' ':9' '[]:9' '[::1]9'; do
        verdict "addresses: $address" "$(table_fault 2 '^loadgen: --connect: not HOST:PORT with a port from 1 to 65535$' "$BIN/loadgen" --connect "$address")"
    done
    for address in nosuch.invalid 'fe80::1%nosuch' '::1]'; do
        [[ $address = *.* ]] && text=$address || text="[$address]"
        verdict "addresses: $address" "$(table_fault 2 "^loadgen: --connect: $address: [A-Z][a-z ]*\$" "$BIN/loadgen" --connect "$text:9")"
    done
    verdict "server-at: a name without an address" "$(table_fault 2 '^iobench run: --server-at nosuch.invalid:9: [A-Z][a-z ]*$' \
        "$BIN/iobench" run --suite "$TMP/tiny.json" --server-at nosuch.invalid:9 -o "$TMP/no-address.json")"
    verdict "server-at: a name without an address writes nothing" "$([ ! -e "$TMP/no-address.json" ] || echo "no-address.json is there")"
}

# Commands that listen on ::1 alone, or on all addresses.
command_at() { # HOST ADDRESS
    if ! limited "$BIN/echo-epoll" --host "$1" --stop-on-eof >/dev/null 2>&1; then
        skip "server-cmd: on $1" "no server can listen there"
        return
    fi
    measured "$BIN/iobench" run --quiet --suite "$TMP/tiny.json" --repeats 1 --server-cmd "\"$BIN/echo-epoll\" --host $1 --port {port}" -o "$TMP/address-cmd.json" >/dev/null 2>"$TMP/.err"
    verdict "server-cmd: a command that listens on $1" "$(holds "$TMP/address-cmd.json" "\"address\":\"$2\"")"
    verdict "server-cmd: the file of a command that listens on $1" "$(invalid "$TMP/address-cmd.json")"
}

run_addresses() {
    no_such_address
    command_at ::1 ::1
    command_at :: 127.0.0.1
    in_namespaces several_addresses
    in_namespaces to_itself
}
