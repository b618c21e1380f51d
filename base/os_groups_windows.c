/* os_groups_windows.c - the parts of os.h about groups of processes on Windows: a job object for a
 * server. There are no orphans to adopt, and no quotas that a process can read.
 * Invariant: a job that this process has made ends with it at the latest, and so do its processes.
 */
#include "base/os.h"

#include <windows.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>

static HANDLE job; /* of the server that runs; NULL: none */

void os_adopt_orphans(void) {}

size_t os_reap_orphans(bool (*known)(void *context, int64_t pid), void *context) {
    (void)known, (void)context;
    return 0;
}

size_t os_descendants(const struct os_apart *except, bool ended, int64_t *found, size_t capacity) {
    (void)except, (void)ended, (void)found, (void)capacity;
    return 0;
}

bool os_has_children(int64_t pid) {
    return os_process_group_shared(pid);
}

double os_groups_least(const char *controller, double (*read)(const char *directory)) {
    (void)controller, (void)read;
    return NAN;
}

double os_quota_cpus(void) {
    return NAN;
}

double os_group_quota(const char *directory) {
    (void)directory;
    return NAN;
}

double os_group_throttled(const char *directory) {
    (void)directory;
    return NAN;
}

uint64_t os_throttled_ns(void) {
    return OS_UNKNOWN;
}

/* ---- a job object ---- */

bool os_group_start(char name[OS_GROUP_SIZE]) {
    static unsigned jobs; /* names must differ while a load generator still has the last one open */
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.BasicLimitInformation.LimitFlags =
                                                       JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE};
    snprintf(name, OS_GROUP_SIZE, "iobench-%lu-%u", GetCurrentProcessId(), ++jobs);
    job = CreateJobObjectA(NULL, name);
    if (!job) return false;
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    return true;
}

/* A process that the server has started before this call is not found: it takes the server longer
 * to get so far. */
bool os_group_start_end(const char *name, int64_t pid) {
    (void)name;
    HANDLE process =
        pid > 0 ? OpenProcess(PROCESS_SET_QUOTA | PROCESS_TERMINATE, FALSE, (DWORD)pid) : NULL;
    bool assigned = process && AssignProcessToJobObject(job, process);
    if (process) CloseHandle(process);
    return assigned;
}

void os_group_remove(const char *name) {
    (void)name;
    TerminateJobObject(job, 1);
    CloseHandle(job);
    job = NULL;
}

int os_group_usage(const char *name, struct os_group_usage *usage) {
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION used;
    HANDLE of_server = OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, name);
    if (!of_server) return ENOENT;
    BOOL known = QueryInformationJobObject(of_server, JobObjectBasicAccountingInformation, &used,
                                           sizeof used, NULL);
    CloseHandle(of_server);
    if (!known) return EINVAL;
    usage->user_ns =
        (uint64_t)used.TotalUserTime.QuadPart * 100u; /* it counts in steps of 100 ns */
    usage->sys_ns = (uint64_t)used.TotalKernelTime.QuadPart * 100u;
    usage->cpu_ns = usage->user_ns + usage->sys_ns;
    return 0;
}

size_t os_group_members(const char *name, int64_t *pids, size_t capacity) {
    (void)name, (void)pids, (void)capacity;
    return 0;
}
