# sessions.sh - whole runs: to the end, broken off, killed, with a server that dies. Part of cli.sh.
# shellcheck shell=bash

# Waits until `"$@"` succeeds, at most 15 s. The only way to wait here: nothing sleeps for luck.
until_true() {
    local tries=$((300 * SCALE))
    until "$@" 2>/dev/null; do
        [ "$((tries--))" -gt 0 ] || return 1
        sleep 0.05
    done
}

samples_in() { [ "$(grep -c '"verdict"' "$1")" -ge "$2" ]; }
gone() { local p; for p in "$@"; do ! kill -0 "$p" || return 1; done; }

# The pids of the children of process $1, of those called $2 if that is given.
children_of() {
    local stat name parent
    for stat in /proc/[0-9]*/stat; do
        read -r _ name _ parent _ 2>/dev/null <"$stat" || continue # it has just ended
        [ "$parent" = "$1" ] && [[ -z ${2:-} || $name = "($2)" ]] && basename "${stat%/stat}"
    done
    true
}
has_children() { [ -n "$(children_of "$1")" ]; }
child_called() { [ -n "$(children_of "$1" "$2")" ]; }
# The same, without those that only describe themselves before the first slot.
slot_children_of() {
    local child
    for child in $(children_of "$@"); do
        tr '\0' '\n' 2>/dev/null <"/proc/$child/cmdline" | grep -qx -- --describe || echo "$child"
    done
}
slot_runs() { [ -n "$(slot_children_of "$1" loadgen)" ] && [ -n "$(slot_children_of "$1" echo-epoll)" ]; }

# Sends signal $1 to the child of run $2 that is called $3, if a slot runs now.
hit_slot() { slot_runs "$2" && kill "-$1" "$(slot_children_of "$2" "$3")"; }

# Why a file is not a valid result.
invalid() { limited "$BIN/iobench" validate "$1" 2>&1 >/dev/null | tr '\n' '|'; }

tiny_run() {
    local out=$TMP/result.json reason=
    measured "$BIN/iobench" run --suite "$TMP/tiny.json" -o "$out" >"$TMP/.out" 2>"$TMP/.err" ||
        reason="exit code $?: $(tail -n 1 "$TMP/.err")"
    verdict "run: a tiny suite ends with exit code 0" "$reason"
    verdict "validate: its file is valid" "$(invalid "$out")"
    verdict "run: both slots have a verdict" "$(samples_in "$out" 2 || echo "$(grep -c '"verdict"' "$out") have")"
    verdict "run: no colour and no cursor movement in a pipe" \
        "$(grep -l $'\033' "$TMP/.out" "$TMP/.err" | tr '\n' ' ')"
    verdict "run: a table at the end" "$(grep -q 'echoes/s' "$TMP/.out" || echo "there is none")"
    local quiet try
    for try in 1 2 3; do # each by itself, because one that measured nothing says so
        quiet=$(limited "$BIN/iobench" run --quiet --suite "$TMP/tiny.json" -o "$TMP/quiet.json" 2>&1)
        [ $? = 3 ] || break
    done
    verdict "run --quiet: says nothing" "$quiet"
    limited "$BIN/iobench" report "$out" -o "$TMP/report.html" >/dev/null 2>"$TMP/.err" || reason="exit code $?: $(cat "$TMP/.err")"
    grep -q '</html>' "$TMP/report.html" || reason="no page"
    grep -qE '(src|href)="https?:' "$TMP/report.html" && reason="the page needs the network"
    verdict "report: one page of it" "$reason"
}

# skipped_for CODE FILE: why no cell of the file is skipped with that code; empty if one is.
skipped_for() {
    grep -A 2 '"skipped"' "$2" | grep -qE "\"code\":[[:space:]]*\"$1\"" || echo "no such code: $(grep -m 1 -A 2 '"skipped"' "$2" | tr -d '\n')"
}

# Above the model's limit a cell is skipped with a reason, and nothing measured is exit code 3.
beyond_limit() {
    local name="run: a cell above the model's limit is skipped, exit code 3" code
    [ -x "$BIN/echo-select" ] || { skip "$name" "echo-select is not built"; return; }
    limited "$BIN/iobench" run --suite "$TMP/tiny.json" --server select --connections 5000 -o "$TMP/skipped.json" >/dev/null 2>"$TMP/.err"
    code=$?
    verdict "$name" "$([ "$code" = 3 ] || echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
    verdict "validate: a file of nothing but skipped cells" "$(invalid "$TMP/skipped.json")"
    verdict "run: the skipped cell says why" "$(skipped_for connections_limit "$TMP/skipped.json")"
}

# mutant NAME SED-SCRIPT: the file with one change must be refused, in one line.
mutant() {
    local code lines
    sed -E "$2" "$TMP/result.json" >"$TMP/mutant.json"
    if cmp -s "$TMP/result.json" "$TMP/mutant.json"; then
        not_ok "validate: $1" "the change does not apply to this file"
        return
    fi
    limited "$BIN/iobench" validate "$TMP/mutant.json" >/dev/null 2>"$TMP/.err"
    code=$? lines=$(wc -l <"$TMP/.err")
    verdict "validate: $1: exit code 2" "$([ "$code" = 2 ] && [ "$lines" -ge 1 ] && [ "$lines" -le 3 ] ||
        echo "exit code $code, $lines lines: $(head -n 1 "$TMP/.err")")"
}

# sed: the first line that matches, changed
first() { echo "0,/$1/s//$2/"; }

mutants() {
    mutant "messages changed" "$(first '"messages":[[:space:]]*[0-9]+' '"messages": 123456789')"
    mutant "bytes changed" "$(first '"bytes":[[:space:]]*[0-9]+' '"bytes": 64')"
    mutant "throughput changed" "$(first '"throughput_per_s":[[:space:]]*[0-9.]+' '"throughput_per_s": 1.5')"
    mutant "a percentile changed" "$(first '"p50_ns":[[:space:]]*[0-9]+' '"p50_ns": 3')"
    mutant "a bucket's count changed" "$(first '("counts":[[:space:]]*\[)[0-9]+' '\1123456')"
    mutant "hist.count changed" "$(first '"count":[[:space:]]*[0-9]+' '"count": 5')"
    mutant "order is no permutation" "$(first '"order":[[:space:]]*\[0, 1\]|"order":[[:space:]]*\[1, 0\]' '"order": [0, 0]')"
    mutant "another major version" "$(first '"version_major":[[:space:]]*1' '"version_major": 2')"
    mutant "another schema" "$(first '"iobench-result"' '"iobench-other"')"
    mutant "an unknown verdict" "$(first '"verdict":[[:space:]]*"[a-z]+"' '"verdict": "splendid"')"
    mutant "a missing key" "$(first '"littles_law_ratio"' '"littles_law"')"
    mutant "a number beyond all range" "$(first '"messages":[[:space:]]*[0-9]+' '"messages": 1e999')"
    mutant "a negative count" "$(first '"messages":[[:space:]]*[0-9]+' '"messages": -1')"
    mutant "a text for a number" "$(first '"messages":[[:space:]]*[0-9]+' '"messages": "many"')"
    local size
    size=$(wc -c <"$TMP/result.json")
    head -c "$((size / 2))" "$TMP/result.json" >"$TMP/half.json"
    verdict "validate: half a file" "$(table_fault 2 "^iobench validate: .*half.json: " "$BIN/iobench" validate "$TMP/half.json")"
    { cat "$TMP/result.json"; echo '{}'; } >"$TMP/twice.json"
    verdict "validate: text behind the end" "$(table_fault 2 "twice.json" "$BIN/iobench" validate "$TMP/twice.json")"
    sed -E "$(first '"schema":' '"added_later": {"x": 1}, "schema":')" "$TMP/result.json" >"$TMP/added.json"
    verdict "validate: a key added later is no fault" "$(invalid "$TMP/added.json")"
}

# The relations that validate checks hold for slots of every load and every verdict, so the exit code of the
# run does not matter here. tests/unit/test_doctored.c changes the numbers of such a result.
every_load() {
    limited "$BIN/iobench" run --quiet --suite "$HERE/every-load.json" -o "$TMP/every-load.json" >/dev/null 2>"$TMP/.err"
    verdict "validate: a fresh result of every load" "$([ -s "$TMP/every-load.json" ] || tail -n 1 "$TMP/.err")$(invalid "$TMP/every-load.json")"
}

# Starts a run of many slots and waits until one has been measured and the next is under way.
start_long_run() { # FILE [OPTION...]
    "$BIN/iobench" run --suite "$TMP/tiny.json" --repeats 50 --duration 1 -o "$@" >/dev/null 2>"$TMP/.err" </dev/null &
    run=$!
    until_true samples_in "$1" 1 && until_true slot_runs "$run"
}

end_run() { wait "$run"; code=$?; }

interrupted() {
    local out=$TMP/interrupted.json children code
    start_long_run "$out" || { not_ok "run: interrupted" "no slot was measured: $(tail -n 1 "$TMP/.err")"; kill -9 "$run"; return; }
    children=$(children_of "$run")
    kill -INT "$run"
    end_run
    verdict "run: SIGINT in a slot is exit code 130" "$([ "$code" = 130 ] || echo "exit code $code")"
    # shellcheck disable=SC2086
    verdict "run: SIGINT leaves no process" "$(until_true gone $children || echo "some of $children live")"
    verdict "run: SIGINT keeps a valid file" "$(invalid "$out")"
    verdict "run: the file says that it is not complete" "$(grep -qE '"complete":[[:space:]]*false' "$out" || echo "it does not")"
}

killed() {
    local out=$TMP/killed.json children code
    start_long_run "$out" || { not_ok "run: killed" "no slot was measured"; kill -9 "$run"; return; }
    children=$(children_of "$run")
    kill -KILL "$run"
    end_run 2>/dev/null
    # shellcheck disable=SC2086
    verdict "run: SIGKILL leaves no process" "$(until_true gone $children || { echo "some of $children live"; kill -9 $children; })"
    verdict "run: SIGKILL keeps a valid file" "$(invalid "$out")"
    verdict "run: SIGKILL leaves no other file" "$(cd "$TMP" && ls -d killed.json?* .killed* .iobench-* 2>/dev/null | tr '\n' ' ')"
}

server_dies() {
    local out=$TMP/dies.json code
    "$BIN/iobench" run --suite "$TMP/tiny.json" --repeats 3 --duration 1 -o "$out" >/dev/null 2>"$TMP/.err" </dev/null &
    run=$!
    until_true hit_slot KILL "$run" echo-epoll ||
        { not_ok "run: a server dies" "no slot began"; kill -9 "$run"; return; }
    end_run
    verdict "run: goes on when a server dies" "$([ "$code" = 0 ] || echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
    # others may be invalid for other reasons, if other work uses the CPUs
    verdict "run: that slot is invalid for it, the others are not" \
        "$(n=$(grep -cE '"codes":[[:space:]]*\["server_died"' "$out"); [ "$n" = 1 ] && samples_in "$out" 3 || echo "$n of $(grep -c '"verdict"' "$out") slots say so")"
    verdict "run: that slot says first that the server was killed" \
        "$(grep -qE '"codes":[[:space:]]*\["server_died"' "$out" && grep -q '"server ended too early: killed by signal 9' "$out" || grep -m 1 '"reasons": *\[[^]]' "$out" | head -c 300)"
    verdict "validate: a file with an invalid slot" "$(invalid "$out")"
}

# server_script NAME: a server of that name in a source tree of its own is what stdin says.
server_script() {
    cat >"$TMP/tree/build/bin/$1" && chmod +x "$TMP/tree/build/bin/$1"
}

# Servers that are broken or become so, beside one that is fine.
broken_servers() {
    local bin=$TMP/tree/build/bin out=$TMP/broken.json code
    mkdir -p "$bin" "$TMP/tree/results" "$TMP/tree/bench"
    cp "$BIN/iobench" "$BIN/loadgen" "$BIN/echo-epoll" "$bin" && cp -RL "$ROOT/bench/suites" "$TMP/tree/bench" &&
        cp "$ROOT/results/iobench-result.schema.json" "$TMP/tree/results"
    printf '#!/bin/sh\necho "a library is missing" >&2\nexit 127\n' | server_script echo-broken
    verdict "list: a server that cannot start is one that is not available" \
        "$(table_fault 0 '^broken .* no +a library is missing' "$bin/iobench" list)"
    limited "$bin/iobench" run --suite "$TMP/tiny.json" --server epoll --server broken:a=b --repeats 3 -o "$out" >/dev/null 2>"$TMP/.err"
    code=$?
    verdict "run: goes on beside a server that cannot start" "$([ "$code" = 0 ] || echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
    verdict "run: its cell is skipped and says why" \
        "$(grep -A 1 '"skipped"' "$out" | grep -q 'a library is missing' || echo "it does not")"
    verdict "run: its cell is skipped as not available" "$(skipped_for not_available "$out")"
    verdict "validate: a file with a server that cannot start" "$(invalid "$out")"

    # describes itself, serves once, and then says that it cannot run
    server_script echo-once <<EOF
#!/bin/sh
case "\$*" in
*--describe*) ;;
*) [ -e "$TMP/served" ] && { echo "not any more" >&2; exit 77; }; : >"$TMP/served" ;;
esac
exec "$bin/echo-epoll" "\$@"
EOF
    limited "$bin/iobench" run --suite "$TMP/tiny.json" --server once -o "$out" >/dev/null 2>"$TMP/.err"
    code=$?
    verdict "run: a repeat that cannot run leaves the one before" \
        "$([ "$code" = 0 ] && samples_in "$out" 2 && grep -q 'not any more' "$out" && grep -q '"server_unavailable"' "$out" || echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
    verdict "validate: a file with such a repeat" "$(invalid "$out")"

    rm "$bin/echo-epoll" "$bin/echo-once"
    verdict "list: no server can start: one line, exit code 2" "$(table_fault 2 'echo-broken: a library is missing' "$bin/iobench" list)"
}

run_sessions() {
    tiny_run
    if [ -s "$TMP/result.json" ]; then mutants; else skip "validate: mutants" "there is no result to change"; fi
    beyond_limit
    broken_servers
    every_load
    if [ ! -r /proc/self/stat ]; then
        skip "run: broken off" "there is no /proc to find children in"
        return
    fi
    interrupted
    killed
    server_dies
}
