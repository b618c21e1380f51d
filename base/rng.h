/* rng.h - seeded random numbers: the same seed gives the same run on every machine.
 * Source: xoshiro256** 1.0 and splitmix64 by D. Blackman and S. Vigna (public domain algorithms).
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state[4]; /* never all zero */
};

/* One step of splitmix64: a good 64-bit mix of `x`. */
uint64_t rng_mix(uint64_t x);

/* Starts stream `stream` of `seed`; different streams are independent. */
void rng_seed(struct rng *r, uint64_t seed, uint64_t stream);

/* 64 random bits. */
uint64_t rng_next(struct rng *r);

/* Uniform in 0..bound-1 without bias; bound >= 1. */
uint64_t rng_below(struct rng *r, uint64_t bound);

/* Exponentially distributed with mean 1, greater than 0. */
double rng_exponential(struct rng *r);

#endif
