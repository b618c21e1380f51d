/* result.c - builds the result document and keeps its file up to date.
 * Invariant: figures that violate the schema or an identity never enter the document. Their slot is
 * recorded as failed, with the violation as the reason. */
#include "bench/session/result.h"

#include "base/check.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/os.h"

#include "bench/result/identities.h"
#include "bench/result/result_file.h"
#include "bench/result/sample_facts.h"
#include "bench/result/schema.h"
#include "bench/result/summary.h"
#include "bench/session/builds.h"
#include "bench/session/sample.h"
#include "bench/support/files.h"
#include "bench/support/json_clean.h"
#include "bench/support/json_file.h"
#include "bench/support/reason.h"
#include "bench/support/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static cJSON *item(const cJSON *object, const char *key) {
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* ---- the head of the document ---- */

static cJSON *schema_json(void) {
    cJSON *json = cJSON_CreateObject();
    json_add_item(json, "name", cJSON_CreateString("iobench-result"));
    json_add_count(json, "version_major", RESULT_VERSION_MAJOR);
    json_add_count(json, "version_minor", RESULT_VERSION_MINOR);
    return json;
}

static cJSON *tool_json(void) {
    cJSON *json = cJSON_CreateObject();
    bool known = strcmp(version_git_commit, "unknown") != 0;
    json_add_item(json, "version", cJSON_CreateString(version_tool));
    json_add_item(json, "git_commit", known ? cJSON_CreateString(version_git_commit) : NULL);
    json_add_item(json, "git_dirty",
                  known && version_git_dirty >= 0 ? cJSON_CreateBool(version_git_dirty) : NULL);
    return json;
}

static cJSON *suite_json(const cJSON *suite) {
    cJSON *json = cJSON_CreateObject();
    json_add_item(json, "name", cJSON_Duplicate(item(suite, "name"), true));
    json_add_item(json, "description", cJSON_Duplicate(item(suite, "description"), true));
    return json;
}

static void add_start(cJSON *session) {
    uint32_t random = 0;
    uv_random(NULL, NULL, &random, sizeof random, 0, NULL);
    time_t now = time(NULL);
    struct tm utc = *gmtime(&now);
    char text[32], id[48];
    strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc);
    snprintf(id, sizeof id, "%s-%08x", text, (unsigned)random);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_add_item(session, "id", cJSON_CreateString(id));
    json_add_item(session, "started_utc", cJSON_CreateString(text));
}

static cJSON *planned_order(const struct plan *plan) {
    cJSON *order = cJSON_CreateArray();
    for (size_t i = 0; i < plan->slot_count; i++)
        CHECK(cJSON_AddItemToArray(order, cJSON_CreateNumber((double)plan->order[i])));
    return order;
}

static cJSON *session_json(const struct result_facts *f) {
    cJSON *json = cJSON_CreateObject(), *models = cJSON_CreateArray();
    add_start(json);
    json_add_real(json, "duration_s", 0);
    json_add_item(json, "complete", cJSON_CreateFalse());
    json_add_item(json, "mode", cJSON_CreateString(f->mode));
    json_add_item(json, "suite", suite_json(f->suite));
    cJSON *command = cJSON_CreateStringArray((const char *const *)f->argv, f->argc);
    CHECK(cJSON_InsertItemInArray(command, 0, cJSON_CreateString("iobench")));
    json_add_item(json, "command", command);
    json_add_count(json, "seed", f->seed);
    bool planned = strcmp(f->mode, "ab") != 0;
    json_add_item(json, "order", planned ? planned_order(f->plan) : cJSON_CreateArray());
    for (size_t i = 0; i < f->models->count; i++)
        CHECK(cJSON_AddItemToArray(models, cJSON_Duplicate(f->models->servers[i].describe, true)));
    json_add_item(json, "models", models);
    return json_clean(json);
}

static cJSON *skipped_json(enum skip_code code, const char *reason) {
    cJSON *json = cJSON_CreateObject();
    json_add_item(json, "reason", cJSON_CreateString(reason));
    json_add_item(json, "code", cJSON_CreateString(skip_names[code]));
    return json;
}

static cJSON *cells_json(const struct plan *plan) {
    cJSON *cells = cJSON_CreateArray();
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell *c = &plan->cells[i];
        cJSON *cell = cJSON_CreateObject();
        json_add_item(cell, "id", cJSON_CreateString(c->id));
        json_add_item(cell, "scenario", plan_scenario(c));
        if (*c->apart) json_add_item(cell, "apart", cJSON_CreateString(c->apart));
        json_add_item(cell, "skipped",
                      *c->skipped ? skipped_json(c->skip_code, c->skipped)
                                  : skipped_json(SKIP_NOT_REACHED,
                                                 "not run: the session ended before its turn"));
        CHECK(cJSON_AddItemToArray(cells, cell));
    }
    return cells;
}

/* Lists all executables of the plan, and hashes each of them once. */
static cJSON *builds_json(struct result *r, const struct result_facts *f) {
    cJSON *builds = cJSON_CreateArray();
    builds_add(builds, "iobench", f->paths->self, NULL);
    const struct program *loadgen = &f->models->loadgen;
    r->own_loadgen = builds_add(builds, "loadgen", loadgen->path, loadgen->describe);
    for (size_t i = 0; i < r->plan->cell_count; i++) {
        const struct cell *c = &r->plan->cells[i];
        for (size_t k = 0; k < i; k++) {
            if (r->plan->cells[k].server->program == c->server->program)
                r->server_build[i] = r->server_build[k];
            if (r->plan->cells[k].loadgen == c->loadgen) r->loadgen_build[i] = r->loadgen_build[k];
        }
        if (!r->loadgen_build[i])
            r->loadgen_build[i] =
                builds_add(builds, "loadgen", c->loadgen->path, c->loadgen->describe);
        if (!r->server_build[i]) r->server_build[i] = builds_add_server(builds, c->server->program);
    }
    return builds;
}

bool result_open(struct result *r, const struct result_facts *f, const char *path,
                 struct reason *reason) {
    *r = (struct result){.plan = f->plan,
                         .path = path,
                         .in_order = strcmp(f->mode, "ab") == 0,
                         .started_ns = os_clock_ns(),
                         .ticks = environment_ticks()};
    bool loopback = true;
    for (size_t i = 0; i < f->models->count; i++)
        loopback = loopback && f->models->servers[i].kind != SERVER_AT;
    cJSON *env = environment_json(f->machine_floor, f->findings, loopback);
    struct reason why;
    r->schema = json_file_read(f->paths->result_schema, &why);
    r->server_build = calloc(f->plan->cell_count, sizeof *r->server_build);
    r->loadgen_build = calloc(f->plan->cell_count, sizeof *r->loadgen_build);
    MEMORY_CHECK(r->server_build && r->loadgen_build);
    r->document = cJSON_CreateObject();
    json_add_item(r->document, "schema", schema_json());
    json_add_item(r->document, "tool", tool_json());
    json_add_item(r->document, "session", session_json(f));
    json_add_item(r->document, "env", env);
    builds_watch(&r->watch, f->plan);
    json_add_item(r->document, "builds", builds_json(r, f));
    json_add_item(r->document, "cells", cells_json(f->plan));
    if (!r->schema)
        reason_set(reason, "%s: %s", f->paths->result_schema, why.text);
    else if (schema_check(r->schema, NULL, r->document, "result", reason) &&
             identities_check(r->document, reason))
        return true;
    result_free(r);
    return false;
}

void result_free(struct result *r) {
    cJSON_Delete(r->document);
    cJSON_Delete(r->schema);
    free(r->server_build);
    free(r->loadgen_build);
    builds_watch_free(&r->watch);
    *r = (struct result){0};
}

/* ---- slots ---- */

static cJSON *cell_json(const struct result *r, size_t cell) {
    return cJSON_GetArrayItem(item(r->document, "cells"), (int)cell);
}

/* Makes the sample of a slot without figures. It contains no output of other programs, so it must
 * satisfy the schema. */
static cJSON *make_failed(const struct result *r, const struct sample_facts *facts,
                          const struct slot_outcome *o) {
    struct reason undeclared;
    cJSON *sample = sample_make_failed(facts, o);
    CHECK(schema_check_strict(r->schema, "sample", sample, "sample", &undeclared));
    return sample;
}

/* Whether a sample satisfies the schema. The check is strict for the load generator of this build.
 * A load generator of another version may print fewer or more fields. */
static bool as_declared(const struct result *r, const struct sample_facts *facts,
                        const cJSON *sample, struct reason *why) {
    static const char root[] = "loadgen's figures";
    return strcmp(facts->loadgen_build, r->own_loadgen) == 0
               ? schema_check_strict(r->schema, "sample", sample, root, why)
               : schema_check(r->schema, "sample", sample, root, why);
}

static cJSON *make_sample(const struct result *r, const struct sample_facts *facts,
                          struct slot_outcome *o) {
    if (o->end != SLOT_MEASURED) return make_failed(r, facts, o);
    cJSON *sample = sample_make(facts, o);
    const struct identities_file file = identities_file(r->document);
    if (as_declared(r, facts, sample, &o->reason) &&
        identities_check_sample(&file, facts->scenario, sample, "loadgen's figures", &o->reason))
        return sample;
    cJSON_Delete(sample);
    o->code = VALIDITY_FIGURES_REFUSED;
    return make_failed(r, facts, o);
}

/* Replaces an array by its text. */
static void print_once(cJSON *object, const char *key) {
    const cJSON *value = item(object, key);
    if (!cJSON_IsArray(value)) return;
    char *text = cJSON_PrintUnformatted(value);
    CHECK(text);
    CHECK(cJSON_ReplaceItemInObjectCaseSensitive(object, key, cJSON_CreateRaw(text)));
    cJSON_free(text);
}

/* Converts histograms, series and slices of a sample to text. The file is written after every slot
 * and consists mostly of these arrays; formatting them anew would soon take a second per slot. */
static void print_arrays_once(cJSON *sample) {
    static const char *const keys[] = {"latency", "service", "connect", "newcomers"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        cJSON *hist = item(item(sample, keys[i]), "hist");
        print_once(hist, "index_delta");
        print_once(hist, "counts");
    }
    print_once(sample, "series");
    for (const char *const *key = sample_slice_columns; *key; key++)
        print_once(item(sample, "slices"), *key);
}

const cJSON *result_add(struct result *r, size_t cell, struct slot_outcome *o, size_t order,
                        double offset_s) {
    cJSON *json = cell_json(r, cell);
    const struct sample_facts facts = {.cell = &r->plan->cells[cell],
                                       .env = item(r->document, "env"),
                                       .scenario = item(json, "scenario"),
                                       .server_build = r->server_build[cell],
                                       .loadgen_build = r->loadgen_build[cell],
                                       .order = order,
                                       .offset_s = offset_s};
    cJSON *sample = make_sample(r, &facts, o);
    print_arrays_once(sample);
    cJSON_DeleteItemFromObjectCaseSensitive(json, "skipped");
    if (!item(json, "samples")) json_add_item(json, "samples", cJSON_CreateArray());
    CHECK(cJSON_AddItemToArray(item(json, "samples"), sample));
    return sample;
}

const cJSON *result_scenario(const struct result *r, size_t cell) {
    return item(cell_json(r, cell), "scenario");
}

bool result_has_samples(const struct result *r, size_t cell) {
    return item(cell_json(r, cell), "samples") != NULL;
}

double result_throughput(const struct result *r, size_t cell) {
    return summary_span_over(cell_json(r, cell), "throughput_per_s").median;
}

void result_set_rate(struct result *r, size_t cell) {
    CHECK(cJSON_ReplaceItemInObjectCaseSensitive(cell_json(r, cell), "scenario",
                                                 plan_scenario(&r->plan->cells[cell])));
    const struct cell *c = &r->plan->cells[cell];
    if (*c->skipped) result_skip(r, cell, c->skip_code, c->skipped);
}

void result_set_apart(struct result *r, size_t cell) {
    const struct cell *c = &r->plan->cells[cell];
    cJSON *json = cell_json(r, cell);
    CHECK(!item(json, "samples"));
    CHECK(cJSON_ReplaceItemInObjectCaseSensitive(json, "scenario", plan_scenario(c)));
    cJSON_DeleteItemFromObjectCaseSensitive(json, "apart");
    json_add_item(json, "apart", cJSON_CreateString(c->apart));
    CHECK(cJSON_ReplaceItemInObjectCaseSensitive(item(r->document, "session"), "order",
                                                 planned_order(r->plan)));
}

void result_skip(struct result *r, size_t cell, enum skip_code code, const char *reason) {
    cJSON *json = cell_json(r, cell);
    CHECK(!item(json, "samples"));
    cJSON_DeleteItemFromObjectCaseSensitive(json, "skipped");
    json_add_item(json, "skipped", skipped_json(code, reason));
}

double result_elapsed_s(const struct result *r) {
    return (double)(os_clock_ns() - r->started_ns) / 1e9;
}

/* Fills session.order. Slots are numbered by their place in the file, cell by cell. */
static void number_in_order(const struct result *r, cJSON *session) {
    const cJSON *cell, *sample;
    size_t slots = 0, slot = 0;
    cJSON_ArrayForEach(cell, item(r->document, "cells"))
        slots += (size_t)cJSON_GetArraySize(item(cell, "samples"));
    int *order = calloc(slots + 1, sizeof *order);
    MEMORY_CHECK(order);
    cJSON_ArrayForEach(cell, item(r->document, "cells")) {
        cJSON_ArrayForEach(sample, item(cell, "samples")) {
            size_t position = (size_t)item(sample, "order")->valuedouble;
            CHECK_OP(position, <, slots);
            order[position] = (int)slot++;
        }
    }
    CHECK(cJSON_ReplaceItemInObjectCaseSensitive(session, "order",
                                                 cJSON_CreateIntArray(order, (int)slots)));
    free(order);
}

bool result_write(struct result *r, bool complete, struct reason *reason) {
    if (!builds_unchanged(&r->watch, reason)) return false;
    cJSON *session = item(r->document, "session");
    CHECK(cJSON_ReplaceItemInObjectCaseSensitive(session, "duration_s",
                                                 cJSON_CreateNumber(result_elapsed_s(r))));
    CHECK(cJSON_ReplaceItemInObjectCaseSensitive(session, "complete", cJSON_CreateBool(complete)));
    if (r->in_order) number_in_order(r, session);
    double steal = environment_steal_pct(&r->ticks);
    if (steal >= 0) /* false for NAN, which means unknown */
        CHECK(cJSON_ReplaceItemInObjectCaseSensitive(item(item(r->document, "env"), "cpu"),
                                                     "steal_pct", cJSON_CreateNumber(steal)));
    return json_file_write(r->path, r->document, reason);
}

bool result_checkpoint(struct result *r, bool complete, struct reason *reason) {
    return files_stream(r->path) || result_write(r, complete, reason);
}

cJSON *result_copy(const struct result *r) {
    struct reason reason;
    char *text = json_text_print(r->document);
    cJSON *copy = json_text_parse(text, strlen(text), &reason);
    CHECK(copy);
    cJSON_free(text);
    return copy;
}
