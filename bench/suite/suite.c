/* suite.c - loads and checks suite files, and applies overrides of the command line.
 * Invariant: an error message names the file, the path of the field and the problem. */
#include "bench/suite/suite.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/os.h"

#include "bench/result/schema.h"
#include "bench/suite/transports.h"
#include "bench/support/files.h"
#include "bench/support/json_file.h"
#include "bench/support/json_path.h"
#include "bench/support/nearest.h"
#include "bench/support/reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define SCHEMA_FILE "iobench-suite.schema.json"
#define NAME_MAX_LENGTH 60
#define VALUES_MAX 64           /* longest list on the command line */
#define CONNECTIONS_HIGHEST 1e6 /* as in the schema */

/* ---- names ---- */

static int by_text(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

size_t suite_names(const struct paths *paths, char *names[SUITES_MAX]) {
    struct files_list files;
    struct reason why;
    size_t count = 0;
    files_list(&files, paths->suites, &why); /* empty if the folder cannot be listed */
    for (size_t i = 0; i < files.count && count < SUITES_MAX; i++) {
        const char *file = files.names[i];
        if (!paths_ends_with(file, ".json") || strcmp(file, SCHEMA_FILE) == 0) continue;
        char *name = strdup(file);
        MEMORY_CHECK(name);
        name[strlen(name) - strlen(".json")] = '\0';
        names[count++] = name;
    }
    files_list_free(&files);
    qsort(names, count, sizeof *names, by_text);
    return count;
}

/* Sets the reason for an unknown suite: the nearest name, or all names. */
static void explain_unknown(const struct paths *paths, const char *name, struct reason *reason) {
    char *names[SUITES_MAX + 1] = {NULL};
    size_t count = suite_names(paths, names);
    const char *nearest = nearest_word(name, (const char *const *)names);
    reason_set(reason, "%.60s: no such suite; ", name);
    if (nearest)
        reason_add(reason, "did you mean \"%s\"?", nearest);
    else
        reason_add(reason, "there are");
    for (size_t i = 0; i < count; i++) {
        if (!nearest) reason_add(reason, "%s %s", i ? "," : "", names[i]);
        free(names[i]);
    }
}

bool suite_find(const struct paths *paths, const char *name, char path[PATH_SIZE],
                struct reason *reason) {
    if (strpbrk(name, OS_PATH_SEPARATORS) || paths_ends_with(name, ".json")) {
        if (snprintf(path, PATH_SIZE, "%s", name) < PATH_SIZE) return true;
        reason_set(reason, "the path is too long");
        return false;
    }
    char file[FILENAME_MAX];
    snprintf(file, sizeof file, "%s.json", name);
    if (paths_join(path, paths->suites, file) && files_may(path, FILES_EXIST)) return true;
    explain_unknown(paths, name, reason);
    return false;
}

/* ---- rules that the schema cannot express ---- */

/* Checks a name, which becomes part of file names, ids and messages. */
static bool check_name(const cJSON *object, const char *path, struct reason *reason) {
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    const char *name = json_item(object, "name")->valuestring;
    size_t length = strlen(name);
    if (length > 0 && length <= NAME_MAX_LENGTH && strspn(name, allowed) == length) return true;
    return reason_set(reason, "%sname: not 1 to %d letters, digits, '-', '_' and '.'", path,
                      NAME_MAX_LENGTH);
}

/* Whether a phase before number `before` is called `name`. */
static bool earlier_phase(const cJSON *suite, const char *name, int before) {
    const cJSON *phase = json_item(suite, "phases")->child;
    for (int i = 0; i < before; i++, phase = phase->next)
        if (strcmp(json_item(phase, "name")->valuestring, name) == 0) return true;
    return false;
}

/* Checks the names of transports, which also become part of ids. */
static bool check_transports(const cJSON *load, const char *path, struct reason *reason) {
    const cJSON *asked = json_item(load, "transport"), *item = asked;
    char place[16] = "";
    if (cJSON_IsArray(asked)) item = asked->child;
    for (int i = 0; item; i++, item = item->next) {
        if (cJSON_IsArray(asked)) snprintf(place, sizeof place, "[%d]", i);
        if (!transports_named(item->valuestring))
            return reason_set(reason,
                              "%s.transport%s: not \"*\" or 1 to %d letters, digits, '-' and '_'",
                              path, place, TRANSPORT_NAME_MAX);
        if (!cJSON_IsArray(asked)) break; /* a single text: the next items are other fields */
    }
    return true;
}

static bool check_load(const cJSON *suite, int phase, const cJSON *load, const char *path,
                       struct reason *reason) {
    static const struct {
        const char *key;   /* field of the load */
        const char *loads; /* loads that may have it */
    } fields[] = {{"depth", "closed"},
                  {"outstanding", "open"},
                  {"rate_pct", "open churn"},
                  {"of_phase", "open churn"},
                  {"rate_per_s", "open churn"},
                  {"arrival", "open churn"},
                  {"saturating", "open churn"},
                  {"churn_echoes", "churn"},
                  {"newcomers_per_s", "closed open"}};
    const char *kind = json_item(load, "load")->valuestring;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (json_item(load, fields[i].key) && !strstr(fields[i].loads, kind))
            return reason_set(reason, "%s.%s: not allowed with load \"%s\"", path, fields[i].key,
                              kind);
    const cJSON *of_phase = json_item(load, "of_phase");
    bool in_pct = json_item(load, "rate_pct") != NULL;
    if (strcmp(kind, "closed") != 0 && !in_pct && !json_item(load, "rate_per_s"))
        return reason_set(reason, "%s: \"rate_per_s\" is missing", path);
    if (in_pct != (of_phase != NULL))
        return reason_set(reason, "%s: \"%s\" is missing", path, in_pct ? "of_phase" : "rate_pct");
    if (in_pct && json_item(load, "rate_per_s"))
        return reason_set(reason, "%s.rate_per_s: not allowed with rate_pct", path);
    if (in_pct && json_item(load, "saturating") && strcmp(kind, "open") == 0)
        return reason_set(reason, "%s.saturating: not allowed with rate_pct", path);
    if (of_phase && !earlier_phase(suite, of_phase->valuestring, phase))
        return reason_set(reason, "%s.of_phase: no earlier phase is called \"%.80s\"", path,
                          of_phase->valuestring);
    return true;
}

bool suite_check(const cJSON *schema, const cJSON *suite, struct reason *reason) {
    if (!schema_check(schema, NULL, suite, "", reason)) return false;
    if (!check_name(suite, "", reason)) return false;
    int p = 0;
    const cJSON *phase, *load;
    cJSON_ArrayForEach(phase, cJSON_GetObjectItemCaseSensitive(suite, "phases")) {
        int l = 0;
        char place[32];
        snprintf(place, sizeof place, "phases[%d].", p);
        if (!check_name(phase, place, reason)) return false;
        cJSON_ArrayForEach(load, cJSON_GetObjectItemCaseSensitive(phase, "loads")) {
            char path[64];
            snprintf(path, sizeof path, "phases[%d].loads[%d]", p, l);
            if (!check_load(suite, p, load, path, reason) || !check_transports(load, path, reason))
                return false;
            l++;
        }
        p++;
    }
    return true;
}

cJSON *suite_load(const struct paths *paths, const char *name_or_file, struct reason *reason) {
    char path[PATH_SIZE];
    struct reason why;
    if (!suite_find(paths, name_or_file, path, reason)) return NULL;
    cJSON *suite = json_file_read(path, &why);
    if (!suite) {
        reason_set(reason, "%s: %s", path, why.text);
        return NULL;
    }
    char schema_path[PATH_SIZE];
    cJSON *schema = NULL;
    if (paths_join(schema_path, paths->suites, SCHEMA_FILE))
        schema = json_file_read(schema_path, &why);
    if (!schema)
        reason_set(reason, "%s: %s", schema_path, why.text);
    else if (!suite_check(schema, suite, &why))
        reason_set(reason, "%s: %s", path, why.text);
    else {
        cJSON_Delete(schema);
        return suite;
    }
    cJSON_Delete(schema);
    cJSON_Delete(suite);
    return NULL;
}

/* ---- overrides ---- */

static void set(cJSON *object, const char *key, cJSON *value) {
    CHECK(value);
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    CHECK(cJSON_AddItemToObject(object, key, value));
}

/* Reads "1,50,500". Returns NULL and the reason on failure. */
static cJSON *read_connections(const char *text, struct reason *reason) {
    cJSON *list = cJSON_CreateArray();
    for (const char *at = text; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        char word[24];
        uint64_t n;
        size_t length = strcspn(at, ",");
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word), at);
        if (cJSON_GetArraySize(list) == VALUES_MAX || length >= sizeof word ||
            !args_number(word, &n) || n < 1 || (double)n > CONNECTIONS_HIGHEST) {
            reason_set(reason,
                       "--connections: '%s': not whole numbers from 1 to %.0f, separated by commas",
                       text, CONNECTIONS_HIGHEST);
            cJSON_Delete(list);
            return NULL;
        }
        cJSON_AddItemToArray(list, cJSON_CreateNumber((double)n));
    }
    return list;
}

/* Reads "epoll,libuv". Returns NULL and the reason on failure. */
static cJSON *read_transports(const char *text, struct reason *reason) {
    cJSON *list = cJSON_CreateArray();
    for (const char *at = text; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        char name[TRANSPORT_NAME_MAX + 2]; /* too long a name gets 1 character too many */
        size_t length = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name), at);
        if (cJSON_GetArraySize(list) == VALUES_MAX || !transports_named(name)) {
            reason_set(reason, "--transport: '%s': not names of transports, separated by commas",
                       text);
            cJSON_Delete(list);
            return NULL;
        }
        cJSON_AddItemToArray(list, cJSON_CreateString(name));
    }
    return list;
}

bool suite_override(cJSON *suite, const struct suite_overrides *o, struct reason *reason) {
    cJSON *connections = NULL, *transports = NULL;
    if (o->connections) {
        connections = read_connections(o->connections, reason);
        if (!connections) return false;
    }
    if (o->transports) {
        transports = read_transports(o->transports, reason);
        if (!transports) {
            cJSON_Delete(connections);
            return false;
        }
    }
    if (o->servers->count)
        set(suite, "servers", cJSON_CreateStringArray(o->servers->items, (int)o->servers->count));
    if (o->measure) set(suite, "measure", cJSON_CreateString(o->measure));
    if (o->repeats) set(suite, "repeats", cJSON_CreateNumber((double)o->repeats));
    cJSON *phase, *load;
    cJSON_ArrayForEach(phase, cJSON_GetObjectItemCaseSensitive(suite, "phases")) {
        cJSON_ArrayForEach(load, cJSON_GetObjectItemCaseSensitive(phase, "loads")) {
            if (o->duration_s > 0) set(load, "duration_s", cJSON_CreateNumber(o->duration_s));
            if (connections) set(load, "connections", cJSON_Duplicate(connections, true));
            if (transports) set(load, "transport", cJSON_Duplicate(transports, true));
        }
    }
    cJSON_Delete(connections);
    cJSON_Delete(transports);
    return true;
}
