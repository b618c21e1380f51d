/* transports.h - chooses the transport of a run, and describes this program. */
#ifndef LOADGEN_TRANSPORTS_H
#define LOADGEN_TRANSPORTS_H

#include "loadgen/transport.h"

/* Finds the transport of that name, or with "auto" the first that runs here. If there is none,
 * prints one line on stderr and returns false. */
bool transports_choose(const char *name, const struct transport_ops **chosen);

/* Prints one JSON line: transports that run here, those that do not and why, the memory that the
 * load of the other options takes, how this program was built. */
void transports_describe(uint64_t memory_bytes);

#endif
