/* codes.h - the words of a result file that programs act on: verdicts, bounds and the codes of
 * reasons. The text beside a code is for people only. results/README.md explains each code.
 * Invariant: the names are part of the file format. A name never changes its meaning; a new code
 * raises the schema's minor version. */
#ifndef BENCH_RESULT_CODES_H
#define BENCH_RESULT_CODES_H

/* samples[].validity.verdict, the best first. */
enum verdict_kind { VERDICT_VALID, VERDICT_SUSPECT, VERDICT_INVALID, VERDICTS };
extern const char *const verdict_names[VERDICTS];

/* The verdict of this name; VERDICT_INVALID for NULL and unknown names. */
enum verdict_kind verdict_read(const char *word);

/* samples[].loadgen.bound: which side limited the throughput; null if unknown. */
enum bound { BOUND_NONE, BOUND_SERVER, BOUND_CLIENT, BOUND_BOTH, BOUND_UNKNOWN, BOUNDS };
extern const char *const bound_names[BOUNDS];

/* The bound of this name; BOUND_UNKNOWN for NULL and unknown names. */
enum bound bound_read(const char *word);

/* samples[].validity.codes[]: why a slot is not valid. */
enum validity_code {
    /* invalid; the slot has figures */
    VALIDITY_SERVER_DIED, /* the slot may also have no figures */
    VALIDITY_NO_STATS,
    VALIDITY_WRONG_ECHO,
    VALIDITY_ERRORS,
    VALIDITY_CONNECTIONS_LOST,
    VALIDITY_TOTALS_DISAGREE,
    VALIDITY_SHORT_WINDOW,
    VALIDITY_NO_MESSAGE,
    VALIDITY_SATURATED,
    VALIDITY_NEWCOMERS_UNANSWERED, /* suspect if the slot was to saturate the server */
    VALIDITY_UNANSWERED,           /* suspect also if few messages got no answer */
    VALIDITY_LITTLES_LAW,
    /* suspect */
    VALIDITY_LITTLES_LAW_UNKNOWN,
    VALIDITY_BOUND_CLIENT,
    VALIDITY_LOADGEN_FULL,
    VALIDITY_CPUS_TAKEN,
    VALIDITY_LOADGEN_PREEMPTED,
    VALIDITY_WINDOWS_APART,
    VALIDITY_LOADGEN_FROZEN,
    VALIDITY_SENT_LATE,
    VALIDITY_STEAL,
    VALIDITY_HALVES_DIFFER,
    VALIDITY_FEW_MESSAGES,
    VALIDITY_STARVED,
    VALIDITY_OVERFLOW,
    VALIDITY_IN_FLIGHT_AT_END,
    VALIDITY_SHARED_CPUS_FULL,
    VALIDITY_THROTTLED,
    VALIDITY_AFFINITY_CHANGED,
    VALIDITY_NOT_PINNED,
    VALIDITY_OUT_OF_TURN,
    /* invalid; the slot has no figures */
    VALIDITY_SERVER_NOT_STARTED,
    VALIDITY_SERVER_NOT_READY,
    VALIDITY_SERVER_UNAVAILABLE,
    VALIDITY_LOADGEN_NOT_STARTED,
    VALIDITY_LOADGEN_LATE,
    VALIDITY_LOADGEN_FAILED,
    VALIDITY_FIGURES_REFUSED,
    VALIDITY_CODES /* number of codes; also means an unknown code */
};
extern const char *const validity_names[VALIDITY_CODES];

/* The code of this name; VALIDITY_CODES for NULL and unknown names. */
enum validity_code validity_read(const char *name);

/* What a code says about the cause. Two programs that are measured in turns on one machine are
 * disturbed equally often, so only a difference in CAUSE_SERVER tells one from the other. */
enum validity_cause {
    CAUSE_SERVER,  /* the server did not do its work, or the load generator failed against it */
    CAUSE_MACHINE, /* the machine took time away from the slot, whatever the server did */
    CAUSE_UNSURE,  /* the slot was disturbed, by the machine or by the server */
    CAUSE_PLAN     /* this load does not show the server on this machine, however often it runs */
};

/* The cause of a code. An unknown code counts as CAUSE_SERVER. */
enum validity_cause validity_cause(enum validity_code code);

/* cells[].skipped.code: why a cell was not run. */
enum skip_code {
    SKIP_NOT_AVAILABLE,
    SKIP_CONNECTIONS_LIMIT,
    SKIP_THREADS_LIMIT,
    SKIP_CANNOT_BURN,
    SKIP_TRANSPORT_MISSING,
    SKIP_DESCRIPTORS,
    SKIP_CAPACITY_UNKNOWN,
    SKIP_NOT_REACHED,
    SKIP_NOTHING_TO_COMPARE,
    SKIP_CODES
};
extern const char *const skip_names[SKIP_CODES];

/* samples[].counters.code: why the server's system calls were not counted. */
enum uncounted_code {
    UNCOUNTED_NOT_SUPPORTED,
    UNCOUNTED_NOT_MOUNTED,
    UNCOUNTED_NOT_PERMITTED,
    UNCOUNTED_SERVER_ELSEWHERE,
    UNCOUNTED_SERVER_ENDED,
    UNCOUNTED_THREADS_CHANGE,
    UNCOUNTED_TOO_MANY_THREADS,
    UNCOUNTED_CHILD_PROCESSES,
    UNCOUNTED_NO_ECHOES,
    UNCOUNTED_FAILED,
    UNCOUNTED_CODES
};
extern const char *const uncounted_names[UNCOUNTED_CODES];

#endif
