/* os_posix.c - the part of os.h that every POSIX system shares.
 * Invariant: no call here raises SIGPIPE or returns EINTR as anything but would-block. */
#include "base/os_posix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- process ---- */

/* A stream that is closed would be given to the next socket or file, and what is meant for the
 * stream would go there. So it becomes a file that is always at its end and refuses writes. */
static void open_standard_streams(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0) return; /* the lowest free */
}

void os_init(void) {
    open_standard_streams();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at the limit of ulimit -f becomes an error */
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = os_posix_descriptors(limit.rlim_max);
        setrlimit(RLIMIT_NOFILE,
                  &limit); /* on failure the old limit stays, and callers see EMFILE */
    }
}

int os_file_lock(int file) {
    return flock(file, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}

void os_file_block(int file) {
    int flags = fcntl(file, F_GETFL);
    if (flags >= 0) fcntl(file, F_SETFL, flags & ~O_NONBLOCK);
}

char **os_arguments(int argc, char **argv) {
    (void)argc;
    return argv;
}

/* Shared by the two threads that wait; lives as long as the process. */
static struct stopper {
    void (*on_stop)(void *context); /* called once */
    void *context;
    pthread_mutex_t lock; /* guards `called` */
    bool called;
    sigset_t signals; /* the signal thread waits for these */
} stopper = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void stopper_fire(void) {
    pthread_mutex_lock(&stopper.lock);
    if (!stopper.called) stopper.on_stop(stopper.context);
    stopper.called = true;
    pthread_mutex_unlock(&stopper.lock);
}

static void *wait_for_signal(void *unused) {
    (void)unused;
    int number;
    for (;;) {
        if (sigwait(&stopper.signals, &number) == 0) stopper_fire();
    }
    return NULL;
}

static void *wait_for_eof(void *unused) {
    (void)unused;
    char ignored[256];
    ssize_t n;
    do {
        n = read(STDIN_FILENO, ignored, sizeof ignored);
    } while (n > 0 || (n < 0 && errno == EINTR));
    stopper_fire();
    return NULL;
}

static int start_detached(void *(*body)(void *)) {
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error) return error;
    pthread_t thread;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    error = pthread_create(&thread, &attributes, body, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

bool os_signal_ignored(int number) {
    struct sigaction now;
    if (number == SIGINT || number == SIGTERM) return false;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

int os_on_stop(bool stdin_eof, void (*on_stop)(void *context), void *context) {
    stopper.on_stop = on_stop;
    stopper.context = context;
    static const int numbers[] = OS_STOP_SIGNALS;
    sigemptyset(&stopper.signals);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!os_signal_ignored(numbers[i])) sigaddset(&stopper.signals, numbers[i]);
    int error = pthread_sigmask(SIG_BLOCK, &stopper.signals, NULL);
    if (!error) error = start_detached(wait_for_signal);
    if (!error && stdin_eof) error = start_detached(wait_for_eof);
    return error;
}

int os_terminal_columns(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* ---- time ---- */

static uint64_t timespec_ns(const struct timespec *t) {
    return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_nsec;
}

uint64_t os_clock_ns(void) {
    struct timespec now;
    clock_gettime(OS_CLOCK, &now);
    return timespec_ns(&now);
}

uint64_t os_clock_resolution_ns(void) {
    struct timespec step;
    return clock_getres(OS_CLOCK, &step) == 0 ? timespec_ns(&step) : OS_UNKNOWN;
}

void os_sleep_until_ns(uint64_t deadline_ns) {
    uint64_t now;
    while ((now = os_clock_ns()) < deadline_ns) {
        uint64_t left = deadline_ns - now;
        struct timespec t = {.tv_sec = (time_t)(left / 1000000000u),
                             .tv_nsec = (long)(left % 1000000000u)};
        nanosleep(&t, NULL);
    }
}

uint64_t os_cpu_time_ns(void) {
    struct timespec used;
    return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0 ? timespec_ns(&used) : OS_UNKNOWN;
}

uint64_t os_thread_cpu_ns(void) {
    struct timespec used;
    return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) == 0 ? timespec_ns(&used) : OS_UNKNOWN;
}

/* ---- addresses ---- */

_Static_assert(sizeof(struct sockaddr_in6) <= sizeof((struct os_address){0}.storage),
               "an IPv6 address fits");

static const struct sockaddr *address_of(const struct os_address *address) {
    return (const struct sockaddr *)(const void *)&address->storage;
}

bool os_addresses_resolve(const char *host, uint16_t port, struct os_addresses *found, char *reason,
                          size_t reason_size) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *all = NULL;
    char service[8];
    found->count = 0;
    snprintf(service, sizeof service, "%u", (unsigned)port);
    int error = getaddrinfo(host, service, &hints, &all);
    if (error) {
        snprintf(reason, reason_size, "%s",
                 error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
        return false;
    }
    for (const struct addrinfo *at = all; at; at = at->ai_next)
        os_addresses_add(found, at->ai_addr, at->ai_addrlen);
    freeaddrinfo(all);
    if (found->count > 0) return true;
    snprintf(reason, reason_size, "neither IPv4 nor IPv6");
    return false;
}

int os_address_host(const struct os_address *address, char *host, size_t host_size) {
    return getnameinfo(address_of(address), address->length, host, (socklen_t)host_size, NULL, 0,
                       NI_NUMERICHOST) == 0
               ? 0
               : EINVAL;
}

int os_socket_local(os_socket s, char *host, size_t host_size, uint16_t *port) {
    struct sockaddr_storage local;
    socklen_t length = sizeof local;
    if (getsockname(s, (struct sockaddr *)&local, &length) != 0) return errno;
    char service[8];
    int error = getnameinfo((struct sockaddr *)&local, length, host, (socklen_t)host_size, service,
                            sizeof service, NI_NUMERICHOST | NI_NUMERICSERV);
    if (error) return EINVAL;
    *port = (uint16_t)strtoul(service, NULL, 10);
    return 0;
}

/* ---- sockets ---- */

static int set_no_delay(os_socket s) {
    int on = 1;
    return setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 ? 0 : errno;
}

/* A non-blocking, close-on-exec TCP socket of the address's family. */
static int new_socket(const struct os_address *address, os_socket *s) {
    *s = socket(address_of(address)->sa_family, SOCK_STREAM | OS_SOCKET_FLAGS(true), 0);
    return *s >= 0 ? os_posix_ready(*s, true) : errno;
}

int os_listen(const struct os_address *address, int backlog, bool shared_port,
              os_socket *listener) {
    os_socket s;
    int error = new_socket(address, &s);
    if (error) return error;
    int on = 1;
    if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        (shared_port && setsockopt(s, SOL_SOCKET, OS_SHARE_PORT, &on, sizeof on) != 0) ||
        set_no_delay(s) != 0 || bind(s, address_of(address), address->length) != 0 ||
        listen(s, backlog) != 0) {
        error = errno;
        close(s);
        return error;
    }
    *listener = s;
    return 0;
}

int os_connect(const struct os_address *address, uint32_t source, os_socket *s) {
    os_socket made;
    int error = new_socket(address, &made);
    if (error) return error;
    error = set_no_delay(made);
    if (!error && source) error = os_bind_source(made, address, source);
    if (!error && connect(made, address_of(address), address->length) != 0 && errno != EINPROGRESS)
        error = errno;
    if (error) {
        close(made);
        return error;
    }
    *s = made;
    return 0;
}

int os_socket_pair(bool nonblocking, os_socket pair[2]) {
    if (socketpair(AF_UNIX, SOCK_STREAM | OS_SOCKET_FLAGS(nonblocking), 0, pair) != 0) return errno;
    int error = os_posix_ready(pair[0], nonblocking);
    if (error) {
        close(pair[1]);
        return error;
    }
    error = os_posix_ready(pair[1], nonblocking);
    if (error) close(pair[0]);
    return error;
}

int os_receive(os_socket s, void *data, size_t size, size_t *received) {
    ssize_t n = recv(s, data, size, 0);
    if (n < 0) return errno;
    *received = (size_t)n;
    return 0;
}

int os_send(os_socket s, const void *data, size_t size, size_t *sent) {
    ssize_t n = send(s, data, size, OS_SEND_FLAGS);
    if (n < 0) return errno;
    *sent = (size_t)n;
    return 0;
}

int os_shutdown_send(os_socket s) {
    return shutdown(s, SHUT_WR) == 0 ? 0 : errno;
}

int os_socket_error(os_socket s) {
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

int os_connect_result(os_socket s, const struct os_address *address) {
    struct sockaddr_storage own, peer;
    socklen_t own_size = sizeof own, peer_size = sizeof peer;
    int error = os_socket_error(s);
    if (error) return error;
    memset(&own, 0, sizeof own);
    memset(&peer, 0, sizeof peer);
    if (getsockname(s, (struct sockaddr *)&own, &own_size) != 0) return errno;
    /* the port stands at the same place in both kinds of addresses, and seldom is the same */
    const struct sockaddr_in *mine = (const struct sockaddr_in *)(const void *)&own;
    const struct sockaddr_in *wanted = (const struct sockaddr_in *)(const void *)&address->storage;
    if (mine->sin_port != wanted->sin_port) return 0;
    if (getpeername(s, (struct sockaddr *)&peer, &peer_size) != 0) return errno;
    if (own_size != peer_size || memcmp(&own, &peer, (size_t)own_size) != 0) return 0;
    const struct linger none = {.l_onoff = 1, .l_linger = 0}; /* or TIME_WAIT would keep the port */
    setsockopt(s, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    return ECONNREFUSED;
}

void os_close_reset(os_socket s) {
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(s, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(s);
}

void os_close(os_socket s) {
    close(s);
}

int os_error_native(int number) {
    return number;
}

bool os_error_would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

bool os_error_peer_gone(int error) {
    /* EPROTOTYPE: on macOS a send to a socket that is just being taken down */
    return error == ECONNRESET || error == EPIPE || error == ECONNABORTED || error == ETIMEDOUT ||
           error == ENOTCONN || error == EPROTOTYPE;
}

bool os_error_exhausted(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}
