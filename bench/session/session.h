/* session.h - the common part of the commands that measure: programs, suite, CPUs, plan, result
 * file.
 * Invariant: nothing is written before all of them have been checked. */
#ifndef BENCH_SESSION_SESSION_H
#define BENCH_SESSION_SESSION_H

#include "bench/machine/doctor.h"
#include "bench/session/result.h"
#include "bench/suite/models.h"
#include "bench/suite/placement.h"
#include "bench/suite/plan.h"
#include "bench/suite/suite.h"
#include "bench/support/paths.h"
#include "bench/support/process.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SESSION_SEED_MAX 4503599627370496.0 /* 2^52: leaves room to add the repeat or pair */

/* Values of the command line that all measuring commands have. */
struct session_request {
    const char *command; /* "iobench run": starts every line on stderr */
    int argc;
    char **argv;           /* command line, for the result */
    const char *suite;     /* name or file of the suite */
    const char *placement; /* auto, none or S/L */
    const char *output;    /* result file; NULL: named by time, host and suite */
    uint64_t seed;         /* for order of slots and arrivals */
    bool quiet;            /* print no problems of the machine */
};

/* A session. */
struct session {
    struct session_request asked;
    struct paths paths;                /* files and folders of iobench */
    struct process_loop loop;          /* runs the children */
    bool loop_open;                    /* `loop` is open */
    struct models own;                 /* programs in the folder of iobench */
    char suite_path[PATH_SIZE];        /* file of the suite */
    cJSON *suite;                      /* suite after overrides; owned */
    struct placement_policy placement; /* CPUs of server and load generator */
    char output[PATH_SIZE];            /* path of the result file */
};

/* The next three functions return EXIT_FINE, or EXIT_USAGE after one line on stderr. Call
 * session_close in any case. */

/* Reads the suite, applies `overrides` (NULL: none) and finds the programs. `*s` must be zero. */
int session_open(struct session *s, const struct session_request *asked,
                 const struct suite_overrides *overrides);

/* Sets s->output to the file of the command line, or to results/UTC-HOST-NAME.json. Fails if it
 * cannot be written, or is a file that every session needs. */
int session_output(struct session *s, const char *name);

/* Whether `output`, the value of `option`, is none of the files that every session needs: the
 * suite, programs and templates of iobench. Prints a line if not. */
bool session_spares(const struct session *s, const char *option, const char *output);

/* Plans the suite for `count` servers, which must outlive the plan. */
int session_plan(struct session *s, struct plan *plan, const struct server_spec *servers,
                 size_t count);

/* Whether a signal has arrived. */
bool session_interrupted(const struct session *s);

/* Examines the machine, prints a problem unless quiet, and opens the result. Without a file on the
 * command line it creates one, with "-2" and so on in its name if that is taken. The plan must have
 * a cell. `mode` and `models` are those of struct result_facts. Returns the same codes as
 * session_open. */
int session_start(struct session *s, struct result *result, struct plan *plan, const char *mode,
                  const struct models *models);

void session_close(struct session *s);

/* Adds a fact about the machine that the servers know: whether io_uring works. */
void session_ask(struct doctor_facts *facts, const struct models *models);

#endif
