/* json_scan.h - checks that a text is JSON as RFC 8259 defines it. cJSON accepts more than that.
 * Invariant: cJSON parses every text that passes, and keeps all its strings and numbers. Therefore
 * these are refused, too: U+0000, half of a surrogate pair, a number that is too long or too large
 * for a double, a key that occurs twice in its object, more than 1000 fields, and more than 1000
 * open brackets. */
#ifndef BENCH_SUPPORT_JSON_SCAN_H
#define BENCH_SUPPORT_JSON_SCAN_H

#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>

/* Checks `size` bytes, which must be followed by a NUL byte. Returns false and sets `reason` to
 * "line L, column C: ..."; both count from 1, columns count bytes. */
bool json_scan(const char *text, size_t size, struct reason *reason);

#endif
