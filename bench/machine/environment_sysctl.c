/* environment_sysctl.c - facts about the machine from sysctl names of macOS and the BSDs; NULL
 * where unknown. Invariant: the code does not ask which system this is; it tries the next name
 * where one is missing. */
#include "base/os_sysctl.h"

#include "bench/machine/environment.h"

#include <math.h>
#include <stdio.h>
#include <uv.h>

/* Names, in the order in which they are tried. */
#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The text of the first name that exists. */
static cJSON *text_of(const char *const *names) {
    char text[128];
    for (; *names; names++)
        if (os_sysctl_text(*names, text, sizeof text) && *text) return cJSON_CreateString(text);
    return NULL;
}

static bool count_of(const char *const *names, uint64_t *value) {
    for (; *names; names++)
        if (os_sysctl_count(*names, value)) return true;
    return false;
}

static cJSON *count_json(const char *const *names) {
    uint64_t value;
    return count_of(names, &value) ? cJSON_CreateNumber((double)value) : NULL;
}

/* These systems do not report steal time. */
struct cpu_ticks environment_ticks(void) {
    return (struct cpu_ticks){NAN, NAN, NAN};
}

/* One name gives the kind or "none"; another only whether there is a hypervisor. */
static cJSON *hypervisor(void) {
    uint64_t present;
    if (count_of(NAMES("kern.hv_vmm_present"), &present))
        return cJSON_CreateString(present ? "unnamed" : "none");
    return text_of(NAMES("kern.vm_guest"));
}

static cJSON *container(void) {
    uint64_t jailed;
    if (!count_of(NAMES("security.jail.jailed"), &jailed)) return NULL;
    return cJSON_CreateString(jailed ? "jail" : "none");
}

/* Rosetta: this program was built for another CPU. */
static cJSON *emulator(void) {
    uint64_t translated;
    bool known = count_of(NAMES("sysctl.proc_translated"), &translated);
    return known && translated ? cJSON_CreateString("rosetta 2") : NULL;
}

/* "macOS 15.1"; on the BSDs uname's version is enough. */
static cJSON *os_version(void) {
    char version[64], text[80];
    if (!os_sysctl_text("kern.osproductversion", version, sizeof version)) return NULL;
    snprintf(text, sizeof text, "macOS %s", version);
    return cJSON_CreateString(text);
}

static cJSON *smt(void) {
    uint64_t cores, threads;
    if (count_of(NAMES("kern.smp.threads_per_core"), &threads))
        return cJSON_CreateBool(threads > 1);
    if (!count_of(NAMES("hw.physicalcpu"), &cores) || !count_of(NAMES("hw.logicalcpu"), &threads))
        return NULL;
    return cJSON_CreateBool(threads > cores);
}

/* macOS has one clock source, without a sysctl name. */
static cJSON *clock_source(void) {
    uint64_t timebase;
    if (count_of(NAMES("hw.tbfrequency"), &timebase))
        return cJSON_CreateString("mach_absolute_time");
    return text_of(NAMES("kern.timecounter.hardware"));
}

static cJSON *port_range(void) {
    uint64_t first, last;
    if (!count_of(NAMES("net.inet.ip.portrange.first", "net.inet.ip.anonportmin",
                        "net.inet.ip.portfirst"),
                  &first) ||
        !count_of(
            NAMES("net.inet.ip.portrange.last", "net.inet.ip.anonportmax", "net.inet.ip.portlast"),
            &last))
        return NULL;
    const int range[] = {(int)first, (int)last};
    return cJSON_CreateIntArray(range, 2);
}

struct environment_facts environment_facts(void) {
    double load[3];
    uv_loadavg(load);
    return (struct environment_facts){
        .load_1min = load[0],
        .os_version = os_version(),
        .hypervisor = hypervisor(),
        .container = container(),
        .emulator = emulator(),
        .boot_id = text_of(NAMES("kern.bootsessionuuid")),
        .physical_cpus = count_json(NAMES("hw.physicalcpu", "kern.smp.cores")),
        .smt = smt(),
        .clock_source = clock_source(),
        .congestion_control =
            text_of(NAMES("net.inet.tcp.cc.algorithm", "net.inet.tcp.congctl.selected")),
        .somaxconn =
            count_json(NAMES("kern.ipc.soacceptqueue", "kern.ipc.somaxconn", "kern.somaxconn")),
        .port_range = port_range()};
}
