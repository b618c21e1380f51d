# loadgen.sh - transports of the load generator in whole runs, and bench-loadgen. Part of cli.sh.
# shellcheck shell=bash

# A load generator that knows a transport which cannot run here.
missing_transport() {
    local tree=$TMP/transports out=$TMP/transports.json code
    mkdir -p "$tree/build/bin" "$tree/results" "$tree/bench"
    cp "$BIN/iobench" "$BIN/echo-epoll" "$tree/build/bin" && cp -R "$ROOT/bench/suites" "$tree/bench" &&
        cp "$ROOT/results/iobench-result.schema.json" "$tree/results"
    "$BIN/loadgen" --describe | sed -E 's/,"transports_missing":\[[^]]*\]//
        s/"transports":\[[^]]*\]/"transports":["epoll"],"transports_missing":[{"name":"pigeon","reason":"no pigeons here"}]/' \
        >"$tree/describe"
    cat >"$tree/build/bin/loadgen" <<END
#!/bin/sh
case "\$*" in *--describe*) exec cat '$tree/describe' ;; esac
exec '$BIN/loadgen' "\$@"
END
    chmod +x "$tree/build/bin/loadgen"
    limited "$tree/build/bin/iobench" run --suite "$TMP/tiny.json" --transport '*' --repeats 1 -o "$out" >"$TMP/.out" 2>"$TMP/.err"
    code=$?
    verdict "run --transport '*': measures what there is" "$([ "$code" = 0 ] && samples_in "$out" 1 ||
        echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
    verdict "run --transport '*': a transport that is missing is skipped and says why" \
        "$(grep -A 1 '"skipped"' "$out" | grep -q 'transport pigeon: no pigeons here' || echo "it does not")"
    verdict "run --transport '*': its cell has the code of that" "$(skipped_for transport_missing "$out")"
    verdict "run --transport: the table tells the transports apart" \
        "$(grep -q 'transport epoll$' "$TMP/.out" && grep -q 'transport pigeon$' "$TMP/.out" || head -n 8 "$TMP/.out" | tr '\n' '|')"
    verdict "validate: a file with a missing transport" "$(invalid "$out")"
    verdict "run --transport: none of that name is exit code 2" \
        "$(table_fault 2 'transport dodo: .* there are auto, epoll, pigeon$' \
            "$tree/build/bin/iobench" run --transport dodo -o "$TMP/x.json")"
}

# number FILE KEY: the first number of that key
number() { sed -nE "s/.*\"$2\":[[:space:]]*([0-9.e+-]+).*/\1/p" "$1" | head -n 1; }

# A row per cell, and the one figure that is computed here.
sums_up() {
    local result=$TMP/transports.json out=$TMP/bench.json cells reason=
    limited "$BIN/tests/bench-loadgen" "$result" -o "$out" >"$TMP/.out" 2>"$TMP/.err" ||
        reason="exit code $?: $(tail -n 1 "$TMP/.err")"
    cells=$(grep -c '"id":.*/via-' "$result")
    verdict "bench-loadgen: exit code 0, nothing on stderr" "${reason:-$(head -n 1 "$TMP/.err")}"
    verdict "bench-loadgen: a row per cell" "$([ "$cells" = 2 ] && grep -qE '^[ *] epoll +5 +1 .* 1 [a-z]+$' "$TMP/.out" &&
        grep -qE '^  pigeon +5 +1 .*skipped: .*no pigeons here$' "$TMP/.out" || echo "of $cells: $(tr '\n' '|' <"$TMP/.out")")"
    verdict "bench-loadgen: an object per cell" "$([ "$(grep -c '"id":.*/via-' "$out")" = "$cells" ] || echo "not $cells")"
    verdict "bench-loadgen: times the histogram" "$(grep -qE '^histogram: record [0-9.]+[^0-9]+ns, merge ' "$TMP/.out" || tail -n 1 "$TMP/.out")"
    verdict "bench-loadgen: CPU per echo follows from the slot" "$(awk -v ns="$(number "$out" loadgen_cpu_ns_per_echo)" \
        -v pct="$(number "$result" cpu_pct)" -v s="$(number "$result" window_s)" -v n="$(number "$result" answered)" \
        'BEGIN { want = pct / 100 * s * 1e9 / n; if (!(ns > 0.999 * want && ns < 1.001 * want)) print ns " is not " want }')"
}

# A slot whose server was killed.
marks() {
    local name="bench-loadgen: a disturbed cell is marked"
    need_result
    sed '0,/"verdict":[[:space:]]*"[a-z]*"/s//"verdict": "invalid"/' "$TMP/result.json" >"$TMP/marked.json"
    limited "$BIN/tests/bench-loadgen" "$TMP/marked.json" -o "$TMP/bench.json" >"$TMP/.out" 2>"$TMP/.err"
    verdict "$name" "$(grep -qE '^\* .* 1 invalid$' "$TMP/.out" || tr '\n' '|' <"$TMP/.out")"
}

run_loadgen() {
    missing_transport
    sums_up
    marks
}
