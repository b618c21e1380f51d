/* sample.c - makes a samples[] entry from the output of the load generator.
 * Invariant: figures of the load generator are copied, never recomputed. */
#include "bench/session/sample.h"

#include "base/check.h"
#include "base/json.h"

#include "bench/result/sample_facts.h"
#include "bench/result/verdict.h"
#include "bench/result/verdict_figures.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The number of CPUs that the server can keep busy: one per thread, but at most its CPUs. A model
 * that starts its own threads can use all its CPUs. NAN if they are unknown. */
static double server_cpus(const struct cell *c) {
    double cpus = (double)c->placement.server_count;
    double threads = json_number(c->server->describe, "threads_max") > 1 ? c->server_threads : cpus;
    if (threads <= 0) return NAN;
    return cpus > 0 && cpus < threads ? cpus : threads;
}

/* Sets object.key to `item`, or to null if that is NULL. */
static void put(cJSON *object, const char *key, cJSON *item) {
    if (!cJSON_IsObject(object)) { /* the schema check will report it */
        cJSON_Delete(item);
        return;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    json_add_item(object, key, item);
}

/* Removes the CPU and memory figures of a server whose other processes did some of the work. */
static void hide_usage(cJSON *sample) {
    static const char *const columns[] = {"server_cpu_ns", "ctx_voluntary", "ctx_involuntary"};
    cJSON *server = cJSON_GetObjectItemCaseSensitive(sample, "server");
    cJSON *slices = cJSON_GetObjectItemCaseSensitive(sample, "slices");
    put(server, "pid_scope", cJSON_CreateString("hidden"));
    for (const char *const *key = sample_server_cpu; *key; key++) put(server, *key, NULL);
    for (const char *const *key = sample_server_process; *key; key++) put(server, *key, NULL);
    if (!slices) return;
    put(slices, "waiting_cpu_pct", NULL);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        cJSON *nulls = cJSON_CreateArray();
        int count = cJSON_GetArraySize(json_item(slices, columns[i]));
        while (count-- > 0) CHECK(cJSON_AddItemToArray(nulls, cJSON_CreateNull()));
        put(slices, columns[i], nulls);
    }
}

/* Whether both sides started on the CPUs of the plan; null if it has none. */
static cJSON *pinned_json(const struct cell *c, const struct slot_outcome *o) {
    if (!c->placement.loadgen_count) return NULL;
    bool server = o->server_pinned || !c->placement.server_count; /* it runs elsewhere */
    return cJSON_CreateBool(server && o->loadgen_pinned);
}

/* System calls and sleeps of the server per echo of the whole run, or the reason why they are
 * unknown. */
static cJSON *counters_json(const cJSON *sample, const struct cell *c,
                            const struct slot_outcome *o) {
    double echoes = json_number(sample, "totals.bytes_received") / c->size_bytes;
    enum uncounted_code code = UNCOUNTED_NO_ECHOES;
    const char *reason = echoes > 0 ? NULL : "no echoes";
    if (*o->uncounted.reason.text) {
        code = o->uncounted.code;
        reason = o->uncounted.reason.text;
    }
    cJSON *json = cJSON_CreateObject();
    json_add_real(json, "syscalls_per_echo", reason ? NAN : (double)o->counts.syscalls / echoes);
    json_add_real(json, "wakeups_per_echo", reason ? NAN : (double)o->counts.sleeps / echoes);
    json_add_item(json, "reason", reason ? cJSON_CreateString(reason) : NULL);
    json_add_item(json, "code", reason ? cJSON_CreateString(uncounted_names[code]) : NULL);
    return json;
}

static cJSON *verdict_json(const struct verdict *v) {
    cJSON *json = cJSON_CreateObject();
    cJSON *codes = cJSON_CreateArray(), *reasons = cJSON_CreateArray();
    json_add_item(json, "verdict", cJSON_CreateString(verdict_names[v->kind]));
    json_add_item(json, "codes", codes);
    json_add_item(json, "reasons", reasons);
    for (size_t i = 0; i < v->reason_count; i++) {
        CHECK(cJSON_AddItemToArray(codes, cJSON_CreateString(validity_names[v->codes[i]])));
        CHECK(cJSON_AddItemToArray(reasons, cJSON_CreateString(v->reasons[i])));
    }
    return json;
}

/* Moves an item to the end; where there is none, leaves null or nothing. */
static void put_last(cJSON *object, const char *key, bool or_null) {
    cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(object, key);
    if (item || or_null) json_add_item(object, key, item);
}

static cJSON *start(const struct sample_facts *facts, const struct slot_outcome *o) {
    cJSON *sample = cJSON_CreateObject();
    json_add_item(sample, "build", cJSON_CreateString(facts->server_build));
    json_add_count(sample, "order", facts->order);
    json_add_real(sample, "started_offset_s", facts->offset_s);
    json_add_item(sample, "server_died", *o->died.text ? cJSON_CreateString(o->died.text) : NULL);
    return sample;
}

/* Decides the verdict on the sample as it will be written. */
static void judge(const struct sample_facts *facts, cJSON *sample) {
    struct verdict_figures figures;
    struct verdict verdict;
    verdict_figures_read(&figures, facts->env, facts->scenario, sample);
    verdict_decide(&verdict, &figures);
    bool known = verdict.bound != BOUND_UNKNOWN;
    put(cJSON_GetObjectItemCaseSensitive(sample, "loadgen"), "bound",
        known ? cJSON_CreateString(bound_names[verdict.bound]) : NULL);
    json_add_item(sample, "validity", verdict_json(&verdict));
}

cJSON *sample_make(const struct sample_facts *facts, struct slot_outcome *o) {
    cJSON *sample = start(facts, o);
    cJSON_DeleteItemFromObjectCaseSensitive(o->figures, "validity");
    while (o->figures->child) {
        cJSON *item = cJSON_DetachItemViaPointer(o->figures, o->figures->child);
        cJSON_AddItemToObject(sample, item->string, item);
    }
    cJSON *server = cJSON_GetObjectItemCaseSensitive(sample, "server");
    if (o->cpu_hidden) hide_usage(sample);
    put(cJSON_GetObjectItemCaseSensitive(sample, "limits"), "pinned", pinned_json(facts->cell, o));
    double cpus = server_cpus(facts->cell);
    put(server, "cpus", isnan(cpus) ? NULL : cJSON_CreateNumber(cpus));
    put(server, "stats", o->stats);
    o->stats = NULL;
    put(cJSON_GetObjectItemCaseSensitive(sample, "loadgen"), "build",
        cJSON_CreateString(facts->loadgen_build));
    json_add_real(sample, "steal_pct", o->steal_pct);
    if (facts->cell->counted)
        json_add_item(sample, "counters", counters_json(sample, facts->cell, o));
    judge(facts, sample);
    put_last(sample, "series", true); /* because they are long */
    put_last(sample, "slices", false);
    return sample;
}

cJSON *sample_make_failed(const struct sample_facts *facts, const struct slot_outcome *o) {
    cJSON *sample = start(facts, o);
    for (const char *const *key = sample_measured; *key; key++) json_add_item(sample, *key, NULL);
    if (facts->cell->counted) json_add_item(sample, "counters", NULL);
    struct verdict verdict;
    verdict_fail(&verdict, *o->died.text ? o->died.text : NULL, o->code, o->reason.text);
    json_add_item(sample, "validity", verdict_json(&verdict));
    json_add_item(sample, "series", NULL);
    return sample;
}
