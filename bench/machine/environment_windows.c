/* environment_windows.c - facts about the machine from Windows; NULL where unknown.
 * Invariant: no function is called that Wine lacks: it would end the process. */
#include "bench/machine/environment_windows.h"

#include "bench/machine/environment.h"

#include <windows.h>
#include <cpuid.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUID_FEATURES 1u
#define CPUID_HYPERVISOR_BIT (1u << 31) /* of ecx */
#define CPUID_HYPERVISOR 0x40000000u    /* its name in ebx, ecx, edx */
#define POWER_KEY "SYSTEM\\CurrentControlSet\\Control\\Power\\User\\PowerSchemes"

/* Windows does not report steal time to guests. */
struct cpu_ticks environment_ticks(void) {
    return (struct cpu_ticks){NAN, NAN, NAN};
}

void environment_emulator(char *text, size_t size) {
    const char *(*version)(void); /* exists only in Wine */
    FARPROC found = GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version");
    *text = '\0';
    if (!found) return;
    memcpy(&version, &found, sizeof version);
    snprintf(text, size, "wine %s", version());
}

void environment_power_plan(char *text, size_t size) {
    static const struct {
        const char *id; /* GUIDs of the built-in plans */
        const char *name;
    } plans[] = {{"381b4222-f694-41f0-9685-ff5bb260df2e", "balanced"},
                 {"8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c", "high performance"},
                 {"a1841308-3541-4fab-bc81-f71556f20b4a", "power saver"},
                 {"e9a42b02-d5df-448d-aa00-03f14749eb61", "ultimate performance"}};
    char id[64];
    DWORD length = sizeof id;
    *text = '\0';
    if (RegGetValueA(HKEY_LOCAL_MACHINE, POWER_KEY, "ActivePowerScheme", RRF_RT_REG_SZ, NULL, id,
                     &length) != ERROR_SUCCESS)
        return;
    const char *name = id;
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
        if (_stricmp(id, plans[i].id) == 0) name = plans[i].name;
    snprintf(text, size, "%s", name);
}

/* ---- processors ---- */

/* Relations among the CPUs of this process's group; owned by the caller, NULL if unknown. */
static SYSTEM_LOGICAL_PROCESSOR_INFORMATION *relations(size_t *count) {
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION *all = NULL;
    DWORD bytes = 0;
    GetLogicalProcessorInformation(NULL, &bytes);
    if (bytes) all = malloc(bytes);
    if (all && !GetLogicalProcessorInformation(all, &bytes)) {
        free(all);
        all = NULL;
    }
    *count = all ? bytes / sizeof *all : 0;
    return all;
}

static bool one_bit(ULONG_PTR mask) {
    return (mask & (mask - 1)) == 0;
}

bool environment_cores(unsigned *cores, bool *threads) {
    size_t count;
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION *all = relations(&count);
    *cores = 0;
    *threads = false;
    for (size_t i = 0; i < count; i++) {
        if (all[i].Relationship != RelationProcessorCore) continue;
        ++*cores;
        *threads = *threads || !one_bit(all[i].ProcessorMask);
    }
    free(all);
    return *cores > 0;
}

bool environment_siblings(int cpu, int other, bool *same_core) {
    size_t count;
    bool known = false;
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION *all = relations(&count);
    for (size_t i = 0; i < count; i++) {
        ULONG_PTR mask = all[i].ProcessorMask;
        if (all[i].Relationship != RelationProcessorCore || !(mask >> cpu & 1)) continue;
        *same_core = mask >> other & 1;
        known = true;
    }
    free(all);
    return known;
}

/* With Hyper-V enabled, the host Windows also runs under it and reports so. */
static cJSON *hypervisor(void) {
    unsigned eax, words[3], edx;
    char name[sizeof words + 1] = "";
    if (!__get_cpuid(CPUID_FEATURES, &eax, &words[0], &words[1], &edx)) return NULL;
    if (!(words[1] & CPUID_HYPERVISOR_BIT)) return cJSON_CreateString("none");
    __cpuid(CPUID_HYPERVISOR, eax, words[0], words[1], words[2]);
    memcpy(name, words, sizeof words);
    return cJSON_CreateString(*name ? name : "unnamed");
}

/* ---- all together ---- */

static cJSON *text_or_null(const char *text) {
    return *text ? cJSON_CreateString(text) : NULL;
}

struct environment_facts environment_facts(void) {
    char emulator[64], plan[64];
    unsigned cores;
    bool threads;
    bool known = environment_cores(&cores, &threads);
    environment_emulator(emulator, sizeof emulator);
    environment_power_plan(plan, sizeof plan);
    return (struct environment_facts){.load_1min = NAN,
                                      .os = cJSON_CreateString("Windows"), /* uname's is longer */
                                      .hypervisor = hypervisor(),
                                      .emulator = text_or_null(emulator),
                                      .physical_cpus = known ? cJSON_CreateNumber(cores) : NULL,
                                      .smt = known ? cJSON_CreateBool(threads) : NULL,
                                      .governor = text_or_null(plan),
                                      .clock_source =
                                          cJSON_CreateString("QueryPerformanceCounter")};
}
