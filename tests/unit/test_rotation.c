/* test_rotation.c - the order of turns. */
#include "loadgen/rotation.h"
#include "tests/unit/unit.h"

#include <math.h>

/* Every target has one place in each turn, and each place as often as chance gives it. */
static void places_are_drawn_evenly(void **state) {
    (void)state;
    enum { TURNS = 600 };
    for (uint32_t targets = 1; targets <= TARGETS_MAX; targets++) {
        unsigned count[TARGETS_MAX][TARGETS_MAX] = {{0}};
        struct rotation r = {.targets = targets, .turns = TURNS};
        assert_int_equal(rotation_init(&r, 7), 0);
        for (uint32_t turn = 0; turn < TURNS; turn++) {
            unsigned seen = 0;
            for (uint32_t place = 0; place < targets; place++) {
                uint32_t target = r.order[turn * targets + place];
                assert_true(target < targets);
                seen |= 1u << target;
                count[target][place]++;
            }
            assert_int_equal(seen, (1u << targets) - 1);
        }
        double each = (double)TURNS / targets;
        for (uint32_t t = 0; t < targets; t++)
            for (uint32_t p = 0; p < targets; p++)
                assert_true(fabs(count[t][p] - each) <= 5 * sqrt(each));
        rotation_free(&r);
    }
}

/* The seed alone decides. */
static void a_seed_is_an_order(void **state) {
    (void)state;
    struct rotation a = {.targets = 3, .turns = 50}, b = a, c = a;
    assert_int_equal(rotation_init(&a, 1), 0);
    assert_int_equal(rotation_init(&b, 1), 0);
    assert_int_equal(rotation_init(&c, 2), 0);
    assert_memory_equal(a.order, b.order, 150);
    assert_memory_not_equal(a.order, c.order, 150);
    rotation_free(&a);
    rotation_free(&b);
    rotation_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_drawn_evenly),
        cmocka_unit_test(a_seed_is_an_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
