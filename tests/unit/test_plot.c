/* test_plot.c - axes, labels and each kind of plot, with small results of known figures. */
#include "base/json.h"

#include "bench/plot/fill.h"
#include "bench/plot/kinds.h"
#include "bench/plot/layout.h"
#include "bench/plot/plot.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- results ---- */

/* The fields of a slot that plots read. */
struct slot {
    const char *verdict; /* "valid" */
    double start_s;      /* since the start of the session */
    double per_s;        /* echoes answered per second */
    double p50_us;       /* all latencies have this value */
};

static cJSON *sample_of(const struct slot *slot) {
    static struct hist h;
    char text[512];
    hist_reset(&h);
    for (int i = 0; i < 1000; i++) hist_record(&h, (uint64_t)(slot->p50_us * 1000));
    snprintf(text, sizeof text,
             "{\"order\": 0, \"started_offset_s\": %g, \"window_s\": 1, \"throughput_per_s\": %g,"
             "\"steal_pct\": 1, \"validity\": {\"verdict\": \"%s\", \"reasons\": []},"
             "\"server\": {\"rss_bytes\": 2097152, \"echoes_per_cpu_s\": 1000},"
             "\"loadgen\": {\"answered\": %g},"
             "\"series\": [{\"t_s\": 0.5, \"messages\": 5, \"mean_ns\": 1e6, \"max_ns\": 2e6},"
             "{\"t_s\": 1, \"messages\": 6, \"mean_ns\": 1e6, \"max_ns\": 3e6}]}",
             slot->start_s, slot->per_s, slot->verdict, slot->per_s);
    cJSON *sample = cJSON_Parse(text);
    assert_non_null(sample);
    json_add_item(sample, "latency", json_from_latency("intended", &h));
    json_add_item(sample, "newcomers", json_from_latency("intended", &h));
    return sample;
}

/* Appends a cell. Its id names another server and another load, because only the scenario counts.
 */
static void add_cell(cJSON *file, const char *server, const char *scenario,
                     const struct slot *slots, size_t count) {
    char text[512];
    snprintf(text, sizeof text,
             "{\"id\": \"libuv/closed/c1/d1/1B\", \"scenario\": {\"phase\": \"p\","
             "\"connections\": 100, \"server\": {\"model\": \"%s\"}, %s}, \"samples\": []}",
             server, scenario);
    cJSON *cell = cJSON_Parse(text);
    assert_non_null(cell);
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(cJSON_GetObjectItem(cell, "samples"), sample_of(&slots[i]));
    cJSON_AddItemToArray(cJSON_GetObjectItem(file, "cells"), cell);
}

#define CLOSED "\"load\": \"closed\", \"depth\": 1"

static cJSON *new_file(void) {
    cJSON *file = cJSON_Parse("{\"cells\": []}");
    assert_non_null(file);
    return file;
}

/* Takes ownership of the file. */
static void build(struct summary *report, cJSON *file) {
    static const char *const path = "a.json";
    cJSON **files = calloc(1, sizeof *files);
    assert_non_null(files);
    files[0] = file;
    summary_build(report, files, &path, 1);
}

static void draw(struct plot *plot, const char *kind, const struct summary *report) {
    const struct plot_kind *row = plot_kinds;
    while (row->name && strcmp(row->name, kind) != 0) row++;
    assert_non_null(row->name);
    plot_make(plot, row, report);
}

static const struct plot_series *series_of(const struct plot *plot, const char *name,
                                           size_t panel) {
    for (size_t i = 0; i < plot->count; i++)
        if (plot->series[i].panel == panel && strcmp(plot->series[i].name, name) == 0)
            return &plot->series[i];
    fail_msg("no series %s in panel %d", name, (int)panel);
    return NULL;
}

static void expect_nothing(const char *kind, const struct summary *report, const char *why) {
    struct plot plot;
    draw(&plot, kind, report);
    assert_int_equal(plot.count, 0);
    assert_string_equal(plot.notes, why);
    plot_free(&plot);
}

/* ---- layout ---- */

static void linear_axes_end_on_a_tick(void **state) {
    (void)state;
    struct plot_axis axis = {0};
    plot_axis_linear(&axis, 115e3, 6);
    assert_true(axis.max == 120e3);
    assert_non_null(strstr(axis.ticks, "\"120k\" 120000"));
    assert_true(fabs(plot_axis_share(&axis, 60e3) - 0.5) < 1e-9);
}

static void labels_keep_their_distance(void **state) {
    (void)state;
    double at[] = {0.5, 0.5, 0.52, 1.0};
    plot_spread(at, 4, 0.1);
    assert_true(at[1] - at[0] >= 0.1 - 1e-9 && at[2] - at[1] >= 0.1 - 1e-9);
    assert_true(at[3] <= 1 && at[3] - at[2] >= 0.1 - 1e-9);
}

static void close_ticks_are_dropped(void **state) {
    (void)state;
    struct plot_axis axis = {.log = true, .min = 1, .max = 1000};
    const double measured[] = {1, 10, 11, 1000};
    plot_tick_measured(&axis, measured, 4);
    assert_non_null(strstr(axis.ticks, "\"10\" 10"));
    assert_null(strstr(axis.ticks, "\"11\""));
    assert_non_null(strstr(axis.ticks, "\"1k\" 1000"));
}

/* ---- load ---- */

static void add_rate(cJSON *file, int pct, const char *verdict, double per_s, bool saturating) {
    char scenario[128];
    const struct slot slots[] = {{verdict, 0, per_s, 100.0 + pct}};
    snprintf(scenario, sizeof scenario,
             "\"load\": \"open\", \"rate_pct\": %d, \"rate_per_s\": %d, \"saturating\": %s", pct,
             pct * 100, saturating ? "true" : "false");
    add_cell(file, "epoll", scenario, slots, 1);
}

static void load_joins_points_as_offered(void **state) {
    (void)state;
    cJSON *file = new_file();
    struct summary report;
    struct plot plot;
    add_rate(file, 110, "valid", 7500, true); /* lower than at 100 %: the line turns back */
    add_rate(file, 50, "valid", 5000, false);
    add_rate(file, 100, "valid", 8000, true);
    add_rate(file, 75, "suspect", 7000, false);
    add_rate(file, 90, "invalid", 8500, false);
    build(&report, file);
    draw(&plot, "load", &report);
    const struct plot_series *median = series_of(&plot, "epoll p50", 0);
    const double achieved[] = {5000, 7000, 8000, 7500};
    const enum plot_marker markers[] = {MARKER_FILLED, MARKER_HOLLOW, MARKER_HOLLOW, MARKER_HOLLOW};
    assert_int_equal(median->count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(median->points[i].x == achieved[i]);
        assert_int_equal(median->points[i].marker, markers[i]);
    }
    assert_true(fabs(median->points[0].y - 150) < 0.2);
    assert_string_equal(median->style.dash, "solid");
    assert_string_not_equal(series_of(&plot, "epoll p99", 0)->style.dash, "solid");
    assert_int_equal(plot.invalid, 1);
    plot_free(&plot);
    summary_clear(&report);
}

static void one_rate_is_no_curve(void **state) {
    (void)state;
    cJSON *file = new_file();
    struct summary report;
    add_rate(file, 50, "valid", 5000, false);
    build(&report, file);
    expect_nothing("load", &report, "no open loop with two rates or more");
    expect_nothing("idle", &report, "no cell has idle connections");
    expect_nothing("throughput", &report, "no closed-loop cell has a usable slot");
    expect_nothing("order", &report, "no cell has two usable slots");
    summary_clear(&report);
}

/* ---- idle ---- */

static void idle_begins_at_none(void **state) {
    (void)state;
    const struct slot fast[] = {{"valid", 0, 9000, 10}}, slow[] = {{"valid", 1, 900, 10}};
    cJSON *file = new_file();
    struct summary report;
    struct plot plot;
    add_cell(file, "poll", CLOSED ", \"idle\": 5000", slow, 1);
    add_cell(file, "poll", CLOSED, fast, 1);
    add_cell(file, "poll", "\"load\": \"closed\", \"depth\": 2", fast, 1); /* another family */
    build(&report, file);
    draw(&plot, "idle", &report);
    assert_int_equal(plot.panel_count, 3);
    const struct plot_series *rate = series_of(&plot, "poll", 0);
    assert_int_equal(rate->count, 2);
    assert_true(rate->points[0].x == plot.x.zero_at && rate->points[0].y == 9000);
    assert_true(rate->points[1].x == 5000 && rate->points[1].y == 900);
    assert_true(plot.x.zero_at > 0 && plot.x.zero_at < 5000);
    assert_non_null(strstr(plot.x.ticks, "\"0\" "));
    assert_true(series_of(&plot, "poll", 2)->points[0].y == 2); /* MiB */
    plot_free(&plot);
    summary_clear(&report);
}

/* ---- throughput ---- */

static void lines_join_what_differs_in_connections(void **state) {
    (void)state;
    const struct slot fast[] = {{"valid", 0, 9000, 10}}, slow[] = {{"valid", 1, 900, 10}};
    cJSON *file = new_file();
    struct summary report;
    struct plot plot;
    add_cell(file, "poll", CLOSED, fast, 1);
    add_cell(file, "a/closed/c7", "\"load\": \"closed\", \"depth\": 2", fast, 1);
    add_cell(file, "poll", CLOSED, slow, 1);
    cJSON *scenario =
        cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(file, "cells"), 2), "scenario");
    cJSON_SetNumberValue(cJSON_GetObjectItem(scenario, "connections"), 50);
    build(&report, file);
    assert_string_equal(report.cells[1].server, "a/closed/c7");
    draw(&plot, "throughput", &report);
    assert_int_equal(plot.count, 1);
    const struct plot_series *poll = series_of(&plot, "poll", 0);
    assert_int_equal(poll->count, 2);
    assert_true(poll->points[0].x == 50 && poll->points[0].y == 900);
    assert_true(poll->points[1].x == 100 && poll->points[1].y == 9000);
    plot_free(&plot);
    summary_clear(&report);
}

/* ---- slots ---- */

static const struct slot three[] = {
    {"valid", 0, 1000, 10}, {"suspect", 10, 1100, 10}, {"valid", 5, 900, 10}};

static void order_compares_within_a_cell(void **state) {
    (void)state;
    const struct slot broken[] = {
        {"valid", 20, 50, 10}, {"invalid", 21, 60, 10}, {"valid", 22, 50, 10}};
    cJSON *file = new_file();
    struct summary report;
    struct plot plot;
    add_cell(file, "epoll", CLOSED, three, 3);
    add_cell(file, "poll", CLOSED, broken, 3);
    build(&report, file);
    draw(&plot, "order", &report);
    const struct plot_series *slots = series_of(&plot, "epoll", 0);
    const double ratios[] = {1, 0.9, 1.1};
    for (size_t i = 0; i < 3; i++) assert_true(fabs(slots->points[i].y - ratios[i]) < 1e-9);
    assert_int_equal(slots->points[2].marker, MARKER_HOLLOW);
    const struct plot_point *cross = &series_of(&plot, "poll", 0)->points[1];
    assert_int_equal(cross->marker, MARKER_CROSS);
    assert_true(cross->y < 0.9 && cross->y > plot.panels[0].y.min);
    assert_int_equal(series_of(&plot, "steal", 1)->count, 6);
    plot_free(&plot);
    summary_clear(&report);
}

static void slower_responses_stand_lower(void **state) {
    (void)state;
    const struct slot slots[] = {
        {"valid", 0, 1000, 100}, {"valid", 1, 1000, 50}, {"valid", 2, 1000, 200}};
    cJSON *file = new_file();
    struct summary report;
    struct plot plot;
    add_cell(file, "epoll", "\"load\": \"open\", \"rate_per_s\": 1000", slots, 3);
    build(&report, file);
    draw(&plot, "order", &report);
    const struct plot_series *epoll = series_of(&plot, "epoll", 0);
    assert_true(fabs(epoll->points[1].y - 2) < 0.01 && fabs(epoll->points[2].y - 0.5) < 0.01);
    plot_free(&plot);
    summary_clear(&report);
}

static void series_has_a_column_per_server(void **state) {
    (void)state;
    cJSON *file = new_file();
    struct summary report;
    struct plot plot;
    add_cell(file, "epoll", CLOSED, three, 3);
    add_cell(file, "poll", CLOSED, three, 1);
    build(&report, file);
    draw(&plot, "series", &report);
    assert_int_equal(plot.panel_count, 4);
    assert_int_equal(plot.count, 8); /* throughput and latency of four slots */
    assert_string_equal(plot.panels[1].title, "poll");
    assert_false(plot.series[0].pale);
    assert_true(plot.series[1].pale && plot.series[2].pale);
    assert_true(plot.series[0].points[0].x == 0.25 && plot.series[0].points[0].y == 10);
    assert_true(plot.series[0].points[1].x == 0.75 && plot.series[0].points[1].y == 12);
    plot_free(&plot);
    summary_clear(&report);
}

/* ---- percentiles ---- */

static void churn_has_newcomers_only(void **state) {
    (void)state;
    cJSON *file = new_file();
    struct summary report;
    struct plot plot;
    add_cell(file, "epoll", "\"load\": \"churn\", \"rate_per_s\": 500", three, 3);
    build(&report, file);
    expect_nothing("percentiles", &report, "no cell has a latency histogram");
    expect_nothing("cpu", &report, "no closed-loop cell has the server's CPU time");
    draw(&plot, "newcomers", &report);
    assert_int_equal(plot.count, 1);
    assert_non_null(strstr(plot.y.title, "first echo"));
    plot_free(&plot);
    summary_clear(&report);
}

/* A curve ends before the first message without a counted value. */
static void curves_end_with_the_answers(void **state) {
    (void)state;
    static const struct slot fine[] = {{"valid", 0, 1000, 100}};
    static const uint64_t unanswered[] = {0, 100, 20000};
    static const double ends[] = {100, 10, 0};
    cJSON *file = new_file();
    struct summary report;
    struct plot plot;
    for (size_t i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "s%zu", i);
        add_cell(file, name, "\"load\": \"open\", \"rate_per_s\": 500", fine, 1);
        cJSON *cell = cJSON_GetArrayItem(cJSON_GetObjectItem(file, "cells"), (int)i),
              *sample = cJSON_GetArrayItem(cJSON_GetObjectItem(cell, "samples"), 0),
              *hist = cJSON_GetObjectItem(cJSON_GetObjectItem(sample, "latency"), "hist");
        cJSON_SetNumberValue(cJSON_GetObjectItem(hist, "unanswered"), (double)unanswered[i]);
    }
    build(&report, file);
    draw(&plot, "percentiles", &report);
    assert_int_equal(plot.count, 2); /* the third has not even a 10th percentile */
    for (size_t i = 0; i < 2; i++) {
        const struct plot_series *series = &plot.series[i];
        double end = series->points[series->count - 1].x;
        assert_true(end <= ends[i] * (1 + 1e-9) && end > ends[i] * 0.85);
        for (size_t k = 0; k < series->count; k++) assert_true(series->points[k].y <= 101);
    }
    assert_non_null(
        strstr(plot.notes, "lines end where answers took more than 60 s or never came"));
    plot_free(&plot);
    draw(&plot, "load", &report);
    assert_non_null(strstr(plot.notes, "3 points are missing")); /* two p99 and a p50 */
    plot_free(&plot);
    summary_clear(&report);
}

static bool any(const struct summary_cell *cell) {
    return cell->valid + cell->suspect > 0;
}

static void one_load_is_half_of_the_capacity(void **state) {
    (void)state;
    cJSON *file = new_file();
    struct summary report;
    add_cell(file, "epoll", CLOSED, three, 3);
    add_rate(file, 10, "valid", 1000, false);
    add_rate(file, 110, "valid", 9000, true);
    add_rate(file, 50, "suspect", 5000, false);
    build(&report, file);
    assert_ptr_equal(plot_best_load(&report, any), &report.cells[3]);
    summary_clear(&report);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_load_is_half_of_the_capacity),
        cmocka_unit_test(linear_axes_end_on_a_tick),
        cmocka_unit_test(labels_keep_their_distance),
        cmocka_unit_test(close_ticks_are_dropped),
        cmocka_unit_test(load_joins_points_as_offered),
        cmocka_unit_test(one_rate_is_no_curve),
        cmocka_unit_test(idle_begins_at_none),
        cmocka_unit_test(lines_join_what_differs_in_connections),
        cmocka_unit_test(order_compares_within_a_cell),
        cmocka_unit_test(slower_responses_stand_lower),
        cmocka_unit_test(series_has_a_column_per_server),
        cmocka_unit_test(churn_has_newcomers_only),
        cmocka_unit_test(curves_end_with_the_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
