/* kqueue.c - the kernel keeps filters on sockets and reports which sockets are ready (macOS, BSDs).
 * Invariant: a connection has one filter at a time: for reading, or for writing while bytes are
 * pending. So there is at most one event per connection: after a connection is closed while its
 * event is handled, no other event names it. And input that must not be read yet is not reported
 * again and again.
 *
 * System calls per echo in steady state: kevent / (ready connections per wait) + recv + send, and
 * with trigger=edge one more recv, which finds the socket empty. A separate kevent adds a filter
 * when a connection is accepted, deletes it before the close, and exchanges it when a send blocks
 * and when it can go on; never per message.
 *
 * Of an event only its tag is used. Its count of bytes may be out of date, and its EV_EOF may come
 * with bytes left to read: only recv() reports the end. */
#include "servers/conn.h"

#include <sys/types.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/event.h>
#include <time.h>
#include <unistd.h>

/* Receives in a row for one connection before the others get their turn (edge). */
#define EDGE_RECEIVES_PER_TURN 16

/* A pointer as the user data of a filter, which is an integer on some systems. */
#define TAG(pointer)                                                                               \
    _Generic((struct kevent){0}.udata, void * : (pointer), default : (intptr_t)(pointer))

enum { OPTION_TRIGGER, OPTION_EVENTS };

static const struct model_option options[] = {
    {"trigger", "level|edge", 0, 0, 0,
     "level: reported while a socket is ready; edge: reported once when it becomes ready"},
    {"events", NULL, 512, 1, 4096, "most events that one kevent returns"},
    {.name = NULL}};

/* One instance. */
struct kqueue_server {
    struct conn_set set;       /* its connections */
    int queue;                 /* the kernel's filters and events */
    struct kevent *events;     /* what one wait returns */
    unsigned short events_max; /* fits both int and size_t, the types that systems use for it */
    bool edge;                 /* trigger=edge */
    unsigned short add;        /* flags that add the filter of a connection */
};

static struct kevent change_of(int fd, bool to_send, unsigned short flags, void *tag) {
    return (struct kevent){.ident = (uintptr_t)fd,
                           .filter = to_send ? EVFILT_WRITE : EVFILT_READ,
                           .flags = flags,
                           .udata = TAG(tag)};
}

/* Adds or deletes one filter. kevent returns an error itself, because it has no room for events. */
static int change(struct kqueue_server *s, int fd, bool to_send, unsigned short flags, void *tag) {
    struct kevent one = change_of(fd, to_send, flags, tag);
    return kevent(s->queue, &one, 1, NULL, 0, NULL) < 0 ? errno : 0;
}

/* Gives a connection another filter, or the same anew: a new filter reports a ready socket again.
 */
static int exchange(struct kqueue_server *s, struct conn *c, bool from_send, bool to_send) {
    struct kevent both[] = {change_of(c->socket, from_send, EV_DELETE, c),
                            change_of(c->socket, to_send, s->add, c)};
    return kevent(s->queue, both, 2, NULL, 0, NULL) < 0 ? errno : 0;
}

static int kqueue_model_open(const struct server_config *config, os_socket listener, void **state) {
    struct kqueue_server *s = calloc(1, sizeof *s);
    if (!s) return ENOMEM;
    int error = ENOMEM;
    s->edge = config->options[OPTION_TRIGGER] == 1;
    s->add = s->edge ? EV_ADD | EV_CLEAR : EV_ADD;
    s->events_max = (unsigned short)config->options[OPTION_EVENTS];
    s->queue = -1;
    s->events = calloc(s->events_max, sizeof *s->events);
    if (!s->events) goto fail;
    error = conn_set_open(&s->set, config, listener);
    if (error) goto fail;
    s->queue = kqueue();
    error = s->queue < 0 ? errno : change(s, listener, false, EV_ADD, &s->set);
    if (error) goto fail;
    *state = s;
    return 0;
fail:
    if (s->queue >= 0) close(s->queue);
    conn_set_close(&s->set);
    free(s->events);
    free(s);
    return error;
}

static void kqueue_model_close(void *state) {
    struct kqueue_server *s = state;
    close(s->queue);
    conn_set_close(&s->set);
    free(s->events);
    free(s);
}

/* Returns 0, or an error if the filter of the listener cannot be deleted. */
static int accept_some(struct kqueue_server *s) {
    for (int i = 0; i < CONN_ACCEPTS_PER_TURN; i++) {
        struct conn *c = conn_accept(&s->set);
        if (!c) break;
        if (change(s, c->socket, false, s->add, c) != 0) conn_refuse(&s->set, c);
    }
    return s->set.accepting ? 0 : change(s, s->set.listener, false, EV_DELETE, &s->set);
}

/* ---- trigger=level: one step per event; bytes that are left are reported again ---- */

static enum conn_outcome level_step(struct kqueue_server *s, struct conn *c) {
    return c->pending_start < c->pending_end ? conn_send_pending(&s->set, c)
                                             : conn_receive(&s->set, c);
}

/* ---- trigger=edge: an event is reported once, so the socket is served until it has no more bytes
 * or no more room ---- */

/* CONN_BLOCKED only when there is no room at all. */
static enum conn_outcome edge_send(struct kqueue_server *s, struct conn *c) {
    for (;;) {
        size_t start = c->pending_start;
        enum conn_outcome outcome = conn_send_pending(&s->set, c);
        if (outcome != CONN_BLOCKED || c->pending_start == start) return outcome;
    }
}

/* A short receive does not prove everywhere that the socket is empty. */
static enum conn_outcome edge_receive(struct kqueue_server *s, struct conn *c) {
    enum conn_outcome outcome = conn_receive(&s->set, c);
    return outcome == CONN_SHORT ? CONN_ECHOED : outcome;
}

/* CONN_ECHOED: its turn is over, but it may have more. */
static enum conn_outcome edge_turn(struct kqueue_server *s, struct conn *c) {
    enum conn_outcome outcome = c->pending_start < c->pending_end ? CONN_BLOCKED : CONN_ECHOED;
    for (int i = 0; i < EDGE_RECEIVES_PER_TURN; i++) {
        if (outcome == CONN_ECHOED) outcome = edge_receive(s, c);
        if (outcome == CONN_BLOCKED) outcome = edge_send(s, c);
        if (outcome != CONN_ECHOED) break;
    }
    return outcome;
}

static void serve(struct kqueue_server *s, struct conn *c) {
    bool was_blocked = c->pending_start < c->pending_end;
    enum conn_outcome outcome = s->edge ? edge_turn(s, c) : level_step(s, c);
    bool is_blocked = outcome == CONN_BLOCKED;
    bool unfinished = s->edge && outcome == CONN_ECHOED; /* no new edge will come */
    if (outcome == CONN_ENDED) {
        /* if it fails, the close deletes the filter on all known systems */
        (void)change(s, c->socket, was_blocked, EV_DELETE, c);
        conn_close(&s->set, c);
        return;
    }
    if ((is_blocked != was_blocked || unfinished) && exchange(s, c, was_blocked, is_blocked) != 0)
        conn_refuse(&s->set, c);
}

/* Handles what one wait returned. Newcomers come last: they may get the descriptors of closed
 * connections. Returns 0 or an error of the instance. */
static int handle(struct kqueue_server *s, int n, bool *stop) {
    bool accept = false;
    for (int i = 0; i < n; i++) {
        void *tag = (void *)s->events[i].udata;
        if (!tag)
            *stop = true;
        else if (tag == &s->set)
            accept = true;
        else
            serve(s, tag);
    }
    return accept ? accept_some(s) : 0;
}

static int wait_for_events(struct kqueue_server *s) {
    int wait_ms = conn_wait_ms(&s->set);
    struct timespec limit = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000L};
    return kevent(s->queue, NULL, 0, s->events, s->events_max, wait_ms < 0 ? NULL : &limit);
}

static int kqueue_model_run(void *state, os_socket stop, struct server_stats *stats) {
    struct kqueue_server *s = state;
    s->set.stats = stats;
    int error = change(s, stop, false, EV_ADD, NULL);
    bool stopped = false;
    while (!error && !stopped) {
        int n = wait_for_events(s);
        if (n < 0 && errno != EINTR) error = errno;
        if (n < 0) continue;
        stats->waits++;
        stats->events += (uint64_t)n;
        error = handle(s, n, &stopped);
        if (!error && conn_accept_resumes(&s->set))
            error = change(s, s->set.listener, false, EV_ADD, &s->set);
    }
    conn_close_all(&s->set); /* their filters end with the queue */
    return error;
}

const struct io_model io_model_self = {
    .name = "kqueue",
    .summary = "kqueue: the kernel keeps filters and tells which sockets are ready",
    .initiation = IO_NONBLOCKING,
    .notification = IO_READINESS,
    .options = options,
    .instances_by_main = true,
    .open = kqueue_model_open,
    .run = kqueue_model_run,
    .close = kqueue_model_close,
};
