/* arms.h - the programs that `iobench ab` compares.
 * Each arm has copies of its programs, in paths of equal length. */
#ifndef BENCH_AB_ARMS_H
#define BENCH_AB_ARMS_H

#include "base/args.h"

#include "bench/gate/gate.h"
#include "bench/session/session.h"
#include "bench/suite/models.h"
#include "bench/support/paths.h"
#include "bench/support/reason.h"
#include "bench/support/workspace.h"

#include <stdbool.h>
#include <stddef.h>

#define AB_SUBJECTS_MAX 32

/* The copy is a second copy of the baseline; the control compares the two. */
enum ab_arm { AB_BASELINE, AB_CANDIDATE, AB_COPY, AB_ARMS };

/* What the command line names; NULL: not given. */
struct ab_request {
    const char *specs[2];            /* baseline and candidate: MODEL or PATH, with options */
    const char *commands[2];         /* baseline and candidate: commands of foreign servers */
    const char *baseline_rev;        /* git revision; the candidate is this build */
    const char *baseline_loadgen;    /* program; the candidate is this build */
    const struct arg_texts *servers; /* empty: servers of the suite */
};

/* AB_IDENTICAL: both arms have the same program. AB_NEW: the baseline does not have the model. */
enum ab_state { AB_COMPARED, AB_IDENTICAL, AB_NEW };

/* One server in all arms. */
struct ab_subject {
    enum ab_state state;
    bool foreign;                             /* one of its arms is a foreign command */
    const struct server_spec *specs[AB_ARMS]; /* NULL: the arm is not needed */
};

/* The programs of all arms. */
struct ab_arms {
    struct workspace space;                      /* has one folder per arm */
    struct models models[AB_ARMS];               /* programs of each arm */
    struct ab_subject subjects[AB_SUBJECTS_MAX]; /* in the order of the command line or suite */
    size_t subject_count;
    struct server_spec specs[AB_ARMS * AB_SUBJECTS_MAX]; /* specs of all subjects; owned */
    size_t spec_count;
    bool of_loadgen;                /* the arms differ in the load generator */
    char labels[2][GATE_NAME_SIZE]; /* names of baseline and candidate, for the report */
};

extern const char *const ab_arm_names[AB_ARMS]; /* "baseline", "candidate", "copy" */

/* Whether `file` is none of the programs that the request names. Sets the reason if it is. */
bool ab_request_spares(const struct ab_request *request, const char *file, struct reason *reason);

/* Finds and copies the programs that `request` names and has them describe themselves. `session` is
 * open. May build a revision, which takes minutes and prints a line on stderr. Returns false and
 * the reason on failure. Call ab_arms_close in any case. */
bool ab_arms_open(struct ab_arms *arms, const struct ab_request *request, struct session *session,
                  struct reason *reason);
void ab_arms_close(struct ab_arms *arms);

#endif
