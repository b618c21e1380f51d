/* transports.c - looks up transports in the load generator's description. Pure.
 * Invariant: a transport that is known but unavailable is not an error; its cells are skipped, with
 * the reason. */
#include "bench/suite/transports.h"

#include "base/check.h"

#include "bench/suite/models.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"

#include <stdio.h>
#include <string.h>

bool transports_named(const char *name) {
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t length = strlen(name);
    if (strcmp(name, "*") == 0) return true;
    return length > 0 && length <= TRANSPORT_NAME_MAX && strspn(name, allowed) == length;
}

/* All transports that the load generator knows, available ones first; owned by the caller. */
static cJSON *known_names(const cJSON *loadgen) {
    cJSON *names = cJSON_CreateArray();
    const cJSON *item;
    cJSON_ArrayForEach(item, json_item(loadgen, "transports")) {
        if (cJSON_IsString(item) && transports_named(item->valuestring))
            cJSON_AddItemToArray(names, cJSON_CreateString(item->valuestring));
    }
    cJSON_ArrayForEach(item, json_item(loadgen, "transports_missing")) {
        const char *name = json_text(item, "name");
        if (name && transports_named(name)) cJSON_AddItemToArray(names, cJSON_CreateString(name));
    }
    return names;
}

static bool among(const cJSON *names, const char *name) {
    const cJSON *item;
    cJSON_ArrayForEach(item, names) {
        if (strcmp(item->valuestring, name) == 0) return true;
    }
    return false;
}

static bool refuse(const char *name, const cJSON *known, struct reason *reason) {
    char list[256] = "auto";
    const cJSON *item;
    cJSON_ArrayForEach(item, known) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, ", %s", item->valuestring);
    }
    return reason_set(reason, "transport %s: unknown to this load generator; there are %s", name,
                      list);
}

/* Adds a name of the suite; "*" adds all known names. Returns whether the name is known. */
static bool add_asked(cJSON *names, const char *name, const cJSON *known) {
    const cJSON *k;
    if (strcmp(name, "*") != 0) {
        cJSON_AddItemToArray(names, cJSON_CreateString(name));
        return strcmp(name, "auto") == 0 || among(known, name);
    }
    cJSON_ArrayForEach(k, known) {
        cJSON_AddItemToArray(names, cJSON_CreateString(k->valuestring));
    }
    return known->child != NULL;
}

/* Replaces the transport of a load by a list of names. Returns false and the reason on failure. */
static bool resolve(cJSON *load, const cJSON *known, struct reason *reason) {
    cJSON *names = cJSON_CreateArray();
    const cJSON *asked = json_item(load, "transport"), *item;
    bool fine = true;
    if (cJSON_IsString(asked) && !add_asked(names, asked->valuestring, known))
        fine = refuse(asked->valuestring, known, reason);
    cJSON_ArrayForEach(item, asked) {
        if (fine && !add_asked(names, item->valuestring, known))
            fine = refuse(item->valuestring, known, reason);
    }
    if (asked && fine)
        CHECK(cJSON_ReplaceItemInObjectCaseSensitive(load, "transport", names));
    else
        cJSON_Delete(names);
    return fine;
}

bool transports_resolve(cJSON *suite, const cJSON *loadgen, struct reason *reason) {
    cJSON *known = known_names(loadgen), *phase, *load;
    bool fine = true;
    cJSON_ArrayForEach(phase, json_item(suite, "phases")) {
        cJSON_ArrayForEach(load, json_item(phase, "loads")) {
            fine = fine && resolve(load, known, reason);
        }
    }
    cJSON_Delete(known);
    return fine;
}

const char *transports_missing(const cJSON *loadgen, const char *name) {
    const cJSON *item;
    cJSON_ArrayForEach(item, json_item(loadgen, "transports_missing")) {
        const char *missing = json_text(item, "name"), *why = json_text(item, "reason");
        if (missing && strcmp(missing, name) == 0) return why ? why : "not available here";
    }
    return NULL;
}
