/* rng.c - xoshiro256** seeded through splitmix64. */
#include "base/rng.h"

#include "base/check.h"

#include <math.h>

uint64_t rng_mix(uint64_t x) {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

void rng_seed(struct rng *r, uint64_t seed, uint64_t stream) {
    uint64_t x = rng_mix(seed) ^ rng_mix(~stream);
    for (int i = 0; i < 4; i++) {
        r->state[i] = rng_mix(x);
        x += 0x9E3779B97F4A7C15u;
    }
}

static uint64_t rotate_left(uint64_t x, int bits) {
    return (x << bits) | (x >> (64 - bits));
}

uint64_t rng_next(struct rng *r) {
    uint64_t *s = r->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *r, uint64_t bound) {
    CHECK(bound > 0);
    uint64_t biased = (0 - bound) % bound; /* 2^64 mod bound: values below it would be too likely */
    uint64_t x;
    do {
        x = rng_next(r);
    } while (x < biased);
    return x % bound;
}

double rng_exponential(struct rng *r) {
    /* 53 random bits, shifted into (0, 1] so that the logarithm is finite */
    double uniform = ((double)(rng_next(r) >> 11) + 1.0) * 0x1p-53;
    return uniform < 1.0 ? -log(uniform) : 0x1p-54;
}
