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
    verdict "doctor: one CPU is a problem" "$(limited taskset -c "$(taskset -cp $$ | sed 's/.*[^0-9]//')" "$BIN/iobench" doctor >"$TMP/.out" 2>"$TMP/.err"
        code=$?
        [ "$code" = 3 ] && grep -q '^problem  cpus' "$TMP/.out" || echo "exit code $code: $(head -n 1 "$TMP/.out")")"
}
