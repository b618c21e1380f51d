/* account.c - opening accounts and adding them up; counting is in the header, inlined into the hot
 * path. Histograms are merged by counts; no percentile is averaged. */
#include "loadgen/account.h"

#include <string.h>

#define STEP_MIN_NS 100000000u

uint32_t account_steps(uint64_t duration_ns) {
    uint64_t steps = duration_ns / STEP_MIN_NS;
    if (steps < 2) return 2;
    if (steps > SERIES_MAX) return SERIES_MAX;
    return (uint32_t)(steps - steps % 2); /* even, so that the halves can be compared */
}

void account_init(struct account *a, uint32_t steps, uint64_t step_ns, bool exact) {
    memset(a, 0, sizeof *a);
    a->t0_ns = a->t1_ns = NOT_YET;
    a->exact = exact;
    a->steps = steps;
    a->step_ns = step_ns;
    hist_reset(&a->latency);
    hist_reset(&a->service);
    hist_reset(&a->send_lag);
    hist_reset(&a->arrival_lag);
    hist_reset(&a->visits.connect);
    hist_reset(&a->visits.first_echoes);
}

static void merge_errors(struct errors *into, const struct errors *from) {
    into->connect += from->connect;
    into->reset += from->reset;
    into->timeout += from->timeout;
    into->cut += from->cut;
    into->mismatch += from->mismatch;
}

static void merge_visits(struct visit_counts *into, const struct visit_counts *from) {
    hist_merge(&into->connect, &from->connect);
    hist_merge(&into->first_echoes, &from->first_echoes);
    into->connected += from->connected;
    into->offered += from->offered;
    into->begun += from->begun;
    into->answered += from->answered;
}

void account_merge(struct account *into, const struct account *from) {
    CHECK_OP(into->steps, ==, from->steps);
    hist_merge(&into->latency, &from->latency);
    hist_merge(&into->service, &from->service);
    hist_merge(&into->send_lag, &from->send_lag);
    hist_merge(&into->arrival_lag, &from->arrival_lag);
    for (uint32_t i = 0; i < from->steps; i++) {
        into->series[i].messages += from->series[i].messages;
        into->series[i].sum_ns += from->series[i].sum_ns;
        if (from->series[i].max_ns > into->series[i].max_ns)
            into->series[i].max_ns = from->series[i].max_ns;
    }
    merge_errors(&into->errors, &from->errors);
    account_error(into, from->first_error);
    into->integral += from->integral;
    into->answered += from->answered;
    into->wire_sum_ns += from->wire_sum_ns;
    into->busy_ns += from->busy_ns;
    into->offered += from->offered;
    into->achieved += from->achieved;
    into->unsent += from->unsent;
    if (from->oldest_in_flight_ns > into->oldest_in_flight_ns)
        into->oldest_in_flight_ns = from->oldest_in_flight_ns;
    into->bytes_sent += from->bytes_sent;
    into->bytes_received += from->bytes_received;
    into->connected += from->connected;
    merge_visits(&into->visits, &from->visits);
}
