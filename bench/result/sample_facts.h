/* sample_facts.h - verdict, bound and reasons of a slot, which is one entry of samples[].
 * Invariant: nothing depends on the wording of a reason, except in files without codes. */
#ifndef BENCH_RESULT_SAMPLE_FACTS_H
#define BENCH_RESULT_SAMPLE_FACTS_H

#include "bench/result/codes.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* A slot is saturated if it answered a smaller share of the offered load in time. */
#define SAMPLE_ACHIEVED_MIN 0.99

/* A slot is suspect if the hypervisor took a larger share of the CPU time. */
#define SAMPLE_STEAL_PCT_MAX 5.0

/* In a rotation, a server takes time from the others if it uses more of a CPU while they have their
 * turns. */
#define SAMPLE_WAITING_CPU_PCT_MAX 1.0

/* Whole numbers above 10^15 are written with a relative error of up to this. */
#define SAMPLE_ROUNDED 1e-15

/* Figures of a slot that are null in one without figures; NULL ends the list. `counters` and
 * `series` are, too, where the slot has them. */
extern const char *const sample_measured[];

/* Figures of server{} that are null where its CPU time is hidden. Those of the second list are
 * known of one process only, so they are null for a group of them, too. NULL ends each list. */
extern const char *const sample_server_cpu[];
extern const char *const sample_server_process[];

/* The columns of slices{}: each has one value for each turn. NULL ends the list. */
extern const char *const sample_slice_columns[];

enum verdict_kind sample_verdict(const cJSON *sample);

/* Which side limited the throughput of the slot. */
enum bound sample_bound(const cJSON *sample);

/* Whether the slot's figures may be used: it is not invalid. */
bool sample_usable(const cJSON *sample);

/* Number of reasons of the verdict. */
int sample_reasons(const cJSON *sample);

/* Text and code of the reason at `index`, counted from 0. The text is owned by the document; NULL
 * if there is no such reason. The code is VALIDITY_CODES if it is unknown. */
const char *sample_reason(const cJSON *sample, int index);
enum validity_code sample_code(const cJSON *sample, int index);

#endif
