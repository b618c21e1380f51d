/* sample.c - makes a samples[] entry from the output of the load generator.
 * Invariant: figures of the load generator are copied, never recomputed. */
#include "bench/session/sample.h"

#include "base/check.h"
#include "base/json.h"
#include "base/os.h"

#include "bench/session/verdict.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Where the system counts CPU time in steps, a shorter window is too inaccurate for a verdict. */
#define CPU_STEPS_MIN 50

/* ---- reading figures ---- */

static double figure(const cJSON *object, const char *key) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static double figure_in(const cJSON *sample, const char *group, const char *key) {
    return figure(cJSON_GetObjectItemCaseSensitive(sample, group), key);
}

/* The number of CPUs that the server can keep busy: one per thread, but at most its CPUs. A model
 * that starts its own threads can use all its CPUs. NAN if they are unknown. */
static double server_cpus(const struct cell *c) {
    double cpus = (double)c->placement.server_count;
    double threads = json_number(c->server->describe, "threads_max") > 1 ? c->server_threads : cpus;
    if (threads <= 0) return NAN;
    return cpus > 0 && cpus < threads ? cpus : threads;
}

static void sum_halves(const cJSON *series, struct verdict_figures *f) {
    int count = cJSON_GetArraySize(series), i = 0;
    f->first_half = f->second_half = count ? 0 : NAN;
    const cJSON *step;
    cJSON_ArrayForEach(step, series) {
        *(i < count / 2 ? &f->first_half : &f->second_half) += figure(step, "messages");
        i++;
    }
}

static struct verdict_figures read_figures(const cJSON *sample, const cJSON *series,
                                           const struct cell *c, const struct slot_outcome *o) {
    const uint32_t in_flight[] = {
        [CELL_CLOSED] = c->depth, [CELL_OPEN] = c->outstanding, [CELL_CHURN] = 1};
    bool ours = c->server->program->kind == SERVER_OURS;
    bool must_fill = ours && c->load == CELL_CLOSED && c->placement.separate;
    double lost = figure_in(sample, "errors", "connect") + figure_in(sample, "errors", "reset") +
                  figure_in(sample, "errors", "short");
    struct verdict_figures f = {
        .died = *o->died.text ? o->died.text : NULL,
        .no_stats = !o->stats && ours,
        .scheduled = c->load != CELL_CLOSED,
        .saturating = c->saturating,
        .duration_s = c->duration_s,
        .window_s = figure(sample, "window_s"),
        .connections = c->connections,
        .in_flight = in_flight[c->load],
        .must_fill = must_fill ? (double)c->connections * c->depth : NAN,
        .messages = figure(sample, "messages"),
        .mismatches = figure_in(sample, "errors", "mismatch"),
        .errors = lost + figure_in(sample, "errors", "timeout"),
        .planned = c->load == CELL_CHURN ? NAN : (double)c->connections + c->idle,
        .lost = lost,
        .sent = figure_in(sample, "totals", "bytes_sent"),
        .received = figure_in(sample, "totals", "bytes_received"),
        .connected = figure_in(sample, "totals", "connections"),
        .stats_in = figure(o->stats, "bytes_in"),
        .stats_out = figure(o->stats, "bytes_out"),
        .stats_accepted = figure(o->stats, "accepted"),
        .achieved_over_offered = figure_in(sample, "loadgen", "achieved_over_offered"),
        .littles_law_ratio = figure_in(sample, "loadgen", "littles_law_ratio"),
        .busy_pct = figure_in(sample, "loadgen", "busy_pct"),
        .own_cpu_pct = c->placement.separate ? figure_in(sample, "loadgen", "cpu_pct") : NAN,
        .window_spread_ns = figure_in(sample, "loadgen", "window_spread_ns"),
        .gap_max_ns = figure_in(sample, "loadgen", "gap_max_ns"),
        .gaps_total_ns = figure_in(sample, "loadgen", "gaps_total_ns"),
        .arrival_lag_p99_ns = figure_in(sample, "loadgen", "arrival_lag_p99_ns"),
        .arrival_lag_max_ns = figure_in(sample, "loadgen", "arrival_lag_max_ns"),
        .send_lag_p99_ns = figure_in(sample, "loadgen", "send_lag_p99_ns"),
        .p99_ns = figure_in(sample, "latency", "p99_ns"),
        .newcomers_offered = figure_in(sample, "loadgen", "newcomers_offered"),
        .newcomers_answered = figure_in(sample, "loadgen", "newcomers_answered"),
        .steal_pct = o->steal_pct,
        .starved = figure_in(sample, "loadgen", "starved_connections"),
    };
    double window_ns = f.window_s * 1e9;
    f.server_cpu_pct = 100 * figure_in(sample, "server", "cpu_ns") / (window_ns * server_cpus(c));
    if (window_ns < CPU_STEPS_MIN * (double)os_cpu_resolution_ns())
        f.server_cpu_pct = f.own_cpu_pct = NAN;
    sum_halves(series, &f);
    return f;
}

/* ---- writing ---- */

/* Sets object.key to `item`, or to null if that is NULL. */
static void put(cJSON *object, const char *key, cJSON *item) {
    if (!cJSON_IsObject(object)) { /* the schema check will report it */
        cJSON_Delete(item);
        return;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    json_add_item(object, key, item);
}

/* Removes the CPU and memory figures of a server whose child processes did some of the work. */
static void hide_usage(cJSON *server) {
    static const char *const figures[] = {"pid_scope",       "cpu_ns",
                                          "cpu_user_s",      "cpu_sys_s",
                                          "cpu_ns_per_echo", "echoes_per_cpu_s",
                                          "ctx_voluntary",   "ctx_involuntary",
                                          "rss_bytes",       "rss_per_connection_bytes"};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) put(server, figures[i], NULL);
}

/* System calls and sleeps of the server per echo of the whole run, or the reason why they are
 * unknown. */
static cJSON *counters_json(const cJSON *sample, const struct cell *c,
                            const struct slot_outcome *o) {
    double echoes = figure_in(sample, "totals", "bytes_received") / c->size_bytes;
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

static cJSON *start(const struct sample_facts *facts) {
    cJSON *sample = cJSON_CreateObject();
    json_add_item(sample, "build", cJSON_CreateString(facts->server_build));
    json_add_count(sample, "order", facts->order);
    json_add_real(sample, "started_offset_s", facts->offset_s);
    return sample;
}

cJSON *sample_make(const struct sample_facts *facts, struct slot_outcome *o) {
    cJSON *sample = start(facts);
    cJSON *series = cJSON_DetachItemFromObjectCaseSensitive(o->figures, "series");
    cJSON_DeleteItemFromObjectCaseSensitive(o->figures, "validity");
    while (o->figures->child) {
        cJSON *item = cJSON_DetachItemViaPointer(o->figures, o->figures->child);
        cJSON_AddItemToObject(sample, item->string, item);
    }
    if (o->forked) hide_usage(cJSON_GetObjectItemCaseSensitive(sample, "server"));
    struct verdict_figures figures = read_figures(sample, series, facts->cell, o);
    struct verdict verdict;
    verdict_decide(&verdict, &figures);
    put(cJSON_GetObjectItemCaseSensitive(sample, "server"), "stats", o->stats);
    o->stats = NULL;
    cJSON *loadgen = cJSON_GetObjectItemCaseSensitive(sample, "loadgen");
    put(loadgen, "build", cJSON_CreateString(facts->loadgen_build));
    bool known = verdict.bound != BOUND_UNKNOWN;
    put(loadgen, "bound", known ? cJSON_CreateString(bound_names[verdict.bound]) : NULL);
    json_add_real(sample, "steal_pct", o->steal_pct);
    if (facts->cell->counted)
        json_add_item(sample, "counters", counters_json(sample, facts->cell, o));
    json_add_item(sample, "validity", verdict_json(&verdict));
    json_add_item(sample, "series", series); /* last, because it is long */
    return sample;
}

cJSON *sample_make_failed(const struct sample_facts *facts, const struct slot_outcome *o) {
    static const char *const unknown[] = {"warmup_s",         "window_s",  "messages", "bytes",
                                          "throughput_per_s", "errors",    "latency",  "service",
                                          "connect",          "newcomers", "totals",   "server",
                                          "loadgen",          "fairness",  "steal_pct"};
    cJSON *sample = start(facts);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        json_add_item(sample, unknown[i], NULL);
    if (facts->cell->counted) json_add_item(sample, "counters", NULL);
    struct verdict verdict;
    verdict_fail(&verdict, *o->died.text ? o->died.text : NULL, o->code, o->reason.text);
    json_add_item(sample, "validity", verdict_json(&verdict));
    json_add_item(sample, "series", NULL);
    return sample;
}
