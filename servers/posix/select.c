/* select.c - the ancestor of poll: sets with one bit per possible descriptor, FD_SETSIZE at most.
 * Invariant: no descriptor at or above FD_SETSIZE is put into a set, which would write beyond its
 * end.
 *
 * System calls per echo in steady state: select / (ready connections per wait) + recv + send. The
 * cost of select and of the scan after it grows: both go up to the highest descriptor.
 *
 * Limit: descriptors, not connections. Standard streams, listeners, the stop pair and inherited
 * descriptors count, too. So the model promises 1000 connections, and serves more while their
 * descriptors are below FD_SETSIZE (1024). Connections beyond are accepted, counted and closed. */
#include "servers/conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <unistd.h>

/* For descriptors that are no connections. */
#define DESCRIPTORS_RESERVED 24

/* One instance. */
struct select_server {
    struct conn_set set;            /* its connections */
    fd_set readers;                 /* sockets to receive from, listener and stop among them */
    fd_set writers;                 /* sockets whose send is blocked */
    int highest;                    /* no descriptor above this one is in either set */
    struct conn *conns[FD_SETSIZE]; /* by descriptor; NULL for listener and stop */
};

static void select_model_close(void *state) {
    struct select_server *s = state;
    conn_set_close(&s->set);
    free(s);
}

/* Descriptors that the process has inherited take places in the sets. */
static bool select_model_probe(const struct server_config *config, char *reason,
                               size_t reason_size) {
    (void)config;
    int lowest = dup(STDIN_FILENO); /* none left: the server says so when it opens its sockets */
    if (lowest >= 0) close(lowest);
    if (lowest + DESCRIPTORS_RESERVED < FD_SETSIZE) return true;
    snprintf(reason, reason_size,
             "%d descriptors are open already, and select cannot use any from %d on; start it "
             "with fewer",
             lowest, FD_SETSIZE);
    return false;
}

static int select_model_open(const struct server_config *config, os_socket listener, void **state) {
    if (listener >= FD_SETSIZE) return EMFILE;
    struct select_server *s = calloc(1, sizeof *s);
    if (!s) return ENOMEM;
    if (conn_set_open(&s->set, config, listener) != 0) {
        free(s);
        return ENOMEM;
    }
    *state = s;
    return 0;
}

static void watch(struct select_server *s, int fd, fd_set *set) {
    FD_SET(fd, set);
    if (fd > s->highest) s->highest = fd;
}

static void accept_some(struct select_server *s) {
    for (int i = 0; i < CONN_ACCEPTS_PER_TURN; i++) {
        struct conn *c = conn_accept(&s->set);
        if (!c) break;
        if (c->socket < FD_SETSIZE) {
            s->conns[c->socket] = c;
            watch(s, c->socket, &s->readers);
        } else {
            conn_refuse(&s->set, c);
        }
    }
}

static void forget(struct select_server *s, struct conn *c) {
    FD_CLR(c->socket, &s->readers);
    FD_CLR(c->socket, &s->writers);
    s->conns[c->socket] = NULL;
    conn_close(&s->set, c);
    while (s->highest > 0 && !FD_ISSET(s->highest, &s->readers) &&
           !FD_ISSET(s->highest, &s->writers))
        s->highest--;
}

static void serve_writer(struct select_server *s, struct conn *c) {
    enum conn_outcome outcome = conn_send_pending(&s->set, c);
    if (outcome == CONN_ENDED) {
        forget(s, c);
    } else if (outcome == CONN_ECHOED) {
        FD_CLR(c->socket, &s->writers);
        watch(s, c->socket, &s->readers);
    }
}

static void serve_reader(struct select_server *s, struct conn *c) {
    enum conn_outcome outcome = conn_receive(&s->set, c);
    if (outcome == CONN_ENDED) {
        forget(s, c);
    } else if (outcome == CONN_BLOCKED) {
        FD_CLR(c->socket, &s->readers);
        watch(s, c->socket, &s->writers);
    }
}

/* Serves the `n` descriptors that are ready. A connection is in one of the two sets only. */
static void handle(struct select_server *s, const fd_set *readable, const fd_set *writable, int n) {
    int highest = s->highest; /* closing lowers it */
    for (int fd = 0; fd <= highest && n > 0; fd++) {
        bool input = FD_ISSET(fd, readable), output = FD_ISSET(fd, writable);
        if (!input && !output) continue;
        n--;
        if (!s->conns[fd]) continue;
        if (output)
            serve_writer(s, s->conns[fd]);
        else
            serve_reader(s, s->conns[fd]);
    }
    if (FD_ISSET(s->set.listener, readable)) accept_some(s);
    if (!s->set.accepting) FD_CLR(s->set.listener, &s->readers);
}

static int select_model_run(void *state, os_socket stop, struct server_stats *stats) {
    struct select_server *s = state;
    s->set.stats = stats;
    if (stop >= FD_SETSIZE) return EMFILE;
    FD_ZERO(&s->readers);
    FD_ZERO(&s->writers);
    watch(s, s->set.listener, &s->readers);
    watch(s, stop, &s->readers);
    int error = 0;
    bool stopped = false;
    while (!error && !stopped) {
        if (conn_accept_resumes(&s->set)) watch(s, s->set.listener, &s->readers);
        int wait_ms = conn_wait_ms(&s->set);
        struct timeval timeout = {.tv_usec = wait_ms * 1000}; /* 101 ms at most */
        fd_set readable = s->readers, writable = s->writers;  /* select overwrites them */
        int n = select(s->highest + 1, &readable, &writable, NULL, wait_ms < 0 ? NULL : &timeout);
        if (n < 0 && errno != EINTR) error = errno;
        if (n < 0) continue;
        stats->waits++;
        stats->events += (uint64_t)n;
        handle(s, &readable, &writable, n);
        stopped = FD_ISSET(stop, &readable);
    }
    conn_close_all(&s->set);
    return error;
}

const struct io_model io_model_self = {
    .name = "select",
    .summary = "select: bit sets of FD_SETSIZE descriptors, handed over at every wait",
    .initiation = IO_NONBLOCKING,
    .notification = IO_READINESS,
    .connections_limit = FD_SETSIZE - DESCRIPTORS_RESERVED,
    .instances_by_main = true,
    .probe = select_model_probe,
    .open = select_model_open,
    .run = select_model_run,
    .close = select_model_close,
};
