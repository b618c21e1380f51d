/* os_groups_windows.c - the part of os.h about a group of processes for one server, and about the
 * end of this process, on Windows: job objects. Invariant: a job that this process has made ends
 * with it at the latest, and so do its processes.
 */
#include "base/os.h"

#include <windows.h>
#include <errno.h>
#include <stdio.h>

static HANDLE job; /* of the server that runs; NULL: none */

static HANDLE make_job(const char *name) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.BasicLimitInformation.LimitFlags =
                                                       JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE};
    HANDLE made = CreateJobObjectA(NULL, name);
    if (made)
        SetInformationJobObject(made, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    return made;
}

/* What this process starts joins its job. The handle stays open until this process ends. */
void os_guard_start(void) {
    static HANDLE of_all;
    if (of_all || !(of_all = make_job(NULL))) return;
    AssignProcessToJobObject(of_all, GetCurrentProcess());
}

void os_guard_add(int64_t group) {
    (void)group;
}

void os_guard_remove(int64_t group) {
    (void)group;
}

bool os_group_start(char name[OS_GROUP_SIZE]) {
    static unsigned jobs; /* names must differ while a load generator still has the last one open */
    snprintf(name, OS_GROUP_SIZE, "iobench-%lu-%u", GetCurrentProcessId(), ++jobs);
    job = make_job(name);
    return job != NULL;
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
