/* session.h - what every command that measures stands on: programs, suite, CPUs, the plan and the
 * file for the result.
 * Invariant: nothing is written before all of it was found good. */
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

#define SESSION_SEED_MAX 4503599627370496.0 /* 2^52: the load generator adds the repeat or pair */

/* What was asked for on the command line. */
struct session_request {
    const char *command;   /* "iobench run": begins every line on stderr */
    int argc;              /* the command line, for the result */
    char **argv;           /* its words */
    const char *suite;     /* name or file */
    const char *placement; /* auto, none or S/L */
    const char *output;    /* result file; NULL: named by time, host and suite */
    uint64_t seed;         /* of orders and arrivals */
    bool quiet;            /* no word about the machine */
};

struct session {
    struct session_request asked;      /* what was asked for */
    struct paths paths;                /* where things are */
    struct process_loop loop;          /* runs the children */
    bool loop_open;                    /* it was opened */
    struct models own;                 /* the programs beside iobench */
    cJSON *suite;                      /* with overrides; owned */
    struct placement_policy placement; /* who runs where */
    char output[PATH_SIZE];            /* where the result goes */
};

/* These three return EXIT_FINE, or EXIT_USAGE after one line on stderr. session_close is needed in
 * any case. */

/* Reads the suite, with `overrides` (NULL: none), and finds the programs. `s` is all zero before.
 */
int session_open(struct session *s, const struct session_request *asked,
                 const struct suite_overrides *overrides);

/* Chooses where the result goes: to the file that was asked for, or to results/UTC-HOST-NAME.json;
 * it can be written. */
int session_output(struct session *s, const char *name);

/* Plans the suite for `count` servers, which outlive the plan. */
int session_plan(struct session *s, struct plan *plan, const struct server_spec *servers,
                 size_t count);

/* Whether a signal has come. */
bool session_interrupted(const struct session *s);

/* Looks at the machine, tells what is not fit to measure unless told to be quiet, and starts the
 * result of a plan with at least one cell. `mode` and `models` as in struct result_facts. Returns
 * as session_open. */
int session_start(struct session *s, struct result *result, struct plan *plan, const char *mode,
                  const struct models *models);

void session_close(struct session *s);

/* Adds to the facts about the machine what the servers say about it: whether io_uring works. */
void session_ask(struct doctor_facts *facts, const struct models *models);

#endif
