/* report.c - adds workers up and prints the sample. */
#include "loadgen/report.h"

#include "base/check.h"
#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define CPU_STEPS_MIN 10 /* with fewer steps of a coarse CPU clock the error exceeds 10 % */
/* CPU time of a server's other processes that is not worth another figure: it is this share of the
 * process's own, or that much, the time between the two readings of an edge. */
#define OTHERS_SHARE 0.005
#define OTHERS_NS 200e3

static int compare_counts(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* In a rotation no message lasts for half of the window, but none at all may come back. */
static bool starved(const struct load *load, const struct client *c) {
    return c->starved || (load->slices > 1 && !load->open && c->window_echoes == 0);
}

int report_make(struct report *report, const struct worker *workers, uint32_t count) {
    const struct run *run = workers[0].run;
    const struct load *load = run->load;
    *report = (struct report){.connections = load->connections};
    report->echoes = malloc((load->connections + 1u) * sizeof *report->echoes); /* churn: none */
    if (!report->echoes) return ENOMEM;
    uint32_t steps = worker_steps(load);
    account_init(&report->total, steps, load->duration_ns / steps, false);
    uint64_t first_ns = NOT_YET, last_ns = 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct worker *w = &workers[i];
        const struct account *a = &w->account;
        account_merge(&report->total, a);
        if (w->gaps.max_ns > report->gap_max_ns) report->gap_max_ns = w->gaps.max_ns;
        if (w->gaps.total_ns > report->gaps_total_ns) report->gaps_total_ns = w->gaps.total_ns;
        if (a->t0_ns < first_ns) first_ns = a->t0_ns;
        if (a->t0_ns != NOT_YET && a->t0_ns > last_ns) last_ns = a->t0_ns;
        if (a->window_ns > report->window_ns) report->window_ns = a->window_ns;
        for (uint32_t c = 0; c < w->connections; c++) {
            report->starved += starved(load, &w->clients[c]);
            report->echoes[n++] = w->clients[c].window_echoes;
        }
    }
    struct visit_counts *v = &report->total.visits;
    v->first_echoes.unanswered = v->offered - hist_messages(&v->first_echoes);
    v->connect.unanswered = v->begun - hist_messages(&v->connect);
    CHECK_OP(n, ==, load->connections);
    if (last_ns > first_ns) report->spread_ns = last_ns - first_ns;
    qsort(report->echoes, n, sizeof *report->echoes, compare_counts);
    report->warmup_ns = run->t0_ns - run->start_ns;
    return 0;
}

void report_free(struct report *report) {
    free(report->echoes);
    report->echoes = NULL;
}

/* ---- JSON ---- */

static uint64_t messages_of(const struct report *r) {
    return r->total.latency.count + r->total.latency.overflow;
}

bool report_answered(const struct report *r) {
    return messages_of(r) > 0;
}

static double per_second(const struct report *r, double count) {
    return count / ((double)r->window_ns / 1e9);
}

static cJSON *errors_json(const struct errors *e) {
    cJSON *json = cJSON_CreateObject();
    json_add_count(json, "connect", e->connect);
    json_add_count(json, "reset", e->reset);
    json_add_count(json, "timeout", e->timeout);
    json_add_count(json, "short", e->cut);
    json_add_count(json, "mismatch", e->mismatch);
    return json;
}

static cJSON *totals_json(const struct account *total) {
    cJSON *json = cJSON_CreateObject();
    json_add_count(json, "bytes_sent", total->bytes_sent);
    json_add_count(json, "bytes_received", total->bytes_received);
    json_add_count(json, "connections", total->connected + total->visits.connected);
    return json;
}

/* end - start, or OS_UNKNOWN if either is. */
static uint64_t difference(uint64_t start, uint64_t end) {
    return start == OS_UNKNOWN || end == OS_UNKNOWN || end < start ? OS_UNKNOWN : end - start;
}

/* CPU time of so many slices; unknown if it is only a few steps of a coarse clock. */
static uint64_t exact_enough(uint64_t used_ns, uint32_t slices) {
    uint64_t step_ns = os_cpu_resolution_ns();
    return step_ns > 1 && used_ns < CPU_STEPS_MIN * slices * step_ns ? OS_UNKNOWN : used_ns;
}

static double known(uint64_t value) {
    return value == OS_UNKNOWN ? NAN : (double)value;
}

/* CPU time of the server in the window. */
struct server_cpu {
    bool of_group;   /* of all processes of the group, not of one */
    uint64_t cpu_ns; /* OS_UNKNOWN if there is no figure */
    double user_part,
        sys_part; /* their ratio is that of the times in user mode and in the kernel */
};

/* What was used within all slices; OS_UNKNOWN if that is not known of one of them. */
struct used {
    struct edge sum;
    uint32_t slices; /* that took place */
};

static uint64_t sum(uint64_t sum, uint64_t start, uint64_t end) {
    uint64_t more = difference(start, end);
    return sum == OS_UNKNOWN || more == OS_UNKNOWN ? OS_UNKNOWN : sum + more;
}

static struct used used_in(const struct load *load, const struct run *run) {
    struct used used = {{0, {0, 0, 0}, 0}, 0};
    for (uint32_t i = 0; i < load->slices; i++) {
        const struct edge *a = &run->slices[i].edges[0], *b = &run->slices[i].edges[1];
        struct edge *to = &used.sum;
        if (load->slices > 1 && !run->slices[i].taken) continue;
        used.slices++;
        to->server_cpu_ns = sum(to->server_cpu_ns, a->server_cpu_ns, b->server_cpu_ns);
        to->group.cpu_ns = sum(to->group.cpu_ns, a->group.cpu_ns, b->group.cpu_ns);
        to->group.user_ns = sum(to->group.user_ns, a->group.user_ns, b->group.user_ns);
        to->group.sys_ns = sum(to->group.sys_ns, a->group.sys_ns, b->group.sys_ns);
        to->own_cpu_ns = sum(to->own_cpu_ns, a->own_cpu_ns, b->own_cpu_ns);
    }
    return used;
}

/* The process's own account is exact. That of its control group takes its place if other processes
 * used a share that matters. */
static struct server_cpu cpu_of_server(const struct used *used, const struct usage *u) {
    uint64_t own_ns = used->sum.server_cpu_ns, all_ns = used->sum.group.cpu_ns;
    double reading_ns = OTHERS_NS + 2.0 * (double)os_cpu_resolution_ns();
    if (own_ns != OS_UNKNOWN && all_ns != OS_UNKNOWN &&
        (double)all_ns > (1 + OTHERS_SHARE) * (double)own_ns + used->slices * reading_ns)
        return (struct server_cpu){true, all_ns, known(used->sum.group.user_ns),
                                   known(used->sum.group.sys_ns)};
    return (struct server_cpu){false, exact_enough(own_ns, used->slices),
                               known(difference(u->start.cpu_user_ns, u->end.cpu_user_ns)),
                               known(difference(u->start.cpu_sys_ns, u->end.cpu_sys_ns))};
}

/* Context switches and memory are known of one process only. Those switches of a rotation that are
 * known are not of the slices alone; slices_json tells them. */
static cJSON *server_json(const struct report *r, const struct load *load, const struct run *run,
                          const struct usage *u) {
    struct used used = used_in(load, run);
    struct server_cpu cpu = cpu_of_server(&used, u);
    bool alone = !cpu.of_group, switches = alone && load->slices == 1;
    double parts = cpu.user_part + cpu.sys_part;
    double cpu_s = known(cpu.cpu_ns) / 1e9, answered = (double)r->total.answered;
    uint64_t grown = alone ? difference(u->before.rss_bytes, u->end.rss_bytes) : OS_UNKNOWN;
    uint64_t waited = difference(u->start.ctx_voluntary, u->end.ctx_voluntary);
    uint64_t preempted = difference(u->start.ctx_involuntary, u->end.ctx_involuntary);
    cJSON *json = cJSON_CreateObject();
    json_add_item(json, "pid_scope",
                  load->server_pid ? cJSON_CreateString(alone ? "process" : "group") : NULL);
    json_add_count(json, "cpu_ns", cpu.cpu_ns);
    json_add_real(json, "cpu_user_s", parts > 0 ? cpu_s * cpu.user_part / parts : NAN);
    json_add_real(json, "cpu_sys_s", parts > 0 ? cpu_s * cpu.sys_part / parts : NAN);
    json_add_real(json, "cpu_ns_per_echo", answered > 0 ? cpu_s * 1e9 / answered : NAN);
    json_add_real(json, "echoes_per_cpu_s", cpu_s > 0 ? answered / cpu_s : NAN);
    json_add_count(json, "ctx_voluntary", switches ? waited : OS_UNKNOWN);
    json_add_count(json, "ctx_involuntary", switches ? preempted : OS_UNKNOWN);
    json_add_count(json, "rss_bytes", alone ? u->end.rss_bytes : OS_UNKNOWN);
    json_add_real(json, "rss_per_connection_bytes",
                  r->total.connected ? known(grown) / (double)r->total.connected : NAN);
    json_add_item(json, "stats", NULL);
    return json;
}

static cJSON *cpus_json(const struct cpu_list *list) {
    return list->count ? cJSON_CreateIntArray(list->cpus, (int)list->count) : NULL;
}

/* Several threads that are stopped at once count several times, so the share is cut at 100 %. */
static cJSON *limits_json(const struct usage *u) {
    double stopped = known(difference(u->throttled_start_ns, u->throttled_end_ns));
    double window = known(difference(u->start_ns, u->end_ns));
    cJSON *json = cJSON_CreateObject();
    json_add_real(json, "quota_cpus", u->quota_cpus);
    json_add_real(json, "throttled_pct",
                  stopped >= 0 && window > 0 ? fmin(100, 100 * stopped / window) : NAN);
    json_add_item(json, "server_cpus", cpus_json(&u->server_cpus));
    json_add_item(json, "loadgen_cpus", cpus_json(&u->own_cpus));
    json_add_item(json, "pinned", NULL);
    return json;
}

static uint64_t p99(const struct hist *h) {
    return hist_tells(h, 0.99) ? hist_quantile(h, 0.99) : OS_UNKNOWN;
}

static cJSON *loadgen_json(const struct report *r, const struct load *load, const struct run *run) {
    const struct account *t = &r->total;
    double window = (double)r->window_ns;
    double threads_window = window * load->threads;
    uint64_t own_cpu_ns = used_in(load, run).sum.own_cpu_ns;
    char host[64] = "";
    os_address_host(&load->address, host, sizeof host);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "address", host);
    cJSON_AddStringToObject(json, "transport", load->transport->name);
    json_add_count(json, "threads", load->threads);
    json_add_real(json, "cpu_pct", 100.0 * known(own_cpu_ns) / threads_window);
    json_add_real(json, "busy_pct", 100.0 * (double)t->busy_ns / threads_window);
    json_add_count(json, "window_spread_ns", r->spread_ns);
    json_add_count(json, "gap_max_ns", r->gap_max_ns);
    json_add_count(json, "gaps_total_ns", r->gaps_total_ns);
    json_add_count(json, "send_lag_p99_ns", p99(&t->send_lag));
    json_add_count(json, "arrival_lag_p99_ns", p99(&t->arrival_lag));
    json_add_count(json, "arrival_lag_max_ns",
                   t->arrival_lag.count ? t->arrival_lag.max : OS_UNKNOWN);
    uint64_t offered = load->churn ? t->visits.offered : t->offered;
    bool scheduled = load->open || load->churn;
    json_add_count(json, "offered", scheduled ? offered : OS_UNKNOWN);
    json_add_real(json, "achieved_over_offered",
                  scheduled && offered ? (double)t->achieved / (double)offered : NAN);
    json_add_count(json, "newcomers_offered", load->visitors ? t->visits.offered : OS_UNKNOWN);
    json_add_count(json, "newcomers_answered", load->visitors ? t->visits.answered : OS_UNKNOWN);
    json_add_count(json, "answered", t->answered);
    json_add_count(json, "unsent", t->unsent);
    json_add_real(json, "littles_law_ratio",
                  t->wire_sum_ns > 0 ? t->integral / t->wire_sum_ns : NAN);
    json_add_count(json, "starved_connections", r->starved);
    json_add_count(json, "oldest_in_flight_ns", load->open ? OS_UNKNOWN : t->oldest_in_flight_ns);
    json_add_item(json, "bound", NULL);
    return json;
}

static cJSON *fairness_json(const struct report *r) {
    if (r->connections == 0) return NULL; /* churn: no connection lasts */
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < r->connections; i++) {
        double x = (double)r->echoes[i];
        sum += x;
        squares += x * x;
    }
    cJSON *json = cJSON_CreateObject();
    json_add_count(json, "echoes_min", r->echoes[0]);
    json_add_count(json, "echoes_median", r->echoes[(r->connections - 1) / 2]);
    json_add_count(json, "echoes_max", r->echoes[r->connections - 1]);
    json_add_real(json, "jain", squares > 0 ? sum * sum / (r->connections * squares) : NAN);
    return json;
}

static cJSON *series_json(const struct report *r, const struct load *load) {
    cJSON *json = cJSON_CreateArray();
    for (uint32_t i = 0; i < r->total.steps; i++) {
        const struct step *s = &r->total.series[i];
        cJSON *entry = cJSON_CreateObject();
        json_add_real(entry, "t_s", (double)load->duration_ns / 1e9 * (i + 1) / r->total.steps);
        json_add_count(entry, "messages", s->messages);
        json_add_real(entry, "mean_ns",
                      s->messages ? (double)s->sum_ns / (double)s->messages : NAN);
        json_add_count(entry, "max_ns", s->messages ? s->max_ns : OS_UNKNOWN);
        cJSON_AddItemToArray(json, entry);
    }
    return json;
}

/* What the server used while it had no load, in percent of one CPU; unknown if 1 % of that time is
 * only a few steps of a coarse clock. */
static double waiting_cpu_pct(const struct run *run) {
    uint64_t step_ns = os_cpu_resolution_ns();
    if (step_ns > 1 && run->waited_ns / 100 < CPU_STEPS_MIN * step_ns) return NAN;
    return run->waited_ns ? 100 * known(run->waited_cpu_ns) / (double)run->waited_ns : NAN;
}

/* A column for each figure, an entry for each turn: null where the target took no slice. */
static cJSON *slices_json(const struct load *load, const struct run *run) {
    static const char *const names[] = {"start_ns",      "length_ns",     "answered",
                                        "server_cpu_ns", "ctx_voluntary", "ctx_involuntary",
                                        "ctx_answered"};
    enum { COLUMNS = sizeof names / sizeof names[0] };
    cJSON *json = cJSON_CreateObject(), *columns[COLUMNS];
    json_add_real(json, "waiting_cpu_pct", waiting_cpu_pct(run));
    for (int i = 0; i < COLUMNS; i++) columns[i] = cJSON_AddArrayToObject(json, names[i]);
    for (uint32_t n = 0; n < load->slices; n++) {
        const struct slice *s = &run->slices[n];
        const uint64_t figures[COLUMNS] = {
            s->start_ns,      s->length_ns,
            s->answered,      difference(s->edges[0].server_cpu_ns, s->edges[1].server_cpu_ns),
            s->ctx_voluntary, s->ctx_involuntary,
            s->ctx_answered};
        for (int i = 0; i < COLUMNS; i++)
            cJSON_AddItemToArray(columns[i], s->taken && figures[i] != OS_UNKNOWN
                                                 ? cJSON_CreateNumber((double)figures[i])
                                                 : cJSON_CreateNull());
    }
    return json;
}

cJSON *report_json(const struct report *r, const struct load *load, const struct run *run,
                   const struct usage *usage) {
    const struct account *t = &r->total;
    cJSON *json = cJSON_CreateObject();
    json_add_real(json, "warmup_s", (double)r->warmup_ns / 1e9);
    json_add_real(json, "window_s", (double)r->window_ns / 1e9);
    json_add_count(json, "messages", messages_of(r));
    json_add_count(json, "bytes", messages_of(r) * load->size_bytes);
    json_add_real(json, "throughput_per_s",
                  r->window_ns ? per_second(r, (double)messages_of(r)) : NAN);
    json_add_item(json, "errors", errors_json(&t->errors));
    json_add_item(json, "latency",
                  json_from_latency(load->open ? "intended" : "service", &t->latency));
    json_add_item(json, "service",
                  json_from_latency("service", load->open ? &t->service : &t->latency));
    const struct visit_counts *v = &t->visits;
    json_add_item(json, "connect",
                  load->visitors ? json_from_latency("service", &v->connect) : NULL);
    json_add_item(json, "newcomers",
                  load->visitors ? json_from_latency("intended", &v->first_echoes) : NULL);
    json_add_item(json, "totals", totals_json(t));
    json_add_item(json, "server", server_json(r, load, run, usage));
    json_add_item(json, "loadgen", loadgen_json(r, load, run));
    json_add_item(json, "limits", limits_json(usage));
    json_add_item(json, "fairness", fairness_json(r));
    json_add_item(json, "validity", NULL);
    json_add_item(json, "series", series_json(r, load));
    if (load->slices > 1) json_add_item(json, "slices", slices_json(load, run));
    return json;
}
