/* os_windows.c - os.h on Windows, 10 and later.
 * Invariant: an error is a Winsock code, which is 10000 or more, or a code of the C library's
 * errno, which is less; no other Win32 code leaves this file. */
#include "base/os.h"

#include "base/os_windows.h"

#include <windows.h>
#include <ws2tcpip.h>

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

#define NS_A_S UINT64_C(1000000000)
#define NS_A_MS UINT64_C(1000000)
#define NS_A_FILETIME UINT64_C(100) /* FILETIME counts 100 ns */

/* ---- errors ---- */

int os_windows_error(unsigned long code) {
    switch (code) {
    case ERROR_NETNAME_DELETED: /* a reset, as completions report it */
        return WSAECONNRESET;
    case ERROR_CONNECTION_ABORTED:
    case ERROR_OPERATION_ABORTED: /* cancelled, because its socket was closed */
        return WSAECONNABORTED;
    case ERROR_SEM_TIMEOUT: /* TCP gave up */
        return WSAETIMEDOUT;
    case ERROR_CONNECTION_REFUSED:
        return WSAECONNREFUSED;
    case ERROR_TOO_MANY_OPEN_FILES:
        return WSAEMFILE;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_NO_SYSTEM_RESOURCES:
    case ERROR_COMMITMENT_LIMIT:
        return ENOMEM;
    case ERROR_ACCESS_DENIED:
        return EACCES;
    case ERROR_INVALID_PARAMETER:
    case ERROR_INVALID_HANDLE:
        return EINVAL;
    default:
        return code == 0 || code >= WSABASEERR ? (int)code : EIO;
    }
}

int os_error_native(int number) {
    static const struct {
        int number; /* errno's */
        int code;   /* Winsock's */
    } codes[] = {{ECONNRESET, WSAECONNRESET},     {EPIPE, WSAESHUTDOWN},
                 {ECONNABORTED, WSAECONNABORTED}, {ECANCELED, WSAECONNABORTED},
                 {ETIMEDOUT, WSAETIMEDOUT},       {ECONNREFUSED, WSAECONNREFUSED},
                 {ENOTCONN, WSAENOTCONN},         {EMFILE, WSAEMFILE},
                 {ENOBUFS, WSAENOBUFS},           {EAGAIN, WSAEWOULDBLOCK},
                 {EADDRINUSE, WSAEADDRINUSE},     {EADDRNOTAVAIL, WSAEADDRNOTAVAIL},
                 {EAFNOSUPPORT, WSAEAFNOSUPPORT}, {ENETUNREACH, WSAENETUNREACH},
                 {EHOSTUNREACH, WSAEHOSTUNREACH}, {ENOTSOCK, WSAENOTSOCK}};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].number == number) return codes[i].code;
    return number;
}

static int last_error(void) {
    return os_windows_error(GetLastError());
}

const char *os_error_text(int error) {
    static _Thread_local char text[256];
    if (error == ETIMEDOUT) error = WSAETIMEDOUT; /* msvcrt has no text for it */
    if (error < WSABASEERR) {
        snprintf(text, sizeof text, "%s", strerror(error));
        return text;
    }
    DWORD n = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                             (DWORD)error, 0, text, sizeof text, NULL);
    while (n > 0 && strchr("\r\n .", text[n - 1])) n--;
    text[n] = '\0';
    if (n == 0) snprintf(text, sizeof text, "Windows error %d", error);
    return text;
}

bool os_error_would_block(int error) {
    return error == WSAEWOULDBLOCK || error == WSAEINTR;
}

bool os_error_peer_gone(int error) {
    return error == WSAECONNRESET || error == WSAECONNABORTED || error == WSAENETRESET ||
           error == WSAETIMEDOUT || error == WSAENOTCONN || error == WSAESHUTDOWN;
}

bool os_error_exhausted(int error) {
    return error == WSAEMFILE || error == WSAENOBUFS || error == ENOMEM;
}

/* ---- process ---- */

/* Lets a console understand UTF-8 and the escape sequences of terminals; another file has neither.
 */
static void show_as_elsewhere(DWORD stream) {
    DWORD mode;
    HANDLE console = GetStdHandle(stream);
    if (!GetConsoleMode(console, &mode)) return;
    SetConsoleMode(console, mode | ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
    SetConsoleOutputCP(CP_UTF8);
}

void os_init(void) {
    WSADATA data;
    WSAStartup(MAKEWORD(2, 2), &data); /* failing shows in the first socket */
    /* JSON lines are the same bytes on every system */
    _setmode(_fileno(stdout), _O_BINARY);
    _setmode(_fileno(stderr), _O_BINARY);
    show_as_elsewhere(STD_OUTPUT_HANDLE);
    show_as_elsewhere(STD_ERROR_HANDLE);
}

/* What the console's handler and the thread at standard input share; lives as long as the process.
 */
static struct stopper {
    void (*on_stop)(void *context); /* what to call, once */
    void *context;                  /* its argument */
    LONG called;                    /* on_stop has been called */
} stopper;

static void stopper_fire(void) {
    if (InterlockedExchange(&stopper.called, 1) == 0) stopper.on_stop(stopper.context);
}

/* Runs in a thread of its own. After CTRL_CLOSE and its kin the system ends the process as soon as
 * this returns, or after some seconds: main's return comes first. */
static BOOL WINAPI on_control(DWORD event) {
    stopper_fire();
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) Sleep(INFINITE);
    return TRUE;
}

static unsigned __stdcall wait_for_eof(void *unused) {
    (void)unused;
    char ignored[256];
    DWORD n = 0;
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    while (ReadFile(input, ignored, sizeof ignored, &n, NULL) && n > 0) continue;
    stopper_fire();
    return 0;
}

int os_on_stop(bool stdin_eof, void (*on_stop)(void *context), void *context) {
    stopper.on_stop = on_stop;
    stopper.context = context;
    if (!SetConsoleCtrlHandler(on_control, TRUE)) return last_error();
    if (!stdin_eof) return 0;
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, wait_for_eof, NULL, 0, NULL);
    if (!thread) return errno;
    CloseHandle(thread); /* it is never joined: its read may last for ever */
    return 0;
}

bool os_signal_ignored(int number) {
    (void)number;
    return false; /* Windows has no such inheritance but for Ctrl-C of a process group */
}

int os_executable_path(char *path, size_t size) {
    DWORD n = GetModuleFileNameA(NULL, path, (DWORD)size);
    if (n == 0) return last_error();
    return n < size ? 0 : ERANGE;
}

/* ---- time ---- */

static uint64_t ticks_ns(uint64_t ticks, uint64_t frequency) {
    return ticks / frequency * NS_A_S + ticks % frequency * NS_A_S / frequency;
}

/* Ticks per second of QueryPerformanceCounter, fixed at boot. */
static uint64_t frequency(void) {
    static _Atomic uint64_t known;
    uint64_t f = known;
    if (!f) {
        LARGE_INTEGER now;
        QueryPerformanceFrequency(&now); /* cannot fail on XP and later */
        known = f = (uint64_t)now.QuadPart;
    }
    return f;
}

uint64_t os_clock_ns(void) {
    LARGE_INTEGER now;
    QueryPerformanceCounter(&now);
    return ticks_ns((uint64_t)now.QuadPart, frequency());
}

uint64_t os_clock_resolution_ns(void) {
    uint64_t ns = NS_A_S / frequency();
    return ns ? ns : 1;
}

void os_timer_fine(void) {
    timeBeginPeriod(1); /* else waits end in steps of 15.6 ms; ends with the process */
}

uint64_t os_wait_late_ns(void) {
    return 2 * NS_A_MS; /* with fine timers: waits are whole ms, and end with a tick of 1 ms */
}

void os_sleep_until_ns(uint64_t deadline_ns) {
    uint64_t now;
    while ((now = os_clock_ns()) < deadline_ns)
        Sleep((DWORD)((deadline_ns - now + NS_A_MS - 1) / NS_A_MS));
}

static uint64_t filetime_ns(FILETIME t) {
    return ((uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime) * NS_A_FILETIME;
}

/* CPU times of a process in ns. Returns 0 or an error. */
static int process_times(HANDLE process, uint64_t *user_ns, uint64_t *sys_ns) {
    FILETIME created, ended, sys, user;
    if (!GetProcessTimes(process, &created, &ended, &sys, &user)) return last_error();
    *user_ns = filetime_ns(user);
    *sys_ns = filetime_ns(sys);
    return 0;
}

uint64_t os_cpu_time_ns(void) {
    uint64_t user_ns, sys_ns;
    return process_times(GetCurrentProcess(), &user_ns, &sys_ns) == 0 ? user_ns + sys_ns
                                                                      : OS_UNKNOWN;
}

/* The clock interrupt's period: CPU time is charged to whoever runs when it comes. */
uint64_t os_cpu_resolution_ns(void) {
    DWORD adjustment, period;
    BOOL disabled;
    if (!GetSystemTimeAdjustment(&adjustment, &period, &disabled) || period == 0)
        return 15625000; /* 64 a second, as on nearly all machines */
    return period * NS_A_FILETIME;
}

/* ---- another process ---- */

/* A process that runs still; the caller closes the handle. */
static int open_process(int64_t pid, HANDLE *process) {
    DWORD code;
    if (pid <= 0 || pid > (int64_t)UINT32_MAX) return ESRCH;
    *process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, (DWORD)pid);
    if (!*process) return GetLastError() == ERROR_ACCESS_DENIED ? EACCES : ESRCH;
    if (GetExitCodeProcess(*process, &code) && code == STILL_ACTIVE) return 0;
    CloseHandle(*process);
    return ESRCH;
}

int os_process_cpu_ns(int64_t pid, uint64_t *cpu_ns) {
    HANDLE process;
    uint64_t user_ns, sys_ns;
    int error = open_process(pid, &process);
    if (error) return error;
    error = process_times(process, &user_ns, &sys_ns);
    CloseHandle(process);
    if (!error) *cpu_ns = user_ns + sys_ns;
    return error;
}

/* Threads of a process, from a snapshot of all processes. */
static uint64_t count_threads(DWORD pid) {
    PROCESSENTRY32 entry = {.dwSize = sizeof entry};
    uint64_t threads = OS_UNKNOWN;
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    if (all == INVALID_HANDLE_VALUE) return OS_UNKNOWN;
    for (BOOL more = Process32First(all, &entry); more; more = Process32Next(all, &entry))
        if (entry.th32ProcessID == pid) threads = entry.cntThreads;
    CloseHandle(all);
    return threads;
}

int os_process_usage(int64_t pid, struct os_usage *usage) {
    HANDLE process;
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof memory};
    *usage =
        (struct os_usage){OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN, OS_UNKNOWN};
    int error = open_process(pid, &process);
    if (error) return error;
    error = process_times(process, &usage->cpu_user_ns, &usage->cpu_sys_ns);
    if (GetProcessMemoryInfo(process, &memory, sizeof memory))
        usage->rss_bytes = memory.WorkingSetSize;
    usage->threads = count_threads((DWORD)pid);
    CloseHandle(process);
    return error;
}

bool os_process_group_shared(int64_t leader) {
    (void)leader;
    return false; /* no such groups here */
}

/* ---- processors ---- */

size_t os_cpus_allowed(int *cpus, size_t capacity) {
    DWORD_PTR mine, all;
    size_t n = 0;
    if (!GetProcessAffinityMask(GetCurrentProcess(), &mine, &all)) return 0;
    for (int cpu = 0; cpu < (int)sizeof mine * 8; cpu++) {
        if (!(mine >> cpu & 1)) continue;
        if (n < capacity) cpus[n] = cpu;
        n++;
    }
    return n;
}

/* The whole process: children inherit its mask, not that of a thread. */
int os_cpus_restrict(const int *cpus, size_t count) {
    DWORD_PTR mask = 0;
    for (size_t i = 0; i < count; i++) {
        if (cpus[i] < 0 || cpus[i] >= (int)sizeof mask * 8) return EINVAL;
        mask |= (DWORD_PTR)1 << cpus[i];
    }
    return SetProcessAffinityMask(GetCurrentProcess(), mask) ? 0 : last_error();
}

/* ---- addresses ---- */

_Static_assert(sizeof(struct sockaddr_in6) <= sizeof((struct os_address){0}.storage),
               "an IPv6 address fits");

static const struct sockaddr *address_of(const struct os_address *address) {
    return (const struct sockaddr *)(const void *)&address->storage;
}

int os_address_resolve(const char *host, uint16_t port, struct os_address *address, char *reason,
                       size_t reason_size) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    int error = getaddrinfo(host, service, &hints, &found);
    if (error) {
        snprintf(reason, reason_size, "%s", os_error_text(error)); /* they are Winsock's codes */
        return -1;
    }
    *address = (struct os_address){0};
    if (found->ai_addrlen > sizeof address->storage) {
        snprintf(reason, reason_size, "neither IPv4 nor IPv6");
        freeaddrinfo(found);
        return -1;
    }
    memcpy(&address->storage, found->ai_addr, found->ai_addrlen);
    address->length = (uint32_t)found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

int os_socket_local(os_socket s, char *host, size_t host_size, uint16_t *port) {
    struct sockaddr_storage local;
    int length = sizeof local;
    if (getsockname(s, (struct sockaddr *)&local, &length) != 0) return WSAGetLastError();
    char service[8];
    int error = getnameinfo((struct sockaddr *)&local, length, host, (DWORD)host_size, service,
                            sizeof service, NI_NUMERICHOST | NI_NUMERICSERV);
    if (error) return EINVAL;
    *port = (uint16_t)strtoul(service, NULL, 10);
    return 0;
}

/* ---- sockets ---- */

static int set_flag(os_socket s, int level, int option) {
    BOOL on = TRUE;
    int error = setsockopt(s, level, option, (const char *)&on, sizeof on);
    return error == 0 ? 0 : WSAGetLastError();
}

static int set_nonblocking(os_socket s, bool nonblocking) {
    u_long mode = nonblocking;
    return ioctlsocket(s, (long)FIONBIO, &mode) == 0 ? 0 : WSAGetLastError();
}

/* A socket for every kind of call, overlapped ones included, that no child inherits. */
static int new_socket(const struct os_address *address, bool nonblocking, os_socket *s) {
    *s = WSASocketW(address_of(address)->sa_family, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
                    WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (*s == INVALID_SOCKET) return WSAGetLastError();
    int error = set_nonblocking(*s, nonblocking);
    if (error) closesocket(*s);
    return error;
}

bool os_listeners_share_ports(void) {
    return false; /* SO_REUSEADDR lets a port be taken, and gives all connections to one */
}

int os_listen(const struct os_address *address, int backlog, bool shared_port,
              os_socket *listener) {
    os_socket s;
    if (shared_port) return WSAEOPNOTSUPP;
    int error = new_socket(address, true, &s);
    if (error) return error;
    /* or another process could take the port over; TIME_WAIT hinders no bind here */
    error = set_flag(s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE);
    if (!error && (bind(s, address_of(address), (int)address->length) != 0 ||
                   listen(s, -backlog) != 0)) /* negative: more than 200, if wanted */
        error = WSAGetLastError();
    if (error)
        closesocket(s);
    else
        *listener = s;
    return error;
}

/* An accepted socket has the listener's properties: overlapped, non-blocking; whether a child would
 * inherit its handle is not one of them. */
int os_accept(os_socket listener, bool nonblocking, os_socket *accepted) {
    os_socket s = accept(listener, NULL, NULL);
    if (s == INVALID_SOCKET) return WSAGetLastError();
    SetHandleInformation((HANDLE)s, HANDLE_FLAG_INHERIT, 0); /* of a layered provider it may fail */
    int error = set_flag(s, IPPROTO_TCP, TCP_NODELAY);
    if (!error) error = set_nonblocking(s, nonblocking);
    if (error)
        closesocket(s);
    else
        *accepted = s;
    return error;
}

int os_bind_source(os_socket s, const struct os_address *address, uint32_t source) {
    (void)s, (void)address, (void)source;
    return 0; /* of 127.0.0.0/8 one address alone can be counted on */
}

int os_connect(const struct os_address *address, uint32_t source, os_socket *s) {
    os_socket made;
    (void)source;
    int error = new_socket(address, true, &made);
    if (error) return error;
    error = set_flag(made, IPPROTO_TCP, TCP_NODELAY);
    if (!error && connect(made, address_of(address), (int)address->length) != 0 &&
        WSAGetLastError() != WSAEWOULDBLOCK)
        error = WSAGetLastError();
    if (error)
        closesocket(made);
    else
        *s = made;
    return error;
}

/* Two ends of a TCP connection over loopback: local sockets have no such call here. */
int os_socket_pair(bool nonblocking, os_socket pair[2]) {
    struct os_address address = {.length = sizeof(struct sockaddr_in)};
    struct sockaddr_in *in = (struct sockaddr_in *)(void *)&address.storage;
    struct sockaddr_in mine, theirs;
    int length = sizeof mine;
    os_socket listener = INVALID_SOCKET, first = INVALID_SOCKET, second = INVALID_SOCKET;
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int error = new_socket(&address, false, &listener);
    if (error) return error;
    if (bind(listener, address_of(&address), sizeof *in) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)in, &length) != 0)
        error = WSAGetLastError();
    if (!error) error = new_socket(&address, false, &first);
    if (!error && connect(first, address_of(&address), sizeof *in) != 0) error = WSAGetLastError();
    if (!error) error = os_accept(listener, nonblocking, &second);
    /* anybody on this machine may have been faster */
    length = sizeof mine;
    if (!error && getsockname(first, (struct sockaddr *)&mine, &length) != 0)
        error = WSAGetLastError();
    length = sizeof theirs;
    if (!error && getpeername(second, (struct sockaddr *)&theirs, &length) != 0)
        error = WSAGetLastError();
    if (!error && mine.sin_port != theirs.sin_port) error = WSAECONNABORTED;
    if (!error) error = set_flag(first, IPPROTO_TCP, TCP_NODELAY);
    if (!error) error = set_nonblocking(first, nonblocking);
    closesocket(listener);
    if (error) {
        if (first != INVALID_SOCKET) closesocket(first);
        if (second != INVALID_SOCKET) closesocket(second);
        return error;
    }
    pair[0] = first;
    pair[1] = second;
    return 0;
}

static int limited(size_t size) {
    return size < INT32_MAX ? (int)size : INT32_MAX;
}

int os_receive(os_socket s, void *data, size_t size, size_t *received) {
    int n = recv(s, data, limited(size), 0);
    if (n < 0) return last_error(); /* a cancelled call has a Win32 code */
    /* Wine reads a reset's error itself before it tells of readiness, so that recv finds an orderly
     * end. Sending nothing tells the two apart, and does nothing otherwise */
    if (n == 0 && size > 0 && send(s, "", 0, 0) < 0 && WSAGetLastError() == WSAECONNRESET)
        return WSAECONNRESET;
    *received = (size_t)n;
    return 0;
}

int os_send(os_socket s, const void *data, size_t size, size_t *sent) {
    int n = send(s, data, limited(size), 0);
    if (n < 0) return last_error(); /* a cancelled call has a Win32 code */
    *sent = (size_t)n;
    return 0;
}

int os_shutdown_send(os_socket s) {
    return shutdown(s, SD_SEND) == 0 ? 0 : WSAGetLastError();
}

int os_socket_error(os_socket s) {
    int error = 0, length = sizeof error;
    return getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&error, &length) == 0 ? error
                                                                             : WSAGetLastError();
}

void os_close_reset(os_socket s) {
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(s, SOL_SOCKET, SO_LINGER, (const char *)&none, sizeof none);
    closesocket(s);
}

void os_close(os_socket s) {
    closesocket(s);
}

uint64_t os_descriptors_limit(void) {
    return OS_UNKNOWN; /* memory is the limit */
}
