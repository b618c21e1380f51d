/* transports.h - which transport a run uses, and what this program says of itself. */
#ifndef LOADGEN_TRANSPORTS_H
#define LOADGEN_TRANSPORTS_H

#include "loadgen/transport.h"

/* The transport of that name, or with "auto" the first that runs here. Returns false after one line
 * on stderr if there is none. */
bool transports_choose(const char *name, const struct transport_ops **chosen);

/* Prints one JSON line: transports that run here, those that do not and why, how this program was
 * built. */
void transports_describe(void);

#endif
