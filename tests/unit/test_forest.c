/* test_forest.c - the forest plot. The comparisons contain only the fields that the plot reads. */
#include "bench/plot/fill.h"
#include "bench/plot/forest.h"
#include "bench/support/reason.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROW                                                                                        \
    "{\"cell\":\"epoll/closed/c1\",\"metric\":\"%s\",\"gated\":%s,\"tau\":0.03,\"effect\":%s,"     \
    "\"low\":%s,\"high\":%s,\"verdict\":\"%s\"}"
#define HEAD                                                                                       \
    "{\"schema\":{\"name\":\"iobench-gate\",\"version_major\":1},\"baseline\":\"a\","              \
    "\"candidate\":\"b\""

static bool draw(struct plot *plot, const char *text, struct reason *reason) {
    cJSON *gate = cJSON_Parse(text);
    assert_non_null(gate);
    bool drawn = plot_forest(plot, gate, reason);
    cJSON_Delete(gate);
    return drawn;
}

/* Fills a plot with a control and two rows. */
static void draw_rows(struct plot *plot, const char *first, const char *second,
                      const char *control) {
    char text[2048];
    struct reason reason = {.text = ""};
    snprintf(text, sizeof text, HEAD ",\"rows\":[%s,%s],\"control\":%s}", first, second, control);
    if (!draw(plot, text, &reason)) fail_msg("%s", reason.text);
}

static const char *row(char text[256], const char *metric, const char *gated, const char *effect,
                       const char *low, const char *high, const char *verdict) {
    snprintf(text, 256, ROW, metric, gated, effect, low, high, verdict);
    return text;
}

static void assert_near(double value, double expected) {
    assert_true(fabs(value - expected) <= 1e-9);
}

static void rows_stand_below_the_control(void **state) {
    (void)state;
    struct plot plot;
    char one[256], two[256], control[256];
    draw_rows(&plot, row(one, "throughput_per_s", "true", "0.05", "0.04", "0.06", "REGRESSED"),
              row(two, "p50_ns", "false", "-0.01", "-0.02", "0.01", "PASS"),
              row(control, "cpu_ns_per_echo", "true", "0", "-0.01", "0.01", "PASS"));
    assert_int_equal(plot.count, 3);
    assert_string_equal(plot.series[0].name, "control: epoll/closed/c1 \u00b7 CPU/echo");
    assert_string_equal(plot.series[1].name, "epoll/closed/c1 \u00b7 throughput");
    assert_string_equal(plot.series[1].note, "REGRESSED");
    assert_string_equal(plot.series[1].style.colour, "#D55E00");
    const struct plot_point *point = plot.series[1].points;
    assert_near(point->x, 0.05);
    assert_near(point->y, 2);
    assert_near(point->low, 0.04);
    assert_near(point->high, 0.06);
    assert_near(point->part, log(1.03));
    assert_false(plot.series[1].pale);
    assert_true(plot.series[2].pale);
    assert_non_null(strstr(plot.notes, "hollow: not gated"));
    assert_near(plot.y.min, 3.5);
    assert_near(plot.x.max, 1.04 * 0.06);
    assert_near(plot.x.min, -1.04 * 0.06);
    assert_string_equal(plot.subtitle, "a \u2192 b");
    plot_free(&plot);
}

static void without_an_estimate_there_is_the_verdict(void **state) {
    (void)state;
    struct plot plot;
    char one[256], two[256];
    draw_rows(&plot, row(one, "p50_ns", "true", "null", "null", "null", "NOT MEASURED"),
              row(two, "p50_ns", "true", "0.01", "null", "null", "INCONCLUSIVE"), "null");
    assert_int_equal(plot.count, 2);
    assert_int_equal(plot.series[0].points->marker, MARKER_NONE);
    assert_true(isnan(plot.series[0].points->low));
    assert_string_equal(plot.series[0].note, "NOT MEASURED");
    /* an unbounded interval covers the whole scale */
    assert_near(plot.series[1].points->low, -log(1.03));
    assert_near(plot.series[1].points->high, log(1.03));
    assert_null(strstr(plot.notes, "hollow"));
    plot_free(&plot);
}

static void what_is_far_off_stands_at_the_edge(void **state) {
    (void)state;
    struct plot plot;
    char one[256], two[256];
    draw_rows(&plot, row(one, "p50_ns", "true", "3", "2", "4", "REGRESSED"),
              row(two, "p50_ns", "true", "0", "-0.01", "0.01", "PASS"), "null");
    assert_true(plot.series[0].points->x < plot.x.max);
    assert_true(plot.series[0].points->x > 0.4 && plot.x.max < 0.43);
    assert_non_null(strstr(plot.notes, "1 row beyond +50 %, drawn at the edge"));
    plot_free(&plot);
}

/* Every limit of the table can be drawn. */
static void all_limits_are_accepted(void **state) {
    (void)state;
    for (int m = 0; m < METRICS; m++) {
        struct plot plot = {0};
        struct reason reason = {.text = ""};
        char text[512];
        if (!(metrics[m].limit > 0)) continue;
        snprintf(text, sizeof text,
                 HEAD ",\"rows\":[{\"cell\":\"c\",\"metric\":\"%s\",\"verdict\":\"REGRESSED\","
                      "\"gated\":true,\"effect\":null,\"tau\":%.17g}],\"control\":null}",
                 metrics[m].key, metrics[m].limit);
        if (!draw(&plot, text, &reason)) fail_msg("%s: %s", metrics[m].key, reason.text);
        plot_free(&plot);
    }
}

static void other_documents_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"{}", "schema.name: not \"iobench-gate\""},
        {"{\"schema\":{\"name\":\"iobench-gate\",\"version_major\":2}}",
         "schema.version_major: is 2; this iobench reads 1"},
        {"{\"schema\":{\"name\":\"iobench-gate\",\"version_major\":1}}",
         "baseline, candidate: not strings"},
        {HEAD ",\"rows\":[]}", "rows: empty or missing"},
        {HEAD ",\"rows\":[{\"cell\":\"c\",\"metric\":\"m\"}]}", "rows[0].verdict: not a string"},
        {HEAD ",\"rows\":[{\"cell\":\"c\",\"metric\":\"m\",\"verdict\":\"PASS\",\"tau\":-1}]}",
         "rows[0].tau: not between 0 and 1"},
        {HEAD ",\"rows\":[{\"cell\":\"c\",\"metric\":\"m\",\"verdict\":\"PASS\",\"tau\":0.1}],"
              "\"control\":{}}",
         "control.cell: not a string"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plot plot = {0};
        struct reason reason;
        assert_false(draw(&plot, cases[i].text, &reason));
        assert_string_equal(reason.text, cases[i].reason);
        plot_free(&plot);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_stand_below_the_control),
        cmocka_unit_test(without_an_estimate_there_is_the_verdict),
        cmocka_unit_test(what_is_far_off_stands_at_the_edge),
        cmocka_unit_test(all_limits_are_accepted),
        cmocka_unit_test(other_documents_are_refused),
    };
    return cmocka_run_group_tests_name("forest", tests, NULL, NULL);
}
