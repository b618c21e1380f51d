/* test_plan_order.c - the order of the slots of a suite, and which of them are rotations. */
#include "tests/unit/plan_made.h"

#include <math.h>
#include <string.h>

/* ---- slots ---- */

#define TWO_PHASES                                                                                 \
    PHASE("{\"load\":\"closed\",\"connections\":[1,2,3,4,5,6,7,8,200]}")                           \
    "," PHASE("{\"load\":\"closed\",\"depth\":[2,3,4]}")

/* Each slot runs once, phases run one after the other, and each round runs every cell of its phase
 * once. */
static void rounds_run_each_cell_once(void **state) {
    (void)state;
    enum { REPEATS = 5 };
    struct session *s = start(TWO_PHASES, REPEATS);
    s->input.servers = &s->servers[1]; /* its cells with 200 connections are skipped */
    for (uint64_t seed = 0; seed < 50; seed++) {
        s->input.seed = seed;
        assert_true(make(s));
        const struct plan *p = &s->plan;
        assert_int_equal(p->slot_count, (8 + 3) * REPEATS);
        bool seen[(8 + 3) * REPEATS] = {false};
        for (size_t i = 0; i < p->slot_count; i++) {
            size_t slot = p->order[i], round = i < 40 ? i / 8 : (i - 40) / 3;
            assert_in_range(slot, 0, p->slot_count - 1);
            assert_false(seen[slot]);
            seen[slot] = true;
            const struct cell *c = &p->cells[p->slot_cell[slot]];
            assert_string_equal(c->skipped, "");
            assert_int_equal(c->phase_index, i >= 40);
            assert_int_equal(slot - c->first_slot, round);
        }
    }
    end(s);
}

static void the_seed_decides_the_order(void **state) {
    (void)state;
    struct session *a = start(TWO_PHASES, 2), *b = start(TWO_PHASES, 2);
    size_t unequal = 0, firsts[9] = {0};
    for (uint64_t seed = 0; seed < 200; seed++) {
        a->input.seed = seed;
        b->input.seed = seed;
        assert_true(make(a) && make(b));
        size_t bytes = a->plan.slot_count * sizeof *a->plan.order;
        assert_memory_equal(a->plan.order, b->plan.order, bytes);
        firsts[a->plan.slot_cell[a->plan.order[0]]]++;
        b->input.seed = seed + 1;
        assert_true(make(b));
        unequal += memcmp(a->plan.order, b->plan.order, bytes) != 0;
    }
    assert_int_equal(unequal, 200);
    for (int i = 0; i < 9; i++) assert_in_range(firsts[i], 5, 50); /* about 22 each */
    end(b);
    end(a);
}

/* ---- rotations ---- */

/* As start(), for a suite that measures in turns with the first two models. */
static struct session *start_rotation(const char *loads, int repeats) {
    struct session *s = start(loads, repeats);
    cJSON_AddStringToObject(s->suite, "measure", "rotation");
    s->loadgen.describe = cJSON_Parse("{\"targets_max\":2}");
    s->input.server_count = 2;
    return s;
}

static void end_rotation(struct session *s) {
    cJSON_Delete(s->loadgen.describe);
    end(s);
}

static const struct cell *cell_at(const struct plan *p, size_t position) {
    return &p->cells[p->slot_cell[p->order[position]]];
}

/* In each round every load is one block of the order, with its servers in random order. */
static void those_of_a_rotation_stand_together(void **state) {
    (void)state;
    enum { LOADS = 3, REPEATS = 4 };
    struct session *s =
        start_rotation(PHASE("{\"load\":\"closed\",\"connections\":[1,2,3]}"), REPEATS);
    size_t swapped = 0, firsts[LOADS] = {0};
    for (uint64_t seed = 0; seed < 50; seed++) {
        s->input.seed = seed;
        assert_true(make(s));
        const struct plan *p = &s->plan;
        assert_int_equal(p->slot_count, LOADS * 2 * REPEATS);
        firsts[cell_at(p, 0)->load_index]++;
        for (size_t i = 0; i < p->slot_count; i += 2) {
            const struct cell *one = cell_at(p, i), *two = cell_at(p, i + 1);
            assert_int_equal(plan_together(p, i), 2);
            assert_int_equal(one->load_index, two->load_index);
            assert_ptr_not_equal(one->server, two->server);
            assert_int_equal(p->order[i] - one->first_slot, i / 2 / LOADS);
            assert_int_equal(p->order[i + 1] - two->first_slot, i / 2 / LOADS);
            swapped += one > two;
        }
    }
    assert_in_range(swapped, 200, 400); /* of 600 */
    for (size_t i = 0; i < LOADS; i++) assert_in_range(firsts[i], 5, 30);
    end_rotation(s);
}

static void slices_are_whole(void **state) {
    (void)state;
    static const struct {
        const char *load;
        uint32_t turns;
        double duration_s;
    } cases[] = {{"\"closed\",\"duration_s\":1", 20, 1},
                 {"\"open\",\"rate_per_s\":9,\"duration_s\":1", 4, 1}, /* not 6 of 166666666.7 ns */
                 {"\"open\",\"rate_per_s\":9,\"duration_s\":2", 10, 2},
                 {"\"closed\",\"duration_s\":0.01", 2, 0.01},
                 {"\"closed\",\"duration_s\":0.004", 2, 0.01},
                 {"\"closed\",\"duration_s\":3600", 600, 3600},
                 {"\"closed\",\"duration_s\":1.000000007", 20, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char load[128];
        snprintf(load, sizeof load, PHASE("{\"load\":%s}"), cases[i].load);
        struct session *s = start_rotation(load, 1);
        assert_true(make(s));
        for (int k = 0; k < 2; k++) {
            const struct cell *c = &s->plan.cells[k];
            assert_int_equal(c->turns, cases[i].turns);
            assert_true(c->duration_s == cases[i].duration_s);
        }
        end_rotation(s);
    }
}

static void what_cannot_take_turns_says_why(void **state) {
    (void)state;
    struct session *s = start_rotation(
        PHASE("{\"load\":\"closed\"},{\"load\":\"churn\",\"rate_per_s\":9},{\"load\":\"closed\","
              "\"counted\":true,\"depth\":2},{\"load\":\"closed\",\"connections\":101}"),
        2);
    assert_true(make(s));
    const char *const reasons[] = {"", "churn has no", "counting does not", "no other server has"};
    for (size_t i = 0; i < 8; i++) {
        const struct cell *c = &s->plan.cells[i];
        if (*c->skipped) continue; /* select has a limit of 100 */
        assert_int_equal(c->turns > 0, i < 2);
        assert_memory_equal(c->apart, reasons[i / 2], strlen(reasons[i / 2]));
    }
    for (size_t i = 0; i < s->plan.slot_count; i++)
        if (!cell_at(&s->plan, i)->turns) assert_int_equal(plan_together(&s->plan, i), 1);
    /* the servers do not fit into one load generator */
    s->input.descriptors = 2 * 50 + PLAN_DESCRIPTORS_RESERVED - 1;
    assert_true(make(s));
    assert_int_equal(s->plan.cells[0].turns, 0);
    assert_non_null(strstr(s->plan.cells[0].apart, "ulimit -n"));
    s->input.descriptors++;
    assert_true(make(s));
    assert_int_equal(s->plan.cells[0].turns, 20);
    cJSON_SetNumberValue(cJSON_GetObjectItem(s->loadgen.describe, "targets_max"), 1);
    assert_true(make(s));
    assert_int_equal(s->plan.cells[0].turns, 0);
    assert_non_null(strstr(s->plan.cells[1].apart, "too many servers"));
    end_rotation(s);
    s = start(PHASE("{\"load\":\"closed\"}"), 1);
    s->input.server_count = 2;
    assert_true(make(s)); /* the suite does not ask for it */
    assert_int_equal(s->plan.cells[0].turns, 0);
    assert_string_equal(s->plan.cells[0].apart, "");
    end(s);
}

/* Whether each slot occurs once. */
static bool complete(const struct plan *p) {
    bool seen[64] = {false};
    for (size_t i = 0; i < p->slot_count; i++) {
        if (seen[p->order[i]]) return false;
        seen[p->order[i]] = true;
    }
    return true;
}

/* From some position on a cell leaves the rotations; what ran before stays as it is. */
static void a_cell_can_leave(void **state) {
    (void)state;
    enum { REPEATS = 3 };
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct session *s =
            start_rotation(PHASE("{\"load\":\"closed\",\"connections\":[1,2]}"), REPEATS);
        cJSON_SetNumberValue(cJSON_GetObjectItem(s->loadgen.describe, "targets_max"), 3);
        cJSON_ReplaceItemInObject(s->servers[2].describe, "available", cJSON_CreateTrue());
        s->input.server_count = 3;
        s->input.seed = seed;
        assert_true(make(s));
        struct plan *p = &s->plan;
        assert_int_equal(plan_together(p, 0), 3);
        size_t cell = p->slot_cell[p->order[0]], before[3];
        memcpy(before, p->order, sizeof before);
        plan_set_apart(p, cell, 0, "it used %d %%", 7);
        assert_string_equal(p->cells[cell].apart, "it used 7 %");
        assert_true(complete(p));
        assert_int_equal(p->order[0], before[1]);
        assert_int_equal(p->order[1], before[2]);
        assert_int_equal(p->order[2], before[0]);
        size_t alone = 0;
        for (size_t i = 0; i < p->slot_count;) {
            size_t count = plan_together(p, i);
            const struct cell *c = cell_at(p, i);
            assert_int_equal(count, c == &p->cells[cell]                         ? 1
                                    : c->load_index == p->cells[cell].load_index ? 2
                                                                                 : 3);
            alone += count == 1;
            i += count;
        }
        assert_int_equal(alone, REPEATS);
        end_rotation(s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_run_each_cell_once),
        cmocka_unit_test(the_seed_decides_the_order),
        cmocka_unit_test(those_of_a_rotation_stand_together),
        cmocka_unit_test(slices_are_whole),
        cmocka_unit_test(what_cannot_take_turns_says_why),
        cmocka_unit_test(a_cell_can_leave),
    };
    return cmocka_run_group_tests_name("plan_order", tests, NULL, NULL);
}
