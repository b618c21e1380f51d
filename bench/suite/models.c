/* models.c - finds the servers in the folder of iobench and runs them with --describe.
 * Invariant: the describe of a program has all fields of `model` in the schema of results. */
#include "bench/suite/models.h"

#include "base/json.h"
#include "base/os.h"
#include "base/utf8.h"

#include "bench/support/files.h"
#include "bench/support/json_clean.h"
#include "bench/support/json_file.h"
#include "bench/support/nearest.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DESCRIBE_S 5.0 /* deadline for --describe */

const char *const server_kind_names[3] = {NULL, "cmd", "at"};

/* Reads {"describe":{...}} from the output of a program. Returns NULL and the reason on failure. */
static cJSON *read_describe(const struct process *p, struct reason *reason) {
    if (p->running || p->exit_status != 0 || p->term_signal || !p->text) {
        process_story(p, reason->text, sizeof reason->text);
        return NULL;
    }
    cJSON *json = json_text_parse(p->text, p->size, reason);
    cJSON *describe = cJSON_DetachItemFromObjectCaseSensitive(json, "describe");
    cJSON_Delete(json);
    if (json && !cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(describe, "build"))) {
        reason_set(reason, "--describe: output not understood");
        cJSON_Delete(describe);
        return NULL;
    }
    return describe;
}

/* Runs PROGRAM [--option O]... --describe. Returns NULL and the reason on failure. */
static cJSON *ask(struct process_loop *l, const char *path, char options[][64], size_t count,
                  struct reason *reason) {
    char *args[2 + 2 * SPEC_OPTIONS_MAX + 1];
    size_t n = 0;
    args[n++] = (char *)path;
    for (size_t i = 0; i < count; i++) {
        args[n++] = "--option";
        args[n++] = options[i];
    }
    args[n++] = "--describe";
    args[n] = NULL;
    struct process p;
    int error = process_start(&p, l, args, NULL, 0);
    if (error) {
        reason_set(reason, "%s", process_error_text(error));
        return NULL;
    }
    process_wait(l, process_ended, &p, DESCRIBE_S, true);
    process_end(&p, 0);
    cJSON *describe = read_describe(&p, reason);
    process_free(&p);
    return describe;
}

/* ---- finding ---- */

/* Sets `name` to "epoll" for the file "echo-epoll" or "echo-epoll.exe". False for other files. */
static bool model_name(const char *file, char name[MODEL_NAME_SIZE]) {
    if (strncmp(file, "echo-", 5) != 0) return false;
    size_t length = strcspn(file + 5, ".");
    const char *rest = file + 5 + length;
    if (!length || length >= MODEL_NAME_SIZE || strcmp(rest, OS_PROGRAM_SUFFIX) != 0) return false;
    memcpy(name, file + 5, length);
    name[length] = '\0';
    utf8_clean(name);
    return true;
}

static int by_name(const void *left, const void *right) {
    const struct program *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static bool find_servers(struct models *m, const char *directory, struct reason *reason) {
    struct files_list files;
    struct reason why;
    bool listed = files_list(&files, directory, &why);
    for (size_t i = 0; i < files.count && m->count < MODELS_MAX; i++) {
        struct program *s = &m->servers[m->count];
        if (!model_name(files.names[i], s->name)) continue;
        if (paths_join(s->path, directory, files.names[i])) m->count++;
    }
    files_list_free(&files);
    if (m->count) {
        qsort(m->servers, m->count, sizeof *m->servers, by_name);
        return true;
    }
    return reason_set(reason, "%s: no echo-* servers%s%s", directory, listed ? "" : ": ",
                      listed ? "" : why.text);
}

cJSON *models_stand_in(const char *name, const char *summary, const char *reason) {
    cJSON *json = cJSON_CreateObject(), *build = cJSON_CreateObject();
    json_add_item(json, "name", cJSON_CreateString(name));
    json_add_item(json, "summary", cJSON_CreateString(summary));
    json_add_item(json, "initiation", NULL);
    json_add_item(json, "notification", NULL);
    json_add_item(json, "options", cJSON_CreateArray());
    json_add_item(json, "connections_limit", NULL);
    json_add_count(json, "threads_max", 1); /* --threads must be 1; it may start its own threads */
    json_add_item(json, "available", cJSON_CreateBool(reason == NULL));
    json_add_item(json, "reason", reason ? cJSON_CreateString(reason) : NULL);
    json_add_item(json, "build", build);
    json_add_item(build, "compiler", NULL);
    json_add_item(build, "cflags", NULL);
    json_add_item(build, "build_type", NULL);
    json_add_item(build, "libraries", cJSON_CreateObject());
    return json_clean(json);
}

/* Has all servers describe themselves. Returns whether at least one did. */
static bool describe_servers(struct models *m, struct process_loop *l, struct reason *reason) {
    struct reason why;
    bool any = false;
    for (size_t i = 0; i < m->count; i++) {
        struct program *s = &m->servers[i];
        s->describe = ask(l, s->path, NULL, 0, &why);
        s->silent = !s->describe;
        any = any || !s->silent;
        if (!s->silent) continue;
        s->describe = models_stand_in(s->name, "does not describe itself", why.text);
        reason_set(reason, "%s: %s", s->path, why.text);
    }
    return any;
}

bool models_find_loadgen(struct models *m, struct process_loop *l, const char *directory,
                         struct reason *reason) {
    struct reason why;
    struct program *p = &m->loadgen;
    snprintf(p->name, sizeof p->name, "loadgen");
    if (!paths_join(p->path, directory, "loadgen" OS_PROGRAM_SUFFIX))
        return reason_set(reason, "%.100s...: the path is too long", directory);
    p->describe = ask(l, p->path, NULL, 0, &why);
    return p->describe || reason_set(reason, "%s: %s", p->path, why.text);
}

bool models_find(struct models *m, struct process_loop *l, const struct paths *paths,
                 struct reason *reason) {
    memset(m, 0, sizeof *m);
    bool fine = find_servers(m, paths->programs, reason) && describe_servers(m, l, reason) &&
                models_find_loadgen(m, l, paths->programs, reason);
    if (!fine) models_free(m);
    return fine;
}

void models_free(struct models *m) {
    for (size_t i = 0; i < m->count; i++) cJSON_Delete(m->servers[i].describe);
    cJSON_Delete(m->loadgen.describe);
    memset(m, 0, sizeof *m);
}

/* ---- a server with options ---- */

static const struct program *find_model(const struct models *m, const char *name,
                                        struct reason *reason) {
    const char *names[MODELS_MAX + 1];
    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->servers[i].name, name) == 0) return &m->servers[i];
        names[i] = m->servers[i].name;
    }
    names[m->count] = NULL;
    const char *nearest = nearest_word(name, names);
    if (nearest)
        reason_set(reason, "unknown model; did you mean \"%s\"?", nearest);
    else
        reason_set(reason, "unknown model; `iobench list` shows the known models");
    return NULL;
}

static int by_text(const void *left, const void *right) {
    return strcmp(left, right);
}

/* Whether utf8_clean changes nothing. Ids and messages contain options. */
static bool is_clean(const char text[SPEC_SIZE]) {
    char cleaned[SPEC_SIZE];
    strcpy(cleaned, text);
    utf8_clean(cleaned);
    return strcmp(cleaned, text) == 0;
}

/* Splits "MODEL:A=1,B=2" into the model's name and the options. */
static bool split(struct server_spec *spec, const char *text, char name[MODEL_NAME_SIZE],
                  struct reason *reason) {
    size_t length = strcspn(text, ":");
    if (length >= MODEL_NAME_SIZE || strlen(text) >= SPEC_SIZE) {
        reason_set(reason, "too long for a model's name");
        return false;
    }
    memcpy(name, text, length);
    name[length] = '\0';
    const char *at = text + length;
    while (*at) {
        at++; /* the ':' or ',' */
        length = strcspn(at, ",");
        size_t equals = strcspn(at, "=");
        if (equals == 0 || equals >= length || equals + 1 == length || !is_clean(text) ||
            length >= sizeof spec->options[0] || spec->option_count == SPEC_OPTIONS_MAX) {
            reason_set(reason, "options are NAME=VALUE, separated by commas, at most %d",
                       SPEC_OPTIONS_MAX);
            return false;
        }
        char *option = spec->options[spec->option_count++];
        memcpy(option, at, length);
        option[length] = '\0';
        at += length;
    }
    qsort(spec->options, spec->option_count, sizeof *spec->options, by_text);
    for (size_t i = 1; i < spec->option_count; i++) {
        length = strcspn(spec->options[i], "=") + 1;
        if (strncmp(spec->options[i - 1], spec->options[i], length) != 0) continue;
        reason_set(reason, "option %.*s given twice", (int)length - 1, spec->options[i]);
        return false;
    }
    return true;
}

bool server_spec_read(struct server_spec *spec, const char *text, const struct models *m,
                      struct process_loop *l, struct reason *reason) {
    memset(spec, 0, sizeof *spec);
    char name[MODEL_NAME_SIZE];
    if (!split(spec, text, name, reason)) return false;
    spec->program = find_model(m, name, reason);
    if (!spec->program) return false;
    int used = snprintf(spec->text, sizeof spec->text, "%s", name);
    for (size_t i = 0; i < spec->option_count; i++)
        used += snprintf(spec->text + used, sizeof spec->text - (size_t)used, "%c%s", i ? ',' : ':',
                         spec->options[i]);
    if (spec->program->silent) /* its cells will be skipped with the reason */
        spec->describe = cJSON_Duplicate(spec->program->describe, true);
    else
        spec->describe = ask(l, spec->program->path, spec->options, spec->option_count, reason);
    return spec->describe != NULL;
}

void server_spec_free(struct server_spec *spec) {
    cJSON_Delete(spec->describe);
    spec->describe = NULL;
}
