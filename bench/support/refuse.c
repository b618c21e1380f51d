/* refuse.c - see refuse.h. */
#include "bench/support/refuse.h"

#include "bench/support/exit_code.h"
#include "bench/support/reason.h"

#include <stdarg.h>
#include <stdio.h>

int refuse(const char *command, const char *format, ...) {
    char line[2 * REASON_SIZE];
    va_list rest;
    va_start(rest, format);
    vsnprintf(line, sizeof line, format, rest);
    va_end(rest);
    reason_clean(line); /* it may contain text from a file */
    fprintf(stderr, "%s: %s\n", command, line);
    return EXIT_USAGE;
}
