/* port.h - ports for servers that cannot choose one themselves.
 * Invariant: no function leaves a socket open. */
#ifndef BENCH_SESSION_PORT_H
#define BENCH_SESSION_PORT_H

#include "bench/support/process.h"

#include <stdbool.h>
#include <stdint.h>

#define PORT_HOST "127.0.0.1" /* address of these servers */

/* Finds a port that is free now; another process may take it later. Returns 0 or a native error. */
int port_choose(uint16_t *port);

/* Whether the port is in use, so that a server cannot listen there. */
bool port_taken(uint16_t port);

/* Whether a server accepts a connection to the port within `seconds`. Closes the connection. */
bool port_answers(struct process_loop *l, uint16_t port, double seconds);

#endif
