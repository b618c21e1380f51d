/* test_compare.c - comparison of two sides: matching of cells, figures, and files that cannot be
 * compared. Each test changes one thing in results that pass. */
#include "bench/gate/sides.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"
#include "tests/unit/compare_files.h"

/* ---- figures ---- */

static void equal_figures_pass(void **state) {
    (void)state;
    struct gate_report report;
    compare_two(&report, closed_result("a", 9, 1e5, 5e3), closed_result("b", 9, 1e5, 5e3), 0);
    assert_int_equal(report.row_count, 2);
    expect_verdict(row_of(&report, CLOSED, METRIC_THROUGHPUT), GATE_PASS, "");
    expect_verdict(row_of(&report, CLOSED, METRIC_CPU), GATE_PASS, "");
    assert_int_equal(exit_code(&report), 0);
    assert_string_equal(report.baseline, "1.json");
    compare_clear(&report);
}

static void a_slower_candidate_has_regressed(void **state) {
    (void)state;
    struct gate_report report;
    compare_two(&report, closed_result("a", 9, 1e5, 5e3), closed_result("b", 9, 0.9e5, 5e3), 0);
    const struct gate_row *row = row_of(&report, CLOSED, METRIC_THROUGHPUT);
    expect_verdict(row, GATE_REGRESSED, "");
    assert_near(row->effect, -log(0.9), 1e-9);
    assert_true(row->low <= row->effect && row->effect <= row->high);
    assert_near(row->baseline, 1.004e5, 1e-3);
    assert_near(row->candidate, 0.9036e5, 1e-3);
    assert_int_equal(row->slots[0], 9);
    assert_int_equal(row->slots[1], 9);
    /* nine logarithms, each 0.001 apart: standard deviation 0.00274 */
    assert_near(row->smallest, 3.7 * 0.002728 * sqrt(2.0 / 9), 1e-5);
    expect_verdict(row_of(&report, CLOSED, METRIC_CPU), GATE_PASS, "");
    assert_int_equal(exit_code(&report), 1);
    compare_clear(&report);
}

static void a_candidate_that_costs_less_has_improved(void **state) {
    (void)state;
    struct gate_report report;
    compare_two(&report, closed_result("a", 9, 1e5, 5e3), closed_result("b", 9, 1e5, 4e3), 0);
    expect_verdict(row_of(&report, CLOSED, METRIC_CPU), GATE_IMPROVED, "");
    assert_int_equal(exit_code(&report), 0);
    compare_clear(&report);
}

static void metrics_follow_the_load(void **state) {
    (void)state;
    struct gate_report report;
    cJSON *files[2] = {new_result("a"), new_result("b")};
    for (int i = 0; i < 2; i++) {
        add_slots(add_cell(files[i], OPEN, "open"), 8, 2e4, 5e3, "none");
        add_slots(add_cell(files[i], "epoll/churn/c1", "churn"), 8, 2e4, 5e3, "none");
    }
    compare_two(&report, files[0], files[1], 0);
    assert_int_equal(report.row_count, 3);
    expect_verdict(row_of(&report, OPEN, METRIC_P50), GATE_PASS, "");
    expect_verdict(row_of(&report, OPEN, METRIC_P99), GATE_PASS, "");
    expect_verdict(row_of(&report, OPEN, METRIC_CPU), GATE_PASS, "");
    compare_clear(&report);
}

/* Removes the p99 from the slots of a file's first cell, as if an older version had written it. */
static cJSON *without_p99(cJSON *file) {
    cJSON *slot;
    cJSON_ArrayForEach(slot, cJSON_GetObjectItem(cell_of(file, 0), "samples"))
        cJSON_DeleteItemFromObject(cJSON_GetObjectItem(slot, "latency"), "p99_ns");
    return file;
}

static cJSON *open_result(const char *session) {
    cJSON *file = new_result(session);
    add_slots(add_cell(file, OPEN, "open"), 9, 2e4, 5e3, "none");
    return file;
}

static void a_metric_that_the_baseline_lacks_is_new(void **state) {
    (void)state;
    struct gate_report report;
    compare_two(&report, without_p99(open_result("a")), open_result("b"), 0);
    assert_int_equal(report.row_count, 3);
    const struct gate_row *row = row_of(&report, OPEN, METRIC_P99);
    expect_verdict(row, GATE_NEW, GATE_NEW_METRIC_TEXT);
    assert_false(row->gated);
    expect_verdict(row_of(&report, OPEN, METRIC_P50), GATE_PASS, "");
    assert_int_equal(exit_code(&report), 0);
    compare_clear(&report);
}

static void a_metric_that_both_sides_lack_is_not_mentioned(void **state) {
    (void)state;
    struct gate_report report;
    compare_two(&report, without_p99(open_result("a")), without_p99(open_result("b")), 0);
    assert_int_equal(report.row_count, 2);
    expect_verdict(row_of(&report, OPEN, METRIC_P50), GATE_PASS, "");
    expect_verdict(row_of(&report, OPEN, METRIC_CPU), GATE_PASS, "");
    assert_int_equal(exit_code(&report), 0);
    compare_clear(&report);
}

/* The candidate may have lost the metric by mistake, so this is not a pass. */
static void a_metric_that_the_candidate_lacks_is_not_measured(void **state) {
    (void)state;
    struct gate_report report;
    compare_two(&report, open_result("a"), without_p99(open_result("b")), 0);
    const struct gate_row *row = row_of(&report, OPEN, METRIC_P99);
    assert_int_equal(row->verdict, GATE_NOT_MEASURED);
    assert_true(row->gated);
    assert_int_equal(exit_code(&report), 3);
    compare_clear(&report);
}

/* Null means that the version has the metric but does not know its value. */
static void an_unknown_figure_is_not_new(void **state) {
    (void)state;
    struct gate_report report;
    cJSON *old = open_result("a"), *slot;
    cJSON_ArrayForEach(slot, cJSON_GetObjectItem(cell_of(old, 0), "samples"))
        cJSON_ReplaceItemInObject(cJSON_GetObjectItem(slot, "latency"), "p99_ns",
                                  cJSON_CreateNull());
    compare_two(&report, old, open_result("b"), 0);
    assert_int_equal(row_of(&report, OPEN, METRIC_P99)->verdict, GATE_NOT_MEASURED);
    assert_int_equal(exit_code(&report), 3);
    compare_clear(&report);
}

static void too_few_slots_are_not_measured(void **state) {
    (void)state;
    struct gate_report report;
    compare_two(&report, closed_result("a", 2, 1e5, 5e3), closed_result("b", 8, 1e5, 5e3), 0);
    const struct gate_row *row = row_of(&report, CLOSED, METRIC_CPU);
    expect_verdict(row, GATE_NOT_MEASURED,
                   "2 and 8 usable slots, 8 per side are needed: --repeats 8");
    assert_true(row->gated && isnan(row->effect) && isnan(row->smallest));
    assert_near(row->baseline, 5002.5, 1e-9);
    assert_int_equal(exit_code(&report), 3);
    compare_clear(&report);
}

static void the_commonest_reason_is_told(void **state) {
    (void)state;
    struct gate_report report;
    cJSON *left = closed_result("a", 9, 1e5, 5e3), *slot;
    int i = 0;
    cJSON_ArrayForEach(slot, json_item(cell_of(left, 0), "samples")) {
        bool rare = i++ < 3;
        set(slot, "validity.verdict", "\"invalid\"");
        set(slot, "validity.codes", rare ? "[\"no_stats\"]" : "[\"errors\"]");
        set(slot, "validity.reasons", rare ? "[\"rare\"]" : "[\"common\"]");
        if (i > 4) set(slot, "validity.reasons", i % 2 ? "[\"1 %\"]" : "[\"2 %\"]");
    }
    compare_two(&report, left, closed_result("b", 8, 1e5, 5e3), 0);
    expect_verdict(row_of(&report, CLOSED, METRIC_CPU), GATE_NOT_MEASURED,
                   "0 and 8 usable slots, 8 per side are needed; mostly: common");
    assert_int_equal(row_of(&report, CLOSED, METRIC_CPU)->reason.code, GATE_SLOT_INVALID);
    assert_int_equal(row_of(&report, CLOSED, METRIC_CPU)->reason.slot, VALIDITY_ERRORS);
    assert_true(isnan(row_of(&report, CLOSED, METRIC_CPU)->baseline));
    assert_int_equal(exit_code(&report), 3);
    compare_clear(&report);
}

static void a_figure_of_the_pair_is_not_gated(void **state) {
    (void)state;
    struct gate_report report;
    cJSON *files[2] = {new_result("a"), new_result("b")};
    for (int i = 0; i < 2; i++)
        add_slots(add_cell(files[i], CLOSED, "closed"), 8, 1e5, 5e3, "both");
    compare_two(&report, files[0], files[1], 0);
    const struct gate_row *row = row_of(&report, CLOSED, METRIC_THROUGHPUT);
    assert_int_equal(row->verdict, GATE_NOT_MEASURED);
    assert_false(row->gated);
    assert_true(row_of(&report, CLOSED, METRIC_CPU)->gated);
    assert_int_equal(exit_code(&report), 0);
    compare_clear(&report);
}

/* The baseline was limited by the server. A candidate that was not does not show the server, so it
 * must not pass. */
static void a_candidate_at_the_generators_limit_is_not_measured(void **state) {
    (void)state;
    struct gate_report report;
    cJSON *right = new_result("b");
    add_slots(add_cell(right, CLOSED, "closed"), 8, 1e5, 5e3, "both");
    compare_two(&report, closed_result("a", 8, 1e5, 5e3), right, 0);
    assert_true(row_of(&report, CLOSED, METRIC_THROUGHPUT)->gated);
    assert_int_equal(exit_code(&report), 3);
    compare_clear(&report);
}

static void nothing_that_shows_a_server_is_nothing(void **state) {
    (void)state;
    struct gate_report report;
    cJSON *files[2] = {new_result("a"), new_result("b")};
    for (int i = 0; i < 2; i++)
        add_slots(add_cell(files[i], CLOSED, "closed"), 8, 1e5, 5e3, "client");
    compare_two(&report, files[0], files[1], 0);
    assert_true(report.invalid);
    assert_int_equal(exit_code(&report), 3);
    compare_clear(&report);
}

/* ---- cells of one side ---- */

static void a_new_cell_is_not_gated_and_a_lost_one_is(void **state) {
    (void)state;
    struct gate_report report;
    cJSON *left = closed_result("a", 8, 1e5, 5e3), *right = closed_result("b", 8, 1e5, 5e3);
    add_slots(add_cell(right, OPEN, "open"), 8, 2e4, 5e3, "none");
    compare_two(&report, left, right, 0);
    expect_verdict(row_of(&report, OPEN, METRIC_P50), GATE_NEW, "");
    assert_false(row_of(&report, OPEN, METRIC_P50)->gated);
    assert_int_equal(exit_code(&report), 0);
    compare_clear(&report);

    left = closed_result("a", 8, 1e5, 5e3), right = closed_result("b", 8, 1e5, 5e3);
    add_slots(add_cell(left, OPEN, "open"), 8, 2e4, 5e3, "none");
    compare_two(&report, left, right, 0);
    expect_verdict(row_of(&report, OPEN, METRIC_P50), GATE_NOT_MEASURED,
                   "the candidate does not have this cell");
    assert_int_equal(exit_code(&report), 3);
    compare_clear(&report);
}

static void a_skipped_cell_says_why(void **state) {
    (void)state;
    struct gate_report report;
    for (int both = 0; both < 2; both++)
        for (int complete = 0; complete < 2; complete++) {
            cJSON *left = closed_result("a", 8, 1e5, 5e3), *right = closed_result("b", 8, 1e5, 5e3);
            cJSON *one = add_cell(left, OPEN, "open"), *two = add_cell(right, OPEN, "open");
            cJSON_AddItemToObject(two, "skipped", parse("{\"reason\":\"too many\"}"));
            if (both)
                cJSON_AddItemToObject(one, "skipped", parse("{\"reason\":\"too many\"}"));
            else
                add_slots(one, 8, 2e4, 5e3, "none");
            if (!complete) set(right, "session.complete", "false");
            compare_two(&report, left, right, 0);
            expect_verdict(row_of(&report, OPEN, METRIC_P50), GATE_NOT_MEASURED,
                           both ? "skipped: too many" : "skipped by the candidate: too many");
            assert_int_equal(row_of(&report, OPEN, METRIC_P50)->reason.code, GATE_SKIPPED);
            assert_int_equal(exit_code(&report), both && complete ? 0 : 3);
            compare_clear(&report);
        }
}

static void a_cell_of_some_sessions_is_not_measured(void **state) {
    (void)state;
    for (int side = 0; side < SIDES; side++)
        for (int skipped = 0; skipped < 2; skipped++) {
            struct gate_report report;
            struct sides s = {{closed_result("a", 8, 1e5, 5e3), closed_result("b", 8, 1e5, 5e3)},
                              {closed_result("c", 8, 1e5, 5e3), closed_result("d", 8, 1e5, 5e3)}};
            for (int f = 0; f < 4; f++) {
                cJSON *file = f < 2 ? s.left[f] : s.right[f - 2];
                bool lacks = f == 2 * side + 1;
                if (lacks && !skipped) continue;
                cJSON *cell = add_cell(file, OPEN, "open");
                if (lacks)
                    cJSON_AddItemToObject(cell, "skipped", parse("{\"reason\":\"too many\"}"));
                else
                    add_slots(cell, 8, 2e4, 5e3, "none");
            }
            compare(&report, s, 0, false);
            char expected[128];
            snprintf(expected, sizeof expected,
                     skipped ? "skipped by a session of the %s, 2.json: too many"
                             : "a session of the %s does not have this cell: 2.json",
                     side_names[side]);
            expect_verdict(row_of(&report, OPEN, METRIC_P50), GATE_NOT_MEASURED, expected);
            expect_verdict(row_of(&report, CLOSED, METRIC_CPU), GATE_PASS, "");
            assert_int_equal(exit_code(&report), 3);
            compare_clear(&report);
        }
}

/* ---- sessions ---- */

#define SAME "both sides hold the same slots, so there is nothing to compare"

static void the_same_session_is_identical_and_no_pass(void **state) {
    (void)state;
    struct gate_report report;
    compare_two(&report, closed_result("a", 2, 1e5, 5e3), closed_result("a", 2, 1e5, 5e3), 0);
    expect_verdict(row_of(&report, CLOSED, METRIC_CPU), GATE_IDENTICAL, SAME);
    assert_int_equal(exit_code(&report), 3);
    compare_clear(&report);
}

/* Slots are recognised by their figures, whatever the file says about itself. One that is on both
 * sides is enough: a stale file with a few new slots is still stale. */
static void slots_under_another_name_are_the_same(void **state) {
    (void)state;
    for (int fresh = 0; fresh <= 9; fresh++) {
        struct gate_report report;
        cJSON *left = closed_result("a", 9, 1e5, 5e3), *right = closed_result("a", 9, 1e5, 5e3);
        cJSON *samples = cJSON_GetObjectItem(cell_of(right, 0), "samples");
        set(right, "session.id", "\"other\"");
        for (int i = 0; i < 9; i++) {
            cJSON *slot = cJSON_GetArrayItem(samples, i);
            cJSON_SetNumberValue(cJSON_GetObjectItem(slot, "order"), 8 - i);
            if (i < fresh) cJSON_SetNumberValue(cJSON_GetObjectItem(slot, "warmup_s"), 7 + i);
        }
        compare_two(&report, left, right, 0);
        const struct gate_row *row = row_of(&report, CLOSED, METRIC_CPU);
        expect_verdict(row, fresh < 9 ? GATE_IDENTICAL : GATE_PASS, fresh < 9 ? SAME : "");
        assert_int_equal(exit_code(&report), fresh < 9 ? 3 : 0);
        compare_clear(&report);
    }
}

/* The figures are kept, so that they would be equal if anybody looked at them. */
static void the_same_slots_are_no_pass_if_all_are_invalid(void **state) {
    (void)state;
    for (int figures = 0; figures < 2; figures++) {
        struct gate_report report;
        cJSON *files[2];
        for (int f = 0; f < 2; f++) {
            files[f] = closed_result("a", 8, 1e5, 5e3);
            for (int i = 0; i < 8; i++) {
                spoil(cell_of(files[f], 0), i, "invalid", "server_died");
                cJSON *slot =
                    cJSON_GetArrayItem(cJSON_GetObjectItem(cell_of(files[f], 0), "samples"), i);
                if (!figures) cJSON_ReplaceItemInObject(slot, "messages", cJSON_CreateNull());
            }
        }
        compare_two(&report, files[0], files[1], 0);
        assert_int_equal(exit_code(&report), 3);
        compare_clear(&report);
    }
}

/* ---- lost slots ---- */

static void a_candidate_that_fails_has_regressed(void **state) {
    (void)state;
    static const struct {
        const char *code;
        int left, right;           /* slots of 16 that have it */
        enum gate_verdict verdict; /* expected of both rows */
        int exit_code;
    } cases[] = {
        {"connections_lost", 0, 8, GATE_REGRESSED, 1},
        {"connections_lost", 8, 0, GATE_PASS, 0},
        {"connections_lost", 1, 1, GATE_PASS, 0},
        {"connections_lost", 0, 1, GATE_REGRESSED, 1},
        {"server_died", 0, 1, GATE_REGRESSED, 1},
        {"loadgen_late", 0, 1, GATE_PASS, 0},
        {"loadgen_late", 0, 8, GATE_REGRESSED, 1},
        {"loadgen_late", 8, 0, GATE_PASS, 0},
        {"server_died", 0, 16, GATE_REGRESSED, 1},
        {"server_died", 16, 0, GATE_NOT_MEASURED, 3},
        {"steal", 0, 8, GATE_PASS, 0},
        {"steal", 0, 16, GATE_NOT_MEASURED, 3},
        {"from_the_future", 0, 8, GATE_REGRESSED, 1},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct gate_report report;
        cJSON *left = closed_result("a", 16, 1e5, 5e3), *right = closed_result("b", 16, 1e5, 5e3);
        for (int i = 0; i < cases[c].left; i++)
            spoil(cell_of(left, 0), i, "invalid", cases[c].code);
        for (int i = 0; i < cases[c].right; i++)
            spoil(cell_of(right, 0), i, "invalid", cases[c].code);
        compare(&report, (struct sides){{left}, {right}}, 0, c % 2);
        const struct gate_row *row = row_of(&report, CLOSED, METRIC_CPU);
        if (row->verdict != cases[c].verdict || exit_code(&report) != cases[c].exit_code)
            fail_msg("case %d: %s, exit code %d: %s", (int)c, gate_verdict_names[row->verdict],
                     exit_code(&report), row->reason.text);
        if (row->verdict == GATE_REGRESSED) assert_int_equal(row->reason.code, GATE_RELIABILITY);
        assert_int_equal(row_of(&report, CLOSED, METRIC_THROUGHPUT)->verdict, cases[c].verdict);
        compare_clear(&report);
    }
}

/* A share of failures that both sides have is no regression, however the slots are spread. */
static void cells_with_different_shares_are_not_mixed(void **state) {
    (void)state;
    struct gate_report report;
    cJSON *left = closed_result("a", 32, 1e5, 5e3), *right = closed_result("b", 8, 1e5, 5e3);
    add_slots(add_cell(left, OPEN, "open"), 8, 2e4, 5e3, "none");
    add_slots(add_cell(right, OPEN, "open"), 32, 2e4, 5e3, "none");
    for (int i = 0; i < 8; i++) spoil(cell_of(left, 1), i, "suspect", "errors");
    for (int i = 0; i < 32; i++) spoil(cell_of(right, 1), i, "suspect", "errors");
    compare_two(&report, left, right, 0);
    assert_int_equal(exit_code(&report), 0);
    assert_near(report.p_failed, 1, 1e-12);
    compare_clear(&report);
}

/* The server does not keep up with a rate that the other side serves. */
static void saturation_is_a_matter_of_capacity(void **state) {
    (void)state;
    for (int candidate = 0; candidate < 2; candidate++) {
        struct gate_report report;
        cJSON *files[2] = {new_result("a"), new_result("b")};
        for (int f = 0; f < 2; f++) {
            cJSON *cell = add_cell(files[f], OPEN, "open");
            add_slots(cell, 8, 2e4, 5e3, "none");
            for (int i = 0; i < 8 && f == candidate; i++) spoil(cell, i, "invalid", "saturated");
        }
        compare_two(&report, files[0], files[1], 0);
        const struct gate_row *row = row_of(&report, OPEN, METRIC_P50);
        assert_int_equal(row->verdict, candidate ? GATE_REGRESSED : GATE_IMPROVED);
        assert_int_equal(row->reason.code, GATE_CAPACITY);
        assert_int_equal(exit_code(&report), candidate);
        compare_clear(&report);
    }
}

/* Loads without gated metrics count, too. */
static void a_cell_without_metrics_tells_of_failures(void **state) {
    (void)state;
    for (int fails = 0; fails < 2; fails++) {
        struct gate_report report;
        cJSON *left = closed_result("a", 8, 1e5, 5e3), *right = closed_result("b", 8, 1e5, 5e3);
        add_slots(add_cell(left, "epoll/churn/c1", "churn"), 8, 2e4, 5e3, "none");
        add_slots(add_cell(right, "epoll/churn/c1", "churn"), 8, 2e4, 5e3, "none");
        if (fails) spoil(cell_of(right, 1), 3, "invalid", "wrong_echo");
        compare_two(&report, left, right, 0);
        assert_int_equal(report.row_count, 2 + fails);
        assert_int_equal(exit_code(&report), fails);
        if (fails)
            assert_int_equal(row_of(&report, "epoll/churn/c1", METRIC_THROUGHPUT)->reason.slot,
                             VALIDITY_WRONG_ECHO);
        compare_clear(&report);
    }
}

/* So does what the candidate cannot keep up with, and what it lacks. */
static void a_cell_without_metrics_tells_of_capacity(void **state) {
    (void)state;
    for (int lacks = 0; lacks < 2; lacks++) {
        struct gate_report report;
        cJSON *left = closed_result("a", 8, 1e5, 5e3), *right = closed_result("b", 8, 1e5, 5e3);
        add_slots(add_cell(left, "epoll/churn/c1", "churn"), 8, 2e4, 5e3, "none");
        if (!lacks) add_slots(add_cell(right, "epoll/churn/c1", "churn"), 8, 2e4, 5e3, "none");
        for (int i = 0; i < 8 && !lacks; i++) spoil(cell_of(right, 1), i, "invalid", "saturated");
        compare_two(&report, left, right, 0);
        const struct gate_row *row = row_of(&report, "epoll/churn/c1", METRIC_THROUGHPUT);
        assert_int_equal(row->verdict, lacks ? GATE_NOT_MEASURED : GATE_REGRESSED);
        assert_int_equal(exit_code(&report), lacks ? 3 : 1);
        compare_clear(&report);
    }
}

/* A copy with other figures is not the same session, even under the same name. */
static void a_copy_that_was_changed_is_compared(void **state) {
    (void)state;
    struct gate_report report;
    compare_two(&report, closed_result("a", 8, 1e5, 5e3), closed_result("a", 8, 0.9e5, 5e3), 0);
    assert_int_equal(row_of(&report, CLOSED, METRIC_THROUGHPUT)->verdict, GATE_REGRESSED);
    assert_int_equal(exit_code(&report), 1);
    compare_clear(&report);
}

static void sessions_add_their_slots(void **state) {
    (void)state;
    struct gate_report report;
    for (int sessions = 1; sessions <= 2; sessions++) {
        struct sides s = {{closed_result("a", 4, 1e5, 5e3), closed_result("b", 4, 1e5, 5e3)},
                          {closed_result("c", 4, 0.9e5, 5e3)}};
        if (sessions == 2)
            s.right[1] = closed_result("d", 4, 0.9e5, 5e3);
        else
            add_slots(cell_of(s.right[0], 0), 4, 0.9e5, 5e3, "server");
        compare(&report, s, 0, false);
        const struct gate_row *row = row_of(&report, CLOSED, METRIC_THROUGHPUT);
        assert_int_equal(row->slots[0], 8);
        assert_int_equal(row->slots[1], 8);
        expect_verdict(row, GATE_REGRESSED, "");
        assert_int_equal(report.advisory, sessions == 1);
        assert_int_equal(report.note.code, sessions == 1 ? GATE_ADVISORY : GATE_NO_REASON);
        assert_int_equal(exit_code(&report), sessions == 1 ? 0 : 1);
        assert_string_equal(report.baseline, "1.json and 1 more");
        compare_clear(&report);
    }
}

static void expect_impossible(struct sides s, const char *expected) {
    struct side sides[SIDES];
    struct reason reason;
    build_sides(&s, sides);
    assert_false(sides_possible(sides, &reason));
    assert_string_equal(reason.text, expected);
    delete_sides(&s);
}

static void some_files_are_no_sides(void **state) {
    (void)state;
    cJSON *ab = new_result("a");
    set(ab, "session.mode", "\"ab\"");
    expect_impossible((struct sides){{ab}, {new_result("b")}},
                      "1.json: is a result of `iobench ab`, which holds both sides; compare needs "
                      "results of `iobench run`");
    expect_impossible((struct sides){{new_result("a"), new_result("a")}, {new_result("b")}},
                      "2.json: the same session as 1.json; give each session once");
    expect_impossible((struct sides){{new_result("a")}, {new_result("b"), new_result("a")}},
                      "2.json: this session is on both sides");
    /* the same slots under another name */
    cJSON *copies[2];
    for (int i = 0; i < 2; i++) {
        copies[i] = closed_result("a", 8, 1e5, 5e3);
        set(copies[i], "session.id", "\"x\"");
    }
    expect_impossible((struct sides){{closed_result("a", 8, 1e5, 5e3), copies[0]},
                                     {closed_result("b", 8, 1e5, 5e3)}},
                      "2.json: the same session as 1.json; give each session once");
    expect_impossible((struct sides){{closed_result("a", 8, 1e5, 5e3)},
                                     {closed_result("b", 8, 1e5, 5e3), copies[1]}},
                      "2.json: this session is on both sides");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_figures_pass),
        cmocka_unit_test(a_slower_candidate_has_regressed),
        cmocka_unit_test(a_candidate_that_costs_less_has_improved),
        cmocka_unit_test(metrics_follow_the_load),
        cmocka_unit_test(a_metric_that_the_baseline_lacks_is_new),
        cmocka_unit_test(a_metric_that_both_sides_lack_is_not_mentioned),
        cmocka_unit_test(a_metric_that_the_candidate_lacks_is_not_measured),
        cmocka_unit_test(an_unknown_figure_is_not_new),
        cmocka_unit_test(too_few_slots_are_not_measured),
        cmocka_unit_test(the_commonest_reason_is_told),
        cmocka_unit_test(a_figure_of_the_pair_is_not_gated),
        cmocka_unit_test(a_candidate_at_the_generators_limit_is_not_measured),
        cmocka_unit_test(nothing_that_shows_a_server_is_nothing),
        cmocka_unit_test(a_new_cell_is_not_gated_and_a_lost_one_is),
        cmocka_unit_test(a_skipped_cell_says_why),
        cmocka_unit_test(the_same_session_is_identical_and_no_pass),
        cmocka_unit_test(slots_under_another_name_are_the_same),
        cmocka_unit_test(the_same_slots_are_no_pass_if_all_are_invalid),
        cmocka_unit_test(a_candidate_that_fails_has_regressed),
        cmocka_unit_test(cells_with_different_shares_are_not_mixed),
        cmocka_unit_test(saturation_is_a_matter_of_capacity),
        cmocka_unit_test(a_cell_without_metrics_tells_of_failures),
        cmocka_unit_test(a_cell_without_metrics_tells_of_capacity),
        cmocka_unit_test(a_cell_of_some_sessions_is_not_measured),
        cmocka_unit_test(a_copy_that_was_changed_is_compared),
        cmocka_unit_test(sessions_add_their_slots),
        cmocka_unit_test(some_files_are_no_sides),
    };
    return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
