/* refuse.c - see refuse.h. */
#include "bench/support/refuse.h"

#include "base/line.h"

#include "bench/support/exit_code.h"
#include "bench/support/reason.h"

#include <stdarg.h>
#include <stdio.h>

int refuse(const char *command, const char *format, ...) {
    char line[2 * REASON_SIZE - 64];
    va_list rest;
    va_start(rest, format);
    vsnprintf(line, sizeof line, format, rest);
    va_end(rest);
    line_print(stderr, "%s: %s", command, line);
    return EXIT_USAGE;
}
