/* codes.c - the names of verdicts, bounds and codes; see codes.h. */
#include "bench/result/codes.h"

#include <string.h>

const char *const verdict_names[VERDICTS] = {
    [VERDICT_VALID] = "valid", [VERDICT_SUSPECT] = "suspect", [VERDICT_INVALID] = "invalid"};

const char *const bound_names[BOUNDS] = {[BOUND_NONE] = "none",
                                         [BOUND_SERVER] = "server",
                                         [BOUND_CLIENT] = "client",
                                         [BOUND_BOTH] = "both",
                                         [BOUND_UNKNOWN] = "unknown"};

const char *const validity_names[VALIDITY_CODES] = {
    [VALIDITY_SERVER_DIED] = "server_died",
    [VALIDITY_NO_STATS] = "no_stats",
    [VALIDITY_WRONG_ECHO] = "wrong_echo",
    [VALIDITY_ERRORS] = "errors",
    [VALIDITY_CONNECTIONS_LOST] = "connections_lost",
    [VALIDITY_TOTALS_DISAGREE] = "totals_disagree",
    [VALIDITY_SHORT_WINDOW] = "short_window",
    [VALIDITY_NO_MESSAGE] = "no_message",
    [VALIDITY_SATURATED] = "saturated",
    [VALIDITY_NEWCOMERS_UNANSWERED] = "newcomers_unanswered",
    [VALIDITY_UNANSWERED] = "unanswered",
    [VALIDITY_LITTLES_LAW] = "littles_law",
    [VALIDITY_LITTLES_LAW_UNKNOWN] = "littles_law_unknown",
    [VALIDITY_BOUND_CLIENT] = "bound_client",
    [VALIDITY_LOADGEN_FULL] = "loadgen_full",
    [VALIDITY_CPUS_TAKEN] = "cpus_taken",
    [VALIDITY_LOADGEN_PREEMPTED] = "loadgen_preempted",
    [VALIDITY_WINDOWS_APART] = "windows_apart",
    [VALIDITY_LOADGEN_FROZEN] = "loadgen_frozen",
    [VALIDITY_SENT_LATE] = "sent_late",
    [VALIDITY_STEAL] = "steal",
    [VALIDITY_HALVES_DIFFER] = "halves_differ",
    [VALIDITY_FEW_MESSAGES] = "few_messages",
    [VALIDITY_STARVED] = "starved",
    [VALIDITY_OVERFLOW] = "overflow",
    [VALIDITY_IN_FLIGHT_AT_END] = "in_flight_at_end",
    [VALIDITY_SHARED_CPUS_FULL] = "shared_cpus_full",
    [VALIDITY_THROTTLED] = "throttled",
    [VALIDITY_AFFINITY_CHANGED] = "affinity_changed",
    [VALIDITY_NOT_PINNED] = "not_pinned",
    [VALIDITY_OUT_OF_TURN] = "out_of_turn",
    [VALIDITY_SERVER_NOT_STARTED] = "server_not_started",
    [VALIDITY_SERVER_NOT_READY] = "server_not_ready",
    [VALIDITY_SERVER_UNAVAILABLE] = "server_unavailable",
    [VALIDITY_LOADGEN_NOT_STARTED] = "loadgen_not_started",
    [VALIDITY_LOADGEN_LATE] = "loadgen_late",
    [VALIDITY_LOADGEN_FAILED] = "loadgen_failed",
    [VALIDITY_FIGURES_REFUSED] = "figures_refused",
};

const char *const skip_names[SKIP_CODES] = {
    [SKIP_NOT_AVAILABLE] = "not_available",
    [SKIP_CONNECTIONS_LIMIT] = "connections_limit",
    [SKIP_THREADS_LIMIT] = "threads_limit",
    [SKIP_CANNOT_BURN] = "cannot_burn",
    [SKIP_TRANSPORT_MISSING] = "transport_missing",
    [SKIP_DESCRIPTORS] = "descriptors",
    [SKIP_CAPACITY_UNKNOWN] = "capacity_unknown",
    [SKIP_NOT_REACHED] = "not_reached",
    [SKIP_NOTHING_TO_COMPARE] = "nothing_to_compare",
};

const char *const uncounted_names[UNCOUNTED_CODES] = {
    [UNCOUNTED_NOT_SUPPORTED] = "not_supported",
    [UNCOUNTED_NOT_MOUNTED] = "not_mounted",
    [UNCOUNTED_NOT_PERMITTED] = "not_permitted",
    [UNCOUNTED_SERVER_ELSEWHERE] = "server_elsewhere",
    [UNCOUNTED_SERVER_ENDED] = "server_ended",
    [UNCOUNTED_THREADS_CHANGE] = "threads_change",
    [UNCOUNTED_TOO_MANY_THREADS] = "too_many_threads",
    [UNCOUNTED_CHILD_PROCESSES] = "child_processes",
    [UNCOUNTED_NO_ECHOES] = "no_echoes",
    [UNCOUNTED_FAILED] = "failed",
};

/* The index of `word` in `names`; `count` if it is NULL or not found. */
static int find(const char *word, const char *const *names, int count) {
    int i = 0;
    while (i < count && (!word || strcmp(word, names[i]) != 0)) i++;
    return i;
}

enum verdict_kind verdict_read(const char *word) {
    int found = find(word, verdict_names, VERDICTS);
    return found < VERDICTS ? (enum verdict_kind)found : VERDICT_INVALID;
}

enum bound bound_read(const char *word) {
    return (enum bound)find(word, bound_names, BOUND_UNKNOWN);
}

enum validity_code validity_read(const char *name) {
    return (enum validity_code)find(name, validity_names, VALIDITY_CODES);
}

/* No default: the compiler demands a cause for every code. */
enum validity_cause validity_cause(enum validity_code code) {
    switch (code) {
    case VALIDITY_SERVER_DIED:
    case VALIDITY_NO_STATS:
    case VALIDITY_WRONG_ECHO:
    case VALIDITY_ERRORS:
    case VALIDITY_CONNECTIONS_LOST:
    case VALIDITY_TOTALS_DISAGREE:
    case VALIDITY_NO_MESSAGE:
    case VALIDITY_SATURATED:
    case VALIDITY_NEWCOMERS_UNANSWERED:
    case VALIDITY_UNANSWERED:
    case VALIDITY_OVERFLOW:
    case VALIDITY_SERVER_NOT_READY:
    case VALIDITY_SERVER_UNAVAILABLE:
    case VALIDITY_LOADGEN_LATE:
    case VALIDITY_LOADGEN_FAILED:
    case VALIDITY_CODES:
        return CAUSE_SERVER;
    case VALIDITY_STEAL:
    case VALIDITY_THROTTLED:
    case VALIDITY_LOADGEN_FROZEN:
    case VALIDITY_SERVER_NOT_STARTED: /* no memory, process or port */
    case VALIDITY_LOADGEN_NOT_STARTED:
        return CAUSE_MACHINE;
    case VALIDITY_SHORT_WINDOW:
    case VALIDITY_LITTLES_LAW:
    case VALIDITY_CPUS_TAKEN:        /* or the server sleeps */
    case VALIDITY_LOADGEN_PREEMPTED: /* or the server works on this CPU, too */
    case VALIDITY_WINDOWS_APART:
    case VALIDITY_SENT_LATE:
    case VALIDITY_STARVED:
    case VALIDITY_FIGURES_REFUSED: /* a fault of the load generator or of iobench */
    case VALIDITY_IN_FLIGHT_AT_END:
    case VALIDITY_AFFINITY_CHANGED:
    case VALIDITY_HALVES_DIFFER: /* or the server changes its pace */
        return CAUSE_UNSURE;
    case VALIDITY_BOUND_CLIENT:
    case VALIDITY_LOADGEN_FULL:
    case VALIDITY_FEW_MESSAGES:
    case VALIDITY_LITTLES_LAW_UNKNOWN:
    case VALIDITY_SHARED_CPUS_FULL:
    case VALIDITY_NOT_PINNED:
    case VALIDITY_OUT_OF_TURN:
        return CAUSE_PLAN;
    }
    return CAUSE_SERVER; /* not an enumerator */
}
