/* check.c - what a failed CHECK does. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *file, int line, const char *expression, intmax_t left,
                            intmax_t right) {
    fprintf(stderr, "CHECK failed: %s:%d: %s (%jd, %jd)\n", file, line, expression, left, right);
    fflush(stderr);
    _Exit(134); /* the code a shell shows for abort(), also where abort() ends otherwise */
}
