/* reason.h - why something failed, as one line for a person.
 * Invariant: the text is one line; control characters that a file or a peer put in became '?'. */
#ifndef BENCH_SUPPORT_REASON_H
#define BENCH_SUPPORT_REASON_H

#include "base/format.h"

#include <stdarg.h>
#include <stdbool.h>

#define REASON_SIZE 4608 /* room for a path and what is wrong with it */

struct reason {
    char text[REASON_SIZE]; /* NUL-terminated; unset until a function fails */
};

/* Writes the reason, cut to fit, and returns false: `return reason_set(reason, ...)`. An argument
 * must not be reason->text itself. */
bool reason_set(struct reason *reason, const char *format, ...) FORMAT_PRINTF(2, 3);

/* Appends to a reason that is set, and returns false. */
bool reason_add(struct reason *reason, const char *format, ...) FORMAT_PRINTF(2, 3);

/* The same for functions that take such arguments themselves. */
bool reason_add_list(struct reason *reason, const char *format, va_list rest) FORMAT_PRINTF(2, 0);

/* Makes one line of a text that quotes a file: control characters become '?'. */
void reason_clean(char *text);

#endif
