/* transports.h - what carries the load: the names that suites and --transport may use.
 * Invariant: all that iobench knows of a transport stands in what the load generator's --describe
 * printed. */
#ifndef BENCH_SUITE_TRANSPORTS_H
#define BENCH_SUITE_TRANSPORTS_H
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define TRANSPORT_NAME_MAX 32 /* its length: names become parts of ids */

/* Whether a text may name a transport; "*" and "auto" do. */
bool transports_named(const char *name);

/* Puts every transport that the load generator knows in place of "*", in each load of a checked
 * suite. Returns false with the reason if one is asked for that it does not know. */
bool transports_resolve(cJSON *suite, const cJSON *loadgen, struct reason *reason);

/* Why a transport cannot be used on this machine; NULL if it can. */
const char *transports_missing(const cJSON *loadgen, const char *name);

#endif
