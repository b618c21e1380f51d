/* main.c - loadgen: command line, the run's phases, exit codes.
 * Invariant: standard output is one JSON object or nothing. */
#include "base/check.h"
#include "base/json.h"
#include "base/line.h"
#include "base/memory.h"

#include "loadgen/arguments.h"
#include "loadgen/lead.h"
#include "loadgen/limits.h"
#include "loadgen/reach.h"
#include "loadgen/report.h"
#include "loadgen/transports.h"
#include "loadgen/worker.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_WRONG_ECHO = 1, EXIT_USAGE = 2, EXIT_NOTHING = 3, EXIT_INTERRUPTED = 130 };

/* What a run needs; one of each for every target, and workers for every target and thread. */
struct session {
    const struct arguments *a;
    uint32_t targets, threads;
    struct load *loads;
    struct run *runs;
    struct usage *usages;
    struct worker *workers;       /* those of one target stand together */
    struct rotation_thread *crew; /* the threads of a rotation */
    struct rotation rotation;     /* unused without --rotate */
    uint32_t made, started;       /* workers to free, threads to join */
};

/* At once, whatever the other threads do: they may wait for a reader of standard output. */
static void on_stop(void *context) {
    (void)context;
    _Exit(EXIT_INTERRUPTED);
}

/* Writes on one line what went wrong in a run that has figures; nothing if nothing did. */
static void describe_trouble(char *text, size_t size, const struct report *report,
                             const struct load *load) {
    const struct account *t = &report->total;
    bool scheduled = load->open || load->churn;
    uint64_t offered = load->churn ? t->visits.offered : t->offered;
    const char *error = t->first_error ? os_error_text(t->first_error) : "";
    if (t->errors.mismatch)
        snprintf(text, size, "wrong bytes came back on %" PRIu64 " connections",
                 t->errors.mismatch);
    else if (!report_answered(report) && scheduled && offered == 0)
        snprintf(text, size, "nothing was scheduled in the window");
    else if (!report_answered(report))
        snprintf(text, size, "no message was answered in the window%s%s",
                 *error ? "; the first error: " : "", error);
    else if (*error)
        snprintf(text, size, "%s; this is the first of the errors counted", error);
    else if (t->visits.offered > 0 && hist_place(&t->visits.first_echoes, 0) == HIST_UNANSWERED)
        snprintf(text, size, "none of %" PRIu64 " newcomers was answered", t->visits.offered);
}

/* Writes why there are no figures. */
static void describe_nothing(char *text, size_t size, const struct report *report,
                             const struct run *run) {
    int error = report->total.first_error;
    snprintf(text, size, "%s; nothing was measured",
             error                ? os_error_text(error)
             : run->standing == 0 ? "no connection was scheduled"
                                  : "all connections were closed");
}

/* The sample of a target, owned by the caller; NULL if there is none. In a rotation an object with
 * it, and with what was said about it. *code is the exit code for it. */
static cJSON *finish_target(const struct session *s, uint32_t target, int *code) {
    static struct report report; /* too large for a small stack */
    const struct load *load = &s->loads[target];
    const struct run *run = &s->runs[target];
    const char *server = s->a->connects.items[target];
    int error = report_make(&report, &s->workers[target * s->threads], s->threads);
    *code = EXIT_NOTHING;
    if (error) {
        fprintf(stderr, "loadgen: report: %s\n", os_error_text(error));
        return NULL;
    }
    bool wrong = report.total.errors.mismatch > 0;
    bool measured = wrong || (run->standing > 0 && report.window_ns > 0);
    char said[256] = "";
    if (measured)
        describe_trouble(said, sizeof said, &report, load);
    else
        describe_nothing(said, sizeof said, &report, run);
    if (*said) line_print(stderr, "loadgen: %s: %s", server, said);
    if (measured) *code = wrong ? EXIT_WRONG_ECHO : report_answered(&report) ? 0 : EXIT_NOTHING;
    cJSON *sample = measured ? report_json(&report, load, run, &s->usages[target]) : NULL;
    report_free(&report);
    if (!s->a->rotate) return sample;
    cJSON *json = cJSON_CreateObject();
    json_add_item(json, "said", *said ? cJSON_CreateString(said) : NULL);
    json_add_item(json, "sample", sample);
    return json;
}

/* Prints an object and a newline on stdout, and frees it. Returns whether that worked. */
static bool print(cJSON *json) {
    char *text = cJSON_PrintUnformatted(json);
    int error = !text ? ENOMEM : puts(text) == EOF || fflush(stdout) == EOF ? errno : 0;
    if (error) fprintf(stderr, "loadgen: standard output: %s\n", os_error_text(error));
    cJSON_free(text);
    cJSON_Delete(json);
    return !error;
}

static cJSON *order_json(const struct rotation *r) {
    cJSON *json = cJSON_CreateArray();
    for (uint32_t turn = 0; turn < r->turns; turn++) {
        cJSON *order = cJSON_CreateArray();
        for (uint32_t i = 0; i < r->targets; i++)
            cJSON_AddItemToArray(order, cJSON_CreateNumber(r->order[turn * r->targets + i]));
        cJSON_AddItemToArray(json, order);
    }
    return json;
}

/* Prints the figures. Returns the exit code: a wrong echo counts more than a missing one. */
static int finish(const struct session *s) {
    int code, worst = 0;
    if (!s->a->rotate) {
        cJSON *sample = finish_target(s, 0, &code);
        return !sample || print(sample) ? code : EXIT_NOTHING;
    }
    cJSON *json = cJSON_CreateObject(), *rotation = cJSON_AddObjectToObject(json, "rotation");
    json_add_real(rotation, "slice_s", (double)s->loads->slice_ns / 1e9);
    json_add_count(rotation, "turns", s->rotation.turns);
    json_add_item(rotation, "order", order_json(&s->rotation));
    cJSON *targets = cJSON_AddArrayToObject(json, "targets");
    for (uint32_t k = 0; k < s->targets; k++) {
        cJSON *target = finish_target(s, k, &code);
        cJSON_AddItemToArray(targets, target ? target : cJSON_CreateNull());
        if (worst == 0 || code == EXIT_WRONG_ECHO) worst = code;
    }
    return print(json) ? worst : EXIT_NOTHING;
}

/* Starts all workers. Returns 0 or an error. */
static int start(struct session *s) {
    int error = 0;
    for (; !error && s->made < s->targets * s->threads; s->made += !error)
        error =
            worker_init(&s->workers[s->made], &s->runs[s->made / s->threads], s->made % s->threads);
    for (; !error && s->started < s->threads; s->started += !error) {
        pthread_t *thread = &s->crew[s->started].thread;
        error = s->a->rotate ? pthread_create(thread, NULL, rotation_main, &s->crew[s->started])
                             : pthread_create(thread, NULL, worker_main, &s->workers[s->started]);
    }
    return error;
}

/* Chooses the address of a server, and looks whether its process is there. Returns an exit code. */
static int reach(struct session *s, uint32_t target, const struct os_addresses *found) {
    struct load *load = &s->loads[target];
    struct usage *usage = &s->usages[target];
    char reason[512];
    uint64_t cpu_ns;
    bool alone = !s->a->rotate; /* else the others go on */
    if (!reach_choose(load->transport, found, &load->address, reason) && alone) {
        line_print(stderr, "loadgen: %s: no address answers: %s", s->a->connects.items[target],
                   reason);
        return EXIT_NOTHING;
    }
    usage_open(usage, load);
    if (!alone || !load->server_pid || usage->before.rss_bytes != OS_UNKNOWN ||
        os_process_cpu_ns(load->server_pid, &cpu_ns) == 0)
        return 0;
    fprintf(stderr, "loadgen: --server-pid: %" PRId64 ": no such process\n", load->server_pid);
    return EXIT_USAGE;
}

/* Readies what the threads of a run share. */
static void make_runs(struct session *s) {
    const struct edge none = {OS_UNKNOWN, {OS_UNKNOWN, 0, 0}, OS_UNKNOWN};
    for (uint32_t k = 0; k < s->targets; k++) {
        struct run *run = &s->runs[k];
        *run = (struct run){.load = &s->loads[k], .start_ns = NOT_YET, .t0_ns = NOT_YET};
        run->slices = memory_calloc(s->loads[k].slices, sizeof *run->slices);
        for (uint32_t i = 0; i < s->loads[k].slices; i++)
            run->slices[i] = (struct slice){.edges = {none, none}};
    }
}

static int run_load(struct session *s) {
    int error = start(s);
    for (uint32_t k = 0; error && k < s->targets; k++) s->runs[k].stop = true;
    if (error)
        s->rotation.stop = true;
    else if (s->a->rotate)
        rotation_lead(&s->rotation, s->usages, s->a->progress);
    else
        lead(s->runs, s->workers, s->usages, s->a->progress);
    for (uint32_t i = 0; i < s->started; i++) pthread_join(s->crew[i].thread, NULL);
    int code = error ? limits_cannot_start(error, s->loads) : finish(s);
    for (uint32_t i = 0; i < s->made; i++) worker_free(&s->workers[i]);
    return code;
}

/* Everything from the load of each target to the figures. Returns an exit code. */
static int run_session(struct session *s) {
    struct os_addresses found;
    int error = os_on_stop(s->a->stop_on_eof, on_stop, NULL), code = 0;
    make_runs(s);
    for (uint32_t k = 0; !code && k < s->targets; k++) {
        code = arguments_resolve(s->a, k, &found);
        if (!code) code = reach(s, k, &found);
    }
    s->rotation = (struct rotation){.targets = s->targets,
                                    .threads = s->threads,
                                    .turns = s->loads->slices,
                                    .runs = s->runs,
                                    .workers = s->workers};
    if (!code && !error && s->a->rotate) error = rotation_init(&s->rotation, s->a->seed);
    for (uint32_t i = 0; i < s->threads; i++)
        s->crew[i] = (struct rotation_thread){.rotation = &s->rotation, .index = i};
    if (!code) code = error ? limits_cannot_start(error, s->loads) : run_load(s);
    for (uint32_t k = 0; k < s->targets; k++) free(s->runs[k].slices);
    rotation_free(&s->rotation);
    return code;
}

static int make_session(const struct arguments *a) {
    struct session s = {.a = a, .threads = (uint32_t)a->threads};
    s.targets = a->connects.count ? (uint32_t)a->connects.count : 1; /* --describe needs none */
    s.loads = memory_calloc(s.targets, sizeof *s.loads);
    int code = 0;
    for (uint32_t k = 0; !code && k < s.targets; k++) code = arguments_load(a, k, &s.loads[k]);
    if (!code && a->describe) {
        transports_describe(limits_memory(s.loads, s.targets).bytes);
        code = args_output_written("loadgen") ? 0 : EXIT_USAGE;
    } else if (!code && (code = limits_check(s.loads, s.targets)) == 0) {
        s.runs = memory_calloc(s.targets, sizeof *s.runs);
        s.usages = memory_calloc(s.targets, sizeof *s.usages);
        s.workers = memory_calloc((size_t)s.targets * s.threads, sizeof *s.workers);
        s.crew = memory_calloc(s.threads, sizeof *s.crew);
        code = run_session(&s);
    }
    free(s.loads);
    free(s.runs);
    free(s.usages);
    free(s.workers);
    free(s.crew);
    return code;
}

int main(int argc, char **argv) {
    struct arguments a;
    os_init();
    if (!os_limits_suffice("loadgen")) return EXIT_USAGE;
    int code = arguments_read(&a, argc, argv);
    if (!code) {
        json_guard_memory();
        code = make_session(&a);
    }
    arguments_free(&a);
    return code;
}
