/* test_gate.c - the decision of a comparison, with handmade differences. None is random, so every p
 * can be verified by hand. */
#include "bench/gate/figures.h"
#include "bench/gate/gate.h"
#include "bench/support/reason.h"
#include "tests/unit/unit.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROWS 8

struct made {
    struct gate_report report;
    struct gate_row rows[ROWS]; /* rows of the report, with cells "a", "b", ... */
    struct reason why;          /* reason of the exit code */
};

static struct gate_row *add(struct made *m, enum metric metric) {
    struct gate_row *row = &m->rows[m->report.row_count++];
    *row = (struct gate_row){.metric = metric, .gated = true};
    snprintf(row->cell, sizeof row->cell, "%c", (char)('a' + m->report.row_count - 1));
    m->report.rows = m->rows;
    gate_estimate(row);
    return row;
}

/* Fills a stage with `count` evenly spaced differences around `middle`; `width` is the distance
 * between the first and the last. */
static void spread(struct gate_row *row, int stage, size_t count, double middle, double width) {
    size_t *have = stage == 1 ? &row->stage1 : &row->stage2;
    double *d = row->differences + (stage == 1 ? 0 : row->stage1);
    for (size_t i = 0; i < count; i++)
        d[i] = middle + width * ((double)i / (double)(count - 1) - 0.5);
    *have = count;
    gate_estimate(row);
}

static struct gate_row *both_stages(struct made *m, enum metric metric, double middle,
                                    double width) {
    struct gate_row *row = add(m, metric);
    spread(row, 1, GATE_STAGE1_PAIRS, middle, width);
    spread(row, 2, GATE_STAGE2_PAIRS, middle, width);
    return row;
}

static int decide(struct made *m, enum gate_fail_on fail_on) {
    m->report.command = "ab";
    gate_decide(&m->report);
    gate_check_control(&m->report);
    return gate_exit_code(&m->report, fail_on, &m->why);
}

static void a_regression_is_found_and_named(void **state) {
    (void)state;
    struct made m = {0};
    struct gate_row *worse = both_stages(&m, METRIC_CPU, 0.06, 0.05);
    struct gate_row *same = add(&m, METRIC_THROUGHPUT);
    spread(same, 1, 8, 0, 0.02);
    assert_int_equal(decide(&m, GATE_FAIL_REGRESSION), 1);
    assert_int_equal(worse->verdict, GATE_REGRESSED);
    assert_int_equal(same->verdict, GATE_PASS);
    assert_string_equal(m.why.text, "a: CPU/echo +6.2 %");
    assert_true(isnan(same->adjusted_worse) && worse->adjusted_worse < 1e-5);
    assert_int_equal(decide(&m, GATE_FAIL_NEVER), 0);
    m.report.advisory = true;
    assert_int_equal(decide(&m, GATE_FAIL_REGRESSION), 0);
}

static void throughput_is_told_in_its_own_sign(void **state) {
    (void)state;
    struct made m = {0};
    both_stages(&m, METRIC_THROUGHPUT, 0.06, 0.05);
    assert_int_equal(decide(&m, GATE_FAIL_REGRESSION), 1);
    assert_string_equal(m.why.text, "a: throughput -5.8 %");
}

static void what_is_smaller_than_tau_is_no_regression(void **state) {
    (void)state;
    struct made m = {0};
    struct gate_row *row = both_stages(&m, METRIC_CPU, 0.029, 0.001); /* ln 1.03 = 0.02956 */
    assert_int_equal(decide(&m, GATE_FAIL_REGRESSION), 0);
    assert_int_equal(row->verdict, GATE_PASS);
    assert_true(row->p_worse < 1e-6);
    m = (struct made){0};
    both_stages(&m, METRIC_CPU, 0.0297, 0.001);
    assert_int_equal(decide(&m, GATE_FAIL_REGRESSION), 1);
}

static void the_first_stage_alone_proves_nothing(void **state) {
    (void)state;
    struct made m = {0};
    struct gate_row *row = add(&m, METRIC_CPU);
    spread(row, 1, 8, 0.3, 0.01);
    spread(add(&m, METRIC_CPU), 1, 8, -0.3, 0.01);
    assert_true(gate_looks_worse(row) && gate_looks_better(&m.rows[1]));
    assert_int_equal(decide(&m, GATE_FAIL_REGRESSION), 0);
    assert_int_equal(row->verdict, GATE_INCONCLUSIVE);
    assert_int_equal(row->reason.code, GATE_BUDGET);
    assert_int_equal(m.rows[1].verdict, GATE_PASS);
    assert_int_equal(decide(&m, GATE_FAIL_INCONCLUSIVE), 1);
}

static void only_the_second_stage_counts_where_there_is_one(void **state) {
    (void)state;
    struct made m = {0};
    struct gate_row *row = add(&m, METRIC_CPU);
    spread(row, 1, 8, 0.3, 0.01);
    spread(row, 2, 24, 0, 0.02);
    assert_int_equal(decide(&m, GATE_FAIL_REGRESSION), 0);
    assert_int_equal(row->verdict, GATE_PASS);
    assert_true(fabs(row->effect) < 0.001);
}

static void an_improvement_never_gates(void **state) {
    (void)state;
    struct made m = {0};
    struct gate_row *row = both_stages(&m, METRIC_P50, -0.2, 0.05);
    assert_int_equal(decide(&m, GATE_FAIL_INCONCLUSIVE), 0);
    assert_int_equal(row->verdict, GATE_IMPROVED);
}

static void noise_is_inconclusive_and_alone_it_is_nothing(void **state) {
    (void)state;
    struct made m = {0};
    struct gate_row *row = add(&m, METRIC_P50);
    spread(row, 1, 8, 0.01, 0.6);
    assert_int_equal(decide(&m, GATE_FAIL_REGRESSION), 3);
    assert_int_equal(row->verdict, GATE_INCONCLUSIVE);
    assert_true(row->smallest > 0.2 && row->smallest < 0.3); /* 3.7 x 0.21 / sqrt(8) */
    spread(add(&m, METRIC_CPU), 1, 8, 0, 0.01);
    assert_int_equal(decide(&m, GATE_FAIL_REGRESSION), 0); /* the other row did not regress */
}

/* Eight differences of one sign give p = 1/256: significant alone, but not in a family of three. */
static void a_family_demands_more(void **state) {
    (void)state;
    for (size_t others = 0; others < 3; others++) {
        struct made m = {0};
        struct gate_row *row = add(&m, METRIC_CPU);
        spread(row, 1, 8, 0.1, 0.02);
        spread(row, 2, 8, 0.1, 0.02);
        for (size_t i = 0; i < others; i++) both_stages(&m, METRIC_CPU, 0, 0.02);
        decide(&m, GATE_FAIL_REGRESSION);
        assert_int_equal(row->verdict, others < 2 ? GATE_REGRESSED : GATE_INCONCLUSIVE);
        assert_true(fabs(row->adjusted_worse - (double)(others + 1) / 256) < 1e-12);
    }
}

static void what_was_not_measured_is_never_green(void **state) {
    (void)state;
    struct made m = {0};
    assert_int_equal(decide(&m, GATE_FAIL_NEVER), 3);
    spread(add(&m, METRIC_CPU), 1, 8, 0, 0.01);
    struct gate_row *row = add(&m, METRIC_P99);
    spread(row, 1, 7, 0, 0.01);
    gate_reason_set(&row->reason, GATE_BROKEN, "server died");
    assert_int_equal(decide(&m, GATE_FAIL_NEVER), 3);
    assert_string_equal(m.why.text, "b: p99: NOT MEASURED: server died");
    row->verdict = GATE_INCOMPARABLE;
    assert_int_equal(decide(&m, GATE_FAIL_NEVER), 3);
    row->gated = false;
    assert_int_equal(decide(&m, GATE_FAIL_REGRESSION), 0);
    row->gated = true;
    both_stages(&m, METRIC_CPU, 0.1, 0.01); /* exit code 1 takes precedence over 3 */
    assert_int_equal(decide(&m, GATE_FAIL_REGRESSION), 1);
}

static void the_identical_and_the_new_are_fine(void **state) {
    (void)state;
    struct made m = {0};
    add(&m, METRIC_CPU)->verdict = GATE_IDENTICAL;
    add(&m, METRIC_CPU)->verdict = GATE_NEW;
    m.rows[0].gated = m.rows[1].gated = false;
    assert_int_equal(decide(&m, GATE_FAIL_INCONCLUSIVE), 0);
}

static void only_new_rows_are_nothing(void **state) {
    (void)state;
    struct made m = {0};
    for (int i = 0; i < 2; i++) {
        struct gate_row *row = add(&m, METRIC_CPU);
        row->verdict = GATE_NEW;
        row->gated = false;
    }
    assert_int_equal(decide(&m, GATE_FAIL_NEVER), 3);
    assert_string_equal(m.why.text, "nothing was compared: the baseline has none of these figures");
}

static void a_control_that_shifts_voids_everything(void **state) {
    (void)state;
    static const struct {
        double middle, width; /* differences of the control; ln 1.015 = 0.0149 */
        bool invalid;         /* expected */
    } cases[] = {{0, 0.02, false},
                 {0.014, 0.001, false},
                 {0.016, 0.001, true},
                 {-0.016, 0.001, true},
                 {0.016, 0.2, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made m = {.report.has_control = true};
        both_stages(&m, METRIC_CPU, 0.1, 0.01);
        m.report.control.metric = METRIC_THROUGHPUT;
        spread(&m.report.control, 1, 8, cases[i].middle, cases[i].width);
        assert_int_equal(decide(&m, GATE_FAIL_REGRESSION), cases[i].invalid ? 3 : 1);
        assert_int_equal(m.report.invalid, cases[i].invalid);
    }
}

static void a_control_without_pairs_voids_everything(void **state) {
    (void)state;
    struct made m = {.report.has_control = true};
    both_stages(&m, METRIC_CPU, 0.1, 0.01);
    gate_reason_set(&m.report.control.reason, GATE_BROKEN, "server died");
    gate_estimate(&m.report.control);
    assert_int_equal(decide(&m, GATE_FAIL_NEVER), 3);
    assert_string_equal(m.why.text, "the control was not measured: server died");
}

static void all_cells_shifting_with_the_control_is_the_machine(void **state) {
    (void)state;
    for (int with_control = 0; with_control < 2; with_control++) {
        for (size_t cells = 4; cells < 6; cells++) {
            struct made m = {.report.has_control = true};
            for (size_t i = 0; i < cells; i++)
                spread(add(&m, METRIC_CPU), 1, 8, i == 4 ? 0 : 0.02, 0.001);
            m.report.control.metric = METRIC_CPU;
            /* 6 of 8 differences have one sign: p is large although there is a shift */
            spread(&m.report.control, 1, 8, with_control ? 0.02 : 0.001, 0.1);
            decide(&m, GATE_FAIL_REGRESSION);
            assert_int_equal(m.report.invalid, with_control && cells == 5);
        }
    }
}

static void nothing_gated_is_nothing_shown(void **state) {
    (void)state;
    struct made m = {0};
    add(&m, METRIC_SYSCALLS)->gated = false;
    assert_int_equal(decide(&m, GATE_FAIL_REGRESSION), 3);
    assert_string_equal(m.why.text, "no figure could be gated");
}

static void an_advisory_comparison_is_never_1(void **state) {
    (void)state;
    struct made m = {.report.advisory = true};
    spread(add(&m, METRIC_P50), 1, 8, 0.01, 0.6);
    spread(add(&m, METRIC_CPU), 1, 8, 0, 0.01);
    assert_int_equal(decide(&m, GATE_FAIL_INCONCLUSIVE), 0);
}

/* ---- figures ---- */

static double figure(enum metric metric, const char *scenario, const char *sample,
                     struct gate_reason *why) {
    cJSON *s = cJSON_Parse(scenario), *o = cJSON_Parse(sample);
    assert_non_null(s);
    assert_non_null(o);
    double value = gate_figure(metric, s, o, why);
    cJSON_Delete(s);
    cJSON_Delete(o);
    return value;
}

#define SAMPLE(bound, verdict)                                                                     \
    "{\"throughput_per_s\":1000,\"window_s\":2,\"messages\":2000,"                                 \
    "\"server\":{\"cpu_ns_per_echo\":500},\"latency\":{\"p50_ns\":10,\"p99_ns\":null},"            \
    "\"loadgen\":{\"bound\":" bound                                                                \
    ",\"cpu_pct\":50,\"threads\":2,\"answered\":2000},\"counters\":{\"syscalls_per_echo\":3,"      \
    "\"wakeups_per_echo\":0,\"reason\":null},\"validity\":{\"verdict\":\"" verdict "\","           \
    "\"codes\":[\"server_died\"],\"reasons\":[\"it died\"]}}"

static void figures_come_from_where_they_mean_something(void **state) {
    (void)state;
    static const char closed[] = "{\"load\":\"closed\"}", open[] = "{\"load\":\"open\"}";
    static const char counted[] = "{\"load\":\"open\",\"counted\":true}";
    static const char full[] = "{\"load\":\"open\",\"saturating\":true}";
    static const char churn[] = "{\"load\":\"churn\"}";
    static const char full_churn[] = "{\"load\":\"churn\",\"saturating\":true}";
    static const struct {
        enum metric metric;
        enum gate_code why;   /* expected; GATE_NO_REASON: the load does not have the metric */
        const char *scenario; /* scenario of the slot in JSON */
        const char *sample;   /* slot in JSON */
        double value;         /* expected; NAN: none */
    } cases[] = {
        {METRIC_THROUGHPUT, GATE_NO_REASON, closed, SAMPLE("\"server\"", "valid"), 1000},
        {METRIC_THROUGHPUT, GATE_NO_REASON, closed, SAMPLE("\"none\"", "suspect"), 1000},
        {METRIC_THROUGHPUT, GATE_BOUND_BOTH, closed, SAMPLE("\"both\"", "valid"), NAN},
        {METRIC_THROUGHPUT, GATE_BOUND_CLIENT, closed, SAMPLE("\"client\"", "suspect"), NAN},
        {METRIC_THROUGHPUT, GATE_BOUND_UNKNOWN, closed, SAMPLE("null", "valid"), NAN},
        {METRIC_THROUGHPUT, GATE_SLOT_INVALID, closed, SAMPLE("\"server\"", "invalid"), NAN},
        {METRIC_THROUGHPUT, GATE_NO_REASON, open, SAMPLE("\"server\"", "valid"), NAN},
        {METRIC_CPU, GATE_NO_REASON, closed, SAMPLE("\"both\"", "valid"), 500},
        {METRIC_CPU, GATE_NO_REASON, open, SAMPLE("\"none\"", "valid"), 500},
        {METRIC_CPU, GATE_BOUND_CLIENT, closed, SAMPLE("\"client\"", "valid"), NAN},
        {METRIC_CPU, GATE_NO_REASON, counted, SAMPLE("\"none\"", "valid"), NAN},
        {METRIC_CPU, GATE_NO_REASON, full, SAMPLE("\"none\"", "valid"), NAN},
        {METRIC_CPU, GATE_NO_REASON, churn, SAMPLE("\"none\"", "valid"), NAN},
        {METRIC_P50, GATE_NO_REASON, open, SAMPLE("\"none\"", "valid"), 10},
        {METRIC_P50, GATE_NO_REASON, closed, SAMPLE("\"none\"", "valid"), NAN},
        {METRIC_P99, GATE_FIGURE_UNKNOWN, open, SAMPLE("\"none\"", "valid"), NAN},
        {METRIC_ANSWERED, GATE_NO_REASON, full_churn, SAMPLE("\"server\"", "valid"), 1000},
        {METRIC_ANSWERED, GATE_BOUND_BOTH, full_churn, SAMPLE("\"both\"", "valid"), NAN},
        {METRIC_ANSWERED, GATE_BOUND_UNKNOWN, full_churn, SAMPLE("null", "valid"), NAN},
        {METRIC_ANSWERED, GATE_NO_REASON, churn, SAMPLE("\"none\"", "valid"), NAN},
        {METRIC_SYSCALLS, GATE_NO_REASON, counted, SAMPLE("\"none\"", "valid"), 3},
        {METRIC_SYSCALLS, GATE_NO_REASON, open, SAMPLE("\"none\"", "valid"), NAN},
        {METRIC_WAKEUPS, GATE_FIGURE_ZERO, counted, SAMPLE("\"none\"", "valid"), NAN},
        {METRIC_LOADGEN_CPU, GATE_NO_REASON, closed, SAMPLE("\"client\"", "suspect"), 1000000},
        {METRIC_LOADGEN_CPU, GATE_NO_REASON, open, SAMPLE("\"none\"", "valid"), NAN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gate_reason why;
        double value = figure(cases[i].metric, cases[i].scenario, cases[i].sample, &why);
        if (isnan(cases[i].value))
            assert_true(isnan(value));
        else
            assert_true(fabs(value - cases[i].value) < 1e-9);
        assert_int_equal(why.code, cases[i].why);
        assert_int_equal(*why.text != '\0', why.code != GATE_NO_REASON);
        if (why.code == GATE_SLOT_INVALID) assert_int_equal(why.slot, VALIDITY_SERVER_DIED);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_regression_is_found_and_named),
        cmocka_unit_test(throughput_is_told_in_its_own_sign),
        cmocka_unit_test(what_is_smaller_than_tau_is_no_regression),
        cmocka_unit_test(the_first_stage_alone_proves_nothing),
        cmocka_unit_test(only_the_second_stage_counts_where_there_is_one),
        cmocka_unit_test(an_improvement_never_gates),
        cmocka_unit_test(noise_is_inconclusive_and_alone_it_is_nothing),
        cmocka_unit_test(a_family_demands_more),
        cmocka_unit_test(what_was_not_measured_is_never_green),
        cmocka_unit_test(the_identical_and_the_new_are_fine),
        cmocka_unit_test(only_new_rows_are_nothing),
        cmocka_unit_test(a_control_that_shifts_voids_everything),
        cmocka_unit_test(a_control_without_pairs_voids_everything),
        cmocka_unit_test(all_cells_shifting_with_the_control_is_the_machine),
        cmocka_unit_test(nothing_gated_is_nothing_shown),
        cmocka_unit_test(an_advisory_comparison_is_never_1),
        cmocka_unit_test(figures_come_from_where_they_mean_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
