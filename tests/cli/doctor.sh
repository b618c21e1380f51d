# doctor.sh - `iobench doctor`: exit code and output agree, whatever machine this is. Part of cli.sh.
# shellcheck shell=bash

run_doctor() {
    local code problems want
    limited "$BIN/iobench" doctor --json >"$TMP/doctor.json" 2>"$TMP/.err"
    code=$?
    problems=$(grep -c '"level":[[:space:]]*"problem"' "$TMP/doctor.json")
    want=$([ "$problems" = 0 ] && echo 0 || echo 3)
    verdict "doctor --json: exit code 3 exactly with a problem" "$([ "$code" = "$want" ] ||
        echo "exit code $code with $problems problems: $(cat "$TMP/.err")")"
    verdict "doctor --json: says fit exactly without one" "$(grep -q "\"fit\":[[:space:]]*$([ "$code" = 0 ] && echo true || echo false)" "$TMP/doctor.json" ||
        head -c 200 "$TMP/doctor.json" | tr '\n' ' ')"
    if command -v python3 >/dev/null; then
        verdict "doctor --json: is JSON with the keys of a result's env.findings" "$(python3 - "$TMP/doctor.json" 2>&1 <<'EOF'
import json, sys
doctor = json.load(open(sys.argv[1]))["doctor"]
problems = [f for f in doctor["findings"] if f["level"] == "problem"]
assert doctor["fit"] is (not problems), "fit: %s" % doctor["fit"]
for f in doctor["findings"]:
    assert sorted(f) == ["effect", "fix", "found", "id", "level"], f
    assert f["level"] in ("problem", "advice") and f["effect"] and f["fix"], f
EOF
        )"
    else
        skip "doctor --json: is JSON with the keys of a result's env.findings" "python3 is not installed"
    fi
    verdict "doctor: one CPU is a problem" "$(limited taskset -c "$(taskset -cp $$ | sed 's/.*[^0-9]//')" "$BIN/iobench" doctor >"$TMP/.out" 2>"$TMP/.err"
        code=$?
        [ "$code" = 3 ] && grep -q '^problem  cpus' "$TMP/.out" || echo "exit code $code: $(head -n 1 "$TMP/.out")")"
    measured taskset -c "$(taskset -cp $$ | sed 's/.*[^0-9]//')" "$BIN/iobench" run --suite "$TMP/tiny.json" --repeats 1 -o "$TMP/one-cpu.json" >"$TMP/.out" 2>"$TMP/.err"
    verdict "run: a problem is told before the slots" "$(head -n 1 "$TMP/.err" | grep -q '^iobench run: this machine is not fit to measure: .*1 CPU' ||
        echo "said: $(head -n 1 "$TMP/.err")")"
    verdict "run: the findings are in the result" "$(tr -d ' \t\n' <"$TMP/one-cpu.json" | grep -q '"findings":\[{"id":"cpus","level":"problem"' ||
        echo "not in env.findings")"
}
