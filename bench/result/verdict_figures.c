/* verdict_figures.c - see verdict_figures.h. */
#include "bench/result/verdict_figures.h"

#include "bench/support/json_path.h"

#include <math.h>
#include <string.h>

/* Where the system counts CPU time in steps, a shorter window is too inaccurate for a verdict. */
#define CPU_STEPS_MIN 50

static void sum_halves(const cJSON *series, struct verdict_figures *f) {
    int count = cJSON_GetArraySize(series), i = 0;
    f->first_half = f->second_half = count ? 0 : NAN;
    const cJSON *step;
    cJSON_ArrayForEach(step, series) {
        *(i < count / 2 ? &f->first_half : &f->second_half) += json_number(step, "messages");
        i++;
    }
}

static bool contains(const cJSON *numbers, double number) {
    const cJSON *n;
    cJSON_ArrayForEach(n, numbers)
        if (!(fabs(n->valuedouble - number) > 0)) return true;
    return false;
}

/* Numbers of `left` that `right` lacks. */
static int lacks(const cJSON *left, const cJSON *right) {
    int count = 0;
    const cJSON *n;
    cJSON_ArrayForEach(n, left) count += !contains(right, n->valuedouble);
    return count;
}

/* Whether two lists of CPUs are known and differ. */
static bool moved(const cJSON *planned, const cJSON *found) {
    return cJSON_GetArraySize(planned) > 0 && cJSON_GetArraySize(found) > 0 &&
           (lacks(planned, found) > 0 || lacks(found, planned) > 0);
}

/* CPUs that both sides have together if they share some; INFINITY if they share none, or if it is
 * not known which CPUs the server has. */
static double common_cpus(const cJSON *env, const cJSON *scenario) {
    const cJSON *server = json_item(scenario, "placement.server");
    const cJSON *loadgen = json_item(scenario, "placement.loadgen");
    int first = cJSON_GetArraySize(server), others = lacks(loadgen, server);
    if (cJSON_IsTrue(json_item(scenario, "placement.separate"))) return INFINITY;
    if (first > 0) return first + others;
    double all = others ? NAN : json_number(env, "cpu.logical"); /* no placement on this system */
    return isnan(all) ? INFINITY : all;
}

/* CPUs and quotas for which both sides compete: fewer than their threads can use. */
static void read_shared(struct verdict_figures *f, const cJSON *env, const cJSON *scenario,
                        const cJSON *sample) {
    double threads = json_number(sample, "loadgen.threads");
    double own = cJSON_GetArraySize(json_item(scenario, "placement.loadgen"));
    double wanted =
        fmax(1, json_number(sample, "server.cpus")) + (own > 0 ? fmin(threads, own) : threads);
    double common = common_cpus(env, scenario);
    double least = fmin(common, json_number(sample, "limits.quota_cpus"));
    bool elsewhere = json_text(scenario, "server.foreign") &&
                     !json_text(sample, "server.pid_scope"); /* or its process is not known */
    f->shared_cpus = least < wanted && !elsewhere ? least : 0;
    f->shared_pct = NAN;
    if (f->shared_cpus > 0)
        f->shared_pct = (100 * json_number(sample, "server.cpu_ns") / (f->window_s * 1e9) +
                         json_number(sample, "loadgen.cpu_pct") * threads) /
                        f->shared_cpus;
    bool separate = cJSON_IsTrue(json_item(scenario, "placement.separate"));
    /* under a quota both may rest while messages are in flight */
    if (f->shared_cpus > 0 ? least < common : !separate) f->must_fill = NAN;
}

static void read_limits(struct verdict_figures *f, const cJSON *scenario, const cJSON *sample) {
    const cJSON *pinned = json_item(sample, "limits.pinned");
    f->throttled_pct = json_number(sample, "limits.throttled_pct");
    f->not_pinned =
        cJSON_IsFalse(pinned) && cJSON_IsTrue(json_item(scenario, "placement.separate"));
    if (!cJSON_IsTrue(pinned)) return;
    f->server_moved =
        moved(json_item(scenario, "placement.server"), json_item(sample, "limits.server_cpus"));
    f->loadgen_moved =
        moved(json_item(scenario, "placement.loadgen"), json_item(sample, "limits.loadgen_cpus"));
}

void verdict_figures_read(struct verdict_figures *figures, const cJSON *env, const cJSON *scenario,
                          const cJSON *sample) {
    const char *load = json_text(scenario, "load");
    bool closed = strcmp(load, "closed") == 0, churn = strcmp(load, "churn") == 0;
    bool ours = !json_text(scenario, "server.foreign");
    bool separate = cJSON_IsTrue(json_item(scenario, "placement.separate"));
    double connections = json_number(scenario, "connections");
    double depth = json_number(scenario, "depth");
    double lost = json_number(sample, "errors.connect") + json_number(sample, "errors.reset") +
                  json_number(sample, "errors.short");
    struct verdict_figures f = {
        .died = json_text(sample, "server_died"),
        .no_stats = ours && !cJSON_IsObject(json_item(sample, "server.stats")),
        .scheduled = !closed,
        .saturating = cJSON_IsTrue(json_item(scenario, "saturating")),
        .duration_s = json_number(scenario, "duration_s"),
        .window_s = json_number(sample, "window_s"),
        .connections = connections,
        .in_flight = closed  ? depth
                     : churn ? 1
                             : json_number(scenario, "outstanding"),
        .must_fill = ours && closed ? connections * depth : NAN,
        .messages = json_number(sample, "messages"),
        .mismatches = json_number(sample, "errors.mismatch"),
        .errors = lost + json_number(sample, "errors.timeout"),
        .timeouts = json_number(sample, "errors.timeout"),
        .planned = churn ? NAN : connections + json_number(scenario, "idle"),
        .lost = lost,
        .sent = json_number(sample, "totals.bytes_sent"),
        .received = json_number(sample, "totals.bytes_received"),
        .connected = json_number(sample, "totals.connections"),
        .stats_in = json_number(sample, "server.stats.bytes_in"),
        .stats_out = json_number(sample, "server.stats.bytes_out"),
        .stats_accepted = json_number(sample, "server.stats.accepted"),
        .achieved_over_offered = json_number(sample, "loadgen.achieved_over_offered"),
        .littles_law_ratio = json_number(sample, "loadgen.littles_law_ratio"),
        .busy_pct = json_number(sample, "loadgen.busy_pct"),
        .own_cpu_pct = separate ? json_number(sample, "loadgen.cpu_pct") : NAN,
        .window_spread_ns = json_number(sample, "loadgen.window_spread_ns"),
        .gap_max_ns = json_number(sample, "loadgen.gap_max_ns"),
        .gaps_total_ns = json_number(sample, "loadgen.gaps_total_ns"),
        .send_lag_p99_ns = json_number(sample, "loadgen.send_lag_p99_ns"),
        .arrival_lag_p99_ns = json_number(sample, "loadgen.arrival_lag_p99_ns"),
        .arrival_lag_max_ns = json_number(sample, "loadgen.arrival_lag_max_ns"),
        .p99_ns = json_number(sample, "latency.p99_ns"),
        .newcomers_offered = json_number(sample, "loadgen.newcomers_offered"),
        .newcomers_answered = json_number(sample, "loadgen.newcomers_answered"),
        .unanswered = json_number(sample, "latency.hist.unanswered"),
        .overflow = json_number(sample, "latency.hist.overflow"),
        .longest_ns = json_number(sample, "latency.hist.max"),
        .oldest_in_flight_ns = json_number(sample, "loadgen.oldest_in_flight_ns"),
        .waiting_cpu_pct = json_number(sample, "slices.waiting_cpu_pct"),
        .rivals_cpu_pct = json_number(sample, "slices.rivals_cpu_pct"),
        .steal_pct = json_number(sample, "steal_pct"),
        .starved = json_number(sample, "loadgen.starved_connections"),
    };
    double newcomers_overflow = json_number(sample, "newcomers.hist.overflow");
    if (newcomers_overflow > 0) f.overflow += newcomers_overflow;
    double window_ns = f.window_s * 1e9;
    f.server_cpu_pct = 100 * json_number(sample, "server.cpu_ns") /
                       (window_ns * json_number(sample, "server.cpus"));
    read_shared(&f, env, scenario, sample);
    read_limits(&f, scenario, sample);
    double step_ns = json_number(env, "clock.cpu_resolution_ns");
    if (!(window_ns >= CPU_STEPS_MIN * step_ns)) /* true if the step is unknown */
        f.server_cpu_pct = f.own_cpu_pct = f.shared_pct = f.waiting_cpu_pct = f.rivals_cpu_pct =
            NAN;
    sum_halves(json_item(sample, "series"), &f);
    *figures = f;
}
