/* test_slices.c - changes of a result of a rotation that several figures of it must agree on;
 * single figures are changed in test_doctored.c. Must run from the top of the source tree. */
#include "base/json.h"

#include "bench/result/result_file.h"
#include "bench/support/json_file.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define SAMPLE "results/samples/rotation-2cpu.json"

/* The document, and the first samples of its first two cells, which are of one rotation. */
struct made {
    cJSON *document, *cells[2], *samples[2];
};

static struct made start(void) {
    struct made m;
    struct reason reason = {.text = ""};
    m.document = json_file_read(SAMPLE, &reason);
    assert_string_equal(reason.text, "");
    cJSON *cells = cJSON_GetObjectItem(m.document, "cells");
    for (int i = 0; i < 2; i++) {
        m.cells[i] = cJSON_GetArrayItem(cells, i);
        m.samples[i] = cJSON_GetArrayItem(cJSON_GetObjectItem(m.cells[i], "samples"), 0);
        assert_non_null(m.samples[i]);
    }
    return m;
}

static cJSON *column(const struct made *m, int sample, const char *name) {
    return cJSON_GetObjectItem(cJSON_GetObjectItem(m->samples[sample], "slices"), name);
}

static double value(const struct made *m, int sample, const char *name, int turn) {
    return cJSON_GetArrayItem(column(m, sample, name), turn)->valuedouble;
}

static void set(cJSON *item, double number) {
    assert_non_null(item);
    cJSON_SetNumberValue(item, number);
}

/* Ends the test of a document that must be refused, with a reason that contains `words`. */
static void expect_refused(const struct made *m, const char *words) {
    struct reason reason = {.text = ""};
    cJSON *schema = json_file_read("results/iobench-result.schema.json", &reason);
    assert_non_null(schema);
    assert_false(result_file_check(schema, m->document, &reason));
    if (!strstr(reason.text, words)) fail_msg("said: %s", reason.text);
    cJSON_Delete(schema);
    cJSON_Delete(m->document);
}

/* ---- two samples ---- */

static void slices_of_a_rotation_do_not_overlap(void **state) {
    (void)state;
    struct made m = start();
    /* the slice of one begins within that of the other, in the same turn */
    int late = value(&m, 0, "start_ns", 3) < value(&m, 1, "start_ns", 3) ? 1 : 0;
    set(cJSON_GetArrayItem(column(&m, late, "start_ns"), 3),
        value(&m, !late, "start_ns", 3) + value(&m, !late, "length_ns", 3) - 1);
    expect_refused(&m, "before that of");
}

static void the_same_slot_begins_at_the_same_time(void **state) {
    (void)state;
    struct made m = start();
    cJSON *start_s = cJSON_GetObjectItem(m.samples[1], "started_offset_s");
    set(start_s, start_s->valuedouble + 1e-3); /* then it has no rivals */
    expect_refused(&m, "rivals_cpu_pct");
}

static void rivals_are_the_other_samples(void **state) {
    (void)state;
    struct made m = start();
    set(column(&m, 0, "rivals_cpu_pct"), 0.75);
    expect_refused(&m, "rivals_cpu_pct");
}

/* ---- one sample ---- */

static void a_column_has_a_value_for_each_turn(void **state) {
    (void)state;
    static const char *const names[] = {"start_ns",      "length_ns",     "answered",
                                        "server_cpu_ns", "ctx_voluntary", "ctx_involuntary",
                                        "ctx_answered"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct made m = start();
        cJSON_DeleteItemFromArray(column(&m, 1, names[i]), 7);
        expect_refused(&m, "has 7 values for 8 turns");
    }
}

static void slices_are_those_of_the_scenario(void **state) {
    (void)state;
    struct made m = start();
    cJSON_DeleteItemFromObject(m.samples[0], "slices");
    expect_refused(&m, "slices");
    m = start();
    cJSON_DeleteItemFromObject(cJSON_GetObjectItem(m.cells[0], "scenario"), "turns");
    expect_refused(&m, "slices");
    for (int turns = 7; turns <= 10; turns += 3) {
        m = start();
        set(cJSON_GetObjectItem(cJSON_GetObjectItem(m.cells[0], "scenario"), "turns"), turns);
        expect_refused(&m, turns % 2 ? "not even" : "8 values for 10 turns");
    }
}

static void slices_add_up(void **state) {
    (void)state;
    static const struct {
        const char *name, *because;
    } sums[] = {{"length_ns", "slices.length_ns"},
                {"server_cpu_ns", "slices.server_cpu_ns"},
                {"ctx_answered", "totals.bytes_received"}};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        struct made m = start();
        set(cJSON_GetArrayItem(column(&m, 1, sums[i].name), 7),
            value(&m, 1, sums[i].name, 7) + 1000);
        expect_refused(&m, sums[i].because);
    }
    struct made m = start(); /* moved from one turn to another, the sum is the same */
    set(cJSON_GetArrayItem(column(&m, 1, "answered"), 2), value(&m, 1, "answered", 2) - 1);
    set(cJSON_GetArrayItem(column(&m, 1, "answered"), 5), value(&m, 1, "answered", 5) + 1);
    expect_refused(&m, "its step in series");
}

static void a_turn_is_taken_or_not(void **state) {
    (void)state;
    static const char *const names[] = {"start_ns", "length_ns", "answered", "ctx_answered"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct made m = start();
        cJSON_ReplaceItemInArray(column(&m, 0, names[i]), 4, cJSON_CreateNull());
        expect_refused(&m, "is null in some columns");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_of_a_rotation_do_not_overlap),
        cmocka_unit_test(the_same_slot_begins_at_the_same_time),
        cmocka_unit_test(rivals_are_the_other_samples),
        cmocka_unit_test(a_column_has_a_value_for_each_turn),
        cmocka_unit_test(slices_are_those_of_the_scenario),
        cmocka_unit_test(slices_add_up),
        cmocka_unit_test(a_turn_is_taken_or_not),
    };
    return cmocka_run_group_tests_name("slices", tests, NULL, NULL);
}
