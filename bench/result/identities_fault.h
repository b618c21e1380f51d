/* identities_fault.h - how both halves of the identity checks report.
 * Invariant: only the first fault is kept. */
#ifndef BENCH_RESULT_IDENTITIES_FAULT_H
#define BENCH_RESULT_IDENTITIES_FAULT_H

#include "base/format.h"

#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>

struct identities_place {
    char path[128];        /* of the object whose fields are checked, "cells[3].samples[0]" */
    struct reason *reason; /* where the fault goes */
};

/* Writes "path.field: what is wrong" and returns false. */
bool identities_fault(const struct identities_place *p, const char *field, const char *format, ...)
    FORMAT_PRINTF(3, 4);

/* Whether two figures are equal; the fault says what was expected and why. */
bool identities_equal(const struct identities_place *p, const char *field, double found,
                      double expected, const char *because);

/* The same within a relative 1e-9, for quotients of rounded figures. */
bool identities_near(const struct identities_place *p, const char *field, double found,
                     double expected, const char *because);

#endif
