/* test_gaps.c - what counts as time that a worker lost. Times are in ms. */
#include "base/os.h"

#include "loadgen/gaps.h"
#include "tests/unit/unit.h"

#define MS UINT64_C(1000000)
#define START (1000 * MS)

static struct gaps started(void) {
    struct gaps g;
    gaps_start(&g, START, 5 * MS, 200000);
    return g;
}

/* Looks `passed` ms after the start; the thread has worked for `worked` of them since. */
static void look(struct gaps *g, uint64_t passed, uint64_t worked) {
    gaps_look(g, START + passed * MS, g->cpu_ns + worked * MS);
}

static void expect(const struct gaps *g, uint64_t max, uint64_t total) {
    assert_int_equal(g->max_ns, max * MS);
    assert_int_equal(g->total_ns, total * MS);
}

static void work_and_sleep_are_no_gap(void **state) {
    (void)state;
    struct gaps g = started();
    gaps_window(&g, START);
    look(&g, 800, 800); /* one long turn */
    expect(&g, 0, 0);
    gaps_waited(&g, 50 * MS, 50 * MS);
    gaps_waited(&g, 50 * MS, 30 * MS); /* woken by an answer */
    look(&g, 900, 20);
    expect(&g, 0, 0);
}

static void time_without_a_cpu_is_a_gap(void **state) {
    (void)state;
    struct gaps g = started();
    gaps_window(&g, START);
    look(&g, 300, 1);
    expect(&g, 299, 299);
    look(&g, 310, 5);
    look(&g, 320, 10);
    expect(&g, 299, 299 + 5);
}

static void a_wait_that_ends_late_is_a_gap(void **state) {
    (void)state;
    struct gaps g = started();
    gaps_window(&g, START);
    gaps_waited(&g, 1 * MS, 1 * MS);
    gaps_waited(&g, 1 * MS, 801 * MS);
    look(&g, 802, 0);
    expect(&g, 800, 800);
    gaps_waited(&g, 0, 0);
    gaps_waited(&g, 1 * MS, 4 * MS); /* the rest of the time it worked */
    look(&g, 900, 94);
    expect(&g, 800, 803);
}

static void without_a_clock_only_late_waits_are_gaps(void **state) {
    (void)state;
    struct gaps g;
    gaps_start(&g, START, OS_UNKNOWN, 200000);
    gaps_window(&g, START);
    gaps_waited(&g, 1 * MS, 31 * MS);
    gaps_look(&g, START + 40 * MS, OS_UNKNOWN);
    expect(&g, 30, 30);
    gaps_look(&g, START + 400 * MS, OS_UNKNOWN);
    expect(&g, 30, 30);
}

static void short_gaps_do_not_count(void **state) {
    (void)state;
    struct gaps g = started();
    gaps_window(&g, START);
    for (uint64_t i = 1; i <= 100; i++) look(&g, i, 0);
    expect(&g, 0, 0);
    /* where timed waits end up to 20 ms late, this tells nothing */
    gaps_start(&g, START, 0, 20 * MS);
    gaps_window(&g, START);
    gaps_waited(&g, 1 * MS, 21 * MS);
    look(&g, 21, 0);
    expect(&g, 0, 0);
    gaps_waited(&g, 1 * MS, 22 * MS);
    look(&g, 43, 0);
    expect(&g, 21, 21);
}

/* What comes late after a gap of 300 ms is worked off 300 ms later. */
static void gaps_before_the_window_count_if_they_reach_it(void **state) {
    (void)state;
    static const struct {
        uint64_t ended, t0, max; /* of a gap of 300 ms */
    } cases[] = {{400, 700, 0}, {400, 699, 300}, {400, 402, 300}, {400, 399, 300}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gaps early = started(), late = started();
        look(&early, cases[i].ended, cases[i].ended - 300);
        expect(&early, 0, 0);
        look(&early, cases[i].ended + 50, 40); /* a shorter gap, which does not reach as far */
        gaps_window(&early, START + cases[i].t0 * MS);
        expect(&early, cases[i].max, cases[i].max);
        /* the same if the start was known before the gap */
        gaps_window(&late, START + cases[i].t0 * MS);
        look(&late, cases[i].ended, cases[i].ended - 300);
        expect(&late, cases[i].max, cases[i].max);
    }
}

static void looks_are_rare(void **state) {
    (void)state;
    struct gaps g = started();
    assert_false(gaps_look_due(&g, START));
    assert_false(gaps_look_due(&g, START + GAPS_LOOK_NS - 1));
    assert_true(gaps_look_due(&g, START + GAPS_LOOK_NS));
    look(&g, 1, 1);
    assert_false(gaps_look_due(&g, START + MS));
}

/* The clock that is asked counts work, and not sleep. */
static void the_thread_clock_counts_work(void **state) {
    (void)state;
    uint64_t cpu_ns = os_thread_cpu_ns(), now_ns = os_clock_ns();
    if (cpu_ns == OS_UNKNOWN) {
        print_message("skip: this system has no exact CPU time of a thread\n");
        skip();
    }
    os_sleep_until_ns(now_ns + 20 * MS);
    uint64_t slept_ns = os_clock_ns() - now_ns, used_ns = os_thread_cpu_ns() - cpu_ns;
    assert_true(used_ns <= slept_ns / 2);
    /* it has to advance by as much as is asked for, or the test does not end */
    cpu_ns = os_thread_cpu_ns();
    now_ns = os_clock_ns();
    while (os_thread_cpu_ns() - cpu_ns < MS) continue;
    assert_true(os_clock_ns() - now_ns >= MS - MS / 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_and_sleep_are_no_gap),
        cmocka_unit_test(time_without_a_cpu_is_a_gap),
        cmocka_unit_test(a_wait_that_ends_late_is_a_gap),
        cmocka_unit_test(without_a_clock_only_late_waits_are_gaps),
        cmocka_unit_test(short_gaps_do_not_count),
        cmocka_unit_test(gaps_before_the_window_count_if_they_reach_it),
        cmocka_unit_test(looks_are_rare),
        cmocka_unit_test(the_thread_clock_counts_work),
    };
    return cmocka_run_group_tests_name("gaps", tests, NULL, NULL);
}
