/* environment_linux.c - facts about the machine from /proc and /sys; NULL where unknown.
 * Invariant: no file is read beyond 64 KiB. */
#include "bench/machine/environment_linux.h"

#include "base/json.h"

#include "bench/machine/environment.h"
#include "bench/support/files.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define CORES_MAX 4096

char *environment_line(const char *path, char *text, size_t size) {
    FILE *file = fopen(path, "r");
    if (!file) return NULL;
    char *line = fgets(text, (int)size, file);
    fclose(file);
    if (line) line[strcspn(line, "\r\n")] = '\0';
    return line;
}

cJSON *environment_file_text(const char *path) {
    char text[512];
    return environment_line(path, text, sizeof text) && *text ? cJSON_CreateString(text) : NULL;
}

cJSON *environment_file_count(const char *path) {
    char text[64], *end;
    if (!environment_line(path, text, sizeof text)) return NULL;
    double value = strtod(text, &end);
    return end != text && value >= 0 ? cJSON_CreateNumber(value) : NULL;
}

char *environment_text(const char *path, const char *key, char separator, char *value,
                       size_t size) {
    FILE *file = fopen(path, "r");
    if (!file) return NULL;
    char line[8192];
    bool found = false;
    size_t length = strlen(key);
    for (int i = 0; i < 1000 && !found && fgets(line, sizeof line, file); i++) {
        char *at = line + length;
        if (strncmp(line, key, length) != 0) continue;
        if (separator != ' ') at += strspn(at, " \t");
        if (*at != separator) continue;
        at += 1 + strspn(at + 1, " \t\"");
        at[strcspn(at, "\"\r\n")] = '\0';
        found = snprintf(value, size, "%s", at) >= 0;
    }
    fclose(file);
    return found ? value : NULL;
}

double environment_value(const char *path, const char *key, char separator) {
    char text[64], *end;
    if (!environment_text(path, key, separator, text, sizeof text)) return NAN;
    double value = strtod(text, &end);
    return end == text ? NAN : value;
}

struct cpu_ticks environment_ticks(void) {
    struct cpu_ticks ticks = {NAN, NAN, NAN};
    char line[512];
    if (!environment_line("/proc/stat", line, sizeof line) || strncmp(line, "cpu ", 4) != 0)
        return ticks;
    /* user nice system idle iowait irq softirq steal; guest time is part of user time */
    double total = 0, values[8];
    char *at = line + 4;
    for (int i = 0; i < 8; i++) total += values[i] = strtod(at, &at);
    ticks.idle = values[3] + values[4];
    ticks.steal = values[7];
    ticks.total = total;
    return ticks;
}

static cJSON *os_version(void) {
    char text[128];
    return environment_text("/etc/os-release", "PRETTY_NAME", '=', text, sizeof text)
               ? cJSON_CreateString(text)
               : NULL;
}

/* The CPU flags show that there is a hypervisor, the firmware strings show which one. */
static cJSON *hypervisor(void) {
    char flags[4096], vendor[64];
    if (!environment_text("/proc/cpuinfo", "flags", ':', flags, sizeof flags)) return NULL;
    if (!strstr(flags, " hypervisor")) return cJSON_CreateString("none");
    static const char *const files[] = {"/sys/hypervisor/type", "/sys/class/dmi/id/sys_vendor"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (environment_line(files[i], vendor, sizeof vendor) && *vendor)
            return cJSON_CreateString(vendor);
    return cJSON_CreateString("unnamed");
}

static cJSON *container(void) {
    const char *named = getenv("container"); /* systemd-nspawn, podman and others set it */
    if (named && *named) return cJSON_CreateString(named);
    if (files_may("/.dockerenv", FILES_EXIST)) return cJSON_CreateString("docker");
    if (files_may("/run/.containerenv", FILES_EXIST)) return cJSON_CreateString("podman");
    if (getenv("KUBERNETES_SERVICE_HOST")) return cJSON_CreateString("kubernetes");
    return files_may("/proc/1", FILES_EXIST) ? cJSON_CreateString("none") : NULL;
}

static char *topology_line(int cpu, const char *file, char *text, size_t size) {
    char path[128];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/%s", cpu, file);
    return environment_line(path, text, size);
}

/* Distinct (package, core) pairs among the CPUs. One that is offline has no topology. */
static cJSON *physical_cpus(void) {
    static long seen[CORES_MAX];
    int count = 0;
    for (int cpu = 0; cpu < CORES_MAX; cpu++) {
        char package[16], core[16];
        if (!topology_line(cpu, "physical_package_id", package, sizeof package)) continue;
        if (!topology_line(cpu, "core_id", core, sizeof core)) return NULL;
        long id = strtol(package, NULL, 10) * 65536 + strtol(core, NULL, 10);
        int i = 0;
        while (i < count && seen[i] != id) i++;
        if (i == count) seen[count++] = id;
    }
    return count ? cJSON_CreateNumber(count) : NULL;
}

bool environment_siblings(int cpu, int other, bool *same_core) {
    char one[64], two[64];
    if (!topology_line(cpu, "thread_siblings_list", one, sizeof one) ||
        !topology_line(other, "thread_siblings_list", two, sizeof two))
        return false;
    *same_core = strcmp(one, two) == 0;
    return true;
}

cJSON *environment_turbo(void) {
    char text[8];
    if (environment_line("/sys/devices/system/cpu/intel_pstate/no_turbo", text, sizeof text))
        return cJSON_CreateBool(*text == '0');
    if (environment_line("/sys/devices/system/cpu/cpufreq/boost", text, sizeof text))
        return cJSON_CreateBool(*text == '1');
    return NULL;
}

cJSON *environment_mitigations(void) {
    static const char directory[] = "/sys/devices/system/cpu/vulnerabilities";
    struct files_list files;
    struct reason why;
    files_list(&files, directory, &why);
    cJSON *json = files.count ? cJSON_CreateObject() : NULL;
    for (size_t i = 0; i < files.count; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", directory, files.names[i]);
        cJSON *text = environment_file_text(path);
        if (text) json_add_item(json, files.names[i], text);
    }
    files_list_free(&files);
    return json;
}

static cJSON *smt(void) {
    char text[8];
    if (!environment_line("/sys/devices/system/cpu/smt/active", text, sizeof text)) return NULL;
    return cJSON_CreateBool(*text == '1');
}

static cJSON *port_range(void) {
    char text[64];
    int range[2];
    if (!environment_line("/proc/sys/net/ipv4/ip_local_port_range", text, sizeof text)) return NULL;
    char *at = text;
    range[0] = (int)strtol(at, &at, 10);
    range[1] = (int)strtol(at, &at, 10);
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
        .boot_id = environment_file_text("/proc/sys/kernel/random/boot_id"),
        .physical_cpus = physical_cpus(),
        .smt = smt(),
        .governor = environment_file_text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        .turbo = environment_turbo(),
        .mitigations = environment_mitigations(),
        .clock_source = environment_file_text(
            "/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        .loopback_mtu = environment_file_count("/sys/class/net/lo/mtu"),
        .congestion_control = environment_file_text("/proc/sys/net/ipv4/tcp_congestion_control"),
        .somaxconn = environment_file_count("/proc/sys/net/core/somaxconn"),
        .port_range = port_range(),
        .io_uring_disabled = environment_file_count("/proc/sys/kernel/io_uring_disabled")};
}
