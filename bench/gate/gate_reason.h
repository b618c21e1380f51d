/* gate_reason.h - reasons for the verdict of a row or of a whole report: a code for programs and a
 * text for people.
 * Invariant: the names of the codes are part of the format iobench-gate. results/README.md explains
 * each of them. */
#ifndef BENCH_GATE_GATE_REASON_H
#define BENCH_GATE_GATE_REASON_H

#include "base/format.h"

#include "bench/result/codes.h"

#define GATE_REASON_SIZE 320

enum gate_code {
    GATE_NO_REASON, /* null in JSON */
    /* figure of a slot, and rows with too few figures */
    GATE_SLOT_INVALID,
    GATE_BOUND_CLIENT,
    GATE_BOUND_BOTH,
    GATE_BOUND_UNKNOWN,
    GATE_NOT_COUNTED,
    GATE_FIGURE_UNKNOWN,
    GATE_FIGURE_ZERO,
    /* row */
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
    /* invalid report */
    GATE_CONTROL_NOT_MEASURED,
    GATE_CONTROL_SHIFTED,
    GATE_ALL_SHIFTED,
    GATE_NOTHING_GATED,
    /* note of a report */
    GATE_ADVISORY,
    /* row: the candidate lost slots */
    GATE_RELIABILITY,
    GATE_CAPACITY,
    /* row: the machine */
    GATE_SHARED_CPU,
    GATE_CODES
};
extern const char *const gate_code_names[GATE_CODES]; /* "slot_invalid"; NULL: GATE_NO_REASON */

/* One reason. */
struct gate_reason {
    enum gate_code code;         /* GATE_NO_REASON: there is no reason */
    enum validity_code slot;     /* code of the slot, if the reason is about slots */
    char text[GATE_REASON_SIZE]; /* one line; empty exactly if there is no reason */
};

/* Sets code and text; a long text is cut. The arguments must not point into reason->text. */
void gate_reason_set(struct gate_reason *reason, enum gate_code code, const char *format, ...)
    FORMAT_PRINTF(3, 4);

#endif
