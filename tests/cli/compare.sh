# compare.sh - `iobench compare` of whole files: exit codes, and what a forest plot needs. Part of cli.sh.
#
# The sessions are made of the first slot of a sample, so that no noise decides.
# shellcheck shell=bash

# made SESSION FACTOR [SLOTS [FAILED [CODE]]]: on stdout a result of one cell with nine slots, that slot with its CPU
# times that factor. The last FAILED of them have no figures, for the reason CODE.
made() {
    awk -v session="$1" -v factor="$2" -v slots="${3:-9}" -v failed="${4:-0}" -v code="${5:-server_not_ready}" '
        function real(line) { sub(/^[^:]*:[ \t]*/, "", line); return line + 0 }
        function put(key, value) { printf "\t\t\t\t\t\t\"%s\":\t%.17g,\n", key, value }
        function slot(number,  i, cpu) {
            cpu = int(cpu_ns * factor * (1 + number / 1000))
            for (i = 0; i < lines; i++) {
                if (line[i] ~ /^\t\t\t\t\t"order":/) printf "\t\t\t\t\t\"order\":\t%d,\n", number
                else if (line[i] ~ /"started_offset_s":/) printf "\t\t\t\t\t\"started_offset_s\":\t%d,\n", number
                else if (line[i] ~ /"cpu_ns":/) put("cpu_ns", cpu)
                else if (line[i] ~ /"cpu_user_s":/) put("cpu_user_s", 0)
                else if (line[i] ~ /"cpu_sys_s":/) put("cpu_sys_s", cpu / 1e9)
                else if (line[i] ~ /"cpu_ns_per_echo":/) put("cpu_ns_per_echo", cpu / answered)
                else if (line[i] ~ /"echoes_per_cpu_s":/) put("echoes_per_cpu_s", 1e9 * answered / cpu)
                else print line[i]
            }
        }
        function no_figures(number,  i, count, keys) {
            for (i = 0; i < lines; i++) if (line[i] ~ /^\t\t\t\t\t"build":/) print line[i]
            printf "\t\t\t\t\t\"order\":\t%d,\n\t\t\t\t\t\"started_offset_s\":\t%d,\n", number, number
            count = split("warmup_s window_s messages bytes throughput_per_s errors latency service connect " \
                "newcomers totals server loadgen fairness steal_pct series", keys, " ")
            for (i = 1; i <= count; i++) printf "\t\t\t\t\t\"%s\":\tnull,\n", keys[i]
            printf "\t\t\t\t\t\"validity\":\t{\"verdict\": \"invalid\", \"codes\": [\"%s\"], ", code
            print "\"reasons\": [\"out of luck\"]}"
        }
        BEGIN { order = "0"; for (i = 1; i < slots; i++) order = order ", " i }
        /^\t\t"id":/ && !named { $0 = "\t\t\"id\":\t\"" session "\","; named = 1 }
        /^\t\t"order":/ { $0 = "\t\t\"order\":\t[" order "]," }
        !inside { print; inside = /"samples":/; next }
        /^\t\t\t\t[}]/ {
            for (i = 0; i < slots; i++) { if (i < slots - failed) slot(i); else no_figures(i); print i + 1 < slots ? "\t\t\t\t}, {" : "\t\t\t\t}]\n\t\t}]\n}" }
            exit
        }
        /"cpu_ns":/ { cpu_ns = real($0) }
        /"answered":/ { answered = real($0) }
        { line[lines++] = $0 }
    ' "$ROOT/results/samples/linux-6.18-xeon-2cpu.json"
}

# compared NAME CODE PATTERN WORDS...: the exit code, and that it says so on stdout; of code 2 on stderr, as one line.
compared() {
    local name=$1 want=$2 pattern=$3 said=$TMP/.out code reason=
    shift 3
    (cd "$TMP/compare" && limited "$BIN/iobench" compare "$@") >"$TMP/.out" 2>"$TMP/.err"
    code=$?
    [ "$want" != 2 ] || said=$TMP/.err
    [ "$code" = "$want" ] || reason="exit code $code: $(head -n 1 "$TMP/.err")"
    grep -qE -e "$pattern" "$said" || reason=${reason:-"said: $(head -c 300 "$said" | tr '\n' '|')"}
    [ "$want" != 2 ] || [ "$(wc -l <"$TMP/.err")" = 1 ] || reason=${reason:-"not one line: $(head -c 300 "$TMP/.err" | tr '\n' '|')"}
    verdict "compare: $name" "$reason"
}

run_compare() {
    local c=$TMP/compare
    mkdir "$c" "$TMP/forest"
    made a 1 >"$c/a.json" && made b 1.0001 >"$c/b.json" # no two sessions measure the same
    made a-16 1 16 >"$c/a-16.json" && made fails 1.0001 16 8 >"$c/fails.json" && made once 1.0001 16 1 >"$c/once.json"
    made late 1.0001 16 1 loadgen_late >"$c/late.json" && made none 1 9 9 >"$c/none.json"
    sed 's/"id":\t"a"/"id":\t"renamed"/' "$c/a.json" >"$c/renamed.json"
    made slow-1 1.1 >"$c/slow-1.json" && made slow-2 1.1001 >"$c/slow-2.json"
    made short 1 2 >"$c/short.json"
    sed -E 's/("kernel":\t")[^"]*/\16.1/' "$c/b.json" >"$c/kernel.json"
    sed -E 's/("os":\t")[^"]*/\1Windows/' "$c/b.json" >"$c/os.json"
    sed -E 's/("mode":\t")[^"]*/\1ab/' "$c/b.json" >"$c/ab.json"
    verdict "compare: its sessions are valid" "$(limited "$BIN/iobench" validate --quiet \
        "$c"/{a,b,slow-1,slow-2,short,kernel,os,a-16,fails,once,late,none,renamed}.json 2>&1)"

    compared "equal files show nothing" 3 'NO VERDICT: .*IDENTICAL: both sides hold the same slots' a.json --to a.json
    compared "equal files show nothing, with --gate" 3 IDENTICAL a.json --to a.json --gate --fail-on never
    compared "equal files of few slots" 3 IDENTICAL short.json --to short.json --gate
    compared "the same slots under another name" 3 IDENTICAL a.json --to renamed.json --gate
    compared "some of the same slots" 3 IDENTICAL short.json --to a.json --gate
    compared "equal files without a figure" 3 'NO VERDICT: .*0 and 0 usable slots' none.json --to none.json --gate
    compared "similar figures of two sessions" 0 PASS a.json --to b.json --gate
    compared "a candidate that fails in half of its slots" 1 \
        'REGRESSED: .*reliability: the candidate crashed in 8 of 16 slots, the baseline in 0 of 16' a-16.json --to fails.json
    compared "a candidate that crashes once" 1 'lost slots: baseline 0 of 16, candidate 1 of 16 \(1 failed\)' a-16.json --to once.json
    compared "a baseline that fails in half of its slots" 0 'lost slots: baseline 8 of 16 \(8 failed\)' fails.json --to a-16.json --gate
    compared "a lost slot that may be chance" 0 'lost slots: .*candidate 1 of 16' a-16.json --to late.json --gate
    compared "a candidate without a figure" 1 'reliability: the candidate crashed in 9 of 9 slots' a.json --to none.json
    compared "a baseline without a figure" 3 'NO VERDICT: .*0 and 9 usable slots' none.json --to b.json --gate
    compared "a slower candidate" 1 REGRESSED a.json --to slow-1.json --gate
    compared "is advisory without --gate" 0 advisory a.json --to slow-1.json
    compared "and counts with two sessions a side" 1 REGRESSED a.json b.json --to slow-1.json slow-2.json
    compared "unless it never fails" 0 REGRESSED --fail-on never a.json --to slow-1.json --gate
    compared "a faster candidate" 0 IMPROVED slow-1.json --to a.json --gate
    compared "too few slots" 3 '2 and 9 usable slots, 8 per side are needed: --repeats 8' short.json --to b.json
    compared "another kernel" 3 'kernel: 6\.18.* / 6\.1; allow it with --vary kernel' a.json --to kernel.json
    compared "another kernel, allowed" 0 PASS a.json --to kernel.json --vary kernel --vary cpu
    compared "across operating systems" 3 'across operating systems there is no verdict' a.json --to os.json
    compared "results of ab" 2 '^iobench compare: ab\.json: .*compare needs results of `iobench run`' a.json --to ab.json
    compared "a session twice on a side" 2 '^iobench compare: a\.json: the same session as a\.json' a.json a.json --to b.json
    compared "a session on both sides" 2 '^iobench compare: a\.json: this session is on both sides' a.json --to b.json a.json
    compared "the same slots twice on a side" 2 'renamed\.json: the same session as a\.json' a.json renamed.json --to b.json
    compared "--json" 1 '"verdict":[[:space:]]*"REGRESSED"' a.json --to slow-1.json --gate --json
    cp "$TMP/.out" "$c/gate.json"
    compared "--json has the code of a reason" 3 '"code":[[:space:]]*"conditions_differ"' a.json --to kernel.json --json
    verdict "compare --quiet: says nothing" "$(limited "$BIN/iobench" compare "$c/a.json" --to "$c/b.json" --quiet 2>&1 || echo "exit code $?")"
    if ! command -v gnuplot >/dev/null; then
        skip "plot: forest" "gnuplot is not installed"
        return
    fi
    limited "$BIN/iobench" plot forest "$c/gate.json" -o "$TMP/forest/x.svg" >"$TMP/.out" 2>&1
    verdict "plot: forest of what compare --json wrote" "$([ -s "$TMP/.out" ] && cat "$TMP/.out"
        [ "$(ls -A "$TMP/forest")" = x.svg ] || ls -A "$TMP/forest"
        grep -q 'REGRESSED' "$TMP/forest/x.svg" || echo "the verdict is not on it")"
}
