/* test_room.c - which memory counts, and what is said of it. */
#include "base/os.h"
#include "base/room.h"

#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

#define MIB UINT64_C(1048576)
#define GIB (1024 * MIB)

static const struct {
    struct room room;
    uint64_t bytes;
    const char *reason; /* NULL: there is room */
} cases[] = {
    {{NAN, NAN, NAN, NULL}, 1u << 31, NULL},
    /* an eighth is kept */
    {{8 * GIB, NAN, NAN, NULL}, 7 * GIB, NULL},
    {{8 * GIB, NAN, NAN, NULL},
     7 * GIB + 1,
     "needs 7169 MiB, but this machine has 7168 MiB to give"},
    {{8 * GIB, 800 * MIB, NAN, NULL}, 700 * MIB, NULL},
    {{8 * GIB, 800 * MIB, NAN, NULL},
     701 * MIB,
     "needs 701 MiB, but its control group has 700 MiB to give"},
    {{NAN, 800 * MIB, NAN, NULL},
     701 * MIB,
     "needs 701 MiB, but its control group has 700 MiB to give"},
    {{8 * GIB, 80 * GIB, NAN, NULL},
     12 * GIB,
     "needs 12.0 GiB, but this machine has 7168 MiB to give"},
    /* a group that is beyond its limit */
    {{8 * GIB, -1, NAN, NULL}, 1, "needs 1 MiB, but its control group has 0 MiB to give"},
    /* nothing is kept of a limit that is this process's alone */
    {{8 * GIB, 8 * GIB, 500 * MIB, "ulimit -v"}, 500 * MIB, NULL},
    {{8 * GIB, 8 * GIB, 500 * MIB, "ulimit -v"},
     501 * MIB,
     "needs 501 MiB, but ulimit -v allows 500 MiB"},
    {{NAN, NAN, 500 * MIB, "ulimit -d"},
     UINT64_MAX,
     "needs 17179869184.0 GiB, but ulimit -d allows 500 MiB"},
};

static void the_least_of_all_limits_counts(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char reason[160] = "";
        bool fits = room_for(&cases[i].room, cases[i].bytes, reason, sizeof reason);
        const char *expected = cases[i].reason ? cases[i].reason : "";
        if (strcmp(reason, expected) != 0) print_error("case %d\n", (int)i);
        assert_string_equal(reason, expected);
        assert_int_equal(fits, !cases[i].reason);
    }
}

/* This test runs, so there are some MiB. */
static void this_machine_has_memory(void **state) {
    (void)state;
    struct room room;
    char reason[160];
    room_look(&room);
    assert_true(room.machine > 0 || isnan(room.machine));
    assert_true(room_for(&room, MIB, reason, sizeof reason));
    assert_true(isnan(room.machine) || !room_for(&room, UINT64_MAX, reason, sizeof reason));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_of_all_limits_counts),
        cmocka_unit_test(this_machine_has_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
