/* ab.h - `iobench ab`: a candidate against its baseline, in pairs of slots side by side.
 * Invariant: both slots of a pair differ in their arm and in nothing else: same scenario, same
 * arrivals, programs copied to paths of equal length. */
#ifndef BENCH_AB_AB_H
#define BENCH_AB_AB_H

#include "base/args.h"
#include "bench/gate/gate.h"
#include "bench/session/progress.h"
#include "bench/session/result.h"
#include "bench/suite/models.h"
#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AB_SUBJECTS_MAX 32
#define AB_CAPACITY_SLOTS 3 /* of the baseline, before anything else */

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
    enum ab_state state; /* whether there is anything to measure */
    bool foreign;        /* one of its arms is a command */
    const struct server_spec
        *specs[AB_ARMS]; /* texts begin with the arm: "baseline/epoll"; NULL:
                            a new one has no baseline, an identical one no copy */
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

/* Finds, copies and asks the programs that `request` names. `own` are those beside iobench, `suite`
 * a checked suite. May build a revision, which takes minutes and is told on stderr. Returns false
 * with the reason; ab_arms_close is needed in any case. */
bool ab_arms_open(struct ab_arms *arms, const struct ab_request *request, const struct paths *paths,
                  const struct models *own, const cJSON *suite, struct process_loop *loop,
                  struct reason *reason);
void ab_arms_close(struct ab_arms *arms);

/* Unpacks git revision `rev` of the source tree that iobench was built in to build/rev/SHA, unless
 * it is there, and builds it there. Gives the directory of its programs and the SHA. Returns false
 * with the reason. */
bool ab_revision_build(const char *rev, const struct paths *paths, const char *build_type,
                       struct process_loop *loop, char programs[PATH_SIZE], char sha[72],
                       struct reason *reason);

/* One cell in both arms, while it is measured. */
struct ab_cell;

/* A comparison. */
struct ab {
    struct ab_arms arms;       /* what runs */
    struct plan plan;          /* cells of all arms; their slots come as they come */
    struct ab_cell *cells;     /* that are compared, the control last; owned */
    size_t cell_count;         /* how many, with the control */
    struct gate_report report; /* what comes of it */
    struct result result;      /* of every slot */
    struct process_loop *loop; /* runs the children */
    struct progress progress;  /* for people */
    double budget_s;           /* for everything from the first slot on */
    uint64_t seed;             /* of orders and arrivals */
    double least_s;            /* with which a change can be proven at all, about */
    double stage1_s;           /* that the first stage takes, about */
    size_t slots;              /* that have run */
    bool interrupted;          /* a signal ended it */
    bool write_failed;         /* the file could not be written */
    struct reason reason;      /* of write_failed */
};

/* Makes cells and rows of a plan in which every server is one of an arm. */
void ab_prepare(struct ab *ab);

/* Measures, within the budget, and decides. */
void ab_run(struct ab *ab);

void ab_free(struct ab *ab);

#endif
