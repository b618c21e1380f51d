/* environment.c - the `env` object, from libuv, base/ and the files of environment_linux.c.
 * Invariant: every key of the schema is there. */
#include "bench/environment.h"

#include "base/json.h"
#include "base/os.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

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

double environment_steal_pct(const struct cpu_ticks *start) {
    struct cpu_ticks now = environment_ticks();
    double total = now.total - start->total;
    return total > 0 ? 100 * fmax(0, now.steal - start->steal) / total : NAN;
}

void environment_host_name(char *name, size_t size) {
    char host[UV_MAXHOSTNAMESIZE] = "";
    size_t room = sizeof host, n = 0;
    if (uv_os_gethostname(host, &room) != 0 || !*host) snprintf(host, sizeof host, "host");
    for (const char *c = host; *c && *c != '.' && n + 1 < size; c++)
        name[n++] = isalnum((unsigned char)*c) ? *c : '-';
    name[n] = '\0';
}

static cJSON *text_or_null(const char *text) {
    return text && *text ? cJSON_CreateString(text) : NULL;
}

static cJSON *host_json(void) {
    uv_utsname_t names;
    bool known = uv_os_uname(&names) == 0;
    cJSON *version = environment_os_version();
    cJSON *json = cJSON_CreateObject();
    json_add_item(json, "os", text_or_null(known ? names.sysname : NULL));
    json_add_item(json, "os_version",
                  version ? version : text_or_null(known ? names.version : NULL));
    json_add_item(json, "kernel", text_or_null(known ? names.release : NULL));
    json_add_item(json, "arch", text_or_null(known ? names.machine : NULL));
    json_add_item(json, "hypervisor", environment_hypervisor());
    json_add_item(json, "container", environment_container());
    json_add_item(json, "emulator", NULL);
    json_add_item(json, "boot_id", environment_file_text("/proc/sys/kernel/random/boot_id"));
    return json;
}

static cJSON *smt_json(void) {
    char text[8];
    if (!environment_line("/sys/devices/system/cpu/smt/active", text, sizeof text)) return NULL;
    return cJSON_CreateBool(*text == '1');
}

static cJSON *cpu_json(void) {
    uv_cpu_info_t *cpus = NULL;
    int count = 0;
    bool known = uv_cpu_info(&cpus, &count) == 0 && count > 0;
    cJSON *json = cJSON_CreateObject();
    json_add_item(json, "model", text_or_null(known ? cpus[0].model : NULL));
    json_add_count(json, "logical", known ? (uint64_t)count : OS_UNKNOWN);
    json_add_item(json, "physical", environment_physical_cpus());
    json_add_item(json, "smt", smt_json());
    json_add_item(json, "governor",
                  environment_file_text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
    json_add_item(json, "turbo", environment_turbo());
    json_add_item(json, "mitigations", environment_mitigations());
    json_add_item(json, "steal_pct", NULL);
    if (known) uv_free_cpu_info(cpus, count);
    return json;
}

static cJSON *port_range_json(void) {
    char text[64];
    int range[2];
    if (!environment_line("/proc/sys/net/ipv4/ip_local_port_range", text, sizeof text)) return NULL;
    char *at = text;
    range[0] = (int)strtol(at, &at, 10);
    range[1] = (int)strtol(at, &at, 10);
    return cJSON_CreateIntArray(range, 2);
}

static cJSON *limits_json(void) {
    cJSON *json = cJSON_CreateObject();
    /* os_init raised the soft limit to the hard one, and the children inherit it */
    json_add_count(json, "nofile_soft", os_descriptors_limit());
    json_add_count(json, "nofile_hard", os_descriptors_limit());
    json_add_item(json, "somaxconn", environment_file_count("/proc/sys/net/core/somaxconn"));
    json_add_item(json, "port_range", port_range_json());
    json_add_item(json, "io_uring_disabled",
                  environment_file_count("/proc/sys/kernel/io_uring_disabled"));
    return json;
}

/* Where a continuous integration service says who it is; "none" where none does. */
static cJSON *ci_json(void) {
    static const struct {
        const char *variable, *provider;
    } services[] = {{"GITHUB_ACTIONS", "github"}, {"GITLAB_CI", "gitlab"}, {"CIRCLECI", "circleci"},
                    {"TRAVIS", "travis"},         {"CIRRUS_CI", "cirrus"}, {"CI", "other"}};
    const char *provider = "none", *image = getenv("ImageOS"), *version = getenv("ImageVersion");
    for (size_t i = sizeof services / sizeof *services; i-- > 0;)
        if (getenv(services[i].variable)) provider = services[i].provider;
    char text[128];
    snprintf(text, sizeof text, "%s%s%s", image ? image : "", version ? " " : "",
             version ? version : "");
    cJSON *json = cJSON_CreateObject();
    json_add_item(json, "provider", cJSON_CreateString(provider));
    json_add_item(json, "image", text_or_null(text));
    return json;
}

cJSON *environment_json(cJSON *machine_floor, cJSON *findings, bool loopback) {
    double load[3];
    uv_loadavg(load);
    cJSON *json = cJSON_CreateObject();
    json_add_item(json, "host", host_json());
    json_add_item(json, "cpu", cpu_json());
    json_add_count(json, "mem_bytes", uv_get_total_memory());
    json_add_real(json, "load_1min", load[0]);
    cJSON *clock = cJSON_CreateObject();
    json_add_item(json, "clock", clock);
    json_add_item(
        clock, "source",
        environment_file_text("/sys/devices/system/clocksource/clocksource0/current_clocksource"));
    json_add_count(clock, "resolution_ns", os_clock_resolution_ns());
    cJSON *net = cJSON_CreateObject();
    json_add_item(json, "net", net);
    json_add_item(net, "path", loopback ? cJSON_CreateString("loopback") : NULL);
    json_add_item(net, "mtu", loopback ? environment_file_count("/sys/class/net/lo/mtu") : NULL);
    json_add_item(net, "congestion_control",
                  environment_file_text("/proc/sys/net/ipv4/tcp_congestion_control"));
    json_add_item(json, "limits", limits_json());
    json_add_item(json, "ci", ci_json());
    json_add_item(json, "floor", machine_floor);
    json_add_item(json, "findings", findings);
    return json;
}
