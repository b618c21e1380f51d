/* test_plan.c - the cells of a suite. */
#include "bench/result/scenario.h"
#include "tests/unit/plan_made.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_ids(const struct plan *plan, const char *const *ids, size_t count) {
    assert_int_equal(plan->cell_count, count);
    for (size_t i = 0; i < count; i++) assert_string_equal(plan->cells[i].id, ids[i]);
}

/* ---- cells ---- */

static void cells_are_the_cross_product(void **state) {
    (void)state;
    static const char *const ids[] = {"epoll/closed/c1/d1/64B",  "select/closed/c1/d1/64B",
                                      "epoll/closed/c50/d1/64B", "select/closed/c50/d1/64B",
                                      "epoll/closed/c1/d4/64B",  "select/closed/c1/d4/64B",
                                      "epoll/closed/c50/d4/64B", "select/closed/c50/d4/64B"};
    struct session *s =
        start(PHASE("{\"load\":\"closed\",\"connections\":[1,50],\"depth\":[1,4]}"), 1);
    s->input.server_count = 2;
    assert_true(make(s));
    expect_ids(&s->plan, ids, 8);
    for (size_t i = 0; i < 8; i++) assert_int_equal(s->plan.cells[i].load_index, i / 2);
    end(s);
}

static void arms_are_told_apart(void **state) {
    (void)state;
    static const char *const ids[] = {"baseline/epoll/closed/c50/d1/64B",
                                      "candidate/epoll/closed/c50/d1/64B"};
    struct session *s = start(PHASE("{\"load\":\"closed\"}"), 1);
    s->servers[1] = (struct server_spec){.program = s->servers[0].program,
                                         .arm = "candidate",
                                         .text = "epoll",
                                         .describe = s->servers[1].describe};
    s->servers[0].arm = "baseline";
    s->input.server_count = 2;
    assert_true(make(s));
    expect_ids(&s->plan, ids, 2);
    for (int i = 0; i < 2; i++) {
        cJSON *scenario = plan_scenario(&s->plan.cells[i]);
        char *server = scenario_server(scenario);
        assert_string_equal(server, i ? "candidate/epoll" : "baseline/epoll");
        free(server);
        cJSON_Delete(scenario);
    }
    end(s);
}

static void ids_say_what_differs(void **state) {
    (void)state;
    static const char *const ids[] = {"epoll:events=3,trigger=edge/closed/c50/d1/64B",
                                      "epoll:events=3,trigger=edge/open/c50/r0.5/poisson/k1/64B",
                                      "epoll:events=3,trigger=edge/open/c50/r20000/constant/k1/9B",
                                      "epoll:events=3,trigger=edge/open/c50/r20000/constant/k4/9B",
                                      "epoll:events=3,trigger=edge/churn/c50/r90/poisson/e2/64B",
                                      "epoll:events=3,trigger=edge/closed/c50/d1/64B/t2/burn500",
                                      "epoll:events=3,trigger=edge/closed/c50/d1/64B/idle5/new0.5",
                                      "epoll:events=3,trigger=edge/open/c50/r12.5%/poisson/k1/64B"};
    struct session *s = start(
        PHASE("{\"load\":\"closed\"},{\"load\":\"open\",\"rate_per_s\":0.5},"
              "{\"load\":\"open\",\"rate_per_s\":20000,\"arrival\":\"constant\","
              "\"outstanding\":[1,4],\"size_bytes\":9},"
              "{\"load\":\"churn\",\"rate_per_s\":90,\"churn_echoes\":2}") "," PHASE("{\"load\":"
                                                                                     "\"closed\","
                                                                                     "\"server_"
                                                                                     "threads\":2,"
                                                                                     "\"burn_ns\":["
                                                                                     "500]},"
                                                                                     "{\"load\":"
                                                                                     "\"closed\","
                                                                                     "\"idle\":5,"
                                                                                     "\"newcomers_"
                                                                                     "per_s\":0.5},"
                                                                                     "{\"load\":"
                                                                                     "\"open\","
                                                                                     "\"rate_pct\":"
                                                                                     "12.5}"),
        1);
    static const char *const options[] = {"events=3", "trigger=edge"};
    for (int i = 0; i < 2; i++) strcpy(s->servers[0].options[i], options[i]);
    s->servers[0].option_count = 2;
    assert_true(make(s));
    expect_ids(&s->plan, ids, 8);
    assert_int_equal(s->plan.cells[4].phase_index, 0);
    assert_int_equal(s->plan.cells[5].phase_index, 1);
    end(s);
}

static void the_same_cell_twice_is_refused(void **state) {
    (void)state;
    struct session *s = start(PHASE("{\"load\":\"closed\",\"connections\":[5,6,5]}"), 1);
    assert_false(make(s));
    assert_string_equal(s->reason.text, "the cell epoll/closed/c5/d1/64B occurs twice");
    end(s);
}

static void too_many_cells_are_refused(void **state) {
    (void)state;
    struct session *s = start(PHASE("{\"load\":\"closed\"}"), 1);
    cJSON *load = cJSON_GetObjectItem(s->suite, "phases")->child->child->next->child;
    int sides[2] = {PLAN_CELLS_MAX / 100, 100};
    for (int i = 0; i < 2; i++) {
        cJSON *list = cJSON_AddArrayToObject(load, i ? "depth" : "connections");
        for (int n = 1; n <= sides[i]; n++) cJSON_AddItemToArray(list, cJSON_CreateNumber(n));
    }
    assert_true(make(s));
    assert_int_equal(s->plan.cell_count, PLAN_CELLS_MAX);
    cJSON_AddItemToArray(cJSON_GetObjectItem(load, "depth"), cJSON_CreateNumber(101));
    assert_false(make(s));
    assert_string_equal(s->reason.text, "more than 10000 cells");
    end(s);
}

static void what_cannot_run_is_skipped_with_its_reason(void **state) {
    (void)state;
    static const char *const reasons[] = {
        "",
        "",
        "no ring", /* c100 */
        "",
        "select serves at most 100 connections",
        "no ring", /* c101 */
        "437 connections need more than 500 descriptors, which ulimit -n allows"};
    struct session *s =
        start(PHASE("{\"load\":\"closed\",\"connections\":[100,101,437]}") "," PHASE(
                  "{\"load\":\"closed\",\"server_threads\":[2,3]}"),
              2);
    s->input.server_count = MODELS;
    s->input.descriptors = 500;
    assert_true(make(s));
    for (size_t i = 0; i < 7; i++) assert_string_equal(s->plan.cells[i].skipped, reasons[i]);
    assert_int_equal(s->plan.cells[2].skip_code, SKIP_NOT_AVAILABLE);
    assert_int_equal(s->plan.cells[4].skip_code, SKIP_CONNECTIONS_LIMIT);
    assert_int_equal(s->plan.cells[6].skip_code, SKIP_DESCRIPTORS);
    assert_int_equal(s->plan.cells[13].skip_code, SKIP_THREADS_LIMIT);
    assert_string_equal(s->plan.cells[10].skipped, "");
    assert_string_equal(s->plan.cells[13].skipped, "select runs at most 2 threads");
    /* remaining: c100 x 2, c101 x 1, 2 threads x 2, 3 threads x 1 */
    assert_int_equal(s->plan.slot_count, 2 * 6);
    cJSON_SetNumberValue(cJSON_GetObjectItem(s->servers[1].describe, "threads_max"), 1);
    assert_true(make(s));
    assert_string_equal(s->plan.cells[10].skipped, "select starts its own threads");
    end(s);
}

static void idle_connections_count_too(void **state) {
    (void)state;
    struct session *s =
        start(PHASE("{\"load\":\"closed\",\"connections\":60,\"idle\":[40,41]}"), 1);
    s->input.server_count = 2;
    assert_true(make(s));
    assert_string_equal(s->plan.cells[1].skipped, "");
    assert_string_equal(s->plan.cells[3].skipped, "select serves at most 100 connections");
    s->input.descriptors = 164;
    assert_true(make(s));
    assert_string_equal(s->plan.cells[0].skipped, "");
    assert_memory_equal(s->plan.cells[2].skipped, "101 connections need more", 25);
    end(s);
}

static void a_transport_is_a_dimension(void **state) {
    (void)state;
    static const char *const ids[] = {
        "epoll/closed/c1/d1/64B/via-uv",   "select/closed/c1/d1/64B/via-uv",
        "epoll/closed/c1/d1/64B/via-ring", "select/closed/c1/d1/64B/via-ring",
        "epoll/closed/c1/d1/64B",          "select/closed/c1/d1/64B",
        "epoll/closed/c5/d1/64B/via-uv",   "select/closed/c5/d1/64B/via-uv",
        "epoll/closed/c5/d1/64B/via-ring", "select/closed/c5/d1/64B/via-ring",
        "epoll/closed/c5/d1/64B",          "select/closed/c5/d1/64B"};
    struct session *s = start(PHASE("{\"load\":\"closed\",\"connections\":[1,5],"
                                    "\"transport\":[\"uv\",\"ring\",\"auto\"]}"),
                              2);
    cJSON *loadgen = cJSON_Parse("{\"transports\":[\"uv\"],\"transports_missing\":[{\"name\":"
                                 "\"ring\",\"reason\":\"switched off\"}]}");
    s->input.server_count = 2;
    s->loadgen.describe = loadgen;
    assert_true(make(s));
    expect_ids(&s->plan, ids, 12);
    for (size_t i = 0; i < 12; i++)
        assert_string_equal(s->plan.cells[i].skipped,
                            i % 6 / 2 == 1 ? "the load generator's transport ring: switched off"
                                           : "");
    assert_int_equal(s->plan.slot_count, 2 * 8);
    cJSON *scenario = plan_scenario(&s->plan.cells[7]);
    assert_string_equal(
        cJSON_GetObjectItem(cJSON_GetObjectItem(scenario, "loadgen"), "transport")->valuestring,
        "uv");
    cJSON_Delete(scenario);
    cJSON_Delete(loadgen);
    end(s);
}

/* ---- rates in percent ---- */

#define CAPACITY "{\"name\":\"cap\",\"loads\":[{\"load\":\"closed\",\"connections\":[5,50]}]},"
#define IN_PCT(fields)                                                                             \
    "{\"name\":\"q\",\"loads\":[{\"load\":\"open\",\"of_phase\":\"cap\"," fields "}]}"

/* Capacities of the cells epoll/c5, select/c5, epoll/c50, select/c50. */
static double measured[4];

static double capacity(void *context, size_t cell) {
    assert_null(context);
    assert_true(cell < 4);
    return measured[cell];
}

static void rates_are_shares_of_the_best_capacity(void **state) {
    (void)state;
    struct session *s = start(CAPACITY IN_PCT("\"rate_pct\":[50,100]"), 1);
    s->input.server_count = 2;
    assert_true(make(s));
    assert_int_equal(s->plan.cell_count, 8);
    const struct cell *q =
        &s->plan.cells[4]; /* epoll 50 %, select 50 %, epoll 100 %, select 100 % */
    assert_true(isnan(q->rate_per_s));
    assert_false(plan_set_rates(&s->plan, 0, capacity, NULL)); /* phase 0 has no rates in percent */
    memcpy(measured, (double[4]){9e9, 9e9, 2000.4, 1052}, sizeof measured);
    assert_true(plan_set_rates(&s->plan, 1, capacity, NULL));
    const double rates[4] = {1000, 1000, 2000, 2000};
    const bool saturating[4] = {false, true, true, true};
    for (int i = 0; i < 4; i++) {
        assert_true(q[i].rate_per_s == rates[i]);
        assert_int_equal(q[i].saturating, saturating[i]);
    }
    measured[3] = 1053; /* 1000 is at most 95 % of it */
    assert_true(plan_set_rates(&s->plan, 1, capacity, NULL));
    assert_false(q[1].saturating);
    measured[2] = NAN;
    assert_true(plan_set_rates(&s->plan, 1, capacity, NULL));
    assert_string_equal(q[0].skipped, "phase cap did not measure its capacity");
    assert_int_equal(q[0].skip_code, SKIP_CAPACITY_UNKNOWN);
    assert_true(q[3].rate_per_s == 1053);
    assert_string_equal(q[3].skipped, "");
    end(s);
}

/* Connections cost more than echoes, so the capacity does not tell whether churn saturates. */
static void churn_saturates_if_the_suite_says_so(void **state) {
    (void)state;
    struct session *s = start(
        CAPACITY "{\"name\":\"q\",\"loads\":[{\"load\":\"churn\",\"of_phase\":\"cap\",\"rate_pct\":"
                 "[2,100]},{\"load\":\"churn\",\"of_phase\":\"cap\",\"rate_pct\":10,"
                 "\"saturating\":true}]}",
        1);
    assert_true(make(s));
    assert_int_equal(s->plan.cell_count, 5);
    memcpy(measured, (double[4]){9e9, 20000}, sizeof measured);
    assert_true(plan_set_rates(&s->plan, 1, capacity, NULL));
    const double rates[3] = {400, 20000, 2000};
    for (int i = 0; i < 3; i++) {
        assert_true(s->plan.cells[2 + i].rate_per_s == rates[i]);
        assert_int_equal(s->plan.cells[2 + i].saturating, i == 2);
    }
    end(s);
}

/* The capacity that was measured with another transport is not used. */
static void a_rate_is_of_its_own_transport(void **state) {
    (void)state;
    struct session *s =
        start("{\"name\":\"cap\",\"loads\":[{\"load\":\"closed\",\"transport\":[\"uv\","
              "\"ring\"]}]}," IN_PCT("\"rate_pct\":50,\"transport\":[\"uv\",\"ring\"]"),
              1);
    assert_true(make(s));
    memcpy(measured, (double[4]){1000, 5000}, sizeof measured);
    assert_true(plan_set_rates(&s->plan, 1, capacity, NULL));
    assert_true(s->plan.cells[2].rate_per_s == 500);
    assert_true(s->plan.cells[3].rate_per_s == 2500);
    end(s);
}

static void a_rate_in_percent_needs_its_capacity_cell(void **state) {
    (void)state;
    static const char *const others[] = {
        "\"rate_pct\":50,\"connections\":6",   "\"rate_pct\":50,\"outstanding\":2",
        "\"rate_pct\":50,\"size_bytes\":1",    "\"rate_pct\":50,\"server_threads\":2",
        "\"rate_pct\":50,\"burn_ns\":1",       "\"rate_pct\":50,\"idle\":1",
        "\"rate_pct\":50,\"transport\":\"uv\""};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char phases[512];
        snprintf(phases, sizeof phases, CAPACITY IN_PCT("%s"), others[i]);
        struct session *s = start(phases, 1);
        assert_false(make(s));
        assert_non_null(
            strstr(s->reason.text, "no closed loop of phase \"cap\" measures its capacity"));
        end(s);
    }
}

static void a_scenario_is_a_full_copy(void **state) {
    (void)state;
    struct session *s =
        start(PHASE("{\"load\":\"closed\",\"depth\":3},{\"load\":\"open\",\"rate_per_s\":0.5,"
                    "\"saturating\":true,\"loadgen_threads\":9,\"connections\":4,\"warmup_s\":0,"
                    "\"duration_s\":2,\"drain_s\":0.5,\"transport\":\"epoll\",\"idle\":7,"
                    "\"newcomers_per_s\":2.5},"
                    "{\"load\":\"churn\",\"rate_per_s\":10,\"churn_echoes\":3}"),
              1);
    static const char *const options[] = {"events=3", "trigger=edge"};
    for (int i = 0; i < 2; i++) strcpy(s->servers[0].options[i], options[i]);
    s->servers[0].option_count = 2;
    static const char *const expected[] = {
        "{\"phase\":\"p\",\"server\":{\"model\":\"epoll\",\"options\":{\"events\":3,"
        "\"trigger\":\"edge\"},\"threads\":1,\"burn_ns\":0,"
        "\"foreign\":null,\"command\":null},\"load\":\"closed\",\"connections\":50,"
        "\"idle\":0,\"newcomers_per_s\":0,\"depth\":3,\"churn_echoes\":null,\"rate_pct\":null,"
        "\"rate_per_s\":null,\"arrival\":null,\"outstanding\":null,\"size_bytes\":64,"
        "\"warmup_s\":0.3,\"duration_s\":1,\"drain_s\":2,\"saturating\":false,\"loadgen\":"
        "{\"transport\":\"auto\",\"threads\":1},\"placement\":{\"server\":[0],\"loadgen\":[1],"
        "\"separate\":true}}",
        "{\"phase\":\"p\",\"server\":{\"model\":\"epoll\",\"options\":{\"events\":3,"
        "\"trigger\":\"edge\"},\"threads\":1,\"burn_ns\":0,"
        "\"foreign\":null,\"command\":null},\"load\":\"open\",\"connections\":4,"
        "\"idle\":7,\"newcomers_per_s\":2.5,\"depth\":null,\"churn_echoes\":null,"
        "\"rate_pct\":null,\"rate_per_s\":0.5,\"arrival\":\"poisson\",\"outstanding\":1,"
        "\"size_bytes\":64,\"warmup_s\":0,\"duration_s\":2,\"drain_s\":0.5,\"saturating\":true,"
        "\"loadgen\":{\"transport\":\"epoll\",\"threads\":4},\"placement\":{\"server\":[0],"
        "\"loadgen\":[1],\"separate\":true}}",
        "{\"phase\":\"p\",\"server\":{\"model\":\"epoll\",\"options\":{\"events\":3,"
        "\"trigger\":\"edge\"},\"threads\":1,\"burn_ns\":0,"
        "\"foreign\":null,\"command\":null},\"load\":\"churn\",\"connections\":50,"
        "\"idle\":0,\"newcomers_per_s\":0,\"depth\":null,\"churn_echoes\":3,\"rate_pct\":null,"
        "\"rate_per_s\":10,\"arrival\":\"poisson\",\"outstanding\":null,\"size_bytes\":64,"
        "\"warmup_s\":0.3,\"duration_s\":1,\"drain_s\":2,\"saturating\":false,\"loadgen\":"
        "{\"transport\":\"auto\",\"threads\":1},\"placement\":{\"server\":[0],\"loadgen\":[1],"
        "\"separate\":true}}"};
    assert_true(make(s));
    for (int i = 0; i < 3; i++) {
        cJSON *scenario = plan_scenario(&s->plan.cells[i]);
        char *text = cJSON_PrintUnformatted(scenario);
        assert_string_equal(text, expected[i]);
        cJSON_free(text);
        cJSON_Delete(scenario);
    }
    end(s);
}

/* ---- time ---- */

static void the_time_is_foretold(void **state) {
    (void)state;
    struct session *s = start(PHASE("{\"load\":\"closed\",\"warmup_s\":1,\"duration_s\":4,"
                                    "\"connections\":20000}"),
                              3);
    assert_true(make(s));
    double slot = plan_slot_s(&s->plan.cells[0]);
    assert_true(slot >= 1 + 4 + 0.5 && slot < 8);
    assert_true(fabs(s->plan.predicted_s - 3 * slot) < 1e-9);
    end(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_the_cross_product),
        cmocka_unit_test(arms_are_told_apart),
        cmocka_unit_test(ids_say_what_differs),
        cmocka_unit_test(the_same_cell_twice_is_refused),
        cmocka_unit_test(too_many_cells_are_refused),
        cmocka_unit_test(what_cannot_run_is_skipped_with_its_reason),
        cmocka_unit_test(idle_connections_count_too),
        cmocka_unit_test(a_transport_is_a_dimension),
        cmocka_unit_test(rates_are_shares_of_the_best_capacity),
        cmocka_unit_test(churn_saturates_if_the_suite_says_so),
        cmocka_unit_test(a_rate_is_of_its_own_transport),
        cmocka_unit_test(a_rate_in_percent_needs_its_capacity_cell),
        cmocka_unit_test(a_scenario_is_a_full_copy),
        cmocka_unit_test(the_time_is_foretold),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
