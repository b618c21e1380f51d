/* server_process.h - one server under test: started, spoken to, stopped and its account checked. */
#ifndef TESTS_SERVER_PROCESS_H
#define TESTS_SERVER_PROCESS_H

#include "base/os.h"

#include "tests/conformance/conformance.h"

#include <sys/types.h>

/* Where a server's statistics have no exact expectation. */
#define ANY UINT64_MAX

struct server {
    pid_t pid;                 /* as forked */
    int64_t reported_pid;      /* as its ready line says; a launcher's and an emulator's differ */
    const char *observer;      /* of the setup */
    int input;                 /* its stdin; closing it stops the server */
    int output;                /* its stdout */
    struct os_address address; /* where it listens */
    double timeout_scale;      /* of the setup */
};

/* How a server is started beyond the setup. */
struct server_start {
    const char *args[8]; /* further arguments, NULL at the end */
    uint64_t nofile;     /* most descriptors it may have, soft and hard; 0: as we */
};

enum stop_by { STOP_BY_EOF, STOP_BY_SIGTERM };

/* What the server should have counted; ANY where arithmetic does not fix it. */
struct expected {
    uint64_t accepted;     /* connections */
    uint64_t closed_reset; /* of them, ended by reset */
    uint64_t closed_error; /* of them, refused */
    uint64_t bytes;        /* in, and out */
};

/* The line of statistics. */
struct stats {
    uint64_t accepted, closed_clean, closed_reset, closed_error; /* connections */
    uint64_t bytes_in, bytes_out;                                /* payload */
    uint64_t receives, sends, waits, events, sends_partial;      /* calls */
    uint64_t accept_errors;                                      /* failed accepts */
};

/* Starts the server and waits for its ready line; ends the case if it does not come. */
void server_start(struct server *server, const struct setup *setup, const struct server_start *how);

/* Asks it to stop and returns at once. */
void server_ask_stop(struct server *server, enum stop_by by);

/* Waits for its end after server_ask_stop at `asked_ns`: within 1 s, exit code 0, statistics
 * printed and consistent with themselves. */
void server_await_end(struct server *server, uint64_t asked_ns, struct stats *stats);

/* Both, and compares its account with what the case did. */
void server_finish(struct server *server, enum stop_by by, const struct expected *expected,
                   struct stats *stats);

/* What a server holds now. */
struct holding {
    uint64_t descriptors; /* open ones, or handles; 0 where the system does not tell */
    uint64_t bytes;       /* of memory, resident */
};

/* Asks the observer, or /proc; ends the case if the observer does not tell. */
void server_holds(const struct server *server, struct holding *holding);

/* CPU time it has used, in ns; ends the case if the system does not tell. */
uint64_t server_cpu_ns(const struct server *server);

/* Nobody sends or reads: sees that the server waits, too, within 10 s. One that polls itself hot
 * uses a whole CPU for ever. */
void server_require_quiet(const struct server *server);

/* Stops the process until server_thaw: what comes meanwhile it finds together. */
void server_freeze(const struct server *server);
void server_thaw(const struct server *server);

/* Its resident memory in bytes. */
uint64_t server_rss_bytes(const struct server *server);

#endif
