/* test_scenario.c - servers and loads are distinguished by scenarios, never by ids. */
#include "bench/result/scenario.h"
#include "bench/result/summary.h"
#include "bench/support/json_path.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cJSON *parse(const char *text) {
    cJSON *json = cJSON_Parse(text);
    if (!json) fail_msg("not JSON: %s", text);
    return json;
}

/* ---- servers ---- */

static void expect_server(const char *server, const char *expected) {
    char text[512];
    snprintf(text, sizeof text, "{\"server\": %s}", server);
    cJSON *scenario = parse(text);
    char *name = scenario_server(scenario);
    assert_string_equal(name, expected);
    free(name);
    cJSON_Delete(scenario);
}

static void servers_have_their_options(void **state) {
    (void)state;
    expect_server("{\"model\": \"epoll\", \"options\": {}}", "epoll");
    expect_server("{\"model\": \"epoll\", \"options\": {\"events\": 64, \"trigger\": \"edge\"}}",
                  "epoll:events=64,trigger=edge");
    expect_server("{\"model\": \"io_uring\", \"options\": {\"buffers\": 32768}}",
                  "io_uring:buffers=32768");
    expect_server("{\"model\": \"epoll\", \"options\": {}, \"arm\": \"copy\"}", "copy/epoll");
    expect_server("{\"model\": \"at-127.0.0.1:7000\", \"foreign\": \"at\","
                  "\"command\": \"127.0.0.1:7000\"}",
                  "at-127.0.0.1:7000");
    expect_server("{\"model\": \"/opt/closed/open/x\"}", "/opt/closed/open/x");
    expect_server("{}", "");
}

/* ---- loads ---- */

#define SERVER "\"server\": {\"model\": \"epoll\", \"options\": {}, \"threads\": 1, \"burn_ns\": 0}"
#define LOADGEN "\"loadgen\": {\"transport\": \"auto\", \"threads\": 1}"
#define CLOSED                                                                                     \
    "\"phase\": \"p\", \"load\": \"closed\", \"connections\": 50, \"idle\": 0, \"depth\": 1,"      \
    "\"rate_pct\": null, \"rate_per_s\": null, \"arrival\": null, \"size_bytes\": 64,"             \
    "\"newcomers_per_s\": 0, \"duration_s\": 1, \"saturating\": false, " SERVER ", " LOADGEN
#define OPEN(rates) "{\"load\": \"open\", \"connections\": 5, \"arrival\": \"poisson\", " rates "}"

static bool same(const char *one, const char *two, enum scenario_but but) {
    cJSON *left = parse(one), *right = parse(two);
    bool answer = scenario_same_load(left, right, but);
    assert_int_equal(scenario_same_load(right, left, but), answer);
    cJSON_Delete(left);
    cJSON_Delete(right);
    return answer;
}

/* CLOSED with the value of `path` changed, or added. */
static bool same_with(const char *path, const char *value, enum scenario_but but) {
    cJSON *changed = parse("{" CLOSED "}"), *object = changed;
    const char *key = strchr(path, '.') ? strchr(path, '.') + 1 : path;
    if (key != path)
        object =
            cJSON_GetObjectItem(changed, strncmp(path, "server", 6) == 0 ? "server" : "loadgen");
    cJSON_DeleteItemFromObject(object, key);
    cJSON_AddItemToObject(object, key, parse(value));
    char *text = cJSON_PrintUnformatted(changed);
    bool answer = same("{" CLOSED "}", text, but);
    free(text);
    cJSON_Delete(changed);
    return answer;
}

static void loads_are_made_of_their_fields(void **state) {
    (void)state;
    static const char *const of_load[][2] = {
        {"load", "\"churn\""},        {"connections", "51"}, {"idle", "7"},
        {"newcomers_per_s", "200"},   {"depth", "2"},        {"rate_per_s", "1000"},
        {"arrival", "\"constant\""},  {"outstanding", "2"},  {"churn_echoes", "1"},
        {"size_bytes", "65"},         {"counted", "true"},   {"server.threads", "2"},
        {"server.burn_ns", "500"},    {"rate_pct", "50"},    {"loadgen.transport", "\"libuv\""},
        {"not_known_yet", "\"some\""}};
    static const char *const of_others[][2] = {{"phase", "\"q\""},
                                               {"duration_s", "2"},
                                               {"warmup_s", "2"},
                                               {"drain_s", "2"},
                                               {"saturating", "true"},
                                               {"server.model", "\"poll\""},
                                               {"server.options", "{\"a\": 1}"},
                                               {"server.arm", "\"copy\""},
                                               {"loadgen.threads", "2"},
                                               {"placement", "{\"server\": [3]}"},
                                               /* means the same as no field */
                                               {"counted", "false"},
                                               {"not_known_yet", "null"},
                                               {"outstanding", "null"}};
    for (size_t i = 0; i < sizeof of_load / sizeof *of_load; i++)
        if (same_with(of_load[i][0], of_load[i][1], BUT_NOTHING))
            fail_msg("%s is not looked at", of_load[i][0]);
    for (size_t i = 0; i < sizeof of_others / sizeof *of_others; i++)
        if (!same_with(of_others[i][0], of_others[i][1], BUT_NOTHING))
            fail_msg("%s is looked at", of_others[i][0]);
}

static void families_differ_in_one_field(void **state) {
    (void)state;
    assert_true(same_with("connections", "5", BUT_CONNECTIONS));
    assert_false(same_with("depth", "5", BUT_CONNECTIONS));
    assert_false(same_with("idle", "5", BUT_CONNECTIONS));
    assert_true(same_with("idle", "5", BUT_IDLE));
    assert_false(same_with("connections", "5", BUT_IDLE));
    assert_false(same_with("newcomers_per_s", "5", BUT_IDLE));
    assert_false(same_with("connections", "5", BUT_RATE));
    assert_true(same(OPEN("\"rate_pct\": 10"), OPEN("\"rate_per_s\": 2000"), BUT_RATE));
    assert_false(same(OPEN("\"rate_pct\": 10"), OPEN("\"rate_per_s\": 2000"), BUT_CONNECTIONS));
    assert_false(same(OPEN("\"rate_pct\": 10"), OPEN("\"rate_pct\": 20"), BUT_NOTHING));
    /* the rate that 10 % means differs between sessions */
    assert_true(same(OPEN("\"rate_pct\": 10, \"rate_per_s\": 99"),
                     OPEN("\"rate_pct\": 10, \"rate_per_s\": 98"), BUT_NOTHING));
}

/* ---- ids ---- */

/* Summarises a file with these cells; `texts` has pairs of id and scenario. */
static void build(struct summary *report, const char *const *texts, size_t count) {
    static const char *const path = "a.json";
    cJSON *file = parse("{\"cells\": []}"), **files = calloc(1, sizeof *files);
    assert_non_null(files);
    files[0] = file;
    for (size_t i = 0; i < count; i++) {
        cJSON *cell = cJSON_CreateObject();
        cJSON_AddStringToObject(cell, "id", texts[2 * i]);
        cJSON_AddItemToObject(cell, "scenario", parse(texts[2 * i + 1]));
        cJSON_AddItemToArray(cJSON_GetObjectItem(file, "cells"), cell);
    }
    summary_build(report, files, &path, 1);
}

static void misleading_ids_decide_nothing(void **state) {
    (void)state;
    static const char foreign[] =
        "{\"server\": {\"model\": \"x/closed/y\", \"foreign\": \"cmd\"}, \"load\": \"open\","
        "\"connections\": 50, \"rate_per_s\": 1000}";
    const char *const cells[] = {
        "epoll/closed/c50/d1/64B",
        "{\"server\": {\"model\": \"epoll\"}, \"load\": \"closed\", \"connections\": 100}",
        "poll/closed/c50/d1/64B",
        "{\"server\": {\"model\": \"poll\"}, \"load\": \"closed\", \"connections\": 50}",
        "epoll/closed/c100/d1/64B",
        "{\"server\": {\"model\": \"select\"}, \"load\": \"closed\", \"connections\": 100}",
        "x/closed/y/open/c50/r1000/poisson/k1/64B",
        foreign,
        "",
        foreign};
    struct summary report;
    build(&report, cells, 5);
    assert_true(report.cells[0].connections == 100);
    assert_int_not_equal(report.cells[0].load, report.cells[1].load);
    assert_int_equal(report.cells[0].load, report.cells[2].load);
    assert_true(summary_same_load(&report.cells[0], &report.cells[1], BUT_CONNECTIONS));
    assert_false(summary_same_load(&report.cells[0], &report.cells[1], BUT_IDLE));
    assert_string_equal(report.cells[2].server, "select");
    for (int i = 3; i < 5; i++) {
        assert_string_equal(report.cells[i].server, "x/closed/y");
        assert_int_equal(report.cells[i].kind, LOAD_OPEN);
        assert_int_equal(report.cells[i].load, 3);
    }
    summary_clear(&report);
}

/* ---- old files ---- */

static void old_files_get_their_arms(void **state) {
    (void)state;
    cJSON *file = parse(
        "{\"session\": {\"mode\": \"ab\"}, \"cells\": ["
        "{\"id\": \"baseline/epoll/closed/c1\", \"scenario\": {\"server\": {\"model\": "
        "\"epoll\"}}},"
        "{\"id\": \"copy/epoll/closed/c1\", \"scenario\": {\"server\": {\"model\": \"epoll\"}}},"
        "{\"id\": \"x/y\", \"scenario\": {\"server\": {\"arm\": \"candidate\"}}}]}");
    static const char *const expected[] = {"baseline", "copy", "candidate"};
    const cJSON *cells = json_item(file, "cells");
    scenario_add_arms(file);
    for (int i = 0; i < 3; i++)
        assert_string_equal(json_text(cJSON_GetArrayItem(cells, i), "scenario.server.arm"),
                            expected[i]);
    cJSON_SetValuestring(cJSON_GetObjectItem(cJSON_GetObjectItem(file, "session"), "mode"), "r");
    cJSON *server = cJSON_GetObjectItem(
        cJSON_GetObjectItem(cJSON_GetArrayItem(cells, 0), "scenario"), "server");
    cJSON_DeleteItemFromObject(server, "arm");
    scenario_add_arms(file);
    assert_null(json_item(server, "arm"));
    cJSON_Delete(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_have_their_options),
        cmocka_unit_test(loads_are_made_of_their_fields),
        cmocka_unit_test(families_differ_in_one_field),
        cmocka_unit_test(misleading_ids_decide_nothing),
        cmocka_unit_test(old_files_get_their_arms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
