/* os.h - what all programs need from the operating system; no policy.
 * One implementation per system: os_posix.c and os_limits_posix.c with os_linux.c, os_macos.c or
 * os_bsd.c; os_windows.c with os_sockets_windows.c. What concerns all that a process starts is
 * linked to iobench and the load generator only: os_linux_family.c and os_linux_groups.c;
 * os_no_family.c with os_groups_windows.c or os_no_groups.c; os_posix_guard.c. Errors are the
 * system's native codes; 0 is success. On Windows: Winsock's codes, which are 10000 and above, and
 * below them errno's. */
#ifndef BASE_OS_H
#define BASE_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#include <winsock2.h>
typedef SOCKET os_socket;
#define OS_SOCKET_NONE INVALID_SOCKET
#define OS_PATH_SEPARATORS "/\\" /* any of them separates directories */
#define OS_PATHS_SEPARATOR ";"   /* between the directories of PATH */
#define OS_PROGRAM_SUFFIX ".exe" /* of a program's file */
#define OS_SIGNAL_CHILD 0        /* signal that reports the end of a child; 0: there is none */
#define OS_STOP_SIGNALS                                                                            \
    { SIGINT, SIGBREAK, SIGHUP } /* Ctrl-C, Ctrl-Break, the console's end */
#else
#include <signal.h>
typedef int os_socket;
#define OS_SOCKET_NONE (-1)
#define OS_PATH_SEPARATORS "/"
#define OS_PATHS_SEPARATOR ":"
#define OS_PROGRAM_SUFFIX ""
#define OS_SIGNAL_CHILD SIGCHLD
/* Signals that ask a program to end: those that people and tools send, and that would kill it. */
#define OS_STOP_SIGNALS                                                                            \
    { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM }
#endif

/* A figure that the system does not provide. Becomes null in JSON. */
#define OS_UNKNOWN UINT64_MAX

/* ---- process ---- */

/* Readies the process for sockets and files: a peer that is gone and a file that may not grow
 * become errors, not signals; the descriptor limit is raised to its hard ceiling. Call once, first
 * in main. */
void os_init(void);

/* Calls `on_stop(context)` once, from a thread of its own, at the first of OS_STOP_SIGNALS and,
 * with `stdin_eof`, at the end of standard input. Signals that os_signal_ignored is true for stay
 * ignored. Call before any other thread starts, so that all inherit the blocked signals.
 * Returns 0 or an error. */
int os_on_stop(bool stdin_eof, void (*on_stop)(void *context), void *context);

/* Whether this process was started with the signal ignored, as nohup does. False for the signals
 * by which scripts end what they have started: a shell without job control ignores SIGINT in it. */
bool os_signal_ignored(int number);

/* Text for a native error code, e.g. "Connection refused"; valid until this thread's next call. It
 * names the limits of this process that the error may be about: "Too many open files (raise ulimit
 * -n, which is 6)". os_limits_hint: only the part in parentheses, with a blank before it; may be
 * empty. */
const char *os_error_text(int error);
const char *os_limits_hint(int error);

/* Whether this system counts memory that it locks for a program against RLIMIT_MEMLOCK. */
bool os_counts_locked_memory(void);

/* Whether this process has the stack that every program here needs. If not, prints one line with
 * the limit. */
bool os_limits_suffice(const char *program);

/* Translates a code of C's errno, such as ECONNRESET, to the native code. */
int os_error_native(int number);

/* Path of the running executable, NUL-terminated; in UTF-8 on Windows. Returns 0 or an error. */
int os_executable_path(char *path, size_t size);

/* Width of a terminal in columns; 0 if the descriptor is none, or the width is unknown. */
int os_terminal_columns(int descriptor);

/* The arguments of main: in UTF-8 on Windows, else `argv` itself. Valid until the process ends. */
char **os_arguments(int argc, char **argv);

/* ---- files ---- */

/* Locks an open file until it is closed or its process ends, however it ends. Returns 0; an error
 * that os_error_would_block if another has locked it; another error where files have no locks. */
int os_file_lock(int file);

/* Makes writes to a file that was opened as non-blocking wait (POSIX only). */
void os_file_block(int file);

/* ---- time ---- */

/* Monotonic clock in ns since an arbitrary point. */
uint64_t os_clock_ns(void);

/* Resolution of that clock in ns, as the system states it. */
uint64_t os_clock_resolution_ns(void);

/* Asks for the finest timers that this thread may have (Linux: timer slack 1 ns; the BSDs have no
 * such call). */
void os_timer_fine(void);

/* By how many ns a timed wait may end late because of the timer alone. */
uint64_t os_wait_late_ns(void);

/* Sleeps until os_clock_ns() reaches `deadline_ns`, even if signals arrive. */
void os_sleep_until_ns(uint64_t deadline_ns);

/* CPU time that the calling process has used, in ns. */
uint64_t os_cpu_time_ns(void);

/* CPU time that the calling thread has used, in ns; OS_UNKNOWN where the system has no exact figure
 * (Windows). */
uint64_t os_thread_cpu_ns(void);

/* Steps in which os_cpu_time_ns and os_process_cpu_ns count, in ns; 1: they are exact. */
uint64_t os_cpu_resolution_ns(void);

/* ---- another process ---- */

/* What a process has used since it started; OS_UNKNOWN where the system does not report it. */
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

/* Whether the process group that `leader` leads has other living members, e.g. its children. False
 * where the system cannot tell. Reads a file per process of the machine on Linux. */
bool os_process_group_shared(int64_t leader);

/* ---- all that a process starts ---- */

/* Makes this process the parent of every orphan among its descendants, also of those in a session
 * of their own. Does nothing where the system cannot (all but Linux). */
void os_adopt_orphans(void);

/* Forgets the adopted children that have ended: those for which `known(context, pid)` is false.
 * Returns how many there were; 0 where the system adopts none. */
size_t os_reap_orphans(bool (*known)(void *context, int64_t pid), void *context);

#define OS_APART_MAX 4096

/* Processes that are left out. */
struct os_apart {
    int64_t ids[OS_APART_MAX];
    size_t count;
};

/* Descendants of this process, without `except` and their descendants: fills at most `capacity`
 * ids, parents before their children, and returns how many there are. With `ended` also those that
 * have ended and wait for their parent to notice. Where the system adopts no orphans: 0. Reads a
 * file per process of the machine. */
size_t os_descendants(const struct os_apart *except, bool ended, int64_t *found, size_t capacity);

/* Whether `pid` has living children now; where the system does not list them: whether its process
 * group has other living members. Cheap enough for a glance while a load runs. */
bool os_has_children(int64_t pid);

/* Reads into `traces` a figure that changes when `pid` waits for a child that has ended. Returns
 * false if its children may end without such a trace. */
bool os_child_traces(int64_t pid, uint64_t *traces);

/* ---- memory ---- */

/* Bytes that the machine can give without swapping; macOS and the BSDs: all that it has. OS_UNKNOWN
 * if it does not tell. */
uint64_t os_memory_available(void);

/* Bytes that limits allow this process in all, with what it uses now; OS_UNKNOWN: there is no
 * limit. *name becomes how a shell sets the lowest one, e.g. "ulimit -v". */
uint64_t os_memory_limit(const char **name);

/* Bytes that this process may lock; OS_UNKNOWN: there is no limit. */
uint64_t os_memory_lock_limit(void);

/* Gives all that this process starts from now on a mark, which it cannot lose by becoming a daemon,
 * only by clearing its environment. Does nothing where the system has no marks (all but Linux). */
void os_mark_children(void);

/* Kills all processes with that mark; returns how many. A copy of this process may call it, too. */
size_t os_marked_kill(void);

/* ---- the end of this process ---- */

/* From now on, when this process ends, all that it has started is killed, even if this process was
 * killed or has crashed: on POSIX systems by a guard, which is a child process. It kills the
 * process groups that it was told of, the members of os_group_start's group, and all that have the
 * mark. On Windows a job object does that. Without a guard, for lack of a process or a descriptor,
 * nothing changes. Call before this process opens much; further calls do nothing. */
void os_guard_start(void);

/* Tells the guard of a process group that lives, and of one that has ended. */
void os_guard_add(int64_t group);
void os_guard_remove(int64_t group);

/* ---- control groups: those of Linux ---- */

/* The least of what `read` returns for this process's group in the hierarchy of `controller`, and
 * for the parents of that group; NAN if there is no such group, and where `read` returns NAN. */
double os_groups_least(const char *controller, double (*read)(const char *directory));

/* CPUs that the quotas of these groups allow to all processes in them; NAN: no quota is known. For
 * one group: os_group_quota. */
double os_quota_cpus(void);
double os_group_quota(const char *directory);

/* Bytes that one group leaves to its processes; NAN where it has no limit. Inactive pages of files
 * count as free, because the kernel can reclaim them. */
double os_group_memory(const char *directory);

/* For how long such quotas have stopped the processes, summed over the CPUs, since the groups
 * exist; OS_UNKNOWN where there are no quotas. For one group: os_group_throttled; NAN where it has
 * none. */
uint64_t os_throttled_ns(void);
double os_group_throttled(const char *directory);

#define OS_GROUP_SIZE 512 /* of a group's name, with its end */

/* ---- a group of processes for one server: a control group, on Windows a job object ---- */

/* Makes a group; what this process starts until os_group_start_end belongs to it, and all that
 * those processes start. `name` becomes its directory or its name. Returns false, and has changed
 * nothing, where this process may not or the system has no groups. One at a time. */
bool os_group_start(char name[OS_GROUP_SIZE]);

/* Ends that; `pid` is the process that has been started, or 0. Returns false if it does not belong
 * to the group. */
bool os_group_start_end(const char *name, int64_t pid);

/* Kills the members of the group that process `maker`, which has ended, has made, and removes it
 * once it is empty. Returns how many there were. Not on Windows, where they end with their maker.
 */
size_t os_group_kill(int64_t maker);

/* Removes the group. On Windows it kills all its processes; elsewhere they must have ended. */
void os_group_remove(const char *name);

/* What all processes of a group have used since it was made, also those that have ended. */
struct os_group_usage {
    uint64_t cpu_ns;  /* steps of 1 us; Windows: as coarse as that of a process */
    uint64_t user_ns; /* of it, in user mode */
    uint64_t sys_ns;  /* of it, in the kernel */
};

/* Returns 0 or an error. */
int os_group_usage(const char *name, struct os_group_usage *usage);

/* Living processes of a control group: fills at most `capacity` ids and returns how many it filled.
 */
size_t os_group_members(const char *name, int64_t *pids, size_t capacity);

/* ---- processors ---- */

/* CPUs that any thread of process `pid` (0: this process) may run on: fills at most `capacity` ids
 * in ascending order and returns how many there are; 0 where the system does not tell. */
size_t os_process_cpus(int64_t pid, int *cpus, size_t capacity);

/* CPUs that this thread may run on: fills at most `capacity` ids in ascending order and returns how
 * many there are; 0 where this process cannot choose its CPUs (macOS, OpenBSD; NetBSD without the
 * privilege). */
size_t os_cpus_allowed(int *cpus, size_t capacity);

/* Restricts the calling thread (on Windows: the process), and what it starts from now on, to
 * `count` CPUs. Returns 0 or an error (ENOTSUP where the system has no such call). */
int os_cpus_restrict(const int *cpus, size_t count);

/* ---- sockets ---- */

/* A numeric address and port, IPv4 or IPv6. */
struct os_address {
    union {
        unsigned char bytes[32]; /* a struct sockaddr_in or sockaddr_in6 */
        uint64_t align;
    } storage;
    uint32_t length; /* bytes of it in use */
};

#define OS_ADDRESSES_MAX 8 /* of one name; further ones are left out */

/* Addresses of one name, each once, in the order in which the system would try them. */
struct os_addresses {
    struct os_address list[OS_ADDRESSES_MAX];
    size_t count;
};

/* Resolves `host` (name or numeric, IPv6 without brackets) and port. Returns false with
 * the reason in `reason`, else there is at least one address. */
bool os_addresses_resolve(const char *host, uint16_t port, struct os_addresses *found, char *reason,
                          size_t reason_size);

/* Adds a struct sockaddr of `length` bytes, unless it is there already, it is neither IPv4 nor
 * IPv6, or there is no room. */
void os_addresses_add(struct os_addresses *addresses, const void *sockaddr, size_t length);

/* The first of these addresses. */
bool os_address_resolve(const char *host, uint16_t port, struct os_address *address, char *reason,
                        size_t reason_size);

/* The numeric host of an address, without brackets. Returns 0 or an error. */
int os_address_host(const struct os_address *address, char *host, size_t host_size);

/* Splits "HOST:PORT" or "[IPV6]:PORT"; `host` gets at most `host_size` bytes. Returns false if the
 * text is neither, or the port is not 1..65535. */
bool os_address_split(const char *text, char *host, size_t host_size, uint16_t *port);

/* The numeric host and the port that a socket is bound to. Returns 0 or an error. */
int os_socket_local(os_socket s, char *host, size_t host_size, uint16_t *port);

/* Whether several listeners may share a port so that the kernel spreads connections over them. */
bool os_listeners_share_ports(void);

/* A listening, non-blocking, close-on-exec socket with TCP_NODELAY (accepted sockets inherit it on
 * Linux). On Windows every socket of this header supports overlapped calls. With `shared_port`
 * other sockets may listen on its port, too, if os_listeners_share_ports. Returns 0 or an error. */
int os_listen(const struct os_address *address, int backlog, bool shared_port, os_socket *listener);

/* Accepts one connection, close-on-exec, TCP_NODELAY, non-blocking on request. Returns 0 or an
 * error; see the classifiers below. */
int os_accept(os_socket listener, bool nonblocking, os_socket *accepted);

/* Starts a non-blocking connect with TCP_NODELAY; the socket becomes writable when it has succeeded
 * or failed (os_connect_result tells which). With `source` > 0 it connects from another local
 * address, where os_bind_source can do that. Returns 0, or an error and no socket. */
int os_connect(const struct os_address *address, uint32_t source, os_socket *s);

/* What became of a connect to `address` that has ended: 0 or its error. A connection to itself is a
 * refusal: without a listener the system may choose the destination port as local port, and TCP
 * then connects the socket to itself. */
int os_connect_result(os_socket s, const struct os_address *address);

/* Binds a socket that will connect to `address` to local address number `source` (1..65535), if
 * that is an IPv4 loopback address and the system has several of them; else does nothing.
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

/* Whether one more socket can be opened now: 0 or the error. */
int os_descriptor_spare(void);

/* Closes at once with a reset, leaving no TIME_WAIT behind. */
void os_close_reset(os_socket s);

void os_close(os_socket s);

/* Nothing to do now; wait and try again (EAGAIN, EINTR and the like). */
bool os_error_would_block(int error);

/* The peer has reset the connection or left (ECONNRESET, EPIPE and the like). From an accept: the
 * connection that waited is gone. */
bool os_error_peer_gone(int error);

/* This process or machine is out of descriptors or memory (EMFILE, ENFILE, ENOBUFS, ENOMEM). */
bool os_error_exhausted(int error);

#endif
