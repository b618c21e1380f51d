/* json.h - figures and histograms as cJSON items.
 * Invariant: an unknown figure is written as null, never as 0 and never left out. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/hist.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lets the process end with one line if cJSON gets no memory: its callers need not look. Call
 * before any other use of cJSON. */
void json_guard_memory(void);

/* Adds a whole number, or null if it is OS_UNKNOWN. */
void json_add_count(cJSON *object, const char *key, uint64_t value);

/* Adds a real number, or null if it is not finite. */
void json_add_real(cJSON *object, const char *key, double value);

/* Adds `item` (ownership passes) or null if it is NULL. */
void json_add_item(cJSON *object, const char *key, cJSON *item);

/* The sparse form of a histogram that docs/method.md describes; owned by the caller. */
cJSON *json_from_hist(const struct hist *h);

/* Reads that form back. Returns false with the reason in `reason`: another layout, an index out
 * of range, a count that is not whole. Sums and extremes are taken as stated, not recomputed. */
bool json_to_hist(const cJSON *json, struct hist *h, char *reason, size_t reason_size);

/* A latency object (`basis` may be NULL): p50_ns to p9999_ns, max_ns, mean_ns, hist. A quantile
 * is null unless hist_tells(), and max_ns is null unless every message has a counted value. Owned
 * by the caller. */
cJSON *json_from_latency(const char *basis, const struct hist *h);

#endif
