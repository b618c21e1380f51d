/* fault_delay.c - fixed and drawn delays, a limit of the rate, connections that are passed over. */
#include "tests/truth/fault_delay.h"

static bool served(const struct delay *d, uint64_t connection) {
    return connection % d->serve_every == 0;
}

bool delay_answers(const struct delay *d, uint64_t connection) {
    return served(d, connection) || d->others_us > 0;
}

uint64_t delay_due_ns(struct delay *d, uint64_t connection, uint64_t now_ns) {
    uint64_t us = served(d, connection) ? d->fixed_us : d->others_us;
    if (d->pieces == 0) d->first_ns = now_ns;
    if (d->pieces++ < d->slow_first || now_ns - d->first_ns < d->slow_for_ms * 1000000u)
        us = d->slow_us;
    if (d->slow_pct && rng_below(&d->rng, 100) < d->slow_pct) us = d->slow_us;
    uint64_t due_ns = now_ns + us * 1000u;
    if (d->exponential_us)
        due_ns += (uint64_t)(rng_exponential(&d->rng) * (double)d->exponential_us * 1000.0);
    if (d->rate && d->last_due_ns + 1000000000u / d->rate > due_ns)
        due_ns = d->last_due_ns + 1000000000u / d->rate;
    return d->last_due_ns = due_ns;
}
