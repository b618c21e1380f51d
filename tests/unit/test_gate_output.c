/* test_gate_output.c - a comparison as table and JSON, its conclusion, and its output files. Must
 * run from the top of the source tree, which contains the schema. */
#include "bench/result/schema.h"
#include "bench/support/json_file.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"
#include "bench/support/width.h"
#include "tests/unit/gate_made.h"

#include <unistd.h>

/* The JSON output, after a check against its schema. */
static cJSON *json_of(const struct made *m, int exit_code, const char *why) {
    struct reason reason = {.text = ""};
    cJSON *schema = json_file_read("results/iobench-gate.schema.json", &reason);
    if (!schema) fail_msg("%s", reason.text);
    cJSON *json = gate_json(&m->report, exit_code, why);
    char *text = cJSON_Print(json); /* parse it again, as a reader would */
    cJSON_Delete(json);
    json = cJSON_Parse(text);
    cJSON_free(text);
    assert_non_null(json);
    if (!schema_check(schema, NULL, json, "", &reason)) fail_msg("%s", reason.text);
    cJSON_Delete(schema);
    return json;
}

/* ---- the table ---- */

static void a_table_reads_as_a_whole(void **state) {
    (void)state;
    struct made m;
    start(&m);
    add(&m, "epoll/closed", METRIC_THROUGHPUT, GATE_REGRESSED, 0.049);
    add(&m, "epoll/closed", METRIC_P99, GATE_INCONCLUSIVE, 0.08);
    add(&m, "poll/closed", METRIC_P99, GATE_NOT_MEASURED, NAN);
    gate_reason_set(&m.rows[2].reason, GATE_BROKEN, "it ended");
    add_control(&m, GATE_PASS);
    gate_reason_set(&m.report.note, GATE_ADVISORY, "note well");
    char *text = table_of(&m, 1, "", false), expected[2048];
    char *legend = strstr(text, "\nchange: ");
    assert_non_null(legend);
    *legend = '\0';
    snprintf(expected, sizeof expected,
             "\nbaseline:  old\ncandidate: new\n\n"
             "  metric      baseline  candidate  change   90 %% interval        p  pairs  verdict\n"
             "epoll/closed\n"
             "  throughput  20\u2009000/s   21\u2009000/s  -4.8 %%  "
             "-5.7\u00a0..\u00a0-3.8\u00a0%%  0.0003\u2020      8  REGRESSED\n"
             "  p99            20\u00a0\u00b5s      21\u00a0\u00b5s  +8.3 %%  "
             "+7.3\u00a0..\u00a0+9.4\u00a0%%    0.012      2  INCONCLUSIVE\n"
             "    this run could have detected a change of 4.1 %%\n"
             "poll/closed\n"
             "  p99                \u2013          \u2013       \u2013               \u2013"
             "        \u2013      0  NOT MEASURED\n"
             "    it ended\n"
             "control, the baseline against a copy of it: a\n"
             "  %-10s     20\u00a0\u00b5s      21\u00a0\u00b5s  +0.2 %%  "
             "-0.8\u00a0..\u00a0+1.2\u00a0%%    0.012      2  PASS\n",
             metrics[METRIC_CPU].title);
    assert_string_equal(text, expected);
    expect(legend + 1,
           "\nnote well\n3 figures: 1 REGRESSED, 1 INCONCLUSIVE, 1 NOT MEASURED\n"
           "took 7:12 of 12:00 minutes; seed 4711\n"
           "iobench ab: REGRESSED: epoll/closed: throughput -4.8 % (p 0.0003)\n",
           1);
    free(text);
}

static void a_table_names_every_verdict(void **state) {
    (void)state;
    struct made m;
    make_all(&m, "a");
    char *plain = table_of(&m, 1, "", false), *coloured = table_of(&m, 1, "", true);
    static const char *const verdicts[] = {"  PASS\n",         "  \033[32mIMPROVED\033[0m\n",
                                           "  IDENTICAL\n",    "  \033[31mREGRESSED\033[0m\n",
                                           "  NEW\n",          "  \033[33mINCONCLUSIVE\033[0m\n",
                                           "NOT MEASURED\033", "  \033[31mINCOMPARABLE\033[0m\n"};
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        expect(coloured, verdicts[i], 1 + (i == 0)); /* the control also passed */
    expect(plain, "\033", 0);
    expect(plain, "    because ", 4);
    free(coloured);
    free(plain);
    m.rows[2].gated = false;
    plain = table_of(&m, 0, "", false);
    expect(plain, "  REGRESSED, not gated\n", 1);
    free(plain);
}

static void a_narrow_table_lacks_columns(void **state) {
    (void)state;
    struct made m;
    make_all(&m, "epoll/open/c50/r50%/poisson/k1/64B");
    m.rows[2].gated = false;
    static const struct {
        int columns;
        const char *head, *left_out;
    } cases[] = {
        {100, "  p  pairs  verdict\n", NULL},
        {80, "  90 % interval  verdict\n", "left out: pairs, p; --wide shows all columns.\n"},
        {60, "  metric    change   90 % interval  verdict\n",
         "left out: pairs, p, baseline, candidate;"},
        {40, "  metric    change  verdict\n", "left out: pairs, p, baseline, candidate,\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = table_on(&m, 1, "the why",
                              (struct terminal){.is = true, .columns = cases[i].columns}),
             *line = text;
        expect(text, cases[i].head, 1);
        expect(text, "left out: ", cases[i].left_out ? 1 : 0);
        if (cases[i].left_out) expect(text, cases[i].left_out, 1);
        for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = '\0';
            if (width_of(line) > cases[i].columns) fail_msg("on %d: %s", cases[i].columns, line);
            *end = '\n';
        }
        free(text);
    }
}

static void a_comparison_of_files_counts_slots(void **state) {
    (void)state;
    struct made m;
    start(&m);
    m.report.command = "compare";
    m.report.duration_s = m.report.budget_s = NAN;
    struct gate_row *row = add(&m, "a", METRIC_CPU, GATE_PASS, 0.001);
    row->slots[0] = 12;
    row->slots[1] = 9;
    char *text = table_of(&m, 0, "", false);
    expect(text, "  slots  verdict\n", 1);
    expect(text, "   12/9  PASS\n", 1);
    expect(text,
           "\n1 figure: 1 PASS\niobench compare: PASS: 1 figure of 1 cell, none worse by its"
           " limit\n",
           1);
    free(text);
    cJSON *json = json_of(&m, 0, ""), *first = cJSON_GetObjectItem(json, "rows")->child;
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(first, "stage1")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(json, "seed")));
    const cJSON *slots = cJSON_GetObjectItem(first, "slots");
    assert_int_equal(cJSON_GetObjectItem(slots, "candidate")->valueint, 9);
    cJSON_Delete(json);
}

/* The last line of the table, after "iobench ab: ". */
static void expect_conclusion(const struct made *m, int exit_code, const char *expected) {
    char *text = table_of(m, exit_code, "the why", false), line[512];
    snprintf(line, sizeof line, "\niobench ab: %s\n", expected);
    expect(text, line, 1);
    free(text);
}

static void the_conclusion_follows_the_exit_code(void **state) {
    (void)state;
    struct made m;
    start(&m);
    add(&m, "a", METRIC_P50, GATE_PASS, 0.001);
    add(&m, "b", METRIC_P50, GATE_PASS, 0.001);
    expect_conclusion(&m, 0, "PASS: 2 figures of 2 cells, none worse by its limit");
    add(&m, "b", METRIC_P99, GATE_INCONCLUSIVE, 0.01);
    add(&m, "b", METRIC_CPU, GATE_PASS, 0.001)->gated = false;
    expect_conclusion(&m, 0,
                      "PASS: 3 figures of 2 cells, none regressed; 1 INCONCLUSIVE; 1 not gated");
    expect_conclusion(&m, 1, "INCONCLUSIVE: the why");
    expect_conclusion(&m, 3, "NO VERDICT: the why");
    add(&m, "c", METRIC_P99, GATE_REGRESSED, 0.2);
    add(&m, "d", METRIC_P99, GATE_REGRESSED, 0.2);
    expect_conclusion(&m, 1, "REGRESSED: c: p99 +22.1 % (p 0.0003), and 1 more");
    expect_conclusion(
        &m, 0,
        "REGRESSED: c: p99 +22.1 % (p 0.0003), and 1 more; not a failure because of --fail-on");
    m.report.advisory = true;
    expect_conclusion(
        &m, 0,
        "REGRESSED: c: p99 +22.1 % (p 0.0003), and 1 more; not a failure because it is advisory");
    m.report.invalid = true;
    gate_reason_set(&m.report.reason, GATE_CONTROL_SHIFTED, "the control shifted");
    expect_conclusion(&m, 3, "INVALID: the control shifted");
    start(&m);
    add(&m, "a", METRIC_P50, GATE_IDENTICAL, NAN);
    expect_conclusion(&m, 0, "IDENTICAL: 0 figures of 1 cell; 1 IDENTICAL");
}

/* ---- JSON ---- */

static double number(const cJSON *json, const char *key) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
    assert_non_null(item);
    return cJSON_IsNull(item) ? NAN : item->valuedouble;
}

static void json_has_changes_and_stages(void **state) {
    (void)state;
    struct made m;
    make_all(&m, "a");
    add(&m, "b", METRIC_THROUGHPUT, GATE_REGRESSED, 0.05);
    cJSON *json = json_of(&m, 1, "why"), *rows = cJSON_GetObjectItem(json, "rows");
    assert_int_equal(cJSON_GetArraySize(rows), m.report.row_count);
    const cJSON *slower = cJSON_GetArrayItem(rows, (int)m.report.row_count - 1);
    const cJSON *dearer = cJSON_GetArrayItem(rows, GATE_REGRESSED - 1);
    assert_true(fabs(number(slower, "change") - (exp(-0.05) - 1)) < 1e-12);
    assert_true(fabs(number(dearer, "change") - (exp(0.05) - 1)) < 1e-12);
    assert_string_equal(cJSON_GetObjectItem(dearer, "verdict")->valuestring, "REGRESSED");
    const cJSON *one = cJSON_GetObjectItem(cJSON_GetObjectItem(dearer, "stage1"), "differences");
    const cJSON *two = cJSON_GetObjectItem(cJSON_GetObjectItem(dearer, "stage2"), "differences");
    assert_int_equal(cJSON_GetArraySize(one), 2);
    assert_int_equal(cJSON_GetArraySize(two), GATE_PAIRS_MIN);
    assert_true(one->child->valuedouble == 0.25 && two->child->valuedouble == 0.5);
    assert_true(number(json, "exit_code") == 1 && number(json, "seed") == 4711);
    assert_string_equal(cJSON_GetObjectItem(json, "why")->valuestring, "why");
    assert_true(cJSON_IsObject(cJSON_GetObjectItem(json, "control")));
    cJSON_Delete(json);
}

/* ---- lost slots ---- */

#define OF_CELL                                                                                    \
    "lost slots: baseline 1 of 11 (1 disturbed), candidate 4 of 8 (3 failed, 1 saturated)"
#define OF_ALL                                                                                     \
    "lost slots: baseline 1 of 19 (1 disturbed), candidate 4 of 16 (3 failed, 1 saturated); "      \
    "p of the failures 0.062"
#define WHY                                                                                        \
    "reliability: the candidate lost connections in 3 of 8 slots, the baseline in 0 of 11; "       \
    "first: "                                                                                      \
    "1 of 50 connections were lost"

static void lost_slots_are_told_in_every_format(void **state) {
    (void)state;
    struct made m;
    start(&m);
    struct gate_row *row = add(&m, "a", METRIC_CPU, GATE_REGRESSED, NAN);
    add(&m, "b", METRIC_CPU, GATE_PASS, 0.001);
    gate_reason_set(&row->reason, GATE_RELIABILITY, WHY);
    row->reason.slot = VALIDITY_CONNECTIONS_LOST;
    add_losses(&m);
    char *text = table_of(&m, 1, "", false);
    expect(text, "\na\n  " OF_CELL "\n", 1);
    expect(text, "  REGRESSED\n    " WHY "\n", 1);
    expect(text, "\n" OF_ALL "\n", 1);
    expect(text, "lost slots: ", 2); /* none for cell b */
    expect(text, "\niobench ab: REGRESSED: a: " WHY "\n", 1);
    free(text);
    text = gate_junit(&m.report, 1, "");
    expect(text, "<failure type=\"regression\" message=\"REGRESSED: " WHY "\"/>", 1);
    expect(text, "  <system-out>" OF_ALL "</system-out>\n</testsuite>\n", 1);
    free(text);
    text = gate_markdown(&m.report, 1, "");
    expect(text, "\n- `a`: " OF_CELL "\n", 1);
    expect(text, "<br>" OF_ALL "<br>", 1);
    expect(text, "**REGRESSED**<br>" WHY " |\n", 1);
    free(text);
    text = annotations_of(&m, 1, "");
    expect(text, "::error title=iobench ab%3A a CPU/echo::REGRESSED: " WHY "\n", 1);
    expect(text, "::warning title=iobench ab::" OF_ALL "\n", 1);
    free(text);
    cJSON *json = json_of(&m, 1, "why"), *first = cJSON_GetObjectItem(json, "rows")->child;
    assert_string_equal(json_text(first, "code"), "reliability");
    assert_string_equal(json_text(first, "slot_code"), "connections_lost");
    assert_true(fabs(json_number(json, "losses.p_failed") - 0.0625) < 1e-12);
    const cJSON *cell = json_item(json, "losses.cells")->child;
    assert_string_equal(json_text(cell, "cell"), "a");
    assert_int_equal(json_number(cell, "candidate.slots"), 8);
    assert_int_equal(json_number(cell, "candidate.failed"), 3);
    assert_int_equal(json_number(cell, "candidate.saturated"), 1);
    assert_int_equal(json_number(cell, "baseline.disturbed"), 1);
    cJSON_Delete(json);
}

/* ---- unusual values ---- */

static void an_empty_report_is_never_green(void **state) {
    (void)state;
    struct made m;
    start(&m);
    expect_conclusion(&m, 3, "NO VERDICT: the why");
    char *text = gate_junit(&m.report, 3, "no cell");
    expect(text, "tests=\"1\" failures=\"0\" errors=\"1\"", 1);
    expect(text, "name=\"conclusion\"", 1);
    expect(text, "message=\"NO VERDICT: no cell\"", 1);
    free(text);
    text = gate_markdown(&m.report, 3, "no cell");
    expect(text, "### iobench ab: NO VERDICT: no cell\n", 1);
    free(text);
    text = annotations_of(&m, 3, "no cell");
    assert_string_equal(text, "::error title=iobench ab::NO VERDICT: no cell\n");
    free(text);
    cJSON_Delete(json_of(&m, 3, "no cell"));
}

static void nothing_unknown_looks_like_a_figure(void **state) {
    (void)state;
    struct made m;
    start(&m);
    m.report.duration_s = m.report.budget_s = NAN;
    for (int v = GATE_PASS; v < GATE_VERDICTS; v++)
        add(&m, "a", v % 2 ? METRIC_THROUGHPUT : METRIC_WAKEUPS, (enum gate_verdict)v, NAN);
    m.rows[0] = make_row("a", METRIC_THROUGHPUT, GATE_PASS, 0.001);
    m.rows[0].low = -INFINITY; /* too few pairs for an interval */
    m.rows[0].high = INFINITY;
    char *texts[] = {table_of(&m, 1, "", false), gate_junit(&m.report, 1, ""),
                     gate_markdown(&m.report, 1, ""), annotations_of(&m, 1, "")};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (const char *c = texts[i]; *c; c++) /* "inf", but not "info" and the like */
            if (strncmp(c, "nan", 3) == 0 || strncmp(c, "inf", 3) == 0)
                fail_msg("not a figure: %.60s", c);
        free(texts[i]);
    }
    cJSON *json = json_of(&m, 1, "");
    assert_true(isnan(number(cJSON_GetObjectItem(json, "rows")->child, "high")));
    assert_true(isnan(number(json, "duration_s")));
    cJSON_Delete(json);
}

/* ---- files ---- */

static char *content(const char *path) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    return read_whole(file);
}

static void files_are_written_as_asked(void **state) {
    (void)state;
    char folder[] = "build/gate-XXXXXX", junit[64], markdown[64], summary[64];
    struct reason reason = {.text = ""};
    assert_non_null(mkdtemp(folder));
    snprintf(junit, sizeof junit, "%s/junit.xml", folder);
    snprintf(markdown, sizeof markdown, "%s/a.md", folder);
    snprintf(summary, sizeof summary, "%s/summary", folder);
    struct made m;
    make_all(&m, "a");
    struct gate_outputs outputs = {.quiet = true, .junit = junit, .markdown = markdown};
    setenv("GITHUB_STEP_SUMMARY", summary, 1);
    assert_true(gate_outputs_check(&outputs, &reason));
    assert_int_equal(access(markdown, F_OK), -1); /* the check does not create the file */
    assert_int_equal(access(summary, F_OK), -1);
    for (int i = 0; i < 2; i++)
        assert_true(gate_outputs_write(&outputs, &m.report, 1, "", &reason));
    setenv("GITHUB_STEP_SUMMARY", markdown, 1); /* the same file twice: written once */
    assert_true(gate_outputs_write(&outputs, &m.report, 1, "", &reason));
    char *texts[] = {content(junit), content(markdown), content(summary)};
    expect(texts[0], "<testsuite ", 1);
    expect(texts[1], "### iobench ab", 3);
    expect(texts[2], "### iobench ab", 2);
    for (size_t i = 0; i < 3; i++) free(texts[i]);
    unsetenv("GITHUB_STEP_SUMMARY");
    assert_int_equal(unlink(junit) | unlink(markdown) | unlink(summary) | rmdir(folder), 0);
}

static void files_that_cannot_be_written_are_named(void **state) {
    (void)state;
    static const struct {
        struct gate_outputs outputs;
        const char *summary; /* GITHUB_STEP_SUMMARY */
        const char *reason;  /* start of the expected error */
    } cases[] = {{{.quiet = true, .junit = "no/such/a.xml"}, "", "--junit no/such/a.xml: "},
                 {{.quiet = true, .markdown = "results"}, "", "--markdown results: "},
                 {{.quiet = true}, "no/such/b", "GITHUB_STEP_SUMMARY no/such/b: "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reason reason = {.text = ""}, again = {.text = ""};
        struct made m;
        make_all(&m, "a");
        setenv("GITHUB_STEP_SUMMARY", cases[i].summary, 1);
        assert_false(gate_outputs_check(&cases[i].outputs, &reason));
        assert_false(gate_outputs_write(&cases[i].outputs, &m.report, 1, "", &again));
        assert_ptr_equal(strstr(reason.text, cases[i].reason), reason.text);
        assert_ptr_equal(strstr(again.text, cases[i].reason), again.text);
    }
    unsetenv("GITHUB_STEP_SUMMARY");
}

static void workflows_are_told_beside_the_json(void **state) {
    (void)state;
    struct made m;
    make_all(&m, "a");
    const struct gate_outputs outputs = {.json = true};
    FILE *files[] = {tmpfile(), tmpfile()};
    int kept[] = {dup(1), dup(2)};
    char *texts[2];
    struct reason reason;
    fflush(NULL);
    setenv("GITHUB_ACTIONS", "true", 1);
    for (int i = 0; i < 2; i++) assert_true(files[i] && dup2(fileno(files[i]), 1 + i) >= 0);
    bool written = gate_outputs_write(&outputs, &m.report, 1, "", &reason);
    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        dup2(kept[i], 1 + i);
        close(kept[i]);
        texts[i] = read_whole(files[i]);
    }
    unsetenv("GITHUB_ACTIONS");
    cJSON *json = cJSON_Parse(texts[0]);
    assert_true(written && json);
    assert_ptr_equal(strstr(texts[1], "::error title="), texts[1]);
    cJSON_Delete(json);
    for (int i = 0; i < 2; i++) free(texts[i]);
}

int main(void) {
    unsetenv("GITHUB_ACTIONS"); /* the tests may run in a workflow themselves */
    unsetenv("GITHUB_STEP_SUMMARY");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_reads_as_a_whole),
        cmocka_unit_test(a_table_names_every_verdict),
        cmocka_unit_test(a_narrow_table_lacks_columns),
        cmocka_unit_test(a_comparison_of_files_counts_slots),
        cmocka_unit_test(the_conclusion_follows_the_exit_code),
        cmocka_unit_test(json_has_changes_and_stages),
        cmocka_unit_test(lost_slots_are_told_in_every_format),
        cmocka_unit_test(an_empty_report_is_never_green),
        cmocka_unit_test(nothing_unknown_looks_like_a_figure),
        cmocka_unit_test(files_are_written_as_asked),
        cmocka_unit_test(files_that_cannot_be_written_are_named),
        cmocka_unit_test(workflows_are_told_beside_the_json),
    };
    return cmocka_run_group_tests_name("gate_output", tests, NULL, NULL);
}
