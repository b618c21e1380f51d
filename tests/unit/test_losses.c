/* test_losses.c - lost slots: what becomes of a slot, when a candidate has lost more than its
 * baseline, and how often that is said of equal arms. */
#include "base/rng.h"

#include "bench/gate/gate.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- one slot ---- */

#define SLOT(verdict, codes, errors)                                                               \
    "{\"messages\":9,\"errors\":{" errors "},\"validity\":{\"verdict\":\"" verdict                 \
    "\",\"codes\":[" codes "],\"reasons\":[\"one\",\"two\"]}}"
#define VALID(errors)                                                                              \
    "{\"messages\":9,\"errors\":{" errors "},\"validity\":{\"verdict\":\"valid\",\"codes\":[],"    \
    "\"reasons\":[]}}"
/* A load generator that stood still for so many ms, and a message without an answer. */
#define FROZEN(ms)                                                                                 \
    "{\"messages\":9,\"errors\":{\"timeout\":1},\"loadgen\":{\"gap_max_ns\":" ms "e6},"            \
    "\"validity\":{\"verdict\":\"suspect\",\"codes\":[\"loadgen_frozen\"],\"reasons\":[\"one\"]}}"
/* Such a slot, in which newcomers got no answer. */
#define FROZEN_NEWCOMERS(ms)                                                                       \
    "{\"messages\":9,\"errors\":{\"timeout\":0},\"loadgen\":{\"gap_max_ns\":" ms "e6},"            \
    "\"validity\":{\"verdict\":\"invalid\",\"codes\":[\"loadgen_frozen\",\"newcomers_"             \
    "unanswered\"],"                                                                               \
    "\"reasons\":[\"one\",\"two\"]}}"
/* A saturated slot of one second with these figures; the machine took some of the time. */
#define TAKEN(achieved, gaps_ms, steal)                                                            \
    "{\"messages\":9,\"window_s\":1,\"steal_pct\":" steal                                          \
    ",\"loadgen\":{\"gaps_total_ns\":" gaps_ms "e6,\"achieved_over_offered\":" achieved            \
    "},\"validity\":{\"verdict\":\"invalid\",\"codes\":["                                          \
    "\"saturated\",\"steal\"],\"reasons\":[\"one\",\"two\"]}}"
#define CODE(name) "\"" name "\",\"few_messages\""
#define CODES(one, two) "\"" one "\",\"" two "\""
#define NO_FAULT FAULTS

/* Codes and figures decide, not the wording of a reason. */
static void a_failure_is_told_from_a_disturbance(void **state) {
    (void)state;
    static const char open[] = "{\"load\":\"open\"}", churn[] = "{\"load\":\"churn\"}";
    static const char full[] = "{\"load\":\"open\",\"saturating\":true}";
    static const char drained[] = "{\"load\":\"open\",\"drain_s\":2}";
    static const char newcomers[] = "{\"load\":\"closed\",\"newcomers_per_s\":9}";
    static const char crowded[] = "{\"load\":\"closed\",\"newcomers_per_s\":9,\"drain_s\":2}";
    static const struct {
        const char *scenario;    /* scenario of the slot in JSON */
        const char *sample;      /* slot in JSON */
        enum gate_loss loss;     /* expected */
        enum gate_fault fault;   /* expected; NO_FAULT: none */
        enum validity_code slot; /* expected code of the reason */
    } cases[] = {
        {open, VALID(""), LOSS_NONE, NO_FAULT, 0},
        {open, SLOT("suspect", CODE("steal"), ""), LOSS_NONE, NO_FAULT, 0},
        {open, SLOT("invalid", CODE("wrong_echo"), "\"mismatch\":3"), LOSS_FAILED, FAULT_WRONG_ECHO,
         VALIDITY_WRONG_ECHO},
        {open, SLOT("invalid", CODES("no_stats", "wrong_echo"), ""), LOSS_FAILED, FAULT_WRONG_ECHO,
         VALIDITY_WRONG_ECHO},
        {open, VALID("\"mismatch\":1"), LOSS_FAILED, FAULT_WRONG_ECHO, VALIDITY_CODES},
        {open, SLOT("invalid", CODE("totals_disagree"), ""), LOSS_FAILED, FAULT_WRONG_ECHO,
         VALIDITY_TOTALS_DISAGREE},
        {churn, SLOT("invalid", CODE("totals_disagree"), ""), LOSS_FAILED, NO_FAULT,
         VALIDITY_TOTALS_DISAGREE},
        {open, SLOT("invalid", CODE("server_died"), ""), LOSS_FAILED, FAULT_CRASH,
         VALIDITY_SERVER_DIED},
        {open, SLOT("invalid", CODE("server_not_ready"), ""), LOSS_FAILED, FAULT_CRASH,
         VALIDITY_SERVER_NOT_READY},
        {open, SLOT("invalid", CODE("connections_lost"), "\"reset\":1"), LOSS_FAILED,
         FAULT_LOST_CONNECTION, VALIDITY_CONNECTIONS_LOST},
        /* one connection of ten thousand: the slot is valid */
        {open, VALID("\"reset\":1,\"short\":0"), LOSS_FAILED, FAULT_LOST_CONNECTION,
         VALIDITY_CODES},
        {churn, VALID("\"reset\":0,\"short\":1"), LOSS_FAILED, FAULT_LOST_CONNECTION,
         VALIDITY_CODES},
        {open, VALID("\"timeout\":1"), LOSS_FAILED, FAULT_UNANSWERED, VALIDITY_CODES},
        /* the machine can stop a server for a short window */
        {open, SLOT("invalid", CODES("no_message", "cpus_taken"), "\"timeout\":0"), LOSS_FAILED,
         NO_FAULT, VALIDITY_NO_MESSAGE},
        /* a full server leaves messages, and arrivals meet a full queue */
        {full, VALID("\"timeout\":1"), LOSS_NONE, NO_FAULT, 0},
        {churn, VALID("\"timeout\":1"), LOSS_NONE, NO_FAULT, 0},
        {newcomers, VALID("\"timeout\":1"), LOSS_NONE, NO_FAULT, 0},
        {open, SLOT("invalid", CODES("errors", "saturated"), "\"timeout\":99"), LOSS_SATURATED,
         NO_FAULT, VALIDITY_SATURATED},
        /* lost time excuses all that a delay can cause */
        {open, TAKEN("0.89", "0", "0"), LOSS_SATURATED, NO_FAULT, VALIDITY_SATURATED},
        {open, TAKEN("0.89", "100", "0"), LOSS_SATURATED, NO_FAULT, VALIDITY_SATURATED},
        {open, TAKEN("0.89", "120", "0"), LOSS_DISTURBED, NO_FAULT, VALIDITY_STEAL},
        {open, TAKEN("0.89", "100", "1.5"), LOSS_DISTURBED, NO_FAULT, VALIDITY_STEAL},
        {open, TAKEN("0.12", "500", "6"), LOSS_SATURATED, NO_FAULT, VALIDITY_SATURATED},
        {open, SLOT("invalid", CODES("saturated", "steal"), ""), LOSS_SATURATED, NO_FAULT,
         VALIDITY_SATURATED},
        {open, SLOT("invalid", CODES("connections_lost", "steal"), "\"connect\":1"), LOSS_DISTURBED,
         NO_FAULT, VALIDITY_STEAL},
        {open, SLOT("invalid", CODES("connections_lost", "steal"), "\"reset\":1,\"short\":0"),
         LOSS_FAILED, FAULT_LOST_CONNECTION, VALIDITY_CONNECTIONS_LOST},
        {drained, FROZEN("199"), LOSS_FAILED, FAULT_UNANSWERED, VALIDITY_CODES},
        {drained, FROZEN("200"), LOSS_NONE, NO_FAULT, 0},
        {crowded, FROZEN_NEWCOMERS("199"), LOSS_FAILED, NO_FAULT, VALIDITY_NEWCOMERS_UNANSWERED},
        {crowded, FROZEN_NEWCOMERS("200"), LOSS_DISTURBED, NO_FAULT, VALIDITY_LOADGEN_FROZEN},
        {open, SLOT("suspect", CODES("starved", "steal"), "\"timeout\":1"), LOSS_FAILED,
         FAULT_UNANSWERED, VALIDITY_CODES},
        {open, SLOT("invalid", CODES("steal", "wrong_echo"), ""), LOSS_FAILED, FAULT_WRONG_ECHO,
         VALIDITY_WRONG_ECHO},
        {open, SLOT("invalid", CODES("server_died", "steal"), ""), LOSS_FAILED, FAULT_CRASH,
         VALIDITY_SERVER_DIED},
        /* what a server does to the pace of a slot is no excuse for it */
        {open, SLOT("invalid", CODES("saturated", "loadgen_preempted"), ""), LOSS_SATURATED,
         NO_FAULT, VALIDITY_SATURATED},
        {open, SLOT("suspect", CODES("loadgen_preempted", "cpus_taken"), ""), LOSS_NONE, NO_FAULT,
         0},
        {open, SLOT("invalid", CODES("connections_lost", "halves_differ"), "\"reset\":1"),
         LOSS_FAILED, FAULT_LOST_CONNECTION, VALIDITY_CONNECTIONS_LOST},
        {open, SLOT("invalid", CODE("short_window"), ""), LOSS_DISTURBED, NO_FAULT,
         VALIDITY_SHORT_WINDOW},
        {open, SLOT("invalid", CODE("littles_law"), ""), LOSS_DISTURBED, NO_FAULT,
         VALIDITY_LITTLES_LAW},
        {open, SLOT("invalid", CODE("loadgen_late"), ""), LOSS_FAILED, NO_FAULT,
         VALIDITY_LOADGEN_LATE},
        {open, SLOT("suspect", CODE("starved"), ""), LOSS_NONE, NO_FAULT, 0},
        {open, SLOT("suspect", CODE("in_flight_at_end"), ""), LOSS_NONE, NO_FAULT, 0},
        {open, SLOT("suspect", CODE("unanswered"), ""), LOSS_FAILED, NO_FAULT, VALIDITY_UNANSWERED},
        {full, SLOT("suspect", CODE("unanswered"), ""), LOSS_NONE, NO_FAULT, 0},
        {full, SLOT("invalid", CODE("server_died"), ""), LOSS_FAILED, FAULT_CRASH,
         VALIDITY_SERVER_DIED},
        {open, SLOT("invalid", CODE("unheard_of"), ""), LOSS_FAILED, NO_FAULT, VALIDITY_CODES},
        {open, SLOT("suspect", CODE("unheard_of"), ""), LOSS_NONE, NO_FAULT, 0},
        /* without codes, as in files before schema 1.3 */
        {open, "{\"validity\":{\"verdict\":\"invalid\",\"reasons\":[\"3 wrong echoes\"]}}",
         LOSS_FAILED, FAULT_WRONG_ECHO, VALIDITY_WRONG_ECHO},
        {open, "{\"validity\":{\"verdict\":\"invalid\",\"reasons\":[]}}", LOSS_FAILED, NO_FAULT,
         VALIDITY_CODES},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gate_slot slot;
        cJSON *scenario = cJSON_Parse(cases[i].scenario), *sample = cJSON_Parse(cases[i].sample);
        assert_true(scenario && sample);
        gate_slot_read(&slot, scenario, sample);
        bool fine = slot.loss == cases[i].loss &&
                    gate_slot_faulty(&slot) == (cases[i].fault != NO_FAULT) &&
                    (cases[i].fault == NO_FAULT || slot.faults[cases[i].fault]) &&
                    (slot.loss == LOSS_NONE) == (*slot.why.text == '\0') &&
                    (slot.loss == LOSS_NONE || slot.why.slot == cases[i].slot);
        if (!fine) fail_msg("case %d: loss %d, '%s'", (int)i, (int)slot.loss, slot.why.text);
        cJSON_Delete(scenario);
        cJSON_Delete(sample);
    }
}

/* ---- the decision ---- */

#define CELLS 3

struct made {
    struct gate_report report;
    struct gate_row rows[CELLS]; /* one row per cell: "a", "b", "c" */
    struct gate_losses losses[CELLS];
    struct reason why; /* reason of the exit code */
};

static void start(struct made *m) {
    memset(m, 0, sizeof *m);
    m->report = (struct gate_report){.command = "ab",
                                     .rows = m->rows,
                                     .losses = m->losses,
                                     .row_count = CELLS,
                                     .loss_count = CELLS};
    for (int i = 0; i < CELLS; i++) {
        struct gate_row *row = &m->rows[i];
        *row = (struct gate_row){.metric = METRIC_CPU, .gated = true, .stage1 = GATE_STAGE1_PAIRS};
        snprintf(row->cell, sizeof row->cell, "%c", 'a' + i);
        snprintf(m->losses[i].cell, CELL_ID_SIZE, "%c", 'a' + i);
        for (int d = 0; d < GATE_STAGE1_PAIRS; d++) row->differences[d] = 0.001 * (d - 3.5);
        gate_estimate(row);
    }
}

/* Counts `slots` slots of a side, of which the first `lost` show this. */
static void count(struct made *m, int cell, int side, size_t slots, size_t lost,
                  enum gate_loss loss, enum gate_fault fault) {
    for (size_t i = 0; i < slots; i++) {
        struct gate_slot slot = {.loss = i < lost ? loss : LOSS_NONE};
        if (i < lost) gate_reason_set(&slot.why, GATE_RELIABILITY, "it broke");
        if (i < lost && fault != NO_FAULT) slot.faults[fault] = true;
        gate_losses_add(&m->losses[cell], side, &slot);
    }
}

static int decide(struct made *m) {
    gate_decide(&m->report);
    gate_check_control(&m->report);
    return gate_exit_code(&m->report, GATE_FAIL_REGRESSION, &m->why);
}

static void a_candidate_that_loses_more_has_regressed(void **state) {
    (void)state;
    static const struct {
        enum gate_loss loss;
        enum gate_fault fault;
        size_t lost[2];         /* of 8 slots of cell "a": baseline, candidate */
        size_t elsewhere[2];    /* of 8 slots of cell "b" */
        enum gate_code code[2]; /* expected reason of the rows of "a" and "b" */
    } cases[] = {
        {LOSS_NONE, NO_FAULT, {0, 0}, {0, 0}, {0, 0}},
        {LOSS_FAILED, NO_FAULT, {0, 3}, {0, 0}, {0, 0}},
        {LOSS_FAILED, NO_FAULT, {0, 4}, {0, 0}, {GATE_RELIABILITY, 0}},
        {LOSS_FAILED, NO_FAULT, {0, 2}, {0, 2}, {0, 0}},
        {LOSS_FAILED, NO_FAULT, {0, 3}, {0, 2}, {GATE_RELIABILITY, GATE_RELIABILITY}},
        {LOSS_FAILED, NO_FAULT, {4, 0}, {4, 0}, {0, 0}},
        {LOSS_FAILED, NO_FAULT, {8, 8}, {8, 8}, {0, 0}},
        {LOSS_FAILED, FAULT_CRASH, {0, 1}, {0, 0}, {GATE_RELIABILITY, 0}},
        {LOSS_FAILED, FAULT_CRASH, {0, 1}, {1, 0}, {0, 0}},
        {LOSS_FAILED, FAULT_CRASH, {8, 0}, {8, 0}, {0, 0}},
        {LOSS_FAILED, FAULT_CRASH, {1, 7}, {0, 0}, {GATE_RELIABILITY, 0}},
        {LOSS_SATURATED, NO_FAULT, {0, 4}, {0, 0}, {0, 0}},
        {LOSS_SATURATED, NO_FAULT, {0, 6}, {0, 0}, {GATE_CAPACITY, 0}},
        {LOSS_SATURATED, NO_FAULT, {8, 8}, {8, 8}, {0, 0}},
        {LOSS_SATURATED, NO_FAULT, {8, 0}, {0, 0}, {0, 0}},
        {LOSS_DISTURBED, NO_FAULT, {0, 8}, {0, 8}, {0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made m;
        start(&m);
        for (int side = 0; side < 2; side++) {
            count(&m, 0, side, 8, cases[i].lost[side], cases[i].loss, cases[i].fault);
            count(&m, 1, side, 8, cases[i].elsewhere[side], cases[i].loss, cases[i].fault);
        }
        int code = decide(&m);
        for (int k = 0; k < 2; k++)
            if (m.rows[k].reason.code != cases[i].code[k] ||
                (m.rows[k].verdict == GATE_REGRESSED) != (cases[i].code[k] != GATE_NO_REASON))
                fail_msg("case %d: row %d: %s", (int)i, k, m.rows[k].reason.text);
        assert_int_equal(m.rows[2].verdict, GATE_PASS);
        assert_int_equal(code, cases[i].code[0] ? 1 : 0);
    }
}

static void the_reason_counts_both_sides(void **state) {
    (void)state;
    struct made m;
    start(&m);
    count(&m, 0, 0, 11, 0, LOSS_FAILED, NO_FAULT);
    count(&m, 0, 1, 8, 3, LOSS_FAILED, FAULT_LOST_CONNECTION);
    assert_int_equal(decide(&m), 1);
    assert_string_equal(m.why.text,
                        "a: reliability: the candidate lost connections in 3 of 8 slots, the "
                        "baseline in 0 of 11; first: it broke");
    start(&m);
    count(&m, 0, 0, 8, 1, LOSS_FAILED, FAULT_CRASH);
    count(&m, 0, 1, 8, 7, LOSS_FAILED, FAULT_CRASH);
    m.rows[0].gated = false; /* a figure that is not gated does not excuse a crash */
    assert_int_equal(decide(&m), 1);
    assert_string_equal(m.why.text, "a: reliability: the candidate failed in 7 of 8 slots, the "
                                    "baseline in 1 of 8 (p 0.0051); first: it broke");
}

/* The machine may have shifted the figures; it did not break the candidate. */
static void a_control_that_fails_voids_the_figures_only(void **state) {
    (void)state;
    struct made m;
    start(&m);
    count(&m, 0, 1, 8, 1, LOSS_FAILED, FAULT_CRASH);
    m.report.has_control = true;
    m.report.control = (struct gate_row){.metric = METRIC_CPU};
    gate_estimate(&m.report.control);
    assert_int_equal(decide(&m), 1);
    assert_false(m.report.invalid);
    assert_int_equal(m.rows[0].verdict, GATE_REGRESSED);
    assert_int_equal(m.rows[1].verdict, GATE_NOT_MEASURED);
    assert_int_equal(m.rows[1].reason.code, GATE_CONTROL_NOT_MEASURED);
}

/* Sessions differ in speed, so files of one session are compared without effect on the exit code.
 * That a server breaks is no matter of speed. */
static void an_advisory_report_fails_if_the_candidate_breaks(void **state) {
    (void)state;
    for (int capacity = 0; capacity < 2; capacity++) {
        struct made m;
        start(&m);
        m.report.command = "compare";
        m.report.advisory = true;
        count(&m, 0, 0, 8, 0, LOSS_NONE, NO_FAULT);
        count(&m, 0, 1, 8, 8, capacity ? LOSS_SATURATED : LOSS_FAILED, NO_FAULT);
        assert_int_equal(decide(&m), !capacity);
        assert_int_equal(m.rows[0].verdict, GATE_REGRESSED);
    }
}

/* ---- simulated jobs ---- */

#define JOBS 2000
#define CONTROL_SLOTS 2 /* pairs of the control are two slots of the baseline */
#define SPARE_ROUNDS 7  /* for 45 slots of the candidate */

/* What the arms of a simulated job do, and how often. */
struct arms {
    enum gate_loss loss;
    enum gate_fault fault; /* NO_FAULT: a loss that a delay may cause */
    double shares[2];      /* of the slots of baseline and candidate */
};

static void draw(struct made *m, struct rng *random, const struct arms *arms, int cell, int side,
                 size_t slots) {
    for (size_t i = 0; i < slots; i++) {
        bool lost = rng_exponential(random) < -log1p(-arms->shares[side]);
        count(m, cell, side, 1, lost, arms->loss, arms->fault);
    }
}

static bool candidate_faulty(const struct made *m) {
    struct gate_count sum = gate_losses_sum(m->losses, CELLS, 1);
    for (int f = 0; f < FAULTS; f++)
        if (sum.faults[f]) return true;
    return false;
}

/* One job of suite ci with one model: three cells of 8 pairs and a control beside the first. Spare
 * rounds follow until the candidate shows a fault. Cells in which the candidate seems to lose more
 * go on with 24 pairs, and the control with them. */
static bool red(struct rng *random, const struct arms *arms) {
    static struct made m;
    bool second = false;
    start(&m);
    for (int side = 0; side < 2; side++)
        for (int cell = 0; cell < CELLS; cell++)
            draw(&m, random, arms, cell, side, GATE_STAGE1_PAIRS);
    draw(&m, random, arms, 0, 0, CONTROL_SLOTS * GATE_STAGE1_PAIRS);
    for (int i = 0; i < SPARE_ROUNDS * CELLS; i++)
        for (int side = 0; side < 2 && !candidate_faulty(&m); side++)
            draw(&m, random, arms, i % CELLS, side, 1);
    for (int cell = 0; cell < CELLS; cell++) {
        if (!gate_losses_open(&m.losses[cell])) continue;
        second = true;
        for (int side = 0; side < 2; side++) draw(&m, random, arms, cell, side, GATE_STAGE2_PAIRS);
    }
    if (second) draw(&m, random, arms, 0, 0, CONTROL_SLOTS * GATE_STAGE2_PAIRS);
    return decide(&m) == 1;
}

static double share_red(const struct arms *arms) {
    struct rng random;
    size_t count = 0;
    rng_seed(&random, 7, 0);
    for (int i = 0; i < JOBS; i++) count += red(&random, arms);
    return (double)count / JOBS;
}

static double both(enum gate_loss loss, enum gate_fault fault, double share) {
    return share_red(&(const struct arms){loss, fault, {share, share}});
}

/* The figures of docs/gate.md. */
static void equal_arms_are_seldom_red(void **state) {
    (void)state;
    static const double shares[] = {0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7};
    const double more = 4 * sqrt(0.05 * 0.95 / JOBS); /* four standard deviations */
    assert_true(both(LOSS_FAILED, FAULT_CRASH, 0) <= 0);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        double faults = both(LOSS_FAILED, FAULT_CRASH, shares[i]);
        double failed = both(LOSS_FAILED, NO_FAULT, shares[i]);
        double saturated = both(LOSS_SATURATED, NO_FAULT, shares[i]);
        print_message(
            "equal arms that break in %g %% of their slots: red %.1f %% (faults), %.1f %% "
            "(failed), %.1f %% (saturated)\n",
            100 * shares[i], 100 * faults, 100 * failed, 100 * saturated);
        assert_true(faults <= 0.12 + more);
        assert_true(failed <= 0.05 + more);
        assert_true(saturated <= 0.01 + more);
    }
}

static void a_candidate_that_breaks_is_found(void **state) {
    (void)state;
    const struct arms tenth = {LOSS_FAILED, FAULT_LOST_CONNECTION, {0, 0.1}};
    const struct arms twentieth = {LOSS_FAILED, FAULT_LOST_CONNECTION, {0, 0.05}};
    const struct arms better = {LOSS_FAILED, FAULT_LOST_CONNECTION, {0.1, 0}};
    double found = share_red(&tenth), rarer = share_red(&twentieth);
    print_message("a candidate that breaks in 10 %% of its processes is found in %.1f %% of the "
                  "jobs, one that breaks in 5 %% in %.1f %%\n",
                  100 * found, 100 * rarer);
    assert_true(found >= 0.97 && rarer >= 0.87);
    assert_true(share_red(&better) <= 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_told_from_a_disturbance),
        cmocka_unit_test(a_candidate_that_loses_more_has_regressed),
        cmocka_unit_test(the_reason_counts_both_sides),
        cmocka_unit_test(a_control_that_fails_voids_the_figures_only),
        cmocka_unit_test(an_advisory_report_fails_if_the_candidate_breaks),
        cmocka_unit_test(equal_arms_are_seldom_red),
        cmocka_unit_test(a_candidate_that_breaks_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
