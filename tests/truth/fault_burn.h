/* fault_burn.h - CPU time that each echo costs, and which process uses it.
 * Invariant: burn_use returns when that time has been used. */
#ifndef TESTS_FAULT_BURN_H
#define TESTS_FAULT_BURN_H

#include <stdbool.h>
#include <stdint.h>

/* The values of --burn-by. */
#define BURN_BY "self|message|orphan|connection|session"

struct burn {
    /* as the options say */
    uint64_t us;       /* of each echo; 0: none */
    const char *by;    /* self: the server; message: a child for each; orphan: the child of a child,
                          in a session of its own; connection: a child for each; session: one
                          process for all that has left the server's session, and lives on */
    bool unwaited;     /* the end of children is ignored, so that the kernel forgets them */
    uint64_t affinity; /* CPU that the server chooses at the first echo; BURN_NO_CPU: none */
    /* state */
    int *helpers; /* socket to the helper of each connection; -1: none yet */
    int helper;   /* session: socket to it */
    bool moved;   /* the CPU has been chosen */
};

#define BURN_NO_CPU UINT64_MAX

void burn_open(struct burn *burn, uint64_t connections);

/* Uses the CPU time of one echo. */
void burn_use(struct burn *burn, uint64_t connection);

/* Ends the helper of a connection. */
void burn_close(struct burn *burn, uint64_t connection);

#endif
