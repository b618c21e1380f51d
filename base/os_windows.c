/* os_windows.c - os.h on Windows, 10 and later; sockets are in os_sockets_windows.c.
 * Invariant: an error is a Winsock code, which is 10000 or more, or a code of the C library's
 * errno, which is less; no other Win32 code leaves this file. */
#include "base/os_windows.h"

#include "base/os.h"

#include <windows.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <limits.h>
#include <process.h>
#include <psapi.h>
#include <shellapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

#define NS_A_S UINT64_C(1000000000)
#define NS_A_MS UINT64_C(1000000)
#define MODULE_PATH_SIZE 4096       /* characters */
#define NS_A_FILETIME UINT64_C(100) /* FILETIME counts in steps of 100 ns */

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
        return code == 0 || (code >= WSABASEERR && code <= INT_MAX) ? (int)code : EIO;
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

const char *os_limits_hint(int error) {
    (void)error;
    return ""; /* memory is the limit */
}

bool os_limits_suffice(const char *program) {
    (void)program;
    return true; /* the linker has set the size of the stack */
}

bool os_error_would_block(int error) {
    return error == WSAEWOULDBLOCK || error == WSAEINTR;
}

bool os_error_peer_gone(int error) {
    return error == WSAECONNRESET || error == WSAECONNABORTED || error == WSAENETRESET ||
           error == WSAETIMEDOUT || error == WSAENOTCONN || error == WSAESHUTDOWN;
}

bool os_error_exhausted(int error) {
    return error == WSAEMFILE || error == WSAENOBUFS || error == ENOMEM || error == EMFILE ||
           error == ENFILE;
}

/* ---- process ---- */

/* Makes a console understand UTF-8 and terminal escape sequences, as on other systems. Does nothing
 * if the stream is no console. */
static void show_as_elsewhere(DWORD stream) {
    DWORD mode;
    HANDLE console = GetStdHandle(stream);
    if (!GetConsoleMode(console, &mode)) return;
    SetConsoleMode(console, mode | ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
    SetConsoleOutputCP(CP_UTF8);
}

void os_init(void) {
    WSADATA data;
    WSAStartup(MAKEWORD(2, 2), &data); /* a failure shows at the first socket */
    /* JSON lines are the same bytes on every system */
    _setmode(_fileno(stdout), _O_BINARY);
    _setmode(_fileno(stderr), _O_BINARY);
    show_as_elsewhere(STD_OUTPUT_HANDLE);
    show_as_elsewhere(STD_ERROR_HANDLE);
}

/* Shared by the console handler and the thread that reads standard input; lives as long as the
 * process. */
static struct stopper {
    void (*on_stop)(void *context); /* called once */
    void *context;
    LONG called;
} stopper;

static void stopper_fire(void) {
    if (InterlockedExchange(&stopper.called, 1) == 0) stopper.on_stop(stopper.context);
}

/* Runs in a thread of its own. After a close, logoff or shutdown the system ends the process when
 * this returns, or after some seconds. So it does not return, and main can end first. */
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
    Sleep(INFINITE); /* under Wine a thread that ends while its process does may crash it */
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
    return false; /* on Windows only Ctrl-C can be ignored so, by a process group */
}

char **os_arguments(int argc, char **argv) {
    int count;
    LPWSTR *wide = CommandLineToArgvW(GetCommandLineW(), &count);
    char **utf8 = wide && count == argc ? calloc((size_t)argc + 1, sizeof *utf8) : NULL;
    for (int i = 0; utf8 && i < argc; i++) {
        int size = WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, NULL, 0, NULL, NULL);
        utf8[i] = size > 0 ? malloc((size_t)size) : NULL;
        if (utf8[i])
            WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, utf8[i], size, NULL, NULL);
        else
            utf8[i] = argv[i];
    }
    LocalFree(wide);
    return utf8 ? utf8 : argv;
}

int os_executable_path(char *path, size_t size) {
    WCHAR wide[MODULE_PATH_SIZE];
    DWORD n = GetModuleFileNameW(NULL, wide, MODULE_PATH_SIZE);
    if (n == 0) return last_error();
    if (n == MODULE_PATH_SIZE || size > INT_MAX) return ERANGE;
    /* UTF-8 like all paths of libuv: the code page of the system lacks most characters */
    return WideCharToMultiByte(CP_UTF8, 0, wide, -1, path, (int)size, NULL, NULL) ? 0 : ERANGE;
}

int os_terminal_columns(int descriptor) {
    CONSOLE_SCREEN_BUFFER_INFO info;
    if (!GetConsoleScreenBufferInfo((HANDLE)_get_osfhandle(descriptor), &info)) return 0;
    return info.srWindow.Right - info.srWindow.Left + 1;
}

/* ---- files ---- */

/* Windows locks ranges of bytes, and others cannot read them. So the range is far behind the end.
 */
int os_file_lock(int file) {
    OVERLAPPED behind = {.OffsetHigh = 0x7fffffff};
    if (LockFileEx((HANDLE)_get_osfhandle(file),
                   LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &behind))
        return 0;
    DWORD code = GetLastError();
    return code == ERROR_LOCK_VIOLATION ? WSAEWOULDBLOCK : os_windows_error(code);
}

void os_file_block(int file) {
    (void)file; /* files are never non-blocking */
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
    timeBeginPeriod(1); /* otherwise waits end in steps of 15.6 ms; holds until the process ends */
}

uint64_t os_wait_late_ns(void) {
    return 2 * NS_A_MS; /* with fine timers: waits last whole ms and end at a tick of 1 ms */
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
    uint64_t user_ns = 0, sys_ns = 0;
    return process_times(GetCurrentProcess(), &user_ns, &sys_ns) == 0 ? user_ns + sys_ns
                                                                      : OS_UNKNOWN;
}

uint64_t os_thread_cpu_ns(void) {
    return OS_UNKNOWN; /* GetThreadTimes counts in the same steps as the process's times */
}

/* The clock interrupt's period: CPU time is charged to the thread that runs when it
 * fires. */
uint64_t os_cpu_resolution_ns(void) {
    DWORD adjustment, period;
    BOOL disabled;
    if (!GetSystemTimeAdjustment(&adjustment, &period, &disabled) || period == 0)
        return 15625000; /* 64 interrupts a second, as on nearly all machines */
    return period * NS_A_FILETIME;
}

/* ---- another process ---- */

/* Opens a process that is still running; the caller closes the handle. */
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
    uint64_t user_ns = 0, sys_ns = 0;
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

/* A job object counts ended processes, too; see os_groups_windows.c. */
bool os_child_traces(int64_t pid, uint64_t *traces) {
    (void)pid;
    *traces = 0;
    return true;
}

/* ---- memory ---- */

uint64_t os_memory_available(void) {
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory};
    return GlobalMemoryStatusEx(&memory) ? memory.ullAvailPhys : OS_UNKNOWN;
}

uint64_t os_memory_limit(const char **name) {
    (void)name;
    return OS_UNKNOWN;
}

uint64_t os_memory_lock_limit(void) {
    return OS_UNKNOWN;
}

bool os_counts_locked_memory(void) {
    return false;
}

/* ---- processors ---- */

static size_t list_cpus(HANDLE process, int *cpus, size_t capacity) {
    DWORD_PTR mine, all;
    size_t n = 0;
    if (!GetProcessAffinityMask(process, &mine, &all)) return 0;
    for (int cpu = 0; cpu < (int)sizeof mine * 8; cpu++) {
        if (!(mine >> cpu & 1)) continue;
        if (n < capacity) cpus[n] = cpu;
        n++;
    }
    return n;
}

size_t os_process_cpus(int64_t pid, int *cpus, size_t capacity) {
    HANDLE process;
    if (pid == 0) return os_cpus_allowed(cpus, capacity);
    if (open_process(pid, &process) != 0) return 0;
    size_t n = list_cpus(process, cpus, capacity);
    CloseHandle(process);
    return n;
}

size_t os_cpus_allowed(int *cpus, size_t capacity) {
    return list_cpus(GetCurrentProcess(), cpus, capacity);
}

/* Restricts the whole process: children inherit its mask, not a thread's. */
int os_cpus_restrict(const int *cpus, size_t count) {
    DWORD_PTR mask = 0;
    for (size_t i = 0; i < count; i++) {
        if (cpus[i] < 0 || cpus[i] >= (int)sizeof mask * 8) return EINVAL;
        mask |= (DWORD_PTR)1 << cpus[i];
    }
    return SetProcessAffinityMask(GetCurrentProcess(), mask) ? 0 : last_error();
}
