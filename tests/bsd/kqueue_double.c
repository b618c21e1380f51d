/* kqueue_double.c - a test double: the kqueue API over epoll, for systems without kqueue. It is for
 * tests only and not for measurements.
 * Invariant: an entry of the table describes what epoll watches for its descriptor. If the
 * descriptor was closed meanwhile, the entry is stale and epoll returns ENOENT.
 *
 * The double also checks two rules that echo-kqueue follows in addition to the API, and aborts if
 * one is broken. A descriptor never has two filters. With KQUEUE_DOUBLE_STRICT in the environment,
 * a descriptor is closed only after its filter was deleted. KQUEUE_DOUBLE_SNDBUF=BYTES sets the
 * send buffer of each socket with a filter, so that sends block. */
#include "base/check.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/event.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define DESCRIPTORS_MAX (1 << 17)
#define EVENTS_MAX 4096 /* maximum of events that one kevent call returns */

static struct kevent *queues[DESCRIPTORS_MAX]; /* filters of each queue, indexed by descriptor */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* protects `queues` */

int kqueue(void) {
    int queue = epoll_create1(EPOLL_CLOEXEC);
    if (queue < 0) return -1;
    CHECK_OP(queue, <, DESCRIPTORS_MAX);
    struct kevent *filters =
        calloc(DESCRIPTORS_MAX, sizeof *filters); /* pages are allocated on use */
    CHECK(filters != NULL);
    pthread_mutex_lock(&lock);
    free(queues[queue]); /* from a closed queue with the same descriptor */
    queues[queue] = filters;
    pthread_mutex_unlock(&lock);
    return queue;
}

static struct kevent *filters_of(int queue) {
    CHECK(queue >= 0 && queue < DESCRIPTORS_MAX);
    pthread_mutex_lock(&lock);
    struct kevent *filters = queues[queue];
    pthread_mutex_unlock(&lock);
    CHECK(filters != NULL);
    return filters;
}

static int control(int queue, int operation, int fd, const struct kevent *change) {
    struct epoll_event event = {
        .events = change->filter == EVFILT_READ ? EPOLLIN | EPOLLRDHUP : EPOLLOUT, .data.fd = fd};
    if (change->flags & EV_CLEAR) event.events |= EPOLLET;
    return epoll_ctl(queue, operation, fd, &event) == 0 ? 0 : errno;
}

static void shrink_send_buffer(int fd) {
    const char *text = getenv("KQUEUE_DOUBLE_SNDBUF");
    int bytes = text ? (int)strtol(text, NULL, 10) : 0;
    if (bytes) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

static int filter_add(int queue, int fd, struct kevent *filter, const struct kevent *change) {
    int error = ENOENT;
    if (filter->flags) {
        error = control(queue, EPOLL_CTL_MOD, fd, change); /* also checks the socket again */
        CHECK(error || filter->filter == change->filter);
        CHECK(error != ENOENT || !getenv("KQUEUE_DOUBLE_STRICT"));
    }
    if (error == ENOENT) {
        shrink_send_buffer(fd);
        error = control(queue, EPOLL_CTL_ADD, fd, change);
    }
    if (!error) *filter = *change;
    return error;
}

static int filter_delete(int queue, int fd, struct kevent *filter, const struct kevent *change) {
    if (!filter->flags || filter->filter != change->filter) return ENOENT;
    filter->flags = 0;
    return control(queue, EPOLL_CTL_DEL, fd, change);
}

/* Applies one change. Returns 0 or an errno. */
static int filter_change(int queue, struct kevent *filters, const struct kevent *change) {
    CHECK_OP(change->ident, <, DESCRIPTORS_MAX);
    CHECK(change->filter == EVFILT_READ || change->filter == EVFILT_WRITE);
    int fd = (int)change->ident;
    if (change->flags == EV_DELETE) return filter_delete(queue, fd, &filters[fd], change);
    CHECK(change->flags == EV_ADD || change->flags == (EV_ADD | EV_CLEAR));
    return filter_add(queue, fd, &filters[fd], change);
}

/* Converts an event of epoll. It does not read a pending error of the socket (SO_ERROR), because
 * that would hide the error from recv() and send(). */
static struct kevent event_of(const struct epoll_event *from, const struct kevent *filter) {
    struct kevent event = *filter;
    int waiting = 0;
    bool reading = event.filter == EVFILT_READ;
    uint32_t end = reading ? EPOLLRDHUP | EPOLLHUP | EPOLLERR : EPOLLHUP | EPOLLERR;
    if (from->events & end) event.flags |= EV_EOF;
    if (reading && ioctl(from->data.fd, FIONREAD, &waiting) != 0) waiting = 1; /* a listener */
    event.data = reading ? waiting : 1;
    return event;
}

static int timeout_ms(const struct timespec *timeout) {
    if (!timeout) return -1;
    return (int)(timeout->tv_sec * 1000 + (timeout->tv_nsec + 999999) / 1000000);
}

int kevent(int queue, const struct kevent *changes, kqueue_count changes_count,
           struct kevent *events, kqueue_count events_max, const struct timespec *timeout) {
    struct epoll_event ready[EVENTS_MAX];
    int room = events_max > EVENTS_MAX ? EVENTS_MAX : (int)events_max, n = 0;
    struct kevent *filters = filters_of(queue);
    for (int i = 0; i < (int)changes_count; i++) {
        int error = filter_change(queue, filters, &changes[i]);
        if (!error) continue;
        if (n == room) {
            errno = error;
            return -1;
        }
        events[n] = changes[i];
        events[n].flags = EV_ERROR;
        events[n++].data = error;
    }
    if (n || !room) return n;
    n = epoll_wait(queue, ready, room, timeout_ms(timeout));
    for (int i = 0; i < n; i++) events[i] = event_of(&ready[i], &filters[ready[i].data.fd]);
    return n;
}
