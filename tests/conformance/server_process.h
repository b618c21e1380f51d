/* server_process.h - the process of a server under test: start, stop, resources and statistics. */
#ifndef TESTS_SERVER_PROCESS_H
#define TESTS_SERVER_PROCESS_H

#include "base/os.h"

#include "tests/conformance/conformance.h"

#include <sys/types.h>

/* A field of struct expected that has no exact value. */
#define ANY UINT64_MAX

struct server {
    pid_t pid;                 /* process that was forked */
    int64_t reported_pid;      /* from the ready line; differs with a launcher or an emulator */
    const char *observer;      /* see struct setup */
    int input;                 /* stdin; closing it stops the server */
    int output;                /* stdout */
    struct os_address address; /* address of the listener */
    double timeout_scale;      /* see struct setup */
    uint64_t asked_ns;         /* when it was asked to stop */
    uint64_t others_ns;        /* process_others_ns then */
};

/* Further parameters for the start of a server. */
struct server_start {
    const char *args[8]; /* more arguments, ended by NULL */
    uint64_t nofile;     /* soft and hard limit of open files; 0: inherit */
    bool may_refuse;     /* the server may also end at once, with an exit code that is not 0 */
};

enum stop_by { STOP_BY_EOF, STOP_BY_SIGTERM };

/* The expected statistics; ANY for a field without an exact value. */
struct expected {
    uint64_t accepted;     /* accepted connections */
    uint64_t closed_reset; /* connections that were reset */
    uint64_t closed_error; /* connections that were refused */
    uint64_t bytes;        /* bytes_in, and also bytes_out */
};

/* The line of statistics. */
struct stats {
    uint64_t accepted, closed_clean, closed_reset, closed_error; /* connections */
    uint64_t bytes_in, bytes_out;                                /* payload */
    uint64_t receives, sends, waits, events, sends_partial;      /* calls */
    uint64_t accept_errors;                                      /* failed accepts */
};

/* Starts the server and waits for its ready line. Returns false if it has refused. Ends the case on
 * failure. */
bool server_start(struct server *server, const struct setup *setup, const struct server_start *how);

/* Asks the server to stop, and returns without waiting. */
void server_ask_stop(struct server *server, enum stop_by by);

/* From now on the server's time to stop counts, however it is asked. */
void server_asked(struct server *server);

/* Waits until the server has stopped. It must stop within 1 s, with exit code 0 and consistent
 * statistics. */
void server_await_end(struct server *server, struct stats *stats);

/* Stops the server, waits for its end, and compares its statistics with `expected`. */
void server_finish(struct server *server, enum stop_by by, const struct expected *expected,
                   struct stats *stats);

/* The resources of a server. */
struct holding {
    uint64_t descriptors; /* open descriptors or handles; 0 if the system has no such count */
    uint64_t bytes;       /* resident memory */
};

/* Gets the resources from the observer or /proc. Ends the case if the observer fails. */
void server_holds(const struct server *server, struct holding *holding);

/* CPU time of the server in ns. Ends the case on failure. */
uint64_t server_cpu_ns(const struct server *server);

/* Requires that the server stops using CPU time within 10 s, while no client sends or reads. A
 * server that busy-waits fails. */
void server_require_quiet(const struct server *server);

/* Suspends the process until server_thaw, so that it finds all later events at once. */
void server_freeze(const struct server *server);
void server_thaw(const struct server *server);

/* Resident memory of the server in bytes. */
uint64_t server_rss_bytes(const struct server *server);

#endif
