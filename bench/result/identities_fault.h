/* identities_fault.h - error reports of the identity checks. */
#ifndef BENCH_RESULT_IDENTITIES_FAULT_H
#define BENCH_RESULT_IDENTITIES_FAULT_H

#include "base/format.h"

#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>

struct identities_place {
    char path[128];        /* path of the checked object, as in "cells[3].samples[0]" */
    struct reason *reason; /* receives the fault */
};

/* Sets the reason to "path.field: message" and returns false. */
bool identities_fault(const struct identities_place *p, const char *field, const char *format, ...)
    FORMAT_PRINTF(3, 4);

/* Whether two numbers are equal as far as they are written exactly. If not, the fault has the
 * expected value and `because`. */
bool identities_equal(const struct identities_place *p, const char *field, double found,
                      double expected, const char *because);

/* The same with a relative tolerance of 1e-9, for quotients of rounded numbers. */
bool identities_near(const struct identities_place *p, const char *field, double found,
                     double expected, const char *because);

/* Whether `found` is not above `most`, which is `what`. NAN is never above. */
bool identities_at_most(const struct identities_place *p, const char *field, double found,
                        double most, const char *what);

#endif
