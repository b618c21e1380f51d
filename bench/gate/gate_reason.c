/* gate_reason.c - names of the codes, and the formatter. */
#include "bench/gate/gate_reason.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

const char *const gate_code_names[GATE_CODES] = {
    [GATE_SLOT_INVALID] = "slot_invalid",
    [GATE_BOUND_CLIENT] = "bound_client",
    [GATE_BOUND_BOTH] = "bound_both",
    [GATE_BOUND_UNKNOWN] = "bound_unknown",
    [GATE_NOT_COUNTED] = "not_counted",
    [GATE_FIGURE_UNKNOWN] = "figure_unknown",
    [GATE_FIGURE_ZERO] = "figure_zero",
    [GATE_TOO_FEW_SLOTS] = "too_few_slots",
    [GATE_BROKEN] = "broken",
    [GATE_BUDGET] = "budget",
    [GATE_STAGE2_SHORT] = "stage2_short",
    [GATE_CAPACITY_UNKNOWN] = "capacity_unknown",
    [GATE_SKIPPED] = "skipped",
    [GATE_ABSENT] = "absent",
    [GATE_OTHER_SYSTEM] = "other_system",
    [GATE_CONDITIONS_DIFFER] = "conditions_differ",
    [GATE_SAME_SLOTS] = "same_slots",
    [GATE_NEW_METRIC] = "new_metric",
    [GATE_CONTROL_NOT_MEASURED] = "control_not_measured",
    [GATE_CONTROL_SHIFTED] = "control_shifted",
    [GATE_ALL_SHIFTED] = "all_shifted",
    [GATE_NOTHING_GATED] = "nothing_gated",
    [GATE_ADVISORY] = "advisory",
    [GATE_RELIABILITY] = "reliability",
    [GATE_CAPACITY] = "capacity",
    [GATE_SHARED_CPU] = "shared_cpu",
};

void gate_reason_set(struct gate_reason *reason, enum gate_code code, const char *format, ...) {
    va_list rest;
    reason->code = code;
    reason->slot = VALIDITY_CODES;
    va_start(rest, format);
    vsnprintf(reason->text, sizeof reason->text, format, rest);
    va_end(rest);
    utf8_clean(reason->text);
}
