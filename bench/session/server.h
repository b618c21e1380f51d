/* server.h - a server of a slot: ours, a foreign command, or one that runs elsewhere.
 * Invariant: after server_stop none of its processes lives (kin.h). */
#ifndef BENCH_SESSION_SERVER_H
#define BENCH_SESSION_SERVER_H

#include "bench/session/kin.h"
#include "bench/session/outcome.h"
#include "bench/suite/plan.h"
#include "bench/support/process.h"

#include <stdbool.h>

struct server {
    const struct cell *cell; /* these three are set by the caller */
    struct slot_outcome *outcome;
    struct process_loop *loop;
    struct kin kin; /* all its processes */
    struct process process;
    const char *address; /* HOST:PORT */
    char found[128];     /* the address of a server that iobench started */
    double pid;          /* 0: it runs elsewhere */
};

/* Starts the server, and waits until it is ready. Returns false and sets the outcome if it is not;
 * then none of its processes is left, and server_stop must not be called. */
bool server_start(struct server *s);

/* Ends it, and tells the outcome if it had died before, or did not end well. */
void server_stop(struct server *s);

#endif
