/* transports.c - the transports of this build, and which of them run here. */
#include "loadgen/transports.h"

#include "base/json.h"
#include "base/line.h"

#include "loadgen/load.h"

#include <stdio.h>
#include <string.h>

#define REASON_SIZE 160

static bool runs_here(const struct transport_ops *transport, char reason[REASON_SIZE]) {
    return !transport->probe || transport->probe(reason, REASON_SIZE);
}

bool transports_choose(const char *name, const struct transport_ops **chosen) {
    bool automatic = strcmp(name, "auto") == 0;
    char reason[REASON_SIZE], names[128] = "auto";
    for (size_t i = 0; transports[i]; i++) {
        size_t length = strlen(names);
        snprintf(names + length, sizeof names - length, ", %s", transports[i]->name);
        if (!automatic && strcmp(name, transports[i]->name) != 0) continue;
        if (runs_here(transports[i], reason)) {
            *chosen = transports[i];
            return true;
        }
        if (automatic) continue;
        line_print(stderr, "loadgen: --transport: %s: not available: %s", name, reason);
        return false;
    }
    line_print(stderr, "loadgen: --transport: %s: not in this build, which has %s", name, names);
    return false;
}

static void describe_transports(cJSON *about) {
    char reason[REASON_SIZE];
    cJSON *names = cJSON_AddArrayToObject(about, "transports");
    cJSON *missing = cJSON_AddArrayToObject(about, "transports_missing");
    for (size_t i = 0; transports[i]; i++) {
        if (runs_here(transports[i], reason)) {
            cJSON_AddItemToArray(names, cJSON_CreateString(transports[i]->name));
            continue;
        }
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, "name", transports[i]->name);
        cJSON_AddStringToObject(entry, "reason", reason);
        cJSON_AddItemToArray(missing, entry);
    }
}

static void describe_build(cJSON *about) {
    cJSON *build = cJSON_AddObjectToObject(about, "build");
    cJSON_AddStringToObject(build, "compiler", BUILD_COMPILER " " __VERSION__);
    cJSON_AddStringToObject(build, "cflags", BUILD_CFLAGS);
    cJSON_AddStringToObject(build, "build_type", BUILD_TYPE);
    cJSON *libraries = cJSON_AddObjectToObject(build, "libraries");
    cJSON_AddStringToObject(libraries, "cjson", cJSON_Version());
    for (size_t i = 0; transports[i]; i++)
        if (transports[i]->library)
            cJSON_AddStringToObject(libraries, transports[i]->library,
                                    transports[i]->library_version());
}

void transports_describe(uint64_t memory_bytes) {
    cJSON *json = cJSON_CreateObject();
    cJSON *about = cJSON_AddObjectToObject(json, "describe");
    cJSON_AddStringToObject(about, "name", "loadgen");
    describe_transports(about);
    cJSON_AddTrueToObject(about, "server_group");        /* it knows that option */
    json_add_count(about, "targets_max", TARGETS_MAX);   /* of a rotation */
    json_add_count(about, "memory_bytes", memory_bytes); /* of the load that the options describe */
    describe_build(about);
    char *text = cJSON_PrintUnformatted(json);
    if (text) puts(text);
    cJSON_free(text);
    cJSON_Delete(json);
}
