/* handles.c - prints the number of open handles of a process, given by its id, and its working set
 * in bytes. The conformance suite uses it to detect leaks. The count is taken from the system's
 * handle table, because GetProcessHandleCount always returns 0 under Wine. */
#include <windows.h>
#include <psapi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <winternl.h>

/* One row of SystemExtendedHandleInformation, which winternl.h does not declare. The layout is that
 * of the Windows kernel (see "Windows Internals", and ntexapi.h of Process Hacker). */
struct handle_row {
    void *object;
    ULONG_PTR process; /* id of the process that has the handle */
    ULONG_PTR handle;  /* value of the handle */
    ULONG access;      /* access rights */
    USHORT creator;    /* trace index */
    USHORT type;       /* type of the object */
    ULONG attributes;  /* for example, inheritable */
    ULONG reserved;    /* zero */
};

struct handle_table {
    ULONG_PTR count;          /* number of rows */
    ULONG_PTR reserved;       /* zero */
    struct handle_row rows[]; /* handles of all processes */
};

enum { HANDLE_TABLE_CLASS = 64, TABLE_MAX_BYTES = 256 << 20 };

/* Counts the handles of process `pid`. Returns false on failure. */
static bool count_handles(DWORD pid, uint64_t *count) {
    struct handle_table *table = NULL;
    NTSTATUS status = -1;
    for (ULONG size = 1 << 20; status != 0 && size <= TABLE_MAX_BYTES; size *= 2) {
        ULONG needed;
        free(table);
        table = malloc(size);
        if (!table) return false;
        status = NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)HANDLE_TABLE_CLASS, table, size,
                                          &needed);
    }
    *count = 0;
    for (ULONG_PTR i = 0; status == 0 && i < table->count; i++)
        *count += table->rows[i].process == pid;
    free(table);
    return status == 0 && *count > 0;
}

int main(int argc, char **argv) {
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof memory};
    uint64_t handles;
    DWORD pid = argc == 2 ? (DWORD)strtoul(argv[1], NULL, 10) : 0;
    HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, pid);
    if (!process || !GetProcessMemoryInfo(process, &memory, sizeof memory) ||
        !count_handles(pid, &handles)) {
        fprintf(stderr, "handles: process %lu: error %lu\n", pid, GetLastError());
        return 1;
    }
    printf("%llu %llu\n", (unsigned long long)handles, (unsigned long long)memory.WorkingSetSize);
    CloseHandle(process);
    return 0;
}
