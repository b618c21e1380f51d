/* os.h - what all programs ask of the operating system, and no policy.
 * One implementation per system: os_posix.c with os_linux.c, os_macos.c or os_bsd.c; os_windows.c
 * with os_sockets_windows.c. Errors are the system's native codes; 0 is success. On Windows:
 * Winsock's codes, which are 10000 and above, and below them errno's. */
#ifndef BASE_OS_H
#define BASE_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#include <winsock2.h>
typedef SOCKET os_socket;
#define OS_SOCKET_NONE INVALID_SOCKET
#define OS_PATH_SEPARATORS "/\\" /* any of them ends a directory's name */
#define OS_PATHS_SEPARATOR ";"   /* between the directories of PATH */
#define OS_PROGRAM_SUFFIX ".exe" /* of a program's file */
#else
typedef int os_socket;
#define OS_SOCKET_NONE (-1)
#define OS_PATH_SEPARATORS "/"
#define OS_PATHS_SEPARATOR ":"
#define OS_PROGRAM_SUFFIX ""
#endif

/* A figure that the system does not give. Becomes null in JSON. */
#define OS_UNKNOWN UINT64_MAX

/* ---- process ---- */

/* Readies the process for sockets: a peer that is gone becomes an error, not a signal; the
 * descriptor limit is raised to its hard ceiling. Call once, first in main. */
void os_init(void);

/* Calls `on_stop(context)` once, from a thread of its own, at SIGINT or SIGTERM (on Windows:
 * Ctrl-C, Ctrl-Break or the console's end) and, with `stdin_eof`, at the end of standard input.
 * Call before any other thread starts, so that all inherit the blocked signals. Returns 0 or an
 * error. */
int os_on_stop(bool stdin_eof, void (*on_stop)(void *context), void *context);

/* Whether this process was started with the signal ignored, as nohup does. */
bool os_signal_ignored(int number);

/* Text for a native error code, e.g. "Connection refused"; valid until this thread's next call. */
const char *os_error_text(int error);

/* The native code of what C's errno calls ECONNRESET and so on, for libraries that speak errno. */
int os_error_native(int number);

/* Path of the running executable, NUL-terminated. Returns 0 or an error. */
int os_executable_path(char *path, size_t size);

/* ---- time ---- */

/* Monotonic clock in ns since an arbitrary point. */
uint64_t os_clock_ns(void);

/* Resolution of that clock in ns, as the system states it. */
uint64_t os_clock_resolution_ns(void);

/* Asks for the finest timer expiry the system grants this thread (Linux: timer slack 1 ns; the
 * BSDs have nothing to ask). */
void os_timer_fine(void);

/* How late a timed wait may end, in ns, where nothing but the timer is at fault. */
uint64_t os_wait_late_ns(void);

/* Sleeps until os_clock_ns() reaches `deadline_ns`, signals notwithstanding. */
void os_sleep_until_ns(uint64_t deadline_ns);

/* CPU time that the calling process has used, in ns. */
uint64_t os_cpu_time_ns(void);

/* Steps in which os_cpu_time_ns and os_process_cpu_ns count, in ns; 1: they are exact. */
uint64_t os_cpu_resolution_ns(void);

/* ---- another process ---- */

/* What a process has used since it started; OS_UNKNOWN where the system does not tell. */
struct os_usage {
    uint64_t cpu_user_ns;     /* in user mode, all threads; coarse (Linux: 10 ms steps) */
    uint64_t cpu_sys_ns;      /* in the kernel, all threads; coarse */
    uint64_t ctx_voluntary;   /* context switches because it waited, all living threads */
    uint64_t ctx_involuntary; /* context switches because it was preempted */
    uint64_t rss_bytes;       /* resident memory now */
    uint64_t threads;         /* threads now */
};

/* CPU time of process `pid`, all its threads, in ns, cheap enough for a window's edge. Exact on
 * Linux (the clock of clock_getcpuclockid); elsewhere in steps of os_cpu_resolution_ns.
 * Returns 0 or an error, e.g. no such process. */
int os_process_cpu_ns(int64_t pid, uint64_t *cpu_ns);

/* The rest of what `pid` used. Costs a file read per thread on Linux. Returns 0 or an error. */
int os_process_usage(int64_t pid, struct os_usage *usage);

/* Whether the process group that `leader` leads has other living members, e.g. its children. false
 * where the system does not tell. Reads a file per process of the machine on Linux. */
bool os_process_group_shared(int64_t leader);

/* ---- processors ---- */

/* CPUs that this thread may run on: fills at most `capacity` ids in ascending order and returns how
 * many there are; 0 where the system does not tell, or lets this process choose none (macOS,
 * OpenBSD; NetBSD without the right to). */
size_t os_cpus_allowed(int *cpus, size_t capacity);

/* Restricts the calling thread (on Windows: the process), and what it starts from now on, to
 * `count` CPUs. Returns 0 or an error (ENOTSUP where the system has no such call). */
int os_cpus_restrict(const int *cpus, size_t count);

/* ---- sockets ---- */

/* A numeric address and port, IPv4 or IPv6. */
struct os_address {
    union {
        unsigned char bytes[32]; /* a struct sockaddr_in or sockaddr_in6 */
        uint64_t align;          /* its alignment */
    } storage;
    uint32_t length; /* bytes of it in use */
};

/* Resolves `host` (name or numeric, IPv6 without brackets) and port. Returns false with
 * the reason in `reason`. */
bool os_address_resolve(const char *host, uint16_t port, struct os_address *address, char *reason,
                        size_t reason_size);

/* Splits "HOST:PORT" or "[IPV6]:PORT"; `host` gets at most `host_size` bytes. Returns false if the
 * text is neither, or the port is not 1..65535. */
bool os_address_split(const char *text, char *host, size_t host_size, uint16_t *port);

/* The numeric host and the port that a socket is bound to. Returns 0 or an error. */
int os_socket_local(os_socket s, char *host, size_t host_size, uint16_t *port);

/* Whether several listeners may share a port so that the kernel spreads connections over them. */
bool os_listeners_share_ports(void);

/* A listening, non-blocking, close-on-exec socket with TCP_NODELAY (accepted sockets inherit it on
 * Linux); on Windows, as every socket here, good for overlapped calls. With `shared_port` others
 * may listen on its port, too, if os_listeners_share_ports. Returns 0 or an error. */
int os_listen(const struct os_address *address, int backlog, bool shared_port, os_socket *listener);

/* Accepts one connection, close-on-exec, TCP_NODELAY, non-blocking on request. Returns 0 or an
 * error; see the classifiers below. */
int os_accept(os_socket listener, bool nonblocking, os_socket *accepted);

/* Starts a non-blocking connect with TCP_NODELAY; the socket becomes writable when it is decided
 * (os_socket_error tells how). With `source` > 0 it comes from another address of this host than
 * with 0, if os_bind_source can. Returns 0 or an error; then there is no socket. */
int os_connect(const struct os_address *address, uint32_t source, os_socket *s);

/* Lets a socket that will connect to `address` come from local address number `source` (1..65535)
 * if that is an IPv4 loopback address and the system has more of them than one; else does nothing.
 * Returns 0 or an error. */
int os_bind_source(os_socket s, const struct os_address *address, uint32_t source);

/* Two connected stream sockets, non-blocking on request. Returns 0 or an error. */
int os_socket_pair(bool nonblocking, os_socket pair[2]);

/* Receives at most `size` bytes; *received is 0 at the end of the stream. Returns 0 or an error. */
int os_receive(os_socket s, void *data, size_t size, size_t *received);

/* Sends at most `size` bytes; *sent may be fewer. Returns 0 or an error; never raises SIGPIPE. */
int os_send(os_socket s, const void *data, size_t size, size_t *sent);

/* Ends the sending direction; the peer then reads the end of the stream. Returns 0 or an error. */
int os_shutdown_send(os_socket s);

/* The pending error of a socket, e.g. of a connect; 0 if none. */
int os_socket_error(os_socket s);

/* Descriptors this process may have open. */
uint64_t os_descriptors_limit(void);

/* Closes at once with a reset, leaving no TIME_WAIT behind. */
void os_close_reset(os_socket s);

void os_close(os_socket s);

/* Nothing to do now; wait and try again (EAGAIN, EINTR and their kin). */
bool os_error_would_block(int error);

/* The peer has reset or left (ECONNRESET, EPIPE and their kin); of an accept: the one that waited.
 */
bool os_error_peer_gone(int error);

/* This process or machine is out of descriptors or memory (EMFILE, ENFILE, ENOBUFS, ENOMEM). */
bool os_error_exhausted(int error);

#endif
