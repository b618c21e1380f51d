/* pacer.c - one absolute schedule per worker; pure. */
#include "loadgen/pacer.h"

void pacer_start(struct pacer *p, uint64_t start_ns, double rate_per_s, bool poisson, uint64_t seed,
                 uint32_t worker, uint32_t workers) {
    *p = (struct pacer){.poisson = poisson,
                        .start_ns = start_ns,
                        .interval_ns = 1e9 * (double)workers / rate_per_s};
    rng_seed(&p->rng, seed, 2 * (uint64_t)worker);
    p->first_ns =
        poisson ? rng_exponential(&p->rng) * p->interval_ns : 1e9 * (double)worker / rate_per_s;
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
