/* os_posix.h - the constants and calls in which POSIX systems differ. Only base/ includes it.
 * Invariant: a send is one call on every system, and so is a reading of the clock. */
#ifndef BASE_OS_POSIX_H
#define BASE_OS_POSIX_H

#include "base/os.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#ifdef __APPLE__

/* CLOCK_MONOTONIC counts whole us there; this one is mach_absolute_time. */
#define OS_CLOCK CLOCK_UPTIME_RAW
#define OS_SEND_FLAGS 0 /* os_posix_ready has set SO_NOSIGPIPE */
#define OS_SOCKET_FLAGS(nonblocking) 0

/* Does what the flags of socket() and accept4() do elsewhere: close-on-exec, non-blocking or not,
 * no SIGPIPE. Returns 0 or an error; then the socket is closed. */
int os_posix_ready(os_socket s, bool nonblocking);

/* The descriptors that a process can really open under `limit`. */
rlim_t os_posix_descriptors(rlim_t limit);

#else

#define OS_CLOCK CLOCK_MONOTONIC
#define OS_SEND_FLAGS MSG_NOSIGNAL
#define OS_SOCKET_FLAGS(nonblocking) (SOCK_CLOEXEC | ((nonblocking) ? SOCK_NONBLOCK : 0))

static inline int os_posix_ready(os_socket s, bool nonblocking) {
    (void)s, (void)nonblocking;
    return 0;
}

static inline rlim_t os_posix_descriptors(rlim_t limit) {
    return limit;
}

#endif

/* Lets listeners share a port; if os_listeners_share_ports, it also spreads connections. */
#ifdef __FreeBSD__
#define OS_SHARE_PORT SO_REUSEPORT_LB /* 12 and later */
#else
#define OS_SHARE_PORT SO_REUSEPORT
#endif

#endif
