/* event.h - the part of <sys/event.h> that echo-kqueue uses, for the test double of kqueue. Only
 * programs built with -Itests/bsd/include use it; these are never installed.
 *
 * The types differ between systems, and the code must compile with both variants. With
 * KQUEUE_OTHER_TYPES they are those of NetBSD before version 10. */
#ifndef TESTS_BSD_EVENT_H
#define TESTS_BSD_EVENT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#ifdef KQUEUE_OTHER_TYPES
typedef uint32_t kqueue_filter;
typedef uint32_t kqueue_flags;
typedef intptr_t kqueue_udata;
typedef size_t kqueue_count;
#define EVFILT_READ 0U
#define EVFILT_WRITE 1U
#else
typedef short kqueue_filter;
typedef unsigned short kqueue_flags;
typedef void *kqueue_udata;
typedef int kqueue_count;
#define EVFILT_READ (-1)
#define EVFILT_WRITE (-2)
#endif

#define EV_ADD 0x0001
#define EV_DELETE 0x0002
#define EV_CLEAR 0x0020
#define EV_ERROR 0x4000
#define EV_EOF 0x8000

/* A change of a filter, or an event of one. */
struct kevent {
    uintptr_t ident;      /* descriptor */
    kqueue_filter filter; /* EVFILT_READ or EVFILT_WRITE */
    kqueue_flags flags;   /* EV_... */
    uint32_t fflags;      /* not used by these filters */
    int64_t data;         /* in events: bytes to read or room to write; with EV_ERROR: errno */
    kqueue_udata udata;   /* returned with every event */
};

int kqueue(void);
int kevent(int queue, const struct kevent *changes, kqueue_count changes_count,
           struct kevent *events, kqueue_count events_max, const struct timespec *timeout);

#endif
