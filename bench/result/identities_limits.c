/* identities_limits.c - see identities_limits.h.
 * Invariant: what nobody could have measured is null. */
#include "bench/result/identities_limits.h"

#include "bench/result/identities_unanswered.h"
#include "bench/result/result_file.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <string.h>

#define SINCE_MINOR 4

/* Whether a list of CPUs ascends; null does. */
static bool check_ascends(const struct identities_place *p, const cJSON *sample, const char *path) {
    const cJSON *cpu;
    double last = -1;
    cJSON_ArrayForEach(cpu, json_item(sample, path)) {
        if (cpu->valuedouble <= last) return identities_fault(p, path, "does not ascend");
        last = cpu->valuedouble;
    }
    return true;
}

/* Refuses figures of several processes that are known of one only, and any of hidden ones. */
static bool check_scope(const struct identities_place *p, const cJSON *sample) {
    static const char *const figures[] = {
        "server.ctx_voluntary",    "server.ctx_involuntary",
        "server.rss_bytes",        "server.rss_per_connection_bytes",
        "server.cpu_ns",           "server.cpu_user_s",
        "server.cpu_sys_s",        "server.cpu_ns_per_echo",
        "server.echoes_per_cpu_s",
    };
    const char *scope = json_text(sample, "server.pid_scope");
    bool group = scope && strcmp(scope, "group") == 0,
         hidden = scope && strcmp(scope, "hidden") == 0;
    size_t unknown = hidden ? sizeof figures / sizeof *figures : group ? 4 : 0;
    for (size_t i = 0; i < unknown; i++)
        if (cJSON_IsNumber(json_item(sample, figures[i])))
            return identities_fault(p, figures[i], "is not null, but pid_scope is %s", scope);
    if (group && isnan(json_number(sample, "server.cpu_ns")))
        return identities_fault(p, "server.cpu_ns", "is null, but pid_scope is group");
    return true;
}

bool identities_check_limits(const struct identities_place *p, const struct identities_file *file,
                             const cJSON *scenario, const cJSON *sample) {
    if (file->version_minor < SINCE_MINOR || file->version_minor > RESULT_VERSION_MINOR ||
        isnan(json_number(sample, "messages")))
        return true;
    const cJSON *limits = json_item(sample, "limits");
    if (!limits && identities_loadgen_is_earlier(sample)) return true;
    if (!cJSON_IsObject(limits)) return identities_fault(p, "limits", "is missing");
    bool placed = cJSON_GetArraySize(json_item(scenario, "placement.loadgen")) > 0;
    if (placed != cJSON_IsBool(json_item(limits, "pinned")))
        return identities_fault(p, "limits.pinned",
                                "must be null if and only if the load generator has no CPUs");
    if (!json_text(sample, "server.pid_scope") && cJSON_IsArray(json_item(limits, "server_cpus")))
        return identities_fault(p, "limits.server_cpus", "is not null, but pid_scope is");
    double quota = json_number(limits, "quota_cpus");
    if (quota <= 0) return identities_fault(p, "limits.quota_cpus", "is %.17g", quota);
    return check_ascends(p, sample, "limits.server_cpus") &&
           check_ascends(p, sample, "limits.loadgen_cpus") && check_scope(p, sample);
}
