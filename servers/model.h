/* model.h - the contract of an IO model. All models serve the same echo with equal work: buffer
 * size, backlog and TCP_NODELAY come from server_main; echo_work() is called once per completed
 * receive. Bytes go back in order; a short send is resumed; the end of input is answered only after
 * pending bytes are sent. A cheaper model must be cheaper because of its model, never because it
 * skips a step.
 *
 * To add a model, write one file that defines io_model_self and name it in the Makefile's list. */
#ifndef SERVERS_MODEL_H
#define SERVERS_MODEL_H

#include "base/os.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How input and output are started. */
enum io_initiation { IO_BLOCKING, IO_NONBLOCKING, IO_OVERLAPPED, IO_RING };

/* How their completion is learned. */
enum io_notification {
    IO_RETURN,
    IO_READINESS,
    IO_EVENT_OBJECT,
    IO_COMPLETION_ROUTINE,
    IO_COMPLETION_PORT,
    IO_COMPLETION_RING,
    IO_CALLBACK,
};

#define MODEL_OPTIONS_MAX 8

/* An option of one model, --option NAME=VALUE: a choice of words or a whole number. */
struct model_option {
    const char *name;    /* "trigger" */
    const char *choices; /* "level|edge", the first is the default; NULL for a number */
    uint64_t fallback;   /* default of a number; 0 for a choice */
    uint64_t min, max;   /* range of a number */
    const char *help;    /* one line */
};

/* Settings that server_main gives to the model. */
struct server_config {
    size_t buffer_bytes;                 /* most that one receive may return */
    uint64_t options[MODEL_OPTIONS_MAX]; /* in the order of io_model.options: the number, or the
                                            position of the word among the choices */
};

/* Counters of one instance; server_main adds up those of all instances. */
struct server_stats {
    uint64_t accepted;     /* connections accepted */
    uint64_t closed_clean; /* closed after the peer's end of input and all bytes sent, or by stop */
    uint64_t closed_reset; /* closed because the peer reset or left */
    uint64_t closed_error; /* closed for any other reason: a limit, out of memory */
    uint64_t bytes_in;     /* payload bytes received */
    uint64_t bytes_out;    /* payload bytes that the kernel took */
    uint64_t receives;     /* receives that returned bytes */
    uint64_t sends;        /* sends that took bytes */
    uint64_t waits;        /* returns from the model's wait */
    uint64_t events;       /* events or completions that those waits returned */
    uint64_t sends_partial; /* sends that took fewer bytes than given, or none */
    uint64_t accept_errors; /* failed accepts, mostly out of descriptors or memory; not those that
                               found no peer */
};

struct io_model {
    const char *name;                   /* "epoll"; the binary is echo-epoll */
    const char *summary;                /* plot legend and `iobench list` */
    enum io_initiation initiation;      /* how I/O is started */
    enum io_notification notification;  /* how completion is learned */
    const struct model_option *options; /* ended by one with name NULL; NULL if there are none */
    uint32_t connections_limit;         /* hard ceiling (select: FD_SETSIZE); 0 = none */
    bool instances_by_main;             /* --threads N runs N instances, each with a listener of its
                                           own; false: the model starts its threads itself, and
                                           --threads other than 1 is a usage error */
    const char *library;                /* "libuv" if the model uses one; else NULL */
    const char *(*library_version)(void); /* version of that library; NULL without one */

    /* Whether this machine can run the model with these options; if not, why. NULL: always. */
    bool (*probe)(const struct server_config *config, char *reason, size_t reason_size);

    /* Makes one instance on `listener` (non-blocking, listening, stays open until close). Allocates
     * everything that does not depend on the number of connections. Returns 0 or an error. */
    int (*open)(const struct server_config *config, os_socket listener, void **state);

    /* Serves until `stop` ends, then closes all connections and returns within 1 s. `stop` is
     * non-blocking; to stop the server, main makes every receive on it return 0, for any number of
     * waiters. No bytes ever come. Returns 0 or an error of the
     * instance as a whole; a failed connection is counted and closed, never returned. */
    int (*run)(void *state, os_socket stop, struct server_stats *stats);

    /* Frees the instance; connections are closed already. */
    void (*close)(void *state);
};

/* Defined once, by the one linked model file. */
extern const struct io_model io_model_self;

/* Adds every counter of `part` to `total`. */
void server_stats_add(struct server_stats *total, const struct server_stats *part);

/* The work of one echo: burns --burn-ns of CPU. Called once per completed receive, before its send.
 */
void echo_work(void);

#endif
