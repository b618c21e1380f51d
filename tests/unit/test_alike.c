/* test_alike.c - the conditions that must be equal on both sides of a comparison. Each test changes
 * one field of results that pass. */
#include "bench/gate/alike.h"
#include "bench/support/reason.h"
#include "tests/unit/compare_files.h"

/* Expects that all rows of the comparison are "not measured" for this reason. */
static void expect_incomparable(cJSON *left, cJSON *right, const char *reason) {
    struct gate_report report;
    compare_two(&report, left, right, 0);
    assert_true(report.row_count > 0);
    for (size_t i = 0; i < report.row_count; i++)
        expect_verdict(&report.rows[i], GATE_INCOMPARABLE, reason);
    assert_int_equal(exit_code(&report), 3);
    compare_clear(&report);
}

static unsigned vary(const char *name) {
    unsigned keys = 0;
    struct reason reason = {.text = ""};
    if (!alike_vary(&keys, name, &reason)) fail_msg("%s", reason.text);
    return keys;
}

static void differences_make_incomparable(void **state) {
    (void)state;
    static const struct {
        const char *path, *value, *reason; /* changed field, its new value, expected reason */
    } cases[] = {
        {"env.host.kernel", "\"6.18\"", "kernel: 6.1 / 6.18; allow it with --vary kernel"},
        {"env.host.emulator", "\"wine\"",
         "emulator: none or unknown / wine; allow it with --vary emulator"},
        {"env.cpu.model", "null",
         "cpu.model: Fast One / none or unknown; allow it with --vary cpu"},
        {"env.cpu.logical", "2", "cpu.logical: 4 / 2; allow it with --vary cpu"},
        {"env.cpu.mitigations.retbleed", "\"IBRS\"",
         "mitigations.retbleed: none / IBRS; allow it with --vary mitigations"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *left = closed_result("a", 8, 1e5, 5e3), *right = closed_result("b", 8, 1e5, 5e3);
        set(right, cases[i].path, cases[i].value);
        expect_incomparable(left, right, cases[i].reason);
    }
}

static void differences_within_cells_and_builds(void **state) {
    (void)state;
    cJSON *left = closed_result("a", 8, 1e5, 5e3), *right = closed_result("b", 8, 1e5, 5e3);
    set(cell_of(right, 0), "scenario.duration_s", "2");
    expect_incomparable(left, right, "scenario.duration_s: 1 / 2; allow it with --vary scenario");
    left = closed_result("a", 8, 1e5, 5e3), right = closed_result("b", 8, 1e5, 5e3);
    set(cell_of(right, 0), "scenario.placement.server", "[0,1]");
    expect_incomparable(left, right,
                        "placement.server: [0] / [0,1]; allow it with --vary placement");
    left = closed_result("a", 8, 1e5, 5e3), right = closed_result("b", 8, 1e5, 5e3);
    cJSON *builds = cJSON_GetObjectItem(right, "builds");
    cJSON_SetValuestring(cJSON_GetObjectItem(cJSON_GetArrayItem(builds, 0), "compiler"), "gcc 9");
    expect_incomparable(left, right, "compiler: gcc 12 / gcc 9; allow it with --vary compiler");
    left = closed_result("a", 8, 1e5, 5e3), right = closed_result("b", 8, 1e5, 5e3);
    builds = cJSON_GetObjectItem(right, "builds");
    cJSON_SetValuestring(cJSON_GetObjectItem(cJSON_GetArrayItem(builds, 1), "sha256"), "11");
    expect_incomparable(left, right, "loadgen: 10 / 11; allow it with --vary loadgen");
    left = closed_result("a", 8, 1e5, 5e3), right = closed_result("b", 8, 1e5, 5e3);
    set(cJSON_GetArrayItem(cJSON_GetObjectItem(cell_of(right, 0), "samples"), 7),
        "loadgen.transport", "\"uv\"");
    expect_incomparable(left, right, "loadgen.transport: epoll / uv; allow it with --vary loadgen");
}

/* Sets the limits of all slots of the first cell. */
static void set_limits(cJSON *result, const char *limits) {
    cJSON *slot;
    cJSON_ArrayForEach(slot, cJSON_GetObjectItem(cell_of(result, 0), "samples")) {
        cJSON_DeleteItemFromObject(slot, "limits");
        if (limits) cJSON_AddItemToObject(slot, "limits", cJSON_Parse(limits));
    }
}

static void other_limits_make_incomparable(void **state) {
    (void)state;
    static const struct {
        const char *left, *right, *reason; /* NULL: comparable */
    } cases[] = {
        {"{\"quota_cpus\":null,\"pinned\":true}", "{\"quota_cpus\":0.5,\"pinned\":true}",
         "quota_cpus: none or unknown / 0.5; allow it with --vary limits"},
        {"{\"quota_cpus\":null,\"pinned\":false}", "{\"quota_cpus\":null,\"pinned\":true}",
         "pinned: false / true; allow it with --vary limits"},
        {"{\"quota_cpus\":2,\"pinned\":true}", "{\"quota_cpus\":2,\"pinned\":true}", NULL},
        {NULL, "{\"quota_cpus\":0.5,\"pinned\":true}", NULL}, /* an earlier file */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gate_report report;
        cJSON *left = closed_result("a", 8, 1e5, 5e3), *right = closed_result("b", 8, 1e5, 5e3);
        set_limits(left, cases[i].left);
        set_limits(right, cases[i].right);
        if (cases[i].reason) {
            expect_incomparable(left, right, cases[i].reason);
            continue;
        }
        compare_two(&report, left, right, 0);
        for (size_t k = 0; k < report.row_count; k++)
            assert_true(report.rows[k].verdict != GATE_INCOMPARABLE);
        compare_clear(&report);
    }
}

/* Two runs of one name that used different addresses. Earlier files do not tell theirs. */
static void another_address_makes_incomparable(void **state) {
    (void)state;
    struct gate_report report;
    for (int known = 0; known < 2; known++) {
        cJSON *left = closed_result("a", 8, 1e5, 5e3), *right = closed_result("b", 8, 1e5, 5e3);
        cJSON *slot;
        cJSON_ArrayForEach(slot, cJSON_GetObjectItem(cell_of(left, 0), "samples")) {
            if (known) set(slot, "loadgen.address", "\"127.0.0.1\"");
        }
        cJSON_ArrayForEach(slot, cJSON_GetObjectItem(cell_of(right, 0), "samples")) {
            set(slot, "loadgen.address", "\"::1\"");
        }
        if (known) {
            expect_incomparable(left, right, "address: 127.0.0.1 / ::1; allow it with --vary net");
            continue;
        }
        compare_two(&report, left, right, 0);
        expect_verdict(row_of(&report, CLOSED, METRIC_CPU), GATE_PASS, "");
        compare_clear(&report);
    }
}

static void several_differences_are_allowed_together(void **state) {
    (void)state;
    struct gate_report report;
    for (int allowed = 0; allowed < 2; allowed++) {
        cJSON *left = closed_result("a", 8, 1e5, 5e3), *right = closed_result("b", 8, 1e5, 5e3);
        set(right, "env.host.kernel", "\"6.18\"");
        set(right, "env.cpu.logical", "2");
        if (!allowed) {
            expect_incomparable(
                left, right,
                "cpu.logical: 4 / 2, and more; allow them with --vary cpu --vary kernel");
            continue;
        }
        compare_two(&report, left, right, vary("cpu") | vary("kernel"));
        expect_verdict(row_of(&report, CLOSED, METRIC_CPU), GATE_PASS, "");
        compare_clear(&report);
    }
}

/* The compared figures, names, and keys that only newer files have. */
static void what_may_differ(void **state) {
    (void)state;
    struct gate_report report;
    cJSON *left = closed_result("a", 8, 1e5, 5e3), *right = closed_result("b", 8, 1e5, 5e3);
    set(cell_of(right, 0), "scenario.phase", "\"q\"");
    set(cell_of(right, 0), "scenario.server.command", "\"new {port}\"");
    set(cell_of(right, 0), "scenario.counted", "false");
    set(right, "env.host.boot_id", "null");
    cJSON *builds = cJSON_GetObjectItem(right, "builds");
    cJSON_SetValuestring(cJSON_GetObjectItem(cJSON_GetArrayItem(builds, 0), "sha256"), "6f");
    compare_two(&report, left, right, 0);
    expect_verdict(row_of(&report, CLOSED, METRIC_CPU), GATE_PASS, "");
    compare_clear(&report);
}

static void sessions_of_one_side_must_be_alike(void **state) {
    (void)state;
    struct gate_report report;
    struct sides s = {{closed_result("a", 8, 1e5, 5e3), closed_result("b", 8, 1e5, 5e3)},
                      {closed_result("c", 8, 1e5, 5e3)}};
    set(s.left[1], "env.host.kernel", "\"6.18\"");
    compare(&report, s, 0, true);
    assert_int_equal(row_of(&report, CLOSED, METRIC_CPU)->verdict, GATE_INCOMPARABLE);
    compare_clear(&report);
}

static void across_systems_there_is_no_verdict(void **state) {
    (void)state;
    struct gate_report report;
    struct reason reason;
    unsigned keys = 0;
    cJSON *left = closed_result("a", 8, 1e5, 5e3), *right = closed_result("b", 8, 1e5, 5e3);
    add_slots(add_cell(right, OPEN, "open"), 8, 2e4, 5e3, "none");
    set(right, "env.host.os", "\"Windows\"");
    compare_two(&report, left, right, ~0u);
    for (size_t i = 0; i < report.row_count; i++)
        expect_verdict(&report.rows[i], GATE_INCOMPARABLE, ALIKE_ACROSS_SYSTEMS);
    assert_int_equal(exit_code(&report), 3);
    compare_clear(&report);
    assert_false(alike_vary(&keys, "os", &reason));
    assert_string_equal(reason.text, ALIKE_ACROSS_SYSTEMS);
    assert_false(alike_vary(&keys, "colour", &reason));
    assert_non_null(strstr(reason.text, "unknown; it is one of cpu, "));
    assert_int_equal(keys, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_make_incomparable),
        cmocka_unit_test(differences_within_cells_and_builds),
        cmocka_unit_test(other_limits_make_incomparable),
        cmocka_unit_test(another_address_makes_incomparable),
        cmocka_unit_test(several_differences_are_allowed_together),
        cmocka_unit_test(what_may_differ),
        cmocka_unit_test(sessions_of_one_side_must_be_alike),
        cmocka_unit_test(across_systems_there_is_no_verdict),
    };
    return cmocka_run_group_tests_name("alike", tests, NULL, NULL);
}
