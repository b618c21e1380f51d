/* sample_facts.h - what a slot of a result file says of itself. A slot is one entry of samples[].
 */
#ifndef BENCH_RESULT_SAMPLE_FACTS_H
#define BENCH_RESULT_SAMPLE_FACTS_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* A slot that answered a smaller share of the offered load in time was saturated. */
#define SAMPLE_ACHIEVED_MIN 0.99

/* The verdict: "valid", "suspect" or "invalid". */
const char *sample_verdict(const cJSON *sample);

/* Whether the slot's figures may be shown: it is not invalid. */
bool sample_usable(const cJSON *sample);

#endif
