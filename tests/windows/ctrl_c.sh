#!/usr/bin/env bash
# ctrl_c.sh - checks that each server stops cleanly at Ctrl-C. Under Wine, SIGINT becomes Ctrl-C.
set -u
failed=0
for server in "$WIN"/echo-*.exe; do
    name=$(basename "$server" .exe)
    wine "$server" --describe </dev/null | grep -q '"available":true' || {
        echo "skip ctrl-c $name # not available under Wine"
        continue
    }
    set -m # without it SIGINT is ignored
    coproc server { exec wine "$server"; }
    set +m
    pid=$server_PID out=${server[0]} stats=
    read -r -t 20 <&"$out"
    kill -INT "$pid"
    read -r -t 20 stats <&"$out"
    wait "$pid"
    code=$?
    if [ "$code" = 0 ] && [[ $stats == '{"stats":'* ]]; then
        echo "ok ctrl-c $name"
    else
        echo "not ok ctrl-c $name # exit code $code, output '$stats'"
        failed=1
    fi
done
exit "$failed"
