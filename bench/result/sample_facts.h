/* sample_facts.h - what a slot of a result file says of itself. A slot is one entry of samples[].
 * Invariant: nothing depends on how a reason is worded. */
#ifndef BENCH_RESULT_SAMPLE_FACTS_H
#define BENCH_RESULT_SAMPLE_FACTS_H

#include "bench/result/codes.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* A slot that answered a smaller share of the offered load in time was saturated. */
#define SAMPLE_ACHIEVED_MIN 0.99

/* A slot from which the hypervisor took a larger part of the CPU time is suspect. */
#define SAMPLE_STEAL_PCT_MAX 5.0

enum verdict_kind sample_verdict(const cJSON *sample);

/* What ran at its limit in the slot. */
enum bound sample_bound(const cJSON *sample);

/* Whether the slot's figures may be shown: it is not invalid. */
bool sample_usable(const cJSON *sample);

/* How many reasons the verdict has. */
int sample_reasons(const cJSON *sample);

/* The text and the code of reason `index`, 0 the first. The text belongs to the file; NULL if there
 * is no such reason. The code is VALIDITY_CODES if it is not known. */
const char *sample_reason(const cJSON *sample, int index);
enum validity_code sample_code(const cJSON *sample, int index);

#endif
