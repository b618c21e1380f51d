/* test_table.c - the table at the end of a run, and descriptions of loads, with small results of
 * known figures. */
#include "base/json.h"

#include "bench/report/page.h"
#include "bench/report/table.h"
#include "bench/result/summary_words.h"
#include "bench/support/width.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends a cell with one valid slot and the given extra fields. Its id names another server and
 * another load, because only the scenario counts. */
static void add_cell(cJSON *file, const char *model, const char *phase, const char *scenario,
                     const char *sample) {
    char text[1024];
    snprintf(text, sizeof text,
             "{\"id\": \"libuv/closed/c1/d1/1B\", \"scenario\": {\"phase\": \"%s\","
             "\"connections\": 50, \"size_bytes\": 64,"
             "\"server\": {\"model\": \"%s\", \"threads\": 1}, %s},"
             "\"samples\": [{\"validity\": {\"verdict\": \"valid\", \"reasons\": []},"
             "\"window_s\": 1, \"throughput_per_s\": 1000, %s}]}",
             phase, model, scenario, sample);
    cJSON *cell = cJSON_Parse(text);
    assert_non_null(cell);
    cJSON_AddItemToArray(cJSON_GetObjectItem(file, "cells"), cell);
}

static cJSON *new_file(void) {
    cJSON *file = cJSON_Parse("{\"cells\": []}");
    assert_non_null(file);
    return file;
}

/* The table of a file, at most so many columns wide; the caller frees the text. Takes ownership of
 * the file. */
static char *table_within(cJSON *file, int columns) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    table_print(out, file, "a.json", (struct terminal){.columns = columns});
    fclose(out);
    return text;
}

static char *table_of(cJSON *file) {
    return table_within(file, 0);
}

static size_t times(const char *text, const char *part) {
    size_t count = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part)) count++;
    return count;
}

#define CLOSED "\"load\": \"closed\", \"depth\": 1"
#define PLAIN "\"bytes\": 64000"

static void loads_stand_under_their_phase(void **state) {
    (void)state;
    cJSON *file = new_file();
    add_cell(file, "epoll", "capacity", CLOSED, PLAIN);
    add_cell(file, "epoll", "idle", CLOSED ", \"idle\": 7", "\"server\": {\"rss_bytes\": 4096}");
    add_cell(file, "poll", "capacity", CLOSED, PLAIN);
    char *text = table_of(file);
    assert_int_equal(times(text, "\nphase "), 2);
    assert_int_equal(times(text, "closed loop"), 2);
    const char *idle = strstr(text, "\nphase idle\n");
    assert_non_null(idle);
    const char *poll = strstr(text, "\n  poll ");
    assert_true(poll && poll < idle);
    assert_int_equal(times(text, "memory  "), 1); /* only the idle phase has the column */
    assert_true(strstr(text, "memory  ") > idle);
    assert_int_equal(times(text, "conns/s"), 0);
    free(text);
}

static void a_saturated_load_says_so(void **state) {
    (void)state;
    cJSON *file = new_file();
    add_cell(file, "epoll", "load",
             "\"load\": \"open\", \"rate_pct\": 110, \"rate_per_s\": 1000, \"saturating\": true",
             "\"loadgen\": {\"offered\": 1000, \"achieved_over_offered\": 0.6, \"answered\": 777}");
    add_cell(file, "epoll", "load", "\"load\": \"open\", \"rate_pct\": 10, \"rate_per_s\": 100",
             "\"loadgen\": {\"offered\": 100, \"achieved_over_offered\": 1, \"answered\": 100}");
    char *text = table_of(file);
    assert_int_equal(times(text, "saturated"), 1);
    assert_non_null(strstr(text, "1 valid; saturated: 60 % answered in time\n"));
    assert_non_null(strstr(text, " 777 ")); /* answers within the window, without the drain */
    assert_non_null(strstr(text, "110 % of the best capacity"));
    free(text);
}

/* Gives the last cell a histogram: 1000 counted values of 1 ms and messages without one. */
static void set_latency(cJSON *file, const char *kind, uint64_t overflow, uint64_t unanswered) {
    cJSON *cells = cJSON_GetObjectItem(file, "cells"),
          *cell = cJSON_GetArrayItem(cells, cJSON_GetArraySize(cells) - 1),
          *sample = cJSON_GetArrayItem(cJSON_GetObjectItem(cell, "samples"), 0);
    struct hist *h = test_malloc(sizeof *h);
    hist_reset(h);
    for (int i = 0; i < 1000; i++) hist_record(h, 1000000);
    h->overflow = overflow;
    h->unanswered = unanswered;
    cJSON_AddItemToObject(sample, kind, json_from_latency("intended", h));
    test_free(h);
}

/* A percentile that lies among messages without a counted value is no dash, and the row tells the
 * share of these messages. */
static void what_has_no_value_is_told(void **state) {
    (void)state;
    cJSON *file = new_file();
    static const char open[] = "\"load\": \"open\", \"rate_per_s\": 1000";
    add_cell(file, "silent", "load", open, PLAIN);
    set_latency(file, "latency", 0, 24);
    add_cell(file, "late", "load", open, PLAIN);
    set_latency(file, "latency", 1500, 0);
    add_cell(file, "few", "load", open, PLAIN);
    set_latency(file, "latency", 0, 1);
    add_cell(file, "turned-away", "churn", "\"load\": \"churn\", \"rate_per_s\": 1000", PLAIN);
    set_latency(file, "newcomers", 0, 3000);
    add_cell(file, "stalled", "capacity", CLOSED,
             PLAIN ",\"loadgen\": {\"oldest_in_flight_ns\": 300000000}");
    cJSON *cell = cJSON_GetArrayItem(cJSON_GetObjectItem(file, "cells"), 4),
          *sample = cJSON_GetArrayItem(cJSON_GetObjectItem(cell, "samples"), 0);
    cJSON_ReplaceItemInObject(sample, "validity",
                              cJSON_Parse("{\"verdict\":\"suspect\",\"reasons\":[\"x\"],"
                                          "\"codes\":[\"in_flight_at_end\"]}"));
    char *text = table_of(cJSON_Duplicate(file, true));
    static const char *const rows[] = {
        "\n  silent ",
        " no answer ",
        "1 valid; 2.3 % of 1\u2009024 messages got no answer\n",
        "\n  late ",
        ">\u00a060\u00a0s ",
        "1 valid; 60.0 % of 2\u2009500 messages took more than 60 s\n",
        "\n  few ",
        "1\u00a0ms ",
        "1 valid; 0.1 % of 1\u2009001 messages got no answer\n",
        "\n  turned-away ",
        " no answer ",
        " no answer ",
        "1 valid; 75.0 % of 4\u2009000 newcomers got no answer\n",
        "\n  stalled ",
        "1 suspect; a message was in flight for 300\u00a0ms at the end\n"};
    const char *at = text;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *found = strstr(at, rows[i]);
        if (!found)
            fail_msg("no '%s' in: %s", rows[i], at);
        else
            at = found + strlen(rows[i]) - 1;
    }
    free(text);
    cJSON_Delete(file);
}

/* Of two open loops the one whose p99 got no answer is the worse, however short its median. */
static void no_answer_is_the_worst_rank(void **state) {
    (void)state;
    cJSON *file = new_file();
    static const char open[] = "\"load\": \"open\", \"rate_per_s\": 1000";
    static const char usage[] = "\"server\": {\"echoes_per_cpu_s\": 1000}";
    add_cell(file, "silent", "load", open, usage);
    set_latency(file, "latency", 0, 24);
    add_cell(file, "fine", "load", open, usage);
    set_latency(file, "latency", 0, 0);
    cJSON **files = calloc(1, sizeof *files);
    assert_non_null(files);
    files[0] = file;
    struct summary report;
    static const char *const path = "a.json";
    summary_build(&report, files, &path, 1);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    report_html_tables(out, &report);
    fclose(out);
    const char *fine = strstr(text, ">fine<"), *silent = strstr(text, ">silent<");
    assert_true(fine && silent && fine < silent);
    assert_non_null(strstr(text, ">no answer</td>"));
    assert_non_null(strstr(text, "2.3 % of 1\u2009024 messages got no answer"));
    free(text);
    summary_clear(&report);
}

static void churn_counts_connections(void **state) {
    (void)state;
    cJSON *file = new_file();
    add_cell(file, "epoll", "churn",
             "\"load\": \"churn\", \"rate_per_s\": 500, \"churn_echoes\": 1",
             "\"loadgen\": {\"offered\": 500, \"achieved_over_offered\": 0.996}");
    char *text = table_of(file);
    assert_non_null(strstr(text, "conns/s"));
    assert_non_null(strstr(text, " 498 "));
    assert_null(strstr(text, "saturated"));
    free(text);
}

/* Expects this description of a scenario. */
static void expect_load(enum summary_load kind, enum summary_part left_out, const char *scenario,
                        const char *expected) {
    char text[256], json[512];
    snprintf(json, sizeof json, "{\"scenario\": {\"connections\": 50, %s}}", scenario);
    cJSON *parsed = cJSON_Parse(json);
    assert_non_null(parsed);
    struct summary_cell cell = {
        .json = parsed,
        .kind = kind,
        .idle = cJSON_GetObjectItem(cJSON_GetObjectItem(parsed, "scenario"), "idle") ? 5 : 0,
        .newcomers_per_s = 0,
        .offered_per_s = 2000};
    summary_load(text, sizeof text, &cell, left_out);
    assert_string_equal(text, expected);
    cJSON_Delete(parsed);
}

static void loads_read_as_words(void **state) {
    (void)state;
    expect_load(LOAD_CLOSED, SUMMARY_WHOLE, "\"depth\": 2, \"idle\": 5",
                "closed loop · 50 connections · depth 2 · 5 idle connections");
    expect_load(LOAD_CLOSED, SUMMARY_NO_IDLE, "\"depth\": 2, \"idle\": 5",
                "closed loop · 50 connections · depth 2");
    expect_load(LOAD_CLOSED, SUMMARY_NO_CONNECTIONS, "\"depth\": 2", "closed loop · depth 2");
    expect_load(LOAD_OPEN, SUMMARY_WHOLE, "\"rate_pct\": 50, \"arrival\": \"poisson\"",
                "open loop · 50 connections · 50 % of the best capacity · poisson arrivals");
    expect_load(LOAD_OPEN, SUMMARY_NO_RATE, "\"rate_pct\": 50, \"arrival\": \"poisson\"",
                "open loop · 50 connections · poisson arrivals");
    expect_load(LOAD_CLOSED, SUMMARY_WHOLE, "\"depth\": 2, \"loadgen\": {\"transport\": \"auto\"}",
                "closed loop · 50 connections · depth 2");
    expect_load(LOAD_CLOSED, SUMMARY_WHOLE, "\"depth\": 2, \"loadgen\": {\"transport\": \"uv\"}",
                "closed loop · 50 connections · depth 2 · transport uv");
    expect_load(LOAD_CHURN, SUMMARY_WHOLE, "\"arrival\": \"constant\", \"churn_echoes\": 10",
                "churn · at most 50 connections at once · 2\u2009000 connections/s · constant "
                "arrivals · 10 echoes each");
}

/* ---- width ---- */

/* Columns of the widest line. */
static int widest(const char *text) {
    int most = 0;
    char line[1024];
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = text + strcspn(text, "\n");
        assert_true((size_t)(end - text) < sizeof line);
        memcpy(line, text, (size_t)(end - text));
        line[end - text] = '\0';
        if (width_of(line) > most) most = width_of(line);
    }
    return most;
}

static cJSON *wide_file(void) {
    static const char sample[] =
        "\"messages\": 1000, \"server\": {\"cpu_user_ns\": 1000000, \"cpu_sys_ns\": 1000000, "
        "\"rss_bytes\": 4096000}, \"loadgen\": {\"oldest_in_flight_ns\": 300000000}";
    cJSON *file = new_file();
    add_cell(file, "epoll", "idle", CLOSED ", \"idle\": 7", sample);
    set_latency(file, "latency", 0, 24);
    add_cell(file, "a-server-with-a-name-that-takes-half-of-a-line", "idle", CLOSED ", \"idle\": 7",
             sample);
    set_latency(file, "latency", 0, 0);
    add_cell(file, "\ud55c\uae00", "idle", CLOSED ", \"idle\": 7", sample);
    cJSON *cells = cJSON_GetObjectItem(file, "cells");
    cJSON_ReplaceItemInObject(cJSON_GetArrayItem(cells, 2), "samples", cJSON_CreateArray());
    cJSON_AddItemToObject(
        cJSON_GetArrayItem(cells, 2), "skipped",
        cJSON_Parse("{\"code\":\"x\",\"reason\":\"so many connections are more than "
                    "this server can hold at once\"}"));
    return file;
}

static void no_line_is_too_wide(void **state) {
    (void)state;
    cJSON *file = wide_file();
    static const int columns[] = {30, 39, 40, 59, 60, 79, 80, 119, 120, 200};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        char *text = table_within(cJSON_Duplicate(file, true), columns[i]);
        if (widest(text) > columns[i])
            fail_msg("%d columns on %d:\n%s", widest(text), columns[i], text);
        assert_non_null(strstr(text, "echoes/s"));
        assert_non_null(strstr(text, "1 valid"));
        free(text);
    }
    cJSON_Delete(file);
}

static void narrow_tables_lack_the_columns_in_order(void **state) {
    (void)state;
    static const struct {
        int columns;
        const char *head, *last;
    } cases[] = {
        {0, "server  echoes/s  p50  p99  memory  CPU/echo  echoes/CPU s  overhead  bound    slots",
         ""},
        {80, "server  echoes/s  p50  p99  memory  CPU/echo  echoes/CPU s  bound    slots",
         "left out: overhead; --wide shows all columns."},
        {70, "server  echoes/s  p50  p99  memory  CPU/echo  bound    slots",
         "left out: overhead, echoes/CPU s; --wide shows all columns."},
        {60, "server  echoes/s  p99  memory  CPU/echo  bound    slots", "p50;"},
        {50, "server  echoes/s  p99  memory  CPU/echo  slots", "p50, bound;"},
    };
    cJSON *file = new_file();
    add_cell(file, "epoll", "idle", CLOSED ", \"idle\": 7",
             "\"messages\": 1000, \"server\": {\"rss_bytes\": 4096}");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = table_within(cJSON_Duplicate(file, true), cases[i].columns);
        if (!strstr(text, cases[i].head) || !strstr(text, cases[i].last))
            fail_msg("%d columns, not %s, %s:\n%s", cases[i].columns, cases[i].head, cases[i].last,
                     text);
        free(text);
    }
    cJSON_Delete(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_stand_under_their_phase),
        cmocka_unit_test(a_saturated_load_says_so),
        cmocka_unit_test(what_has_no_value_is_told),
        cmocka_unit_test(no_answer_is_the_worst_rank),
        cmocka_unit_test(churn_counts_connections),
        cmocka_unit_test(loads_read_as_words),
        cmocka_unit_test(no_line_is_too_wide),
        cmocka_unit_test(narrow_tables_lack_the_columns_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
