/* transports.h - the transports of the load generator: names in suites and in --transport.
 * Invariant: iobench knows nothing about transports except the load generator's --describe. */
#ifndef BENCH_SUITE_TRANSPORTS_H
#define BENCH_SUITE_TRANSPORTS_H
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define TRANSPORT_NAME_MAX 32 /* longest name; names become part of ids */

/* Whether a text is a valid name of a transport; "*" and "auto" are. */
bool transports_named(const char *name);

/* Replaces "*" in every load of a checked suite by all transports that the load generator knows.
 * Returns false and the reason if the suite names an unknown transport. */
bool transports_resolve(cJSON *suite, const cJSON *loadgen, struct reason *reason);

/* The reason why a transport cannot be used on this machine; NULL if it can. */
const char *transports_missing(const cJSON *loadgen, const char *name);

#endif
