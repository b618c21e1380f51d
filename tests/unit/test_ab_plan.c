/* test_ab_plan.c - the suites made for `iobench ab`: what they judge, and the time that they need.
 * The models are invented; no program is started. Must run from the top of the source tree, which
 * contains the suites. */
#include "base/os.h"

#include "bench/ab/ab.h"
#include "bench/suite/suite.h"
#include "bench/support/json_path.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODELS 3
#define BUDGET_S 720 /* where a suite has none */

static const struct paths here = {.suites = "bench/suites"};
static const int two_cpus[] = {0, 1};

/* A comparison of MODELS models and all that it points to. */
struct made {
    cJSON *suite, *describe;
    struct program programs[MODELS], loadgen;
    struct placement_policy policy;
    struct ab ab;
};

static struct made *start(const char *suite) {
    static const char *const names[MODELS] = {"epoll", "io_uring", "libuv"};
    static const char *const arms[AB_ARMS] = {"baseline", "candidate", "copy"};
    struct made *m = test_calloc(1, sizeof *m);
    struct reason reason;
    m->suite = suite_load(&here, suite, &reason);
    m->describe = cJSON_Parse("{\"connections_limit\":null,\"threads_max\":1,\"available\":true,"
                              "\"reason\":null,\"options\":[]}");
    assert_true(m->suite && m->describe);
    struct ab_arms *a = &m->ab.arms;
    for (int i = 0; i < MODELS; i++) {
        snprintf(m->programs[i].name, sizeof m->programs[i].name, "%s", names[i]);
        m->programs[i].kind = SERVER_OURS;
        for (int arm = 0; arm < AB_ARMS; arm++) {
            struct server_spec *s = &a->specs[a->spec_count++];
            *s = (struct server_spec){
                .program = &m->programs[i], .arm = arms[arm], .describe = m->describe};
            snprintf(s->text, sizeof s->text, "%s", names[i]);
            a->subjects[i].specs[arm] = s;
        }
    }
    a->subject_count = MODELS;
    const struct plan_input in = {.suite = m->suite,
                                  .servers = a->specs,
                                  .server_count = a->spec_count,
                                  .loadgen = &m->loadgen,
                                  .placement = &m->policy,
                                  .cpus = two_cpus,
                                  .cpu_count = 2,
                                  .descriptors = OS_UNKNOWN};
    if (!plan_make(&m->ab.plan, &in, &reason)) fail_msg("%s", reason.text);
    ab_prepare(&m->ab);
    return m;
}

static void end(struct made *m) {
    free(m->ab.cells);
    free(m->ab.report.rows);
    free(m->ab.report.losses);
    plan_free(&m->ab.plan);
    cJSON_Delete(m->describe);
    cJSON_Delete(m->suite);
    test_free(m);
}

/* Whether some cell of the first model judges the metric. */
static bool judged(const struct made *m, enum metric metric) {
    for (size_t i = 0; i < m->ab.report.row_count; i++)
        if (m->ab.report.rows[i].metric == metric && m->ab.report.rows[i].gated) return true;
    return false;
}

/* Stage 1 of three models, and stage 2 of the longest cell, fit in the budget of the suite. */
static void three_models_fit_in_the_budget(void **state) {
    (void)state;
    static const struct {
        const char *suite;
        double most_s; /* the time that docs/ci.md promises */
    } cases[] = {{"ci", 720}, {"ci-full", 1800}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made *m = start(cases[i].suite);
        double budget_s = json_number(m->suite, "budget_s");
        if (!(budget_s > 0)) budget_s = BUDGET_S;
        print_message("%s: %d figures, stage 1 %.0f s, at least %.0f s, budget %.0f s\n",
                      cases[i].suite, (int)m->ab.report.row_count, m->ab.stage1_s, m->ab.least_s,
                      budget_s);
        assert_true(budget_s <= cases[i].most_s);
        assert_true(m->ab.least_s <= budget_s);
        end(m);
    }
}

/* Each load is measured for each model, and judged by some figure. */
static void every_load_is_judged(void **state) {
    (void)state;
    static const char *const suites[] = {"ci", "ci-full"};
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        struct made *m = start(suites[i]);
        size_t arms = m->ab.arms.spec_count, cells = m->ab.plan.cell_count / arms * MODELS;
        assert_true(m->ab.report.has_control);
        assert_int_equal(m->ab.cell_count, cells + 1); /* and the control */
        end(m);
    }
}

/* What suite ci leaves out, suite ci-full judges. */
static void suite_ci_full_judges_what_ci_leaves_out(void **state) {
    (void)state;
    static const struct {
        enum metric metric;
        bool in_ci;
    } cases[] = {
        {METRIC_THROUGHPUT, true},
        {METRIC_P50, true},
        {METRIC_P99, true},
        {METRIC_CPU, true},
        {METRIC_SYSCALLS, true},
        {METRIC_WAKEUPS, true},
        {METRIC_P999, false},
        {METRIC_CONNECT_P99, false},
        {METRIC_NEWCOMERS_P50, false},
        {METRIC_NEWCOMERS_P99, false},
        {METRIC_ANSWERED, false},
        {METRIC_CPU_PER_CONNECTION, false},
        {METRIC_MEMORY, false},
        {METRIC_MEMORY_PER_CONNECTION, false},
    };
    struct made *ci = start("ci"), *full = start("ci-full");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_message("%s\n", metrics[cases[i].metric].key);
        assert_int_equal(judged(ci, cases[i].metric), cases[i].in_ci);
        assert_true(judged(full, cases[i].metric));
    }
    end(ci);
    end(full);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_models_fit_in_the_budget),
        cmocka_unit_test(every_load_is_judged),
        cmocka_unit_test(suite_ci_full_judges_what_ci_leaves_out),
    };
    return cmocka_run_group_tests_name("ab_plan", tests, NULL, NULL);
}
