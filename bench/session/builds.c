/* builds.c - fills the builds[] array of a result. */
#include "bench/session/builds.h"

#include "base/check.h"
#include "base/json.h"
#include "base/utf8.h"

#include "bench/support/sha256.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>
#include <zlib.h>

/* Build facts of iobench itself. */
static cJSON *own_facts(void) {
    cJSON *facts = cJSON_CreateObject(), *libraries = cJSON_CreateObject();
    json_add_item(libraries, "libuv", cJSON_CreateString(uv_version_string()));
    json_add_item(libraries, "cjson", cJSON_CreateString(cJSON_Version()));
    json_add_item(libraries, "zlib", cJSON_CreateString(zlibVersion()));
    json_add_item(facts, "compiler", cJSON_CreateString(BUILD_COMPILER " " __VERSION__));
    json_add_item(facts, "cflags", cJSON_CreateString(BUILD_CFLAGS));
    json_add_item(facts, "build_type", cJSON_CreateString(BUILD_TYPE));
    json_add_item(facts, "libraries", libraries);
    return facts;
}

static void copy(cJSON *to, const cJSON *from, const char *key) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(from, key);
    json_add_item(to, key, item ? cJSON_Duplicate(item, true) : NULL);
}

const char *builds_add(cJSON *builds, const char *program, const char *path,
                       const cJSON *describe) {
    char hex[SHA256_HEX_SIZE], id[96];
    bool known = sha256_file(path, hex);
    snprintf(id, sizeof id, "%s-%.8s", program, known ? hex : "unknown");
    const cJSON *b;
    cJSON_ArrayForEach(b, builds) {
        const char *there = cJSON_GetObjectItemCaseSensitive(b, "id")->valuestring;
        if (strcmp(there, id) == 0) return there;
    }
    cJSON *own = describe ? NULL : own_facts();
    const cJSON *facts = describe ? cJSON_GetObjectItemCaseSensitive(describe, "build") : own;
    cJSON *build = cJSON_CreateObject();
    json_add_item(build, "id", cJSON_CreateString(id));
    json_add_item(build, "program", cJSON_CreateString(program));
    copy(build, facts, "compiler");
    copy(build, facts, "cflags");
    copy(build, facts, "build_type");
    json_add_item(build, "sha256", known ? cJSON_CreateString(hex) : NULL);
    copy(build, facts, "libraries");
    CHECK(cJSON_AddItemToArray(builds, build));
    cJSON_Delete(own);
    return cJSON_GetObjectItemCaseSensitive(build, "id")->valuestring;
}

const char *builds_add_server(cJSON *builds, const struct program *server) {
    char name[MODEL_NAME_SIZE + 8];
    switch (server->kind) {
    case SERVER_OURS:
        snprintf(name, sizeof name, "echo-%s", server->name);
        break;
    case SERVER_COMMAND: /* named by its file; several commands may share an interpreter */
        snprintf(name, sizeof name, "%.48s", paths_file(server->path));
        break;
    case SERVER_AT:
        snprintf(name, sizeof name, "%s", server->name);
        break;
    }
    utf8_clean(name);
    return builds_add(builds, name, server->path, server->describe);
}
