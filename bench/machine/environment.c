/* environment.c - builds the `env` object from libuv, base/ and the facts of each system.
 * Invariant: every key of the schema is there. */
#include "bench/machine/environment.h"

#include "base/json.h"
#include "base/os.h"

#include "bench/support/json_clean.h"
#include "bench/machine/processors.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define ALLOWED_MAX 1024

double environment_steal_pct(const struct cpu_ticks *start) {
    struct cpu_ticks now = environment_ticks();
    double total = now.total - start->total;
    return total > 0 ? 100 * fmax(0, now.steal - start->steal) / total : NAN;
}

bool environment_pinning(int *error) {
    static int cpus[ALLOWED_MAX];
    size_t count = os_cpus_allowed(cpus, ALLOWED_MAX);
    if (count > ALLOWED_MAX) count = ALLOWED_MAX;
    *error = count ? os_cpus_restrict(cpus, count) : 0;
    return count && !*error;
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

static cJSON *host_json(const struct environment_facts *f) {
    uv_utsname_t names;
    bool known = uv_os_uname(&names) == 0;
    cJSON *json = cJSON_CreateObject();
    json_add_item(json, "os", f->os ? f->os : text_or_null(known ? names.sysname : NULL));
    json_add_item(json, "os_version",
                  f->os_version ? f->os_version : text_or_null(known ? names.version : NULL));
    json_add_item(json, "kernel", text_or_null(known ? names.release : NULL));
    json_add_item(json, "arch", text_or_null(known ? names.machine : NULL));
    json_add_item(json, "hypervisor", f->hypervisor);
    json_add_item(json, "container", f->container);
    json_add_item(json, "emulator", f->emulator);
    json_add_item(json, "boot_id", f->boot_id);
    return json;
}

/* A container may see another number of CPUs in each place. What contradicts the number of CPUs is
 * unknown. */
static void drop_contradictions(struct environment_facts *f, int cpus) {
    double cores = cJSON_IsNumber(f->physical_cpus) ? f->physical_cpus->valuedouble : NAN;
    if (cores > cpus || cores < 1) {
        cJSON_Delete(f->physical_cpus);
        f->physical_cpus = NULL;
    }
    if (!isnan(cores) && cJSON_IsTrue(f->smt) != (cpus > cores)) {
        cJSON_Delete(f->smt);
        f->smt = NULL;
    }
}

static cJSON *cpu_json(struct environment_facts *f) {
    char model[128];
    int count = processors_online(model, sizeof model);
    int error;
    size_t allowed = os_cpus_allowed(NULL, 0);
    if (count) drop_contradictions(f, count);
    cJSON *json = cJSON_CreateObject();
    json_add_item(json, "model", text_or_null(model));
    json_add_count(json, "logical",
                   count && (size_t)count >= allowed ? (uint64_t)count : OS_UNKNOWN);
    json_add_item(json, "physical", f->physical_cpus);
    json_add_item(json, "smt", f->smt);
    json_add_item(json, "governor", f->governor);
    json_add_item(json, "turbo", f->turbo);
    json_add_item(json, "mitigations", f->mitigations);
    json_add_item(json, "steal_pct", NULL);
    json_add_item(json, "pinning", cJSON_CreateBool(environment_pinning(&error)));
    return json;
}

static cJSON *limits_json(const struct environment_facts *f) {
    cJSON *json = cJSON_CreateObject();
    /* os_init raised the soft limit to the hard one, and the children inherit it */
    json_add_count(json, "nofile_soft", os_descriptors_limit());
    json_add_count(json, "nofile_hard", os_descriptors_limit());
    json_add_item(json, "somaxconn", f->somaxconn);
    json_add_item(json, "port_range", f->port_range);
    json_add_item(json, "io_uring_disabled", f->io_uring_disabled);
    return json;
}

/* Which continuous integration service runs this, by its environment variables; "none" otherwise.
 */
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

/* The path to a server on another machine is unknown. */
static cJSON *net_json(struct environment_facts *f, bool loopback) {
    cJSON *json = cJSON_CreateObject();
    json_add_item(json, "path", loopback ? cJSON_CreateString("loopback") : NULL);
    if (!loopback) {
        cJSON_Delete(f->loopback_mtu);
        f->loopback_mtu = NULL;
    }
    json_add_item(json, "mtu", f->loopback_mtu);
    json_add_item(json, "congestion_control", f->congestion_control);
    return json;
}

cJSON *environment_json(cJSON *machine_floor, cJSON *findings, bool loopback) {
    struct environment_facts f = environment_facts();
    cJSON *json = cJSON_CreateObject(), *clock = cJSON_CreateObject();
    json_add_item(json, "host", host_json(&f));
    json_add_item(json, "cpu", cpu_json(&f));
    uint64_t memory = uv_get_total_memory(); /* 0: unknown */
    json_add_count(json, "mem_bytes", memory ? memory : OS_UNKNOWN);
    json_add_real(json, "load_1min", f.load_1min);
    json_add_item(json, "clock", clock);
    json_add_item(clock, "source", f.clock_source);
    json_add_count(clock, "resolution_ns", os_clock_resolution_ns());
    json_add_count(clock, "cpu_resolution_ns", os_cpu_resolution_ns());
    json_add_item(json, "net", net_json(&f, loopback));
    json_add_item(json, "limits", limits_json(&f));
    json_add_item(json, "ci", ci_json());
    json_add_item(json, "floor", machine_floor);
    json_add_item(json, "findings", findings);
    return json_clean(json);
}
