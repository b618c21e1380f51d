/* identities_parts.h - the groups of identity checks, each in a file of its own. results/README.md
 * lists the rules. Each function returns false with the first fault. */
#ifndef BENCH_RESULT_IDENTITIES_PARTS_H
#define BENCH_RESULT_IDENTITIES_PARTS_H

#include "bench/result/identities_fault.h"
#include "bench/result/identities_file.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Fields and relations of this minor version are checked in files of this version and later ones;
 * earlier files measured some of them in another way. */
#define IDENTITIES_SINCE 4

/* A sample that has figures. */
struct identities_slot {
    const struct identities_place *place;
    const struct identities_file *file;
    const cJSON *scenario;
    const cJSON *sample;
};

/* A figure of the sample; NAN if it is null or absent. */
double identities_figure(const struct identities_slot *s, const char *path);

/* Whether a list of CPUs ascends, so that none occurs twice; null does. */
bool identities_ascend(const struct identities_place *p, const cJSON *cpus, const char *field);

/* Whether a load generator from before version 1.4 measured the sample, as with --baseline-loadgen:
 * it lacks the fields of that version. */
bool identities_loadgen_is_earlier(const cJSON *sample);

/* Whether a latency object counts messages without an answer, as all do since version 1.4. */
bool identities_has_unanswered(const struct identities_file *file, const cJSON *latency);

/* ---- of one sample with figures ---- */

/* The series agrees with the window, the messages and the histogram. */
bool identities_check_series(const struct identities_slot *s);

/* Service and connect times agree with the latencies that contain them. */
bool identities_check_parts(const struct identities_slot *s);

/* The window, and the messages and visits that were offered, answered or lost. */
bool identities_check_counts(const struct identities_slot *s);

/* Whether the messages that a sample offered are those that were answered and those that were not.
 * Histograms were checked before. */
bool identities_check_unanswered(const struct identities_slot *s);

/* The slices of a sample are there if and only if the scenario has turns, and their sums are its
 * figures. */
bool identities_check_slices(const struct identities_slot *s);

/* Whether the sample has limits, as all have since version 1.4, and they agree with the placement
 * and with server.pid_scope. */
bool identities_check_limits(const struct identities_slot *s);

bool identities_check_fairness(const struct identities_slot *s);

/* The server's figures and its own statistics, totals and counters. */
bool identities_check_server(const struct identities_slot *s);

/* Verdict, codes and bound are those that the figures lead to. Texts of reasons are not compared:
 * their wording may change in any version. */
bool identities_check_verdict(const struct identities_slot *s);

/* ---- of the document ---- */

/* Fields of a scenario that depend on each other, and the id of its cell. */
bool identities_check_scenario(const struct identities_place *p, const struct identities_file *file,
                               const cJSON *cell);

/* The samples of one rotation, `count` of them: no two have a slice at the same time. */
bool identities_check_rotation(const struct identities_place *p, const cJSON *const *samples,
                               size_t count);

/* The end of the last slice, in s since all connections of the rotation stood. 0: there is none. */
double identities_slices_end_s(const cJSON *sample);

/* Dates, times of the slots, models, and rates that follow from the capacity. */
bool identities_check_session(const struct identities_place *p, const cJSON *document);

bool identities_check_environment(const struct identities_place *p, const cJSON *document);

#endif
