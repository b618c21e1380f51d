/* slot.c - starts the servers, runs the load generator, stops the servers. Every wait has a
 * deadline.
 * Invariant: iobench sleeps while the load generator runs, but for a few glances. */
#include "bench/session/slot.h"

#include "base/check.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/os.h"

#include "bench/machine/environment.h"
#include "bench/session/server.h"
#include "bench/session/slot_arguments.h"
#include "bench/support/json_file.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOADGEN_STOP_S 1.0       /* from the end of its stdin, if it missed its deadline */
#define LOADGEN_EXTRA_S 30.0     /* allowance for connecting and a longer warm-up */
#define CONNECTS_PER_S_MIN 500.0 /* slowest tolerated rate of connecting */
#define SETTLE_S 1.0             /* the longest time that a slice of a rotation may take to begin */
#define GLANCES 10               /* at a command under load */
#define WRONG_ECHO_STATUS 1      /* exit code of a load generator with figures and a wrong echo */
#define NO_ANSWER_STATUS 3       /* of one without answers; it has figures if there was a window */

/* A running slot. */
struct slot {
    const struct cell *cell; /* the first; their load is the same */
    struct process_loop *loop;
    uint64_t seed;
    struct server *servers; /* those that got ready */
    size_t count;
};

/* ---- figures ---- */

/* The object that the load generator printed, owned by the caller. NULL if it printed none; then
 * all outcomes say why. */
static cJSON *read_output(const struct slot *s, const struct process *p) {
    struct reason why;
    bool has_figures = p->exit_status == 0 || p->exit_status == WRONG_ECHO_STATUS ||
                       p->exit_status == NO_ANSWER_STATUS;
    cJSON *output = NULL;
    if (!p->running && !p->term_signal && has_figures && p->text && !p->overflow) {
        output = json_text_parse(p->text, p->size, &why);
        if (cJSON_IsObject(output)) return output;
        for (size_t i = 0; i < s->count; i++)
            outcome_fail(s->servers[i].outcome, VALIDITY_LOADGEN_FAILED,
                         "loadgen: its output is not an object");
    } else {
        for (size_t i = 0; i < s->count; i++)
            outcome_fail_with(s->servers[i].outcome, VALIDITY_LOADGEN_FAILED, "no figures", p);
    }
    cJSON_Delete(output);
    return NULL;
}

/* The most that one of the other targets used of a CPU while it had no load; NAN if unknown. */
static double rivals_cpu_pct(const struct slot *s, const cJSON *targets, size_t index) {
    double most = NAN;
    for (size_t i = 0; i < s->count; i++) {
        const cJSON *target = cJSON_GetArrayItem(targets, (int)i);
        if (i != index && !s->servers[i].outcome->cpu_hidden)
            most = fmax(most, json_number(target, "sample.slices.waiting_cpu_pct"));
    }
    return most;
}

static void read_target(const struct slot *s, const cJSON *targets, size_t index) {
    struct slot_outcome *o = s->servers[index].outcome;
    const cJSON *target = cJSON_GetArrayItem(targets, (int)index);
    const char *said = json_text(target, "said");
    cJSON *sample = cJSON_GetObjectItemCaseSensitive(target, "sample");
    if (!cJSON_IsObject(sample)) {
        outcome_fail(o, VALIDITY_LOADGEN_FAILED, "no figures: %s", said ? said : "no reason given");
        return;
    }
    cJSON *slices = cJSON_GetObjectItemCaseSensitive(sample, "slices");
    if (cJSON_IsObject(slices)) /* else the schema check will report it */
        json_add_real(slices, "rivals_cpu_pct", rivals_cpu_pct(s, targets, index));
    o->end = SLOT_MEASURED;
    reason_set(&o->told, "%s", said ? said : "");
}

/* Moves the figures from the load generator's output to the outcomes. */
static void read_figures(const struct slot *s, const struct process *p) {
    cJSON *output = read_output(s, p);
    if (!output) return;
    if (!s->cell->turns) {
        struct slot_outcome *o = s->servers->outcome;
        o->end = SLOT_MEASURED;
        o->figures = output;
        reason_set(&o->told, "%s", p->last_line);
        return;
    }
    const cJSON *targets = json_item(output, "targets");
    for (size_t i = 0; i < s->count; i++) read_target(s, targets, i);
    for (size_t i = 0; i < s->count; i++) {
        cJSON *target = cJSON_GetArrayItem(targets, (int)i);
        struct slot_outcome *o = s->servers[i].outcome;
        if (o->end == SLOT_MEASURED)
            o->figures = cJSON_DetachItemFromObjectCaseSensitive(target, "sample");
    }
    cJSON_Delete(output);
}

/* ---- counters ---- */

static void not_counted(struct slot_outcome *o, enum uncounted_code code, const char *reason) {
    o->uncounted.code = code;
    reason_set(&o->uncounted.reason, "%s", reason);
}

/* Starts to count the system calls and sleeps of the server. Returns NULL and sets the reason on
 * failure. */
static struct counters *start_counting(const struct server *s) {
    if (s->pid >= 1) return counters_open((int64_t)s->pid, &s->outcome->uncounted);
    not_counted(s->outcome, UNCOUNTED_SERVER_ELSEWHERE, "the server runs elsewhere");
    return NULL;
}

static void end_counting(struct slot_outcome *o, struct counters *counters) {
    if (o->forked)
        not_counted(o, UNCOUNTED_CHILD_PROCESSES,
                    "the server has child processes, which are not all counted");
    else if (!counters_read(counters, &o->counts))
        not_counted(o, UNCOUNTED_FAILED, "the counters cannot be read");
    counters_close(counters);
}

/* ---- load generator ---- */

/* Whether the load generator can read the CPU time of the control group of every server. A load
 * generator of an older version does not know the option. */
static bool groups_known(const struct slot *s) {
    if (!cJSON_IsTrue(json_item(s->cell->loadgen->describe, "server_group"))) return false;
    for (size_t i = 0; i < s->count; i++)
        if (!*s->servers[i].kin.group) return false;
    return true;
}

/* How long the load generator may take. */
static double allowed_s(const struct slot *s) {
    const struct cell *c = s->cell;
    double connects_s = ((double)c->connections + c->idle) / CONNECTS_PER_S_MIN;
    double each_s = c->warmup_s + c->duration_s + c->drain_s + connects_s + c->turns * SETTLE_S;
    return LOADGEN_EXTRA_S + (double)s->count * each_s;
}

/* Waits for the end of the load generator. A command may have child processes only while
 * connections are open, and not wait for their end. */
static bool await_load(const struct slot *s, struct process *loadgen) {
    const struct cell *c = s->cell;
    double step_s = (double)s->count * (c->warmup_s + c->duration_s) / GLANCES;
    bool ended = false, glance = false;
    for (size_t i = 0; i < s->count; i++)
        glance = glance || s->servers[i].cell->server->program->kind == SERVER_COMMAND;
    for (int i = 0; i < GLANCES && !ended && glance; i++) {
        ended = process_wait(s->loop, process_ended, loadgen, step_s, true) || s->loop->interrupted;
        for (size_t k = 0; k < s->count; k++) kin_glance(&s->servers[k].kin);
    }
    return process_wait(s->loop, process_ended, loadgen, allowed_s(s), true);
}

static void begin_load(const struct slot *s, const struct process *loadgen) {
    for (size_t i = 0; i < s->count; i++) {
        struct server *server = &s->servers[i];
        server->outcome->loadgen_pinned = loadgen->pinned;
        for (size_t k = 0; k < s->count; k++)
            if (k != i && s->servers[k].pid >= 1)
                kin_apart(&server->kin, (int64_t)s->servers[k].pid);
        if (server->pid >= 1) kin_load_begins(&server->kin, (int64_t)server->pid, loadgen->pid);
    }
}

static void end_load(const struct slot *s, bool groups) {
    for (size_t i = 0; i < s->count; i++) {
        struct server *server = &s->servers[i];
        kin_load_ends(&server->kin);
        server->outcome->forked = server->kin.seen;
        server->outcome->cpu_hidden = server->kin.seen && !groups;
    }
}

static void run_load(const struct slot *s) {
    const struct cell *c = s->cell;
    struct slot_outcome *first = s->servers->outcome;
    static struct slot_arguments a;
    struct process p;
    struct cpu_ticks start = environment_ticks();
    bool groups = groups_known(s);
    slot_arguments_loadgen(&a, c, s->seed);
    for (size_t i = 0; i < s->count; i++) {
        const struct server *server = &s->servers[i];
        slot_arguments_target(&a, server->address, server->pid, groups ? server->kin.group : NULL);
    }
    struct counters *counters = c->counted ? start_counting(s->servers) : NULL;
    int error =
        process_start(&p, s->loop, a.words, c->placement.loadgen, c->placement.loadgen_count);
    if (error) {
        if (counters) counters_close(counters);
        for (size_t i = 0; i < s->count; i++)
            outcome_fail(s->servers[i].outcome, VALIDITY_LOADGEN_NOT_STARTED, "loadgen: %s",
                         process_error_text(error));
        return;
    }
    begin_load(s, &p);
    bool in_time = await_load(s, &p);
    end_load(s, groups);
    process_end(&p, in_time ? 0 : LOADGEN_STOP_S);
    if (counters) end_counting(first, counters);
    double steal_pct = environment_steal_pct(&start);
    for (size_t i = 0; i < s->count; i++) {
        struct slot_outcome *o = s->servers[i].outcome;
        o->steal_pct = steal_pct;
        if (s->loop->interrupted)
            o->end = SLOT_INTERRUPTED;
        else if (!in_time)
            outcome_fail(o, VALIDITY_LOADGEN_LATE, "loadgen: not done after %.0f s", allowed_s(s));
    }
    if (in_time && !s->loop->interrupted) read_figures(s, &p);
    process_free(&p);
}

/* ---- both ---- */

void slot_run(struct slot_outcome *outcomes, const struct cell *const *cells, size_t count,
              struct process_loop *loop, uint64_t seed) {
    CHECK(count == 1 || cells[0]->turns);
    struct slot s = {.cell = cells[0], .loop = loop, .seed = seed};
    s.servers = calloc(count, sizeof *s.servers);
    MEMORY_CHECK(s.servers);
    for (size_t i = 0; i < count; i++) {
        struct server *server = &s.servers[s.count];
        outcome_init(&outcomes[i]);
        server->cell = cells[i];
        server->outcome = &outcomes[i];
        server->loop = loop;
        if (loop->interrupted)
            outcomes[i].end = SLOT_INTERRUPTED;
        else
            s.count += server_start(server);
    }
    if (s.count && !loop->interrupted)
        run_load(&s);
    else
        for (size_t i = 0; i < s.count; i++) s.servers[i].outcome->end = SLOT_INTERRUPTED;
    while (s.count > 0) server_stop(&s.servers[--s.count]); /* the last one first: see kin.h */
    free(s.servers);
}
