/* limits.h - what a load takes of this machine's memory and descriptors. */
#ifndef LOADGEN_LIMITS_H
#define LOADGEN_LIMITS_H

#include "loadgen/load.h"

#include <stdint.h>

/* The most memory that a load on so many targets takes, in bytes, with its sockets in the kernel.
 */
struct limits_memory {
    uint64_t bytes;
    const char *lower; /* options that matter most; NULL: none does */
};

struct limits_memory limits_memory(const struct load *load, uint32_t targets);

/* Prints one line and returns exit code 2 if the load takes more descriptors or memory than there
 * are; else 0. */
int limits_check(const struct load *load, uint32_t targets);

/* Prints why the threads could not be started, and returns the exit code. */
int limits_cannot_start(int error, const struct load *load);

#endif
