/* gate_reason.h - why a row of a comparison, or a whole report, is what it is: a code, and the text
 * beside it for people.
 * Invariant: the names are part of the format of iobench-gate, as those of codes.h are of the
 * result file; results/README.md explains each. */
#ifndef BENCH_GATE_GATE_REASON_H
#define BENCH_GATE_GATE_REASON_H

#include "base/format.h"

#include "bench/result/codes.h"

#define GATE_REASON_SIZE 320

enum gate_code {
    GATE_NO_REASON, /* null */
    /* of a slot's figure, and so of a row that has too few of them */
    GATE_SLOT_INVALID,
    GATE_BOUND_CLIENT,
    GATE_BOUND_BOTH,
    GATE_BOUND_UNKNOWN,
    GATE_NOT_COUNTED,
    GATE_FIGURE_UNKNOWN,
    GATE_FIGURE_ZERO,
    /* of a row */
    GATE_TOO_FEW_SLOTS,
    GATE_BROKEN,
    GATE_BUDGET,
    GATE_STAGE2_SHORT,
    GATE_CAPACITY_UNKNOWN,
    GATE_SKIPPED,
    GATE_ABSENT,
    GATE_OTHER_SYSTEM,
    GATE_CONDITIONS_DIFFER,
    GATE_SAME_SLOTS,
    GATE_NEW_METRIC,
    /* of a report that is invalid */
    GATE_CONTROL_NOT_MEASURED,
    GATE_CONTROL_SHIFTED,
    GATE_ALL_SHIFTED,
    GATE_NOTHING_GATED,
    /* of its note */
    GATE_ADVISORY,
    GATE_CODES
};
extern const char *const gate_code_names[GATE_CODES]; /* "slot_invalid"; NULL: GATE_NO_REASON */

struct gate_reason {
    enum gate_code code;         /* what decides; GATE_NO_REASON: there is none */
    enum validity_code slot;     /* of GATE_SLOT_INVALID and GATE_BROKEN: what the slot says */
    char text[GATE_REASON_SIZE]; /* one line for people; empty exactly if there is none */
};

/* Writes a reason, cut to fit. The arguments must not be reason->text itself. */
void gate_reason_set(struct gate_reason *reason, enum gate_code code, const char *format, ...)
    FORMAT_PRINTF(3, 4);

#endif
