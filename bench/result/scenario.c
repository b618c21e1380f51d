/* scenario.c - servers and loads of cells; see scenario.h.
 * Invariant: an unknown field counts as part of the load, so different loads never look the same.
 */
#include "bench/result/scenario.h"

#include "base/check.h"
#include "base/json.h"

#include "bench/support/json_path.h"
#include "bench/support/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the server ---- */

char *scenario_server(const cJSON *scenario) {
    const cJSON *server = json_item(scenario, "server"), *option;
    const char *arm = json_text(server, "arm"), *model = json_text(server, "model");
    struct text name = {0};
    char separator = ':';
    text_add(&name, "%s%s%s", arm ? arm : "", arm ? "/" : "", model ? model : "");
    cJSON_ArrayForEach(option, json_item(server, "options")) {
        text_add(&name, "%c%s=", separator, option->string);
        if (cJSON_IsString(option))
            text_add(&name, "%s", option->valuestring);
        else
            text_add(&name, "%.15g", option->valuedouble);
        separator = ',';
    }
    return name.data;
}

/* ---- the id ---- */

/* Adds `prefix` and a number of the scenario, unless it is null or at most `least`. */
static void add_number(struct text *id, const char *prefix, const cJSON *scenario, const char *path,
                       double least) {
    double number = json_number(scenario, path);
    if (number > least) text_add(id, "%s%.15g", prefix, number); /* false for null */
}

char *scenario_id(const cJSON *scenario) {
    struct text id = {0};
    char *server = scenario_server(scenario);
    const char *arrival = json_text(scenario, "arrival");
    const char *transport = json_text(scenario, "loadgen.transport");
    bool in_pct = !isnan(json_number(scenario, "rate_pct"));
    text_add(&id, "%s/%s", server, json_text(scenario, "load"));
    free(server);
    add_number(&id, "/c", scenario, "connections", 0);
    add_number(&id, "/d", scenario, "depth", 0);
    add_number(&id, "/r", scenario, in_pct ? "rate_pct" : "rate_per_s", 0);
    if (arrival) text_add(&id, "%s/%s", in_pct ? "%" : "", arrival);
    add_number(&id, "/k", scenario, "outstanding", 0);
    add_number(&id, "/e", scenario, "churn_echoes", 0);
    add_number(&id, "/", scenario, "size_bytes", 0);
    text_add(&id, "B");
    add_number(&id, "/idle", scenario, "idle", 0);
    add_number(&id, "/new", scenario, "newcomers_per_s", 0);
    add_number(&id, "/t", scenario, "server.threads", 1);
    add_number(&id, "/burn", scenario, "server.burn_ns", 0);
    if (strcmp(transport, "auto") != 0) text_add(&id, "/via-%s", transport);
    if (cJSON_IsTrue(json_item(scenario, "counted"))) text_add(&id, "/counted");
    return id.data;
}

/* ---- the load ---- */

/* Fields that are not part of the load, or that have their own comparison. */
static const char *const apart[] = {"phase",      "server",   "loadgen",    "placement",
                                    "saturating", "warmup_s", "duration_s", "drain_s",
                                    "turns",      "rate_pct", "rate_per_s"};

static bool stands_apart(const char *key, enum scenario_but but) {
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        if (strcmp(key, apart[i]) == 0) return true;
    return (but == BUT_CONNECTIONS && strcmp(key, "connections") == 0) ||
           (but == BUT_IDLE && strcmp(key, "idle") == 0);
}

static bool same(const cJSON *one, const cJSON *two) {
    if (json_says_nothing(one) || json_says_nothing(two))
        return json_says_nothing(one) && json_says_nothing(two);
    return cJSON_Compare(one, two, true);
}

static bool same_at(const cJSON *one, const cJSON *two, const char *path) {
    return same(json_item(one, path), json_item(two, path));
}

static bool same_rate(const cJSON *one, const cJSON *two) {
    if (!same_at(one, two, "rate_pct")) return false;
    return !json_says_nothing(json_item(one, "rate_pct")) || same_at(one, two, "rate_per_s");
}

/* Whether all load fields of `one` are the same in `two`. */
static bool fields_same(const cJSON *one, const cJSON *two, enum scenario_but but) {
    const cJSON *field;
    cJSON_ArrayForEach(field, one) {
        const cJSON *other = cJSON_GetObjectItemCaseSensitive(two, field->string);
        if (!stands_apart(field->string, but) && !same(field, other)) return false;
    }
    return true;
}

bool scenario_same_load(const cJSON *one, const cJSON *two, enum scenario_but but) {
    return fields_same(one, two, but) && fields_same(two, one, but) &&
           (but == BUT_RATE || same_rate(one, two)) && same_at(one, two, "server.threads") &&
           same_at(one, two, "server.burn_ns") && same_at(one, two, "loadgen.transport");
}

/* ---- old files ---- */

void scenario_add_arms(cJSON *file) {
    const char *mode = json_text(file, "session.mode");
    const cJSON *cell;
    if (!mode || strcmp(mode, "ab") != 0) return;
    cJSON_ArrayForEach(cell, json_item(file, "cells")) {
        cJSON *scenario = cJSON_GetObjectItemCaseSensitive(cell, "scenario");
        cJSON *server = cJSON_GetObjectItemCaseSensitive(scenario, "server");
        const char *id = json_text(cell, "id");
        if (!server || !id || json_item(server, "arm")) continue;
        struct text arm = {0};
        text_add(&arm, "%.*s", (int)strcspn(id, "/"), id);
        json_add_item(server, "arm", cJSON_CreateString(arm.data));
        free(arm.data);
    }
}
