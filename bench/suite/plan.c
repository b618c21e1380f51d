/* plan.c - makes the cells of a suite. Pure. */
#include "bench/suite/plan.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/utf8.h"

#include "bench/result/scenario.h"
#include "bench/suite/transports.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Predicted time of a slot besides warm-up and window, from measurements on two virtual CPUs. */
#define PROCESSES_S 0.06 /* start and end of server and load generator, and writing the file */
#define CONNECTS_PER_S 10000.0 /* connections opened and closed per second */
#define TURN_S 0.006           /* before and after a slice of a rotation */
#define DRAIN_SHARE 0.4        /* share of the longest drain, for saturating loads */
#define SATURATING_PCT 95      /* percent of the best capacity that saturate nearly every server */

#define SLICE_CLOSED_S 0.05 /* of a rotation */
#define SLICE_OPEN_S 0.2
#define TURNS_MAX 600 /* these two are those of loadgen */
#define SLICE_MIN_NS 5000000u

const char *const cell_load_names[3] = {"closed", "open", "churn"};

/* A field of a load that may be a list, with its current value. */
struct axis {
    const char *key;     /* name of the field */
    double fallback;     /* default number; texts have theirs elsewhere */
    const cJSON *values; /* the field: a number, text or list; NULL: absent */
    const cJSON *at;     /* current item of a list */
};

enum {
    TRANSPORT,
    CONNECTIONS,
    IDLE,
    NEWCOMERS,
    DEPTH,
    RATE,
    RATE_PCT,
    OUTSTANDING,
    CHURN_ECHOES,
    SIZE_BYTES,
    SERVER_THREADS,
    BURN,
    AXES
};

static void axes_start(struct axis axes[AXES], const cJSON *load) {
    static const struct axis fields[AXES] = {
        [TRANSPORT] = {"transport", NAN, NULL, NULL},
        [CONNECTIONS] = {"connections", 50, NULL, NULL},
        [IDLE] = {"idle", 0, NULL, NULL},
        [NEWCOMERS] = {"newcomers_per_s", 0, NULL, NULL},
        [DEPTH] = {"depth", 1, NULL, NULL},
        [RATE] = {"rate_per_s", NAN, NULL, NULL},
        [RATE_PCT] = {"rate_pct", NAN, NULL, NULL},
        [OUTSTANDING] = {"outstanding", 1, NULL, NULL},
        [CHURN_ECHOES] = {"churn_echoes", 1, NULL, NULL},
        [SIZE_BYTES] = {"size_bytes", 64, NULL, NULL},
        [SERVER_THREADS] = {"server_threads", 1, NULL, NULL},
        [BURN] = {"burn_ns", 0, NULL, NULL},
    };
    memcpy(axes, fields, sizeof fields);
    for (int i = 0; i < AXES; i++) {
        axes[i].values = cJSON_GetObjectItemCaseSensitive(load, axes[i].key);
        axes[i].at = cJSON_IsArray(axes[i].values) ? axes[i].values->child : NULL;
    }
}

/* Moves to the next combination; the first axis changes fastest. Returns false after the last. */
static bool axes_next(struct axis axes[AXES]) {
    for (int i = 0; i < AXES; i++) {
        if (!axes[i].at) continue;
        axes[i].at = axes[i].at->next;
        if (axes[i].at) return true;
        axes[i].at = axes[i].values->child;
    }
    return false;
}

static double axis_value(const struct axis *axis) {
    if (axis->at) return axis->at->valuedouble;
    return axis->values ? axis->values->valuedouble : axis->fallback;
}

static uint32_t axis_count(const struct axis *axis) {
    return (uint32_t)axis_value(axis);
}

static const char *axis_text(const struct axis *axis, const char *fallback) {
    if (axis->at) return axis->at->valuestring;
    return axis->values ? axis->values->valuestring : fallback;
}

static double number(const cJSON *load, const char *key, double fallback) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(load, key);
    return item ? item->valuedouble : fallback;
}

static const char *text(const cJSON *load, const char *key, const char *fallback) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(load, key);
    return item ? item->valuestring : fallback;
}

/* ---- cells ---- */

static void name_cell(struct cell *c) {
    cJSON *scenario = plan_scenario(c);
    char *id = scenario_id(scenario);
    int n = snprintf(c->id, sizeof c->id, "%s", id);
    CHECK(n >= 0 && (size_t)n < sizeof c->id);
    free(id);
    cJSON_Delete(scenario);
}

void plan_skip(struct cell *c, enum skip_code code, const char *format, ...) {
    va_list rest;
    c->skip_code = code;
    va_start(rest, format);
    vsnprintf(c->skipped, sizeof c->skipped, format, rest);
    va_end(rest);
    utf8_clean(c->skipped);
}

/* Skips the cell, with the reason, if it cannot run here. */
static void judge_cell(struct cell *c, const struct plan_input *in) {
    const cJSON *d = c->server->describe;
    const char *name = c->server->program->name;
    double limit = json_number(d, "connections_limit");
    double threads_max = json_number(d, "threads_max");
    uint64_t connections = (uint64_t)c->connections + c->idle;
    const char *missing = transports_missing(in->loadgen->describe, c->transport);
    if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(d, "available"))) {
        const char *why = json_text(d, "reason");
        plan_skip(c, SKIP_NOT_AVAILABLE, "%s", why ? why : "not available here");
    } else if ((double)connections > limit) { /* false for NAN: no limit */
        plan_skip(c, SKIP_CONNECTIONS_LIMIT, "%s serves at most %.0f connections", name, limit);
    } else if (c->server_threads > threads_max) {
        if (threads_max > 1)
            plan_skip(c, SKIP_THREADS_LIMIT, "%s runs at most %.0f threads", name, threads_max);
        else
            plan_skip(c, SKIP_THREADS_LIMIT, "%s starts its own threads", name);
    } else if (c->burn_ns && c->server->program->kind != SERVER_OURS) {
        plan_skip(c, SKIP_CANNOT_BURN, "%s cannot burn CPU", name);
    } else if (missing) {
        plan_skip(c, SKIP_TRANSPORT_MISSING, "the load generator's transport %s: %s", c->transport,
                  missing);
    } else if (in->descriptors != OS_UNKNOWN &&
               connections + PLAN_DESCRIPTORS_RESERVED > in->descriptors) {
        plan_skip(c, SKIP_DESCRIPTORS,
                  "%.0f connections need more than %.0f descriptors, which ulimit -n allows",
                  (double)connections, (double)in->descriptors);
    }
}

/* Plans slices for a cell whose suite asks for them. */
static void plan_slices(struct cell *c, const cJSON *suite) {
    const char *measure = text(suite, "measure", "slots");
    double slice_s = c->load == CELL_OPEN ? SLICE_OPEN_S : SLICE_CLOSED_S;
    const char *why = c->load == CELL_CHURN ? "churn has no connections that last from turn to turn"
                      : c->counted          ? "counting does not depend on the machine's other work"
                      : c->server->program->kind == SERVER_AT ? "its process is not known"
                                                              : NULL;
    if (strcmp(measure, "rotation") != 0) return;
    if (why) {
        snprintf(c->apart, sizeof c->apart, "%s", why);
        return;
    }
    double pairs = round(c->duration_s / slice_s / 2); /* an even number, to compare halves */
    uint32_t most = (uint32_t)fmax(2, fmin(TURNS_MAX, 2 * pairs));
    uint64_t window_ns = (uint64_t)round(c->duration_s * 1e9);
    c->turns = most;
    for (uint32_t turns = most; turns > most / 2 && window_ns % c->turns; turns -= 2)
        if (window_ns % turns == 0) c->turns = turns;
    uint64_t slice_ns = window_ns / c->turns; /* whole */
    if (slice_ns < SLICE_MIN_NS) slice_ns = SLICE_MIN_NS;
    c->duration_s = (double)(slice_ns * c->turns) / 1e9;
}

static void fill_cell(struct cell *c, const struct plan_input *in, const cJSON *load,
                      const struct axis axes[AXES]) {
    const char *kind = text(load, "load", "closed");
    for (enum cell_load l = CELL_CLOSED; l <= CELL_CHURN; l++)
        if (strcmp(cell_load_names[l], kind) == 0) c->load = l;
    c->connections = axis_count(&axes[CONNECTIONS]);
    c->idle = axis_count(&axes[IDLE]);
    c->newcomers_per_s = axis_value(&axes[NEWCOMERS]);
    c->depth = axis_count(&axes[DEPTH]);
    c->rate_per_s = axis_value(&axes[RATE]);
    c->rate_pct = axis_value(&axes[RATE_PCT]);
    c->capacity_cell = PLAN_NO_CELL;
    c->churn_echoes = axis_count(&axes[CHURN_ECHOES]);
    c->arrival = text(load, "arrival", "poisson");
    c->outstanding = axis_count(&axes[OUTSTANDING]);
    c->saturating = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(load, "saturating"));
    c->counted = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(load, "counted"));
    c->size_bytes = axis_count(&axes[SIZE_BYTES]);
    c->warmup_s = number(load, "warmup_s", 0.3);
    c->duration_s = number(load, "duration_s", 1);
    c->drain_s = number(load, "drain_s", 2);
    c->server_threads = axis_count(&axes[SERVER_THREADS]);
    c->burn_ns = axis_count(&axes[BURN]);
    c->loadgen_threads = (uint32_t)number(load, "loadgen_threads", 1);
    if (c->loadgen_threads > c->connections) c->loadgen_threads = c->connections;
    c->transport = axis_text(&axes[TRANSPORT], "auto");
    const struct placement_need need = {.allowed = in->cpus,
                                        .allowed_count = in->cpu_count,
                                        .server_threads = c->server_threads,
                                        .loadgen_threads = c->loadgen_threads};
    placement_decide(&c->placement, in->placement, &need);
    if (c->server->program->kind == SERVER_AT) { /* its CPUs are unknown */
        c->placement.server_count = 0;
        c->placement.separate = false;
    }
    plan_slices(c, in->suite);
    name_cell(c);
    judge_cell(c, in);
}

static struct cell *add_cell(struct plan *plan) {
    if (plan->cell_count == PLAN_CELLS_MAX) return NULL;
    if ((plan->cell_count & (plan->cell_count - 1)) == 0) { /* full at powers of two */
        size_t room = plan->cell_count ? plan->cell_count * 2 : 1;
        plan->cells = realloc(plan->cells, room * sizeof *plan->cells);
        MEMORY_CHECK(plan->cells);
    }
    struct cell *c = &plan->cells[plan->cell_count++];
    memset(c, 0, sizeof *c);
    return c;
}

/* A load of the suite. */
struct load {
    const cJSON *json;  /* load object of the suite */
    const char *phase;  /* name of its phase */
    size_t phase_index; /* position of that phase */
};

/* Adds the cells of one load: all servers for every combination of its lists. Returns false and the
 * reason on failure. */
static bool add_load(struct plan *plan, const struct plan_input *in, const struct load *load,
                     struct reason *reason) {
    struct axis axes[AXES];
    const char *of_phase = text(load->json, "of_phase", NULL);
    axes_start(axes, load->json);
    do {
        for (size_t s = 0; s < in->server_count; s++) {
            struct cell *c = add_cell(plan);
            if (!c) return reason_set(reason, "more than %d cells", PLAN_CELLS_MAX);
            c->server = &in->servers[s];
            c->loadgen = in->loadgen;
            c->phase = load->phase;
            c->phase_index = load->phase_index;
            c->load_index = (plan->cell_count - 1) / in->server_count;
            fill_cell(c, in, load->json, axes);
            if (of_phase && !plan_find_capacity(plan, c, of_phase)) {
                reason_set(reason,
                           "%s: no closed loop of phase \"%.80s\" measures its capacity: it needs "
                           "the same connections and transport, and depth %u",
                           c->id, of_phase, c->outstanding);
                return false;
            }
        }
    } while (axes_next(axes));
    return true;
}

static int by_id(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool ids_unique(const struct plan *plan, struct reason *reason) {
    const char **ids = malloc(plan->cell_count * sizeof *ids);
    MEMORY_CHECK(ids);
    for (size_t i = 0; i < plan->cell_count; i++) ids[i] = plan->cells[i].id;
    qsort(ids, plan->cell_count, sizeof *ids, by_id);
    bool unique = true;
    for (size_t i = 1; i < plan->cell_count && unique; i++) {
        unique = strcmp(ids[i - 1], ids[i]) != 0;
        if (!unique) reason_set(reason, "the cell %s occurs twice", ids[i]);
    }
    free(ids);
    return unique;
}

bool plan_make(struct plan *plan, const struct plan_input *in, struct reason *reason) {
    memset(plan, 0, sizeof *plan);
    plan->repeats = (size_t)number(in->suite, "repeats", 1);
    size_t phases = 0;
    const cJSON *phase, *json;
    cJSON_ArrayForEach(phase, cJSON_GetObjectItemCaseSensitive(in->suite, "phases")) {
        cJSON_ArrayForEach(json, cJSON_GetObjectItemCaseSensitive(phase, "loads")) {
            const struct load load = {json, text(phase, "name", ""), phases};
            if (add_load(plan, in, &load, reason)) continue;
            plan_free(plan);
            return false;
        }
        phases++;
    }
    if (!ids_unique(plan, reason)) {
        plan_free(plan);
        return false;
    }
    plan_order(plan, in, phases);
    return true;
}

void plan_free(struct plan *plan) {
    free(plan->cells);
    free(plan->order);
    free(plan->slot_cell);
    memset(plan, 0, sizeof *plan);
}

double plan_slot_s(const struct cell *c) {
    double connects_s = ((double)c->connections + c->idle) / CONNECTS_PER_S;
    bool saturating = c->saturating || c->rate_pct > SATURATING_PCT; /* false for NAN */
    double drain_s = saturating ? DRAIN_SHARE * c->drain_s : 0;
    return PROCESSES_S + connects_s + c->warmup_s + c->duration_s + c->turns * TURN_S + drain_s;
}
