/* builds.c - fills the builds[] array of a result. */
#include "bench/session/builds.h"

#include "base/check.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"

#include "bench/support/sha256.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* ---- the same programs to the end ---- */

/* Returns false if there is no such file. */
static bool look(const char *path, uv_stat_t *facts) {
    uv_fs_t request;
    bool there = uv_fs_stat(NULL, &request, path, NULL) == 0;
    *facts = request.statbuf;
    uv_fs_req_cleanup(&request);
    return there;
}

/* A server that runs already has no file here. */
static void watch(struct builds_watch *w, const char *path) {
    for (size_t i = 0; i < w->count; i++)
        if (strcmp(w->files[i].path, path) == 0) return;
    struct builds_file *file = &w->files[w->count];
    file->path = path;
    w->count += look(path, &file->facts);
}

void builds_watch(struct builds_watch *w, const struct plan *plan) {
    *w = (struct builds_watch){.files = calloc(2 * plan->cell_count, sizeof *w->files)};
    MEMORY_CHECK(w->files);
    for (size_t i = 0; i < plan->cell_count; i++) {
        watch(w, plan->cells[i].server->program->path);
        watch(w, plan->cells[i].loadgen->path);
    }
}

void builds_watch_free(struct builds_watch *w) {
    free(w->files);
    *w = (struct builds_watch){0};
}

bool builds_unchanged(const struct builds_watch *w, struct reason *reason) {
    for (size_t i = 0; i < w->count; i++) {
        const uv_stat_t *was = &w->files[i].facts;
        uv_stat_t now;
        const char *path = w->files[i].path;
        if (!look(path, &now)) return reason_set(reason, "%s was removed meanwhile", path);
        if (now.st_dev != was->st_dev || now.st_ino != was->st_ino || now.st_size != was->st_size ||
            now.st_mtim.tv_sec != was->st_mtim.tv_sec ||
            now.st_mtim.tv_nsec != was->st_mtim.tv_nsec)
            return reason_set(reason, "%s was changed meanwhile: do not build while slots run",
                              path);
    }
    return true;
}
