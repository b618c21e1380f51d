/* reason.h - the error text of a function that failed.
 * Invariant: the text is cleaned by utf8_clean, so it is one line. */
#ifndef BENCH_SUPPORT_REASON_H
#define BENCH_SUPPORT_REASON_H

#include "base/format.h"

#include <stdarg.h>
#include <stdbool.h>

#define REASON_SIZE 4608 /* a path and a message */

struct reason {
    char text[REASON_SIZE]; /* NUL-terminated; valid only after a function failed */
};

/* Writes the text, cut to fit. Returns false, so a caller can `return reason_set(reason, ...)`. No
 * argument may be reason->text itself. */
bool reason_set(struct reason *reason, const char *format, ...) FORMAT_PRINTF(2, 3);

/* Appends to a reason that was set before. Returns false. */
bool reason_add(struct reason *reason, const char *format, ...) FORMAT_PRINTF(2, 3);

/* reason_add for variadic callers. */
bool reason_add_list(struct reason *reason, const char *format, va_list rest) FORMAT_PRINTF(2, 0);

#endif
