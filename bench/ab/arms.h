/* arms.h - the programs that `iobench ab` compares.
 * Invariant: programs are copied to paths of equal length, so that nothing but the arm differs. */
#ifndef BENCH_AB_ARMS_H
#define BENCH_AB_ARMS_H

#include "base/args.h"

#include "bench/gate/gate.h"
#include "bench/session/session.h"
#include "bench/suite/models.h"
#include "bench/support/paths.h"
#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>

#define AB_SUBJECTS_MAX 32

/* What is told apart. The copy is one of the baseline: the control compares these two. */
enum ab_arm { AB_BASELINE, AB_CANDIDATE, AB_COPY, AB_ARMS };

/* What the command line asks to be compared; NULL where it does not. */
struct ab_request {
    const char *specs[2];            /* of baseline and candidate: MODEL or PATH, with options */
    const char *commands[2];         /* of foreign servers */
    const char *baseline_rev;        /* git revision; the candidate is what iobench stands beside */
    const char *baseline_loadgen;    /* program; the same */
    const struct arg_texts *servers; /* of a revision or load generator: which; if none the suite's
                                      */
};

enum ab_state { AB_COMPARED, AB_IDENTICAL, AB_NEW };

/* One server that is compared with itself, changed. */
struct ab_subject {
    enum ab_state state;                      /* whether there is anything to measure */
    bool foreign;                             /* one of its arms is a command */
    const struct server_spec *specs[AB_ARMS]; /* NULL: a new one has no baseline, an identical one
                                                 no copy */
};

/* The programs of all arms. */
struct ab_arms {
    char directory[PATH_SIZE];                   /* temporary, with one for each arm in it */
    struct models models[AB_ARMS];               /* what is in these */
    struct ab_subject subjects[AB_SUBJECTS_MAX]; /* in the order that was asked for */
    size_t subject_count;                        /* how many */
    struct server_spec specs[AB_ARMS * AB_SUBJECTS_MAX]; /* of all subjects; owned */
    size_t spec_count;                                   /* how many */
    bool of_loadgen;                                     /* what differs is the load generator */
    char labels[2][GATE_NAME_SIZE];                      /* baseline and candidate, for people */
};

extern const char *const ab_arm_names[AB_ARMS]; /* "baseline", "candidate", "copy" */

/* Finds, copies and asks the programs that `request` names, for the suite of a session that is
 * open. May build a revision, which takes minutes and is told on stderr. Returns false with the
 * reason; ab_arms_close is needed in any case. */
bool ab_arms_open(struct ab_arms *arms, const struct ab_request *request, struct session *session,
                  struct reason *reason);
void ab_arms_close(struct ab_arms *arms);

#endif
