/* gate_jobs.c - `gate-jobs`: maintains the record of gate-calibrate, and reports its results.
 * Invariant: jobs are only ever appended to the record, one per line, so that a stopped run can
 * continue. */
#include "base/args.h"
#include "base/check.h"
#include "base/json.h"

#include "bench/result/summary.h"
#include "bench/stats/stats.h"
#include "bench/support/files.h"
#include "bench/support/json_file.h"
#include "bench/support/json_path.h"
#include "bench/support/text.h"
#include "tools/gate-calibrate/power.h"
#include "tools/gate-calibrate/relabel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS_MAX 10000
#define LINE_MAX_BYTES (1u << 20)
#define RELABELLED 10000
#define LEVEL 0.95

/* The kinds of jobs: equal arms, candidates that are 10 % or 5 % slower, and one that crashes in
 * 10 % of its processes. */
static const char *const kinds[] = {"aa", "10", "5", "breaks"};
static const char *const kind_titles[] = {"equal arms", "10 % slower", "5 % slower",
                                          "crashes in 10 % of its processes"};
enum { AA, SLOWER, BREAKS = 3, KINDS = sizeof kinds / sizeof *kinds };

static cJSON *jobs[JOBS_MAX];
static size_t job_count;

static void refuse(const char *what, const char *object, const char *reason) {
    fprintf(stderr, "gate-jobs: %s: %s: %s\n", what, object, reason);
    exit(2);
}

static char line[LINE_MAX_BYTES];

/* Reads the record. A missing file has no jobs. */
static void read_record(const char *path) {
    struct reason reason;
    FILE *file = fopen(path, "r");
    if (!file) return;
    while (job_count < JOBS_MAX && fgets(line, sizeof line, file)) {
        size_t length = strcspn(line, "\r\n");
        line[length] = '\0';
        jobs[job_count] = json_text_parse(line, length, &reason);
        if (jobs[job_count])
            job_count++;
        else /* a run was killed while it wrote this line */
            fprintf(stderr, "gate-jobs: record: %s: line ignored: %s\n", path, reason.text);
    }
    fclose(file);
}

static bool is_kind(const cJSON *job, int kind) {
    const char *text = json_text(job, "kind");
    return text && strcmp(text, kinds[kind]) == 0;
}

/* ---- add, count, burn ---- */

static void add_job(const char *path, const char *kind, const char *extra_ns, const char *load) {
    struct reason reason;
    size_t size = fread(line, 1, sizeof line - 1, stdin);
    line[size] = '\0';
    cJSON *job = cJSON_CreateObject(), *report = json_text_parse(line, size, &reason);
    if (!report) refuse("report", "stdin", reason.text);
    static const char *const paths[] = {"baseline", "candidate", "result"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths;
         i++) /* these files no longer exist later */
        cJSON_DeleteItemFromObjectCaseSensitive(report, paths[i]);
    json_add_item(job, "kind", cJSON_CreateString(kind));
    json_add_real(job, "extra_burn_ns", strtod(extra_ns, NULL));
    json_add_real(job, "load_1min", strtod(load, NULL));
    json_add_item(job, "report", report);
    char *text = cJSON_PrintUnformatted(job);
    CHECK(text);
    struct text row = {0};
    text_add(&row, "%s\n", text); /* written at once, so that two runs do not mix their lines */
    if (!files_append(path, row.data, &reason)) refuse("record", path, reason.text);
    free(row.data);
    cJSON_free(text);
    cJSON_Delete(job);
}

static size_t count_jobs(const char *kind) {
    size_t count = 0;
    for (size_t i = 0; i < job_count; i++) {
        const char *text = json_text(jobs[i], "kind");
        count += text && strcmp(text, kind) == 0;
    }
    return count;
}

/* The additional burn_ns with which an echo takes `percent` longer. `path` is a result with one
 * closed loop at two levels of burn_ns. */
static double extra_burn_ns(const char *path, double percent) {
    struct reason reason;
    cJSON *result = json_file_read(path, &reason);
    if (!result) refuse("result", path, reason.text);
    double burn[2] = {0}, echo_ns[2] = {0};
    for (int i = 0; i < 2; i++) {
        const cJSON *cell = cJSON_GetArrayItem(json_item(result, "cells"), i);
        burn[i] = json_number(cell, "scenario.server.burn_ns");
        echo_ns[i] = 1e9 / summary_span_over(cell, "throughput_per_s").median;
    }
    cJSON_Delete(result);
    return percent / 100 * echo_ns[0] * (burn[1] - burn[0]) / (echo_ns[1] - echo_ns[0]);
}

/* ---- report ---- */

/* Collects a figure of all jobs of a kind. Returns the number of values. */
static size_t collect(int kind, const char *path, double *values) {
    size_t count = 0;
    for (size_t i = 0; i < job_count; i++) {
        double value = json_number(jobs[i], path);
        if (is_kind(jobs[i], kind) && isfinite(value)) values[count++] = value;
    }
    return count;
}

static size_t with_code(int kind, int code) {
    static double codes[JOBS_MAX];
    size_t count = collect(kind, "report.exit_code", codes), hits = 0;
    for (size_t i = 0; i < count; i++) hits += (int)codes[i] == code;
    return hits;
}

static void print_counts(void) {
    static double values[JOBS_MAX];
    puts("| jobs | number | exit 0 | exit 1 | exit 3 | share of exit 1, 95 % interval | median "
         "time |\n|---|---|---|---|---|---|---|");
    for (int kind = 0; kind < KINDS; kind++) {
        size_t all = count_jobs(kinds[kind]), alarms = with_code(kind, 1);
        if (!all) continue;
        struct stats_interval share = stats_share_interval(alarms, all, LEVEL);
        size_t timed = collect(kind, "report.duration_s", values);
        printf("| %s | %zu | %zu | %zu | %zu | %.0f %% .. %.0f %% | %.0f s |\n", kind_titles[kind],
               all, with_code(kind, 0), alarms, with_code(kind, 3), 100 * share.low,
               100 * share.high, stats_median(values, timed));
    }
}

/* A robust estimate of the standard deviation, from the median distance to the median. */
static double spread(const double *values, size_t count) {
    double *distances = calloc(count, sizeof *distances), middle = stats_median(values, count);
    CHECK(distances);
    for (size_t i = 0; i < count; i++) distances[i] = fabs(values[i] - middle);
    double result = 1.4826 * stats_median(distances, count);
    free(distances);
    return result;
}

/* The row of a job with the same cell and metric; NULL if there is none. */
static const cJSON *row_like(const cJSON *job, const struct relabel_stream *s) {
    const cJSON *row;
    cJSON_ArrayForEach(row, json_item(job, "report.rows")) {
        if (strcmp(json_text(row, "cell"), s->cell) == 0 &&
            strcmp(json_text(row, "metric"), metrics[s->metric].key) == 0)
            return row;
    }
    return NULL;
}

/* Prints for each row how much pairs of equal arms differ, and how often slower candidates were
 * found. */
static void print_rows(const struct relabel *r) {
    static double values[JOBS_MAX];
    puts("\n| cell | metric | sd of a pair | without outliers | detectable with 24 pairs | limit | "
         "found at 10 % | found at 5 % |\n|---|---|---|---|---|---|---|---|");
    for (size_t i = 0; i < r->row_count; i++) {
        const struct relabel_stream *s = &r->rows[i];
        double sd = stats_deviation(s->differences, s->count);
        double calm = spread(s->differences, s->count);
        printf("| `%s` | %s | %.1f %% | %.1f %% | %.1f %% | %g %% |", s->cell,
               metrics[s->metric].title, 100 * sd, 100 * calm,
               100 * GATE_VISIBLE_DEVIATIONS * calm / sqrt(GATE_STAGE2_PAIRS),
               100 * metrics[s->metric].limit);
        for (int kind = SLOWER; kind < BREAKS; kind++) {
            size_t all = 0, found = 0;
            for (size_t k = 0; k < job_count; k++) {
                const cJSON *row = is_kind(jobs[k], kind) ? row_like(jobs[k], s) : NULL;
                if (!row) continue;
                found += gate_verdict_read(json_text(row, "verdict")) == GATE_REGRESSED;
                values[all++] = json_number(row, "effect");
            }
            if (all)
                printf(" %zu of %zu, median %+.1f %% |", found, all,
                       100 * expm1(stats_median(values, all)));
            else
                printf(" - |");
        }
        putchar('\n');
    }
}

static void print_relabelled(const struct relabel *r) {
    size_t shortest = SIZE_MAX;
    for (size_t i = 0; i < r->row_count; i++)
        if (r->rows[i].count < shortest) shortest = r->rows[i].count;
    struct relabel_tally t = relabel_run(r, RELABELLED, 1);
    struct stats_interval alarms = stats_share_interval(t.alarms, t.jobs, LEVEL);
    struct stats_interval invalid = stats_share_interval(t.invalid, t.jobs, LEVEL);
    printf(
        "\n%zu simulated jobs from recorded pairs of equal arms (at least %zu per row) with random "
        "labels:\n%zu false alarms (%.2f %%, 95 %% interval %.2f .. %.2f %%), %zu invalid because "
        "the control shifted\n(%.2f %%, %.2f .. %.2f %%), %zu inconclusive in every figure; %.0f "
        "%% "
        "had a second stage.\n",
        t.jobs, shortest, t.alarms, 100.0 * (double)t.alarms / (double)t.jobs, 100 * alarms.low,
        100 * alarms.high, t.invalid, 100.0 * (double)t.invalid / (double)t.jobs, 100 * invalid.low,
        100 * invalid.high, t.nothing, 100.0 * (double)t.second / (double)t.jobs);
}

static void print_report(void) {
    static struct relabel r;
    for (size_t i = 0; i < job_count; i++)
        if (is_kind(jobs[i], AA)) relabel_add(&r, json_item(jobs[i], "report"));
    if (!r.row_count) refuse("record", "aa", "no job with equal arms");
    print_counts();
    print_rows(&r);
    print_relabelled(&r);
    for (size_t i = 0; i < job_count; i++) {
        const char *why = json_text(jobs[i], "report.why");
        int code = (int)json_number(jobs[i], "report.exit_code");
        if (code == 3 || (code == 1 && is_kind(jobs[i], AA)))
            printf("\nJob %zu (%s): exit %d: %s\n", i + 1, json_text(jobs[i], "kind"), code,
                   why ? why : "");
    }
    relabel_free(&r);
}

int main(int argc, char **argv) {
    if (argc == 6 && strcmp(argv[1], "add") == 0) {
        add_job(argv[2], argv[3], argv[4], argv[5]);
    } else if (argc == 4 && strcmp(argv[1], "count") == 0) {
        read_record(argv[2]);
        printf("%zu\n", count_jobs(argv[3]));
    } else if (argc == 4 && strcmp(argv[1], "burn") == 0) {
        printf("%.0f\n", extra_burn_ns(argv[2], strtod(argv[3], NULL)));
    } else if (argc == 3 && strcmp(argv[1], "report") == 0) {
        read_record(argv[2]);
        print_report();
    } else if (argc == 2 && strcmp(argv[1], "power") == 0) {
        power_print();
    } else {
        fputs("gate-jobs: usage: add FILE KIND EXTRA_NS LOAD <REPORT | count FILE KIND | burn "
              "RESULT PERCENT | report FILE | power\n",
              stderr);
        return 2;
    }
    for (size_t i = 0; i < job_count; i++) cJSON_Delete(jobs[i]);
    return 0;
}
