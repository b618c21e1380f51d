/* pacer.c - one absolute schedule per worker; pure. */
#include "loadgen/pacer.h"

void pacer_start(struct pacer *p, const struct pacer_share *share) {
    *p = (struct pacer){.poisson = share->poisson,
                        .start_ns = share->start_ns,
                        .interval_ns = 1e9 * (double)share->workers / share->rate_per_s};
    rng_seed(&p->rng, share->seed, 2 * (uint64_t)share->worker);
    p->first_ns = share->poisson ? rng_exponential(&p->rng) * p->interval_ns
                                 : 1e9 * (double)share->worker / share->rate_per_s;
    p->elapsed_ns = p->first_ns;
}

uint64_t pacer_due_ns(const struct pacer *p) {
    return p->start_ns + (uint64_t)p->elapsed_ns;
}

void pacer_advance(struct pacer *p) {
    p->count++;
    if (p->poisson) {
        p->elapsed_ns += rng_exponential(&p->rng) * p->interval_ns;
    } else { /* multiplied, not added up: rounding errors must not become drift */
        p->elapsed_ns = p->first_ns + (double)p->count * p->interval_ns;
    }
}
