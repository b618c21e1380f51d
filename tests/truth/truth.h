/* truth.h - is the instrument right? The load generator against servers of known behaviour.
 * Invariant: what a case demands follows from arithmetic. Some bounds no other work on the machine
 * can cross; these always hold. The others (a time is at most, a rate at least) are computed with
 * what the fault server recorded of its own lateness. A figure beyond such a bound spoils the case
 * if the time that the programs lost for want of a CPU explains it, and fails the case if not. */
#ifndef TESTS_TRUTH_H
#define TESTS_TRUTH_H

#include "tests/support/harness.h"
#include "tests/truth/truth_machine.h"

#include <sys/types.h>
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

enum { TRUTH_ARGS_MAX = 40, TRUTH_TEXT_MAX = 1 << 20 };

/* The setting of all cases. */
struct truth {
    const char *bin;       /* directory of the programs under test */
    const char *loadgen;   /* the load generator among them */
    const char *transport; /* what it is told to use; empty: nothing, its own choice */
    uint64_t seed;         /* of what cases draw */
};

/* What is said of a case. */
enum {
    NEEDS_SPEED = 1, /* not for a build with sanitizers */
    ONCE = 2,        /* no transport can make a difference to what it demands */
    TIMED = 4,       /* compares times or rates, so it runs alone */
};

struct truth_case {
    const char *name;                       /* as printed */
    void (*run)(const struct truth *truth); /* returns if the instrument told the truth */
    uint32_t deadline_s;                    /* before scaling */
    unsigned flags;                         /* of the above */
};

/* Tables of the truth_*.c files, ended by one with name NULL. */
extern const struct truth_case truth_timing[];
extern const struct truth_case truth_faults[];
extern const struct truth_case truth_counts[];
extern const struct truth_case truth_ends[];
extern const struct truth_case truth_visits[];
extern const struct truth_case truth_idle[];
extern const struct truth_case truth_drawn[];
extern const struct truth_case truth_arrivals[];
extern const struct truth_case truth_starved[];
extern const struct truth_case truth_unanswered[];
extern const struct truth_case truth_frozen[];
extern const struct truth_case truth_transports[];
extern const struct truth_case truth_rotation[];

#define FAULT "tests/fault-server"
#define MS 1e6 /* ns */

/* A server. */
struct target {
    pid_t pid;         /* its process */
    int input, output; /* its stdin and stdout */
    char address[64];  /* HOST:PORT */
    char pid_text[16]; /* for --server-pid */
};

/* A load generator at work. */
struct loader {
    pid_t pid;              /* its process */
    int input, output;      /* its stdin and stdout */
    int error;              /* its stderr */
    struct machine machine; /* what disturbed it */
};

/* What it left. */
struct outcome {
    int code;        /* exit code */
    cJSON *sample;   /* its line, or NULL if it printed none */
    char *error;     /* its stderr, NUL-terminated */
    int error_lines; /* lines of it */
    double took_s;   /* from start to end, or from loader_await if started apart */
    cJSON *stats; /* what the fault server said at its end; NULL unless load_fault_server ran it */
    struct machine machine; /* what disturbed the run */
};

/* Starts `program` ("tests/fault-server", "echo-epoll") with the words of `args`. */
void target_start(struct target *target, const struct truth *truth, const char *program,
                  const char *args);

/* Stops it and returns its statistics ("stats" of the line), and what the fault server recorded as
 * "record" among them; owned by the caller. */
cJSON *target_stop(struct target *target);

/* Starts loadgen against `address` with the words of `args`. Unless they say otherwise the warm-up
 * is short: it shows nothing here. */
void loader_start(struct loader *loader, const struct truth *truth, const char *address,
                  const char *args);

/* The phase of the next progress line on its stderr. False if there is no such line. */
bool loader_next_phase(struct loader *loader, char *phase, size_t size);

/* Waits for a progress line of `phase`: "warmup", "window" or "drain". Needs --progress. */
void loader_await_phase(struct loader *loader, const char *phase);

/* Awaits its end. */
void loader_await(struct loader *loader, struct outcome *outcome);

/* Both; and requires exit code 0, one line of JSON and the transport that was asked for. */
void load(struct outcome *outcome, const struct truth *truth, const char *address,
          const char *args);

/* Starts a fault server with the words of `server`, loads it, stops it, and keeps its statistics.
 */
void load_fault_server(struct outcome *outcome, const struct truth *truth, const char *server,
                       const char *args);

/* ---- figures ---- */

/* The value at a path such as "latency.hist"; ends the case if it is missing. */
const cJSON *value_at(const cJSON *sample, const char *path);

/* What follows looks at this outcome: where the machine took most of the CPU time, a figure that is
 * null because there are too few messages spoils the case. */
void figures_of(const struct outcome *o);

/* Figure at a path such as "latency.p99_ns"; ends the case if it is missing or no number. */
double figure(const cJSON *sample, const char *path);

/* Whether the value at a path is null; ends the case if it is missing. */
bool is_null(const cJSON *sample, const char *path);

/* Ends the case unless low <= figure <= high. */
void require_within(const cJSON *sample, const char *path, double low, double high);

/* A time in ns may not be below `low`; above `high` it spoils or fails the case. The path tells
 * which quantile it is. */
void require_time(const struct outcome *o, const char *path, double low, double high);

/* A rate, or a count that is as large as a rate allows: spoils or fails the case outside of this.
 */
void require_rate(const struct outcome *o, const char *path, double low, double high);

/* Where `holds` is false, spoils the case if the programs lost at least `share` of the run for want
 * of a CPU, and fails it with `what` if not. */
void require_unless_busy(const struct outcome *o, bool holds, double share, const char *what);

/* Whether the fault server did what it was asked for; the load may have been too slow to get there,
 * which spoils or fails the case. */
bool fault_happened(const struct outcome *o);

/* The share of the run that the programs lost for want of a CPU: 0 to 1. */
double lost_share(const struct outcome *o);

/* Ends the case unless the figure equals `value`. */
void require_equal(const cJSON *sample, const char *path, double value);

/* The identities that hold in every sample of messages of `size` bytes. */
void require_identities(const cJSON *sample, double size);

/* In a closed loop throughput x mean latency is what is in flight, however busy the machine is.
 * Only what crosses an edge of the window is not wholly in it: at its start latencies up to the
 * longest one that is reported, at its end also what was lost for want of a CPU. */
void require_littles_law(const struct outcome *o, double in_flight);

/* Both ends count the same bytes, and `connections` connections. */
void require_totals(const cJSON *sample, const cJSON *stats, double connections);

void require_no_errors(const cJSON *sample);

#endif
