/* cached_clock.c - transport_epoll.c with one fault: answers are stamped with the time at which the
 * loop's turn began, as event loops keep it at hand. What an answer waited for those before it in
 * the turn is then in no figure. Invariant: the stamp of a send stays that of its call. */
#include "base/os.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <time.h>

static _Thread_local uint64_t turn_ns;   /* when the last wait ended */
static _Thread_local bool after_receive; /* the next look at the clock is to stamp an answer */

static int turn_wait(int epoll, struct epoll_event *events, int room, int timeout_ms) {
    int n = epoll_wait(epoll, events, room, timeout_ms);
    turn_ns = os_clock_ns();
    return n;
}

static int turn_pwait2(int epoll, struct epoll_event *events, int room,
                       const struct timespec *timeout, const sigset_t *signals) {
    int n = epoll_pwait2(epoll, events, room, timeout, signals);
    turn_ns = os_clock_ns();
    return n;
}

static int turn_receive(os_socket s, void *data, size_t size, size_t *received) {
    after_receive = true;
    return os_receive(s, data, size, received);
}

static uint64_t turn_clock_ns(void) {
    bool cached = after_receive;
    after_receive = false;
    return cached ? turn_ns : os_clock_ns();
}

#define epoll_wait turn_wait
#define epoll_pwait2 turn_pwait2
#define os_receive turn_receive
#define os_clock_ns turn_clock_ns
#include "loadgen/transport_epoll.c" /* NOLINT(bugprone-suspicious-include) */
