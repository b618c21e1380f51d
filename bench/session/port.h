/* port.h - ports for servers that do not choose one themselves, and whether somebody answers there.
 * Invariant: nothing here leaves a socket open. */
#ifndef BENCH_SESSION_PORT_H
#define BENCH_SESSION_PORT_H

#include "bench/support/process.h"

#include <stdbool.h>
#include <stdint.h>

#define PORT_HOST "127.0.0.1" /* where all of this happens */

/* Finds a port that is free now; it may be taken a moment later. Returns 0 or a native error. */
int port_choose(uint16_t *port);

/* Whether somebody holds the port, so that a server could not listen there. */
bool port_taken(uint16_t port);

/* Whether a connection to the port can be had now, waiting at most `seconds` for the answer. It is
 * closed at once. */
bool port_answers(struct process_loop *l, uint16_t port, double seconds);

#endif
