/* identities_scenario.c - fields of a scenario that depend on each other; see identities_parts.h.
 */
#include "bench/result/identities_parts.h"
#include "bench/result/scenario.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The load determines which fields are null. A rate in percent has a rate per second only after the
 * capacity was measured. */
static bool check_load(const struct identities_place *p, const cJSON *scenario, bool measured) {
    static const struct {
        const char *key;
        const char *loads; /* the loads in which the field is not null */
    } fields[] = {{"depth", "closed"},
                  {"outstanding", "open"},
                  {"arrival", "open churn"},
                  {"rate_per_s", "open churn"},
                  {"churn_echoes", "churn"}};
    const char *load = json_item(scenario, "load")->valuestring;
    bool resolved = measured || cJSON_IsNull(json_item(scenario, "rate_pct"));
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const cJSON *field = json_item(scenario, fields[i].key);
        if (!resolved && strcmp(fields[i].key, "rate_per_s") == 0) continue;
        if (cJSON_IsNull(field) == (strstr(fields[i].loads, load) != NULL))
            return identities_fault(p, "scenario", "%s must be null if and only if load is not %s",
                                    fields[i].key, fields[i].loads);
    }
    if (!cJSON_IsNull(json_item(scenario, "rate_pct")) && strcmp(load, "closed") == 0)
        return identities_fault(p, "scenario.rate_pct", "cannot be used with load %s", load);
    if (json_number(scenario, "newcomers_per_s") > 0 && strcmp(load, "churn") == 0)
        return identities_fault(p, "scenario.newcomers_per_s", "cannot be used with load churn");
    if (cJSON_IsTrue(json_item(scenario, "saturating")) && strcmp(load, "closed") == 0)
        return identities_fault(p, "scenario.saturating", "cannot be true with load closed");
    return true;
}

static bool check_placement(const struct identities_place *p, const cJSON *placement) {
    const cJSON *one, *two, *server = json_item(placement, "server");
    const cJSON *loadgen = json_item(placement, "loadgen");
    bool separate = cJSON_GetArraySize(server) > 0;
    cJSON_ArrayForEach(one, server) {
        cJSON_ArrayForEach(two, loadgen) {
            if (one->valuedouble == two->valuedouble) separate = false;
        }
    }
    if (!identities_ascend(p, server, "scenario.placement.server") ||
        !identities_ascend(p, loadgen, "scenario.placement.loadgen"))
        return false;
    return cJSON_IsTrue(json_item(placement, "separate")) == separate ||
           identities_fault(p, "scenario.placement.separate", "is %s, but the CPUs %s",
                            separate ? "false" : "true",
                            separate ? "differ" : "are shared or unknown");
}

static bool check_id(const struct identities_place *p, const cJSON *cell) {
    char *expected = scenario_id(json_item(cell, "scenario"));
    const char *id = json_text(cell, "id");
    bool same = strcmp(id, expected) == 0;
    if (!same)
        identities_fault(p, "id", "is \"%.120s\", but the scenario is \"%.120s\"", id, expected);
    free(expected);
    return same;
}

/* Halves of a window are compared, so the number of its slices is even. */
static bool check_turns(const struct identities_place *p, const cJSON *scenario) {
    double turns = json_number(scenario, "turns");
    if (isnan(turns)) return true;
    if (fmod(turns, 2) != 0)
        return identities_fault(p, "scenario.turns", "is %.0f, not even", turns);
    return (strcmp(json_text(scenario, "load"), "churn") != 0 &&
            !cJSON_IsTrue(json_item(scenario, "counted"))) ||
           identities_fault(p, "scenario.turns", "cannot be used with churn or counted");
}

bool identities_check_scenario(const struct identities_place *p, const struct identities_file *file,
                               const cJSON *cell) {
    const cJSON *scenario = json_item(cell, "scenario");
    if (!check_load(p, scenario, json_item(cell, "samples") != NULL) || !check_turns(p, scenario))
        return false;
    if (file->version_minor < IDENTITIES_SINCE) return true;
    return check_placement(p, json_item(scenario, "placement")) && check_id(p, cell) &&
           identities_at_most(p, "scenario.loadgen.threads",
                              json_number(scenario, "loadgen.threads"),
                              json_number(scenario, "connections"), "scenario.connections");
}
