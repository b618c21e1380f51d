# suites.sh - sourced by what runs suites of tests: runs them, counts their lines, adds up.
# Invariant: a suite that dies, hangs or says nothing is a failure, and a skip is never a pass.
#
# Takes LOGS (a directory), scale (multiplies deadlines) and ONLY (a regular expression of names).
# Each line "ok", "not ok" or "skip" of a suite is one test. Failing lines and what the suite said on
# stderr are shown; everything is in LOGS.

passed=0 failed=0 skipped=0 started=$SECONDS
export CMOCKA_MESSAGE_OUTPUT=TAP
running= # process id of the suite that runs

# Who is interrupted takes its suite along; timeout hands the signal on.
trap '[ -z "$running" ] || { kill "$running"; wait "$running"; }; exit 130' INT TERM

count() { # how many lines of file $2 match $1
    grep -cE "$1" "$2" || true
}

# suite NAME DEADLINE-S COMMAND...: runs it, counts its lines, shows what failed.
suite() {
    local name=$1 deadline=$2 log=$LOGS/${1//[^a-zA-Z0-9_.-]/-} code
    shift 2
    [[ $name =~ $ONLY ]] || return 0
    set -m # a job of its own, or it would be deaf to SIGINT
    timeout --kill-after=10 "$((deadline * ${scale%%.*} ))" "$@" >"$log.out" 2>"$log.err" </dev/null &
    running=$!
    set +m
    wait "$running"
    code=$?
    running=
    # cmocka numbers its lines and marks skips in the ways of its versions; their reasons are what the
    # test said before ("skip: ..."). On Windows lines may end in CR.
    sed -E -i -e 's/\r$//' -e '/^skip: /{' -e 's///; h; d' -e '}' \
        -e "s/^not ok [0-9]+ # SKIP (.*)\$/skip unit\/${name#unit-} \1 #/; t reason" \
        -e "s/^ok [0-9]+ - (.*) # SKIP.*\$/skip unit\/${name#unit-} \1 #/; t reason" \
        -e "s/^(ok|not ok) [0-9]+ - /\1 unit\/${name#unit-} /; b" \
        -e ':reason' -e 'G; s/\n/ /; x; s/.*//; x' "$log.out"
    local ok not_ok skip
    ok=$(count '^ok ' "$log.out") not_ok=$(count '^not ok ' "$log.out") skip=$(count '^skip ' "$log.out")
    if [ "$not_ok" -eq 0 ]; then
        case $code in
        0 | 77) ;;
        124 | 137) echo "not ok $name # no end within its deadline" >>"$log.out"; not_ok=1 ;;
        *) echo "not ok $name # exit code $code" >>"$log.out"; not_ok=1 ;;
        esac
        if [ "$((ok + not_ok + skip))" -eq 0 ]; then
            echo "not ok $name # it said nothing" >>"$log.out"
            not_ok=1
        fi
    fi
    passed=$((passed + ok)) failed=$((failed + not_ok)) skipped=$((skipped + skip))
    printf '%-28s %4d passed %3d failed %3d skipped  %3d s\n' "$name" "$ok" "$not_ok" "$skip" \
        "$((SECONDS - started))"
    started=$SECONDS
    grep -E '^skip ' "$log.out" | sed 's/^/  /'
    if [ "$not_ok" -gt 0 ]; then
        grep -E '^not ok ' "$log.out" | sed 's/^/  /'
        # what it said beside its lines, e.g. a failed assertion or a sanitizer's report
        { grep -vE '^(ok|not ok|skip|1\.\.) ?' "$log.out"; cat "$log.err"; } | head -n 60 | sed 's/^/    /'
        echo "  all of it: $log.out, $log.err"
    fi
}

skip() { # NAME REASON
    [[ $1 =~ $ONLY ]] || return 0
    echo "skip $1 # $2"
    skipped=$((skipped + 1))
}

# The last line, and whether all is well.
total() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
