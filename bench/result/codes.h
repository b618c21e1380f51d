/* codes.h - the words of a result file on which something depends: verdicts, bounds, and the code
 * of each reason. The text beside a code is for people. Invariant: these names are part of the file
 * format. A name is never given another meaning; a code that is added raises the schema's minor
 * version. results/README.md explains each. */
#ifndef BENCH_RESULT_CODES_H
#define BENCH_RESULT_CODES_H

/* samples[].validity.verdict, the better first. */
enum verdict_kind { VERDICT_VALID, VERDICT_SUSPECT, VERDICT_INVALID, VERDICTS };
extern const char *const verdict_names[VERDICTS];

/* The verdict that a word means; NULL and unknown words are VERDICT_INVALID. */
enum verdict_kind verdict_read(const char *word);

/* samples[].loadgen.bound: what ran at its limit. It is null where this is not known. */
enum bound { BOUND_NONE, BOUND_SERVER, BOUND_CLIENT, BOUND_BOTH, BOUND_UNKNOWN, BOUNDS };
extern const char *const bound_names[BOUNDS];

/* The bound that a word means; NULL and unknown words are BOUND_UNKNOWN. */
enum bound bound_read(const char *word);

/* samples[].validity.codes[]: why a slot is not valid. */
enum validity_code {
    /* invalid, with figures */
    VALIDITY_SERVER_DIED, /* also without figures */
    VALIDITY_NO_STATS,
    VALIDITY_WRONG_ECHO,
    VALIDITY_ERRORS,
    VALIDITY_CONNECTIONS_LOST,
    VALIDITY_TOTALS_DISAGREE,
    VALIDITY_SHORT_WINDOW,
    VALIDITY_NO_MESSAGE,
    VALIDITY_SATURATED,
    VALIDITY_NEWCOMERS_UNANSWERED,
    VALIDITY_LITTLES_LAW,
    /* suspect */
    VALIDITY_BOUND_CLIENT,
    VALIDITY_LOADGEN_FULL,
    VALIDITY_CPUS_TAKEN,
    VALIDITY_LOADGEN_PREEMPTED,
    VALIDITY_WINDOWS_APART,
    VALIDITY_SENT_LATE,
    VALIDITY_STEAL,
    VALIDITY_HALVES_DIFFER,
    VALIDITY_FEW_MESSAGES,
    VALIDITY_STARVED,
    /* invalid, without figures */
    VALIDITY_SERVER_NOT_STARTED,
    VALIDITY_SERVER_NOT_READY,
    VALIDITY_SERVER_UNAVAILABLE,
    VALIDITY_LOADGEN_NOT_STARTED,
    VALIDITY_LOADGEN_LATE,
    VALIDITY_LOADGEN_FAILED,
    VALIDITY_FIGURES_REFUSED,
    VALIDITY_CODES /* how many there are; as a code: not known */
};
extern const char *const validity_names[VALIDITY_CODES];

/* The code of a name; VALIDITY_CODES for NULL and unknown names. */
enum validity_code validity_read(const char *name);

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
