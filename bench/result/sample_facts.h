/* sample_facts.h - what a slot of a result file says of itself. A slot is one entry of samples[].
 */
#ifndef BENCH_RESULT_SAMPLE_FACTS_H
#define BENCH_RESULT_SAMPLE_FACTS_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* A slot that answered a smaller share of the offered load in time was saturated. */
#define SAMPLE_ACHIEVED_MIN 0.99

/* A slot from which the hypervisor took a larger part of the CPU time is suspect. */
#define SAMPLE_STEAL_PCT_MAX 5.0

/* What ran at its limit, and its names in the file: "none" to "both"; the file says null where it
 * is not known. */
enum sample_bound { BOUND_NONE, BOUND_SERVER, BOUND_CLIENT, BOUND_BOTH, BOUND_UNKNOWN, BOUNDS };
extern const char *const sample_bound_names[BOUNDS];
enum sample_bound sample_bound(const cJSON *sample);

/* The verdict: "valid", "suspect" or "invalid". */
const char *sample_verdict(const cJSON *sample);

/* Whether the slot's figures may be shown: it is not invalid. */
bool sample_usable(const cJSON *sample);

/* Echoes per second of the window, whenever they were due; NAN if unknown. */
double sample_answered_per_s(const cJSON *sample);

#endif
