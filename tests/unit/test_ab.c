/* test_ab.c - the pairs of a cell of `iobench ab`: which of them are repeated, which end the cell,
 * and what is counted. */
#include "bench/ab/cells.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char closed[] = "{\"load\":\"closed\"}";
static const char counted[] = "{\"load\":\"open\",\"counted\":true}";

#define SLOT(verdict, codes, errors)                                                               \
    "{\"throughput_per_s\":1000,\"messages\":1000,\"server\":{\"cpu_ns_per_echo\":500},"           \
    "\"errors\":{" errors                                                                          \
    "},\"loadgen\":{\"bound\":\"server\"},\"validity\":{\"verdict\":\"" verdict                    \
    "\",\"codes\":[" codes "],\"reasons\":[\"it happened\"]}}"
#define LOST(code) SLOT("invalid", "\"" code "\"", "")

static const char good[] = SLOT("suspect", "\"few_messages\"", "");

/* A cell with one row, and its place in a report. */
struct made {
    struct ab_cell cell;
    struct gate_row row;
    struct gate_losses losses;
};

static void start(struct made *m, enum metric metric) {
    memset(m, 0, sizeof *m);
    m->row = (struct gate_row){.metric = metric, .gated = true};
    m->cell.rows[m->cell.row_count++] = &m->row;
    m->cell.losses = &m->losses;
}

static void add(struct made *m, const char *scenario, const char *baseline, const char *candidate) {
    cJSON *load = cJSON_Parse(scenario);
    cJSON *left = cJSON_Parse(baseline), *right = cJSON_Parse(candidate);
    assert_true(load && left && right);
    ab_cell_add(&m->cell, (const cJSON *[2]){load, load}, (const cJSON *[2]){left, right});
    cJSON_Delete(load);
    cJSON_Delete(left);
    cJSON_Delete(right);
}

/* Pairs that the cell wants in all, if these two slots are the first pair and all others are good.
 * At most 30. */
static size_t pairs_wanted(struct made *m, const char *baseline, const char *candidate) {
    start(m, METRIC_CPU);
    add(m, closed, baseline, candidate);
    while (ab_cell_wants(&m->cell) && m->cell.tried < 30) add(m, closed, good, good);
    ab_cell_estimate(&m->cell);
    return m->cell.tried;
}

static void pairs_are_repeated_for_the_machine_only(void **state) {
    (void)state;
    static const struct {
        const char *baseline, *candidate; /* slots of the first pair */
        size_t pairs;                     /* expected; 9: the first one is repeated */
    } cases[] = {
        {good, good, 8},
        {good, LOST("steal"), 9},
        {LOST("steal"), good, 9},
        {good, LOST("short_window"), 9},
        {good, LOST("saturated"), 9},
        {good, LOST("wrong_echo"), 8},
        {good, LOST("server_died"), 8},
        {LOST("server_died"), good, 8},
        {good, LOST("connections_lost"), 8},
        {good, SLOT("valid", "", "\"timeout\":1"), 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made m;
        size_t pairs = pairs_wanted(&m, cases[i].baseline, cases[i].candidate);
        if (pairs != cases[i].pairs) fail_msg("case %d: %d pairs", (int)i, (int)pairs);
        /* a pair with a fault has no figures, and nothing replaces them */
        bool lacks = i > 0 && pairs == 8;
        assert_int_equal(m.row.stage1, lacks ? 7 : 8);
        assert_int_equal(isnan(m.row.effect) != 0, lacks);
        assert_int_equal(m.row.reason.code, lacks ? GATE_BROKEN : GATE_NO_REASON);
        assert_int_equal(m.losses.sides[0].slots, pairs);
        assert_int_equal(m.losses.sides[1].slots, pairs);
    }
}

#define UNCOUNTED(verdict, codes)                                                                  \
    "{\"messages\":9,\"counters\":{\"syscalls_per_echo\":null,\"reason\":\"no\",\"code\":"         \
    "\"not_mounted\"},\"validity\":{\"verdict\":\"" verdict "\",\"codes\":[" codes                 \
    "],\"reasons\":[\"it happened\"]}}"

static void what_cannot_be_counted_is_not_tried_again(void **state) {
    (void)state;
    static const struct {
        const char *baseline; /* the first slot of the baseline */
        size_t pairs;         /* expected */
    } cases[] = {
        {UNCOUNTED("suspect", "\"few_messages\""), 8},
        {UNCOUNTED("invalid", "\"unanswered\""), 8}, /* a failure of one slot changes nothing */
        {LOST("server_died"), 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const char fine[] = UNCOUNTED("suspect", "\"few_messages\"");
        struct made m;
        start(&m, METRIC_SYSCALLS);
        add(&m, counted, cases[i].baseline, fine);
        while (ab_cell_wants(&m.cell) && m.cell.tried < 30) add(&m, counted, fine, fine);
        assert_int_equal(m.cell.tried, cases[i].pairs);
        ab_cell_estimate(&m.cell);
        assert_false(m.row.gated);
        assert_int_equal(m.row.reason.code, GATE_NOT_COUNTED);
    }
}

static void a_cell_ends_when_its_losses_are_settled(void **state) {
    (void)state;
    static const struct {
        const char *slot; /* every slot of the candidate */
        size_t pairs;     /* expected */
    } cases[] = {{LOST("server_died"), 3}, {LOST("saturated"), 5}, {LOST("loadgen_late"), 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made m;
        start(&m, METRIC_CPU);
        while (ab_cell_wants(&m.cell) && m.cell.tried < 30) add(&m, closed, good, cases[i].slot);
        assert_int_equal(m.cell.tried, cases[i].pairs);
        assert_true(ab_cell_hint(&m.cell, false) >= 1); /* stage 2 is not needed */
        start(&m, METRIC_CPU);                          /* the baseline does not end its cell */
        while (ab_cell_wants(&m.cell) && m.cell.tried < 30) add(&m, closed, cases[i].slot, good);
        assert_true(m.cell.tried >= 8);
        assert_false(m.cell.over);
    }
}

static void losses_in_doubt_lead_to_stage_2(void **state) {
    (void)state;
    struct made m;
    pairs_wanted(&m, good, LOST("wrong_echo"));
    assert_true(ab_cell_hint(&m.cell, false) <= 0);
    ab_cell_go_on(&m.cell);
    for (size_t i = 0; i < GATE_STAGE2_PAIRS; i++) {
        assert_true(ab_cell_wants(&m.cell)); /* the fault of stage 1 takes no pair of stage 2 */
        add(&m, closed, good, good);
    }
    assert_false(ab_cell_wants(&m.cell));
    pairs_wanted(&m, LOST("wrong_echo"), good);
    assert_true(ab_cell_hint(&m.cell, false) >= 1);
    pairs_wanted(&m, good, LOST("saturated")); /* one of eight */
    assert_true(ab_cell_hint(&m.cell, false) >= 1);
}

/* The control compares the baseline with its copy; a fault of the copy is one of the baseline. */
static void the_copy_counts_as_the_baseline(void **state) {
    (void)state;
    struct made m;
    start(&m, METRIC_CPU);
    m.cell.control = true;
    for (int i = 0; i < 8; i++) add(&m, closed, good, LOST("server_died"));
    assert_int_equal(m.losses.sides[0].slots, 16);
    assert_int_equal(m.losses.sides[0].faults[FAULT_CRASH], 8);
    assert_int_equal(m.losses.sides[1].slots, 0);
    ab_cell_estimate(&m.cell);
    assert_string_equal(m.row.reason.text, "0 of 8 pairs: copy: it happened");
    assert_int_equal(m.row.reason.slot, VALIDITY_SERVER_DIED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_repeated_for_the_machine_only),
        cmocka_unit_test(what_cannot_be_counted_is_not_tried_again),
        cmocka_unit_test(a_cell_ends_when_its_losses_are_settled),
        cmocka_unit_test(losses_in_doubt_lead_to_stage_2),
        cmocka_unit_test(the_copy_counts_as_the_baseline),
    };
    return cmocka_run_group_tests_name("ab", tests, NULL, NULL);
}
