/* identities_limits.c - limits of both sides, and which processes the server's figures cover; see
 * identities_parts.h.
 * Invariant: what nobody could have measured is null. */
#include "bench/result/identities_parts.h"
#include "bench/result/result_file.h"
#include "bench/result/sample_facts.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Whether all figures of a list are null, as the server's scope demands. */
static bool check_hidden(const struct identities_place *p, const cJSON *sample,
                         const char *const *keys) {
    const cJSON *server = json_item(sample, "server");
    char field[64];
    for (; *keys; keys++) {
        if (!cJSON_IsNumber(json_item(server, *keys))) continue;
        snprintf(field, sizeof field, "server.%s", *keys);
        return identities_fault(p, field, "is not null, but pid_scope is %s",
                                json_text(server, "pid_scope"));
    }
    return true;
}

/* Refuses figures of several processes that are known of one only, and any of hidden ones. */
static bool check_scope(const struct identities_place *p, const cJSON *sample) {
    const char *scope = json_text(sample, "server.pid_scope");
    bool group = scope && strcmp(scope, "group") == 0,
         hidden = scope && strcmp(scope, "hidden") == 0;
    if ((group || hidden) && !check_hidden(p, sample, sample_server_process)) return false;
    if (hidden) return check_hidden(p, sample, sample_server_cpu);
    return !group || !isnan(json_number(sample, "server.cpu_ns")) ||
           identities_fault(p, "server.cpu_ns", "is null, but pid_scope is group");
}

bool identities_check_limits(const struct identities_slot *s) {
    const struct identities_place *p = s->place;
    const cJSON *sample = s->sample;
    if (s->file->version_minor < IDENTITIES_SINCE ||
        s->file->version_minor > RESULT_VERSION_MINOR || isnan(json_number(sample, "messages")))
        return true;
    const cJSON *limits = json_item(sample, "limits");
    if (!limits && identities_loadgen_is_earlier(sample)) return true;
    if (!cJSON_IsObject(limits)) return identities_fault(p, "limits", "is missing");
    bool placed = cJSON_GetArraySize(json_item(s->scenario, "placement.loadgen")) > 0;
    if (placed != cJSON_IsBool(json_item(limits, "pinned")))
        return identities_fault(p, "limits.pinned",
                                "must be null if and only if the load generator has no CPUs");
    if (!json_text(sample, "server.pid_scope") && cJSON_IsArray(json_item(limits, "server_cpus")))
        return identities_fault(p, "limits.server_cpus", "is not null, but pid_scope is");
    double quota = json_number(limits, "quota_cpus");
    if (quota <= 0) return identities_fault(p, "limits.quota_cpus", "is %.17g", quota);
    return identities_ascend(p, json_item(limits, "server_cpus"), "limits.server_cpus") &&
           identities_ascend(p, json_item(limits, "loadgen_cpus"), "limits.loadgen_cpus") &&
           check_scope(p, sample);
}
