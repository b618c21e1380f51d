# suites.sh - sourced by what runs suites of tests: runs them, counts their lines, adds up.
# Invariant: a suite that dies, hangs or says nothing is a failure, and a skip is never a pass.
#
# Takes LOGS (a directory), scale (multiplies deadlines), ONLY (a regular expression of names) and JOBS
# (how many suites `together` runs at once; two for each CPU, because most of them wait most of the time).
# Each line "ok", "not ok" or "skip" of a suite is one test. Failing lines and what the suite said on
# stderr are shown; everything is in LOGS.

TALLY=$LOGS/tally # a line for each suite: seconds, passed, failed, skipped, name
JOBS=${JOBS:-$(($(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1) * 2))}
queue=()
export CMOCKA_MESSAGE_OUTPUT=TAP
running= # process ids of what runs
: >"$TALLY"

# Who is interrupted takes its suites along; timeout hands the signal on.
on_interrupt() { trap '[ -z "$running" ] || { kill $running; wait; } 2>/dev/null; exit 130' INT TERM; }
on_interrupt

count() { # how many lines of file $2 match $1
    grep -cE "$1" "$2" || true
}

tally() { # SECONDS PASSED FAILED SKIPPED NAME
    printf '%s %s %s %s %s\n' "$@" >>"$TALLY"
}

# cmocka numbers its lines and marks skips in the ways of its versions; their reasons are what the
# test said before ("skip: ..."). On Windows lines may end in CR.
normalize() { # NAME FILE
    sed -E -i -e 's/\r$//' -e '/^skip: /{' -e 's///; h; d' -e '}' \
        -e "s/^not ok [0-9]+ # SKIP (.*)\$/skip unit\/${1#unit-} \1 #/; t reason" \
        -e "s/^ok [0-9]+ - (.*) # SKIP.*\$/skip unit\/${1#unit-} \1 #/; t reason" \
        -e "s/^(ok|not ok) [0-9]+ - /\1 unit\/${1#unit-} /; b" \
        -e ':reason' -e 'G; s/\n/ /; x; s/.*//; x' "$2"
}

# What is printed of a suite that has ended: its counts, its skips, what failed.
summary() { # NAME LOG CODE SECONDS
    local name=$1 log=$2 code=$3 ok not_ok skip
    normalize "$name" "$log.out"
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
    tally "$4" "$ok" "$not_ok" "$skip" "$name"
    printf '%-28s %4d passed %3d failed %3d skipped  %3d s\n' "$name" "$ok" "$not_ok" "$skip" "$4"
    grep -E '^skip ' "$log.out" | sed 's/^/  /'
    if [ "$not_ok" -gt 0 ]; then
        grep -E '^not ok ' "$log.out" | sed 's/^/  /'
        # what it said beside its lines, e.g. a failed assertion or a sanitizer's report
        { grep -vE '^(ok|not ok|skip|1\.\.) ?' "$log.out"; cat "$log.err"; } | head -n 60 | sed 's/^/    /'
        echo "  all of it: $log.out, $log.err"
    fi
}

# suite NAME DEADLINE-S COMMAND...: runs it alone.
suite() {
    local name=$1 deadline=$2 log=$LOGS/${1//[^a-zA-Z0-9_.-]/-} started=$SECONDS code
    shift 2
    [[ $name =~ $ONLY ]] || return 0
    set -m # a job of its own, or it would be deaf to SIGINT
    timeout --kill-after=10 "$((deadline * ${scale%%.*} ))" "$@" >"$log.out" 2>"$log.err" </dev/null &
    running=$!
    set +m
    wait "$running"
    code=$?
    running=
    # in one piece, since others may print as well
    summary "$name" "$log" "$code" "$((SECONDS - started))" >"$log.summary"
    cat "$log.summary"
}

# beside NAME DEADLINE-S COMMAND...: a suite in which nothing is timed, for `together`.
beside() {
    [[ $1 =~ $ONLY ]] || return 0
    queue+=("$(printf '%q ' "$@")")
}

# Takes suites from the queue until there are no more. A directory is made by one worker only.
work() {
    local i
    on_interrupt
    for i in "${!queue[@]}"; do
        mkdir "$LOGS/taken/$i" 2>/dev/null || continue
        eval "suite ${queue[i]}"
    done
}

# Runs the suites that were put into the queue, JOBS at once. Put long ones in first.
together() {
    local i workers= before
    [ ${#queue[@]} -gt 0 ] || return 0
    before=$(wc -l <"$TALLY")
    rm -rf "$LOGS/taken" && mkdir "$LOGS/taken"
    for ((i = 0; i < JOBS; i++)); do
        set -m
        work &
        workers="$workers $!"
        set +m
    done
    running=$workers
    # shellcheck disable=SC2086
    wait $workers # and for nothing else that the caller may have started
    running=
    # a worker that was killed, or could not take a suite, must not leave it out unnoticed
    if [ "$(($(wc -l <"$TALLY") - before))" -ne ${#queue[@]} ]; then
        echo "not ok suites # not all of ${#queue[@]} suites ran to their end"
        tally 0 0 1 0 suites
    fi
    queue=()
}

skip() { # NAME REASON
    [[ $1 =~ $ONLY ]] || return 0
    echo "skip $1 # $2"
    tally 0 0 0 1 "$1"
}

# The times of the longest suites, the last line, and whether all is well.
total() {
    echo
    echo "longest suites, of $SECONDS s in all:"
    sort -rn "$TALLY" | head -n 12 | while read -r seconds _ _ _ name; do printf '%5d s  %s\n' "$seconds" "$name"; done
    echo
    awk '{ passed += $2; failed += $3; skipped += $4 }
        END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit !(failed == 0 && passed > 0) }' "$TALLY"
}
