/* identities_environment.c - facts about the machine that contradict each other or the cells; see
 * identities_parts.h. */
#include "bench/result/identities_parts.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <string.h>

#define PORT_MAX 65535
#define STEAL_KNOWN_S 0.1       /* a shorter window may lie between two ticks of the system */
#define IO_URING_DISABLED_MAX 2 /* 1: for users without rights; 2: for all */

static double fact(const cJSON *document, const char *path) {
    return json_number(json_item(document, "env"), path);
}

static bool check_cpu(const struct identities_place *p, const cJSON *document) {
    double logical = fact(document, "cpu.logical"), physical = fact(document, "cpu.physical");
    const cJSON *smt = json_item(document, "env.cpu.smt");
    if (logical == 0 || physical == 0)
        return identities_fault(p, "env.cpu", "logical or physical is 0");
    if (!identities_at_most(p, "env.cpu.physical", physical, logical, "env.cpu.logical"))
        return false;
    if (cJSON_IsBool(smt) && !isnan(logical + physical) &&
        cJSON_IsTrue(smt) != (logical > physical))
        return identities_fault(p, "env.cpu.smt", "is %s with %.17g CPUs on %.17g cores",
                                cJSON_IsTrue(smt) ? "true" : "false", logical, physical);
    return identities_at_most(p, "env.cpu.steal_pct", fact(document, "cpu.steal_pct"), 100,
                              "all CPU time");
}

/* Times and sizes that cannot be 0, and limits that are ordered. */
static bool check_amounts(const struct identities_place *p, const cJSON *document) {
    static const char *const positive[] = {
        "mem_bytes",          "clock.resolution_ns", "net.mtu",        "clock.cpu_resolution_ns",
        "floor.roundtrip_ns", "floor.syscall_ns",    "floor.clock_ns", "limits.nofile_soft",
        "limits.somaxconn",   "limits.nofile_hard"};
    for (size_t i = 0; i < sizeof positive / sizeof *positive; i++)
        if (fact(document, positive[i]) == 0) {
            return identities_fault(p, "env", "%s is 0", positive[i]);
        }
    double soft = fact(document, "limits.nofile_soft"), hard = fact(document, "limits.nofile_hard");
    const cJSON *ports = json_item(document, "env.limits.port_range");
    double first = ports && ports->child ? ports->child->valuedouble : NAN;
    double last = ports && ports->child ? ports->child->next->valuedouble : NAN;
    if (!isnan(soft) != !isnan(hard) || soft < hard || soft > hard)
        return identities_fault(p, "env.limits.nofile_soft",
                                "is %.17g, but iobench raises it to nofile_hard, %.17g", soft,
                                hard);
    if (first == 0) return identities_fault(p, "env.limits.port_range[0]", "is 0");
    return identities_at_most(p, "env.limits.port_range[0]", first, last, "port_range[1]") &&
           identities_at_most(p, "env.limits.port_range[1]", last, PORT_MAX, "the highest port") &&
           identities_at_most(p, "env.limits.io_uring_disabled",
                              fact(document, "limits.io_uring_disabled"), IO_URING_DISABLED_MAX,
                              "the highest value") &&
           identities_at_most(p, "env.floor.syscall_ns", fact(document, "floor.syscall_ns"),
                              fact(document, "floor.roundtrip_ns"), "floor.roundtrip_ns");
}

/* Whether the environment allows a cell that was measured. */
static bool check_cell(const struct identities_place *p, const cJSON *document, const cJSON *cell) {
    const cJSON *scenario = json_item(cell, "scenario"), *sample;
    double connections = json_number(scenario, "connections") + json_number(scenario, "idle");
    double cpus = cJSON_GetArraySize(json_item(scenario, "placement.server"));
    if (!identities_at_most(p, "scenario.connections", connections,
                            fact(document, "limits.nofile_soft"), "env.limits.nofile_soft") ||
        !identities_at_most(p, "scenario.placement.server", cpus, fact(document, "cpu.logical"),
                            "env.cpu.logical"))
        return false;
    double steal = fact(document, "cpu.steal_pct");
    cJSON_ArrayForEach(sample, json_item(cell, "samples")) {
        double here = json_number(sample, "steal_pct"), window = json_number(sample, "window_s");
        if (cJSON_IsTrue(json_item(sample, "limits.pinned")) &&
            !cJSON_IsTrue(json_item(document, "env.cpu.pinning")))
            return identities_fault(p, "env.cpu.pinning", "is not true, but slots were pinned");
        bool lost = isnan(here) && window >= STEAL_KNOWN_S && !isnan(steal);
        if (lost || (here >= 0 && isnan(steal)) || (here > 0 && steal == 0))
            return identities_fault(p, "samples", "steal_pct is %.17g, but env.cpu.steal_pct %.17g",
                                    here, steal);
    }
    return true;
}

bool identities_check_environment(const struct identities_place *p, const cJSON *document) {
    const cJSON *cell;
    bool commit = !cJSON_IsNull(json_item(document, "tool.git_commit"));
    if (json_number(document, "schema.version_minor") < IDENTITIES_SINCE) return true;
    if (!commit && !cJSON_IsNull(json_item(document, "tool.git_dirty")))
        return identities_fault(p, "tool", "git_dirty must be null if git_commit is");
    if (!check_cpu(p, document) || !check_amounts(p, document)) return false;
    cJSON_ArrayForEach(cell, json_item(document, "cells")) {
        if (json_item(cell, "samples") && !check_cell(p, document, cell)) return false;
    }
    return true;
}
