/* kqueue_test.c - tests the behaviour of kqueue that echo-kqueue relies on. It is linked with the
 * test double or with a system's own kqueue. A case uses kqueue as the model does, and requires
 * only what every kqueue guarantees. A case that fails only with the double shows an error of the
 * double.
 *
 *   kqueue-test [--label TEXT] [--skip NAME[=REASON]]... */
#include "base/args.h"
#include "base/os.h"

#include "tests/support/harness.h"

#include <sys/types.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/event.h>
#include <time.h>
#include <unistd.h>

enum {
    SOON_MS = 2000, /* time limit for an expected event */
    NEVER_MS = 50,  /* waiting time to check that no event arrives */
    ROOM = 8,       /* size of event arrays */
    CASE_S = 20     /* deadline of a case */
};

enum { EXIT_USAGE = 2 };

/* Converts a pointer to the type of udata, which is an integer on some systems. */
#define TAG(pointer)                                                                               \
    _Generic((struct kevent){0}.udata, void * : (pointer), default : (intptr_t)(pointer))

static int queue;                  /* kqueue of the case */
static int tags[ROOM];             /* their addresses identify filters */
static int here, there;            /* two ends of a TCP connection; filters watch `here` */
static struct kevent events[ROOM]; /* events of the last wait */

static struct kevent change_of(int fd, bool to_send, unsigned short flags, void *tag) {
    return (struct kevent){.ident = (uintptr_t)fd,
                           .filter = to_send ? EVFILT_WRITE : EVFILT_READ,
                           .flags = flags,
                           .udata = TAG(tag)};
}

/* Applies one change, as the model does. Returns 0 or errno. */
static int change(int fd, bool to_send, unsigned short flags, void *tag) {
    struct kevent one = change_of(fd, to_send, flags, tag);
    return kevent(queue, &one, 1, NULL, 0, NULL) < 0 ? errno : 0;
}

static void add(unsigned short flags) {
    int error = change(here, false, flags, &tags[0]);
    REQUIRE(error == 0, "a filter cannot be added: %s", os_error_text(error));
}

static int wait_ms(int ms, unsigned short room) {
    struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    int n = kevent(queue, NULL, 0, events, room, &limit);
    REQUIRE(n >= 0, "kevent: %s", os_error_text(errno));
    return n;
}

static void require_event(const char *when) {
    int n = wait_ms(SOON_MS, ROOM);
    REQUIRE(n == 1, "%d events %s, expected 1", n, when);
}

static void require_none(const char *when) {
    int n = wait_ms(NEVER_MS, ROOM);
    REQUIRE(n == 0, "%d events %s, expected none", n, when);
}

static void connect_pair(int *first, int *second) {
    struct os_address address;
    char reason[128], host[64];
    uint16_t port;
    os_socket listener;
    REQUIRE(os_address_resolve("127.0.0.1", 0, &address, reason, sizeof reason) &&
                os_listen(&address, 8, false, &listener) == 0 &&
                os_socket_local(listener, host, sizeof host, &port) == 0 &&
                os_address_resolve(host, port, &address, reason, sizeof reason) &&
                os_connect(&address, 0, second) == 0,
            "no connection");
    int error;
    while ((error = os_accept(listener, true, first)) != 0)
        REQUIRE(os_error_would_block(error), "accept: %s", os_error_text(error));
    os_close(listener);
}

static void send_from_there(const char *text) {
    size_t sent;
    REQUIRE(os_send(there, text, strlen(text), &sent) == 0 && sent == strlen(text), "cannot send");
}

/* Receives all available bytes at `fd`. Returns their number. */
static size_t take_all(int fd) {
    static char data[65536];
    size_t total = 0, n;
    while (os_receive(fd, data, sizeof data, &n) == 0 && n > 0) total += n;
    return total;
}

static void add_tells(void) {
    send_from_there("hello");
    require_none("without a filter");
    add(EV_ADD);
    require_event("with bytes that arrived before the filter was added");
    void *tag = (void *)events[0].udata;
    REQUIRE(events[0].ident == (uintptr_t)here && events[0].filter == EVFILT_READ &&
                tag == &tags[0] && !(events[0].flags & (EV_EOF | EV_ERROR)),
            "the event is not that of the filter");
    REQUIRE(events[0].data == 5, "data is %lld, expected 5 bytes", (long long)events[0].data);
}

static void waits(void) {
    add(EV_ADD);
    uint64_t from_ns = os_clock_ns();
    require_none("without bytes");
    uint64_t took_ns = os_clock_ns() - from_ns;
    REQUIRE(took_ns >= NEVER_MS * 1000000u, "a wait of %d ms took %llu us", NEVER_MS,
            (unsigned long long)took_ns / 1000);
    send_from_there("x");
    require_event("after a byte arrived");
}

static void level(void) {
    add(EV_ADD);
    send_from_there("hello");
    for (int i = 0; i < 3; i++) require_event("with unread bytes");
    REQUIRE(take_all(here) == 5, "5 bytes were sent");
    require_none("after all bytes were read");
}

static void clear_once(void) {
    add(EV_ADD | EV_CLEAR);
    send_from_there("hello");
    require_event("after bytes arrived");
    require_none("after the bytes were reported once");
    send_from_there("more");
    require_event("after more bytes arrived, with the first unread");
    REQUIRE(take_all(here) == 9, "9 bytes were sent");
    require_none("after all bytes were read");
}

static void clear_end(void) {
    add(EV_ADD | EV_CLEAR);
    send_from_there("hello");
    require_event("after bytes arrived");
    os_shutdown_send(there);
    require_event("after the end arrived, with unread bytes");
    REQUIRE(events[0].flags & EV_EOF, "an end without EV_EOF");
    require_none("after it was reported once");
}

static void clear_anew(void) {
    struct kevent both[] = {change_of(here, false, EV_DELETE, &tags[0]),
                            change_of(here, false, EV_ADD | EV_CLEAR, &tags[1])};
    add(EV_ADD | EV_CLEAR);
    send_from_there("hello");
    require_event("after bytes arrived");
    REQUIRE(kevent(queue, both, 2, NULL, 0, NULL) == 0, "two changes in one call: %s",
            os_error_text(errno));
    require_event("after the filter was added again, with unread bytes");
    REQUIRE((void *)events[0].udata == &tags[1], "the event is that of the deleted filter");
}

static void deleted(void) {
    add(EV_ADD);
    send_from_there("hello");
    require_event("after bytes arrived");
    int error = change(here, false, EV_DELETE, NULL);
    REQUIRE(error == 0, "a filter cannot be deleted: %s", os_error_text(error));
    require_none("after the filter was deleted");
    add(EV_ADD);
    require_event("after the filter was added again");
}

static void delete_unknown(void) {
    int error = change(here, false, EV_DELETE, NULL);
    REQUIRE(error == ENOENT, "deleting a missing filter: %s", os_error_text(error));
    add(EV_ADD);
    error = change(here, true, EV_DELETE, NULL);
    REQUIRE(error == ENOENT, "deleting the other filter: %s", os_error_text(error));
}

static void error_event(void) {
    struct kevent unknown = change_of(here, true, EV_DELETE, &tags[3]);
    struct timespec limit = {.tv_sec = SOON_MS / 1000};
    int n = kevent(queue, &unknown, 1, events, ROOM, &limit);
    REQUIRE(n == 1 && (events[0].flags & EV_ERROR) && events[0].data == ENOENT &&
                events[0].ident == (uintptr_t)here,
            "the error was not returned as an event although there was room");
}

static void end_with_data(void) {
    add(EV_ADD);
    send_from_there("hello");
    os_shutdown_send(there);
    do /* the end may arrive later than the bytes */
        require_event("after bytes and the end arrived");
    while (!(events[0].flags & EV_EOF));
    REQUIRE(events[0].data == 5, "data is %lld with EV_EOF, expected 5 bytes",
            (long long)events[0].data);
    REQUIRE(take_all(here) == 5, "5 bytes were sent before the end");
    require_event("after the end was reported");
    REQUIRE(events[0].flags & EV_EOF, "the end came without EV_EOF");
}

static void reset_tells(void) {
    char byte;
    size_t n;
    add(EV_ADD);
    os_close_reset(there);
    require_event("after a reset by the peer");
    REQUIRE(events[0].flags & EV_EOF, "a reset came without EV_EOF");
    int error = os_receive(here, &byte, 1, &n);
    REQUIRE(error && os_error_peer_gone(error), "recv() does not report the reset: %s",
            os_error_text(error));
}

/* Tests EVFILT_WRITE, and the replacement of EVFILT_READ by it. */
static void room_to_send(void) {
    static const char data[65536];
    struct kevent both[] = {change_of(here, false, EV_DELETE, NULL),
                            change_of(here, true, EV_ADD, &tags[1])};
    size_t sent;
    add(EV_ADD);
    while (os_send(here, data, sizeof data, &sent) == 0) {
    }
    REQUIRE(kevent(queue, both, 2, NULL, 0, NULL) == 0, "exchange: %s", os_error_text(errno));
    require_none("without room to send");
    send_from_there("hello");
    require_none("with bytes but without EVFILT_READ");
    while (take_all(there) > 0) wait_ms(1, 1); /* also bytes in flight */
    require_event("after room to send became available");
    REQUIRE(events[0].filter == EVFILT_WRITE && (void *)events[0].udata == &tags[1],
            "the event is not that of the filter");
    require_event("with room to send");
}

static void full_list(void) {
    enum { PAIRS = 10, SLOTS = 4 };
    int near[PAIRS], far[PAIRS], told[PAIRS] = {0};
    size_t sent;
    for (int i = 0; i < PAIRS; i++) {
        connect_pair(&near[i], &far[i]);
        REQUIRE(change(near[i], false, EV_ADD | EV_CLEAR, &told[i]) == 0, "a filter");
        REQUIRE(os_send(far[i], "x", 1, &sent) == 0, "a byte");
    }
    for (int left = PAIRS; left > 0;) {
        int n = wait_ms(SOON_MS, SLOTS);
        REQUIRE(n > 0 && n <= SLOTS, "%d events with %d ready and %d slots", n, left, SLOTS);
        for (int i = 0; i < n; i++) ++*(int *)(void *)events[i].udata;
        left -= n;
    }
    require_none("after all were reported");
    for (int i = 0; i < PAIRS; i++)
        REQUIRE(told[i] == 1, "a descriptor was reported %d times", told[i]);
}

static void close_deletes(void) {
    add(EV_ADD);
    send_from_there("hello");
    int old = here;
    os_close(here);
    require_none("for a closed descriptor");
    os_close(there);
    connect_pair(&here, &there);
    if (here != old) {
        REQUIRE(dup2(here, old) == old, "no descriptor of the same number");
        os_close(here);
        here = old;
    }
    send_from_there("again");
    require_none("for a reused descriptor");
    int error = change(here, false, EV_DELETE, NULL);
    REQUIRE(error == ENOENT, "deleting a filter that the close has deleted: %s",
            os_error_text(error));
    REQUIRE(change(here, false, EV_ADD | EV_CLEAR, &tags[2]) == 0, "a filter");
    require_event("after a filter was added again");
    REQUIRE((void *)events[0].udata == &tags[2], "the event is that of the closed descriptor");
    require_none("after it was reported once");
}

static void listener_tells(void) {
    struct os_address address;
    char reason[128], host[64];
    uint16_t port;
    os_socket listener, first, second;
    REQUIRE(os_address_resolve("127.0.0.1", 0, &address, reason, sizeof reason) &&
                os_listen(&address, 8, false, &listener) == 0 &&
                os_socket_local(listener, host, sizeof host, &port) == 0 &&
                os_address_resolve(host, port, &address, reason, sizeof reason),
            "no listener");
    REQUIRE(change(listener, false, EV_ADD, &tags[4]) == 0, "a filter");
    require_none("without a connection");
    REQUIRE(os_connect(&address, 0, &first) == 0, "no connection");
    for (int i = 0; i < 2; i++) require_event("with a connection in the backlog");
    REQUIRE((void *)events[0].udata == &tags[4], "the event is not that of the listener");
    REQUIRE(os_accept(listener, true, &second) == 0, "accept");
    require_none("after all connections were accepted");
}

struct kqueue_case {
    const char *name;
    void (*run)(void); /* returns if the case passed */
};

static const struct kqueue_case cases[] = {
    {"add-tells", add_tells},
    {"waits", waits},
    {"level", level},
    {"clear-once", clear_once},
    {"clear-end", clear_end},
    {"clear-anew", clear_anew},
    {"delete", deleted},
    {"delete-unknown", delete_unknown},
    {"error-event", error_event},
    {"end-with-data", end_with_data},
    {"reset", reset_tells},
    {"room-to-send", room_to_send},
    {"full-list", full_list},
    {"close-deletes", close_deletes},
    {"listener", listener_tells},
};

static void run_case(const void *argument) {
    const struct kqueue_case *c = argument;
    queue = kqueue();
    REQUIRE(queue >= 0, "kqueue: %s", os_error_text(errno));
    connect_pair(&here, &there);
    c->run();
}

int main(int argc, char **argv) {
    const char *which = "kqueue";
    struct arg_texts skipped = {0};
    char label[160];
    const struct arg args[] = {
        {"label", "TEXT", "which kqueue this is (kqueue)", .text = &which},
        {"skip", "NAME[=REASON]", "leave a case out; may repeat", .texts = &skipped},
        {.name = NULL},
    };
    const struct args_spec spec = {.program = "kqueue-test",
                                   .summary = "what echo-kqueue relies on, asked of a kqueue",
                                   .example = "kqueue-test --skip reset",
                                   .args = args};
    os_init();
    enum args_outcome outcome = args_parse(&spec, argc, argv);
    if (outcome != ARGS_RUN) return outcome == ARGS_WRONG ? EXIT_USAGE : 0;
    harness_start();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *reason = harness_skip_reason(&skipped, cases[i].name);
        snprintf(label, sizeof label, "%s %s", which, cases[i].name);
        if (reason)
            printf("skip %s # %s\n", label, reason);
        else
            harness_run(label, run_case, &cases[i], CASE_S);
    }
    args_texts_free(&skipped);
    return harness_exit_code();
}
