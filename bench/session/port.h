/* port.h - ports for servers that cannot choose one themselves.
 * Invariant: no function leaves a socket open. */
#ifndef BENCH_SESSION_PORT_H
#define BENCH_SESSION_PORT_H

#include "bench/support/process.h"

#include <stdbool.h>
#include <stdint.h>

/* Finds a port that is free now on 127.0.0.1, and on ::1 if this machine has that; another process
 * may take it later. Returns 0 or a native error. */
int port_choose(uint16_t *port);

/* Whether the port is in use on one of these addresses, so that a server cannot listen there. */
bool port_taken(uint16_t port);

/* The first of these addresses on which a server accepts a connection to the port within `seconds`,
 * as it is written before a port ("[::1]"); NULL if there is none. Closes the connection. */
const char *port_answers(struct process_loop *l, uint16_t port, double seconds);

#endif
