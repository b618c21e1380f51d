/* test_gate_formats.c - a comparison as JUnit XML, Markdown and workflow annotations. Names with
 * special characters are escaped in each format. */
#include "tests/unit/gate_made.h"

/* ---- JUnit ---- */

/* Expects that the test case of a row with this verdict contains `element`. */
static void expect_case(enum gate_verdict verdict, bool gated, int exit_code, bool invalid,
                        const char *element) {
    struct made m;
    start(&m);
    add(&m, "a", METRIC_CPU, verdict, 0.05)->gated = gated;
    m.report.invalid = invalid;
    add_control(&m, GATE_PASS);
    char *text = gate_junit(&m.report, exit_code, "why"), *end = strstr(text, "</testcase>");
    expect(text, "<testcase ", times(text, "</testcase>"));
    size_t red = times(text, "<failure ") + times(text, "<error ");
    assert_int_equal(red, exit_code != 0);
    char counts[128];
    snprintf(counts, sizeof counts, "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"",
             times(text, "<testcase "), times(text, "<failure "), times(text, "<error "),
             times(text, "<skipped "));
    expect(text, counts, 1);
    if (invalid) expect(text, "name=\"conclusion\"", 0); /* the control fails */
    assert_non_null(end);
    *end = '\0'; /* the case of the row is the first */
    bool passes =
        !strstr(text, "<failure ") && !strstr(text, "<error ") && !strstr(text, "<skipped ");
    if (element ? !strstr(text, element) : !passes)
        fail_msg("verdict %d, exit code %d: %s", (int)verdict, exit_code, text);
    free(text);
}

static void junit_is_as_red_as_the_exit_code(void **state) {
    (void)state;
    expect_case(GATE_PASS, true, 0, false, NULL);
    expect_case(GATE_IMPROVED, true, 0, false, NULL);
    expect_case(GATE_INCONCLUSIVE, true, 0, false, "<skipped type=\"inconclusive\"");
    expect_case(GATE_IDENTICAL, true, 0, false, "<skipped type=\"identical\"");
    expect_case(GATE_NEW, false, 0, false, "<skipped type=\"new\"");
    expect_case(GATE_REGRESSED, true, 1, false, "<failure type=\"regression\"");
    expect_case(GATE_REGRESSED, true, 0, false, "<skipped type=\"regression\"");
    expect_case(GATE_REGRESSED, false, 0, false, "<skipped type=\"regression\"");
    expect_case(GATE_NOT_MEASURED, true, 3, false, "<error type=\"not-measured\"");
    expect_case(GATE_NOT_MEASURED, false, 0, false, "<skipped type=\"not-measured\"");
    expect_case(GATE_INCOMPARABLE, true, 3, false, "<error type=\"incomparable\"");
    /* a failure that belongs to no row has its own test case */
    expect_case(GATE_INCONCLUSIVE, true, 3, false, "<skipped type=\"inconclusive\"");
    expect_case(GATE_INCONCLUSIVE, true, 1, false, "<skipped type=\"inconclusive\"");
    /* in an invalid report only the control fails, and no row passes */
    expect_case(GATE_PASS, true, 3, true, "<skipped type=\"invalid\"");
    expect_case(GATE_REGRESSED, true, 3, true, "<skipped type=\"invalid\"");
    expect_case(GATE_NOT_MEASURED, true, 3, true, "<skipped type=\"invalid\"");
}

static void junit_reads_as_a_whole(void **state) {
    (void)state;
    struct made m;
    start(&m);
    add(&m, "a/b", METRIC_P50, GATE_REGRESSED, 0.06);
    char *text = gate_junit(&m.report, 1, "");
    assert_string_equal(
        text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuite name=\"iobench ab: old -&gt; new\" tests=\"1\" failures=\"1\" errors=\"0\""
        " skipped=\"0\" time=\"431.700\">\n"
        "  <testcase classname=\"iobench.ab\" name=\"a/b p50\">\n"
        "    <failure type=\"regression\" message=\"REGRESSED: baseline 20\u00a0\u00b5s,"
        " candidate 21\u00a0\u00b5s, change +6.2 % (90 % interval"
        " +5.1\u00a0..\u00a0+7.3\u00a0%, p 0.0003, 8 pairs)\"/>\n"
        "  </testcase>\n"
        "</testsuite>\n");
    free(text);
}

/* ---- Markdown ---- */

static void markdown_folds_what_passed(void **state) {
    (void)state;
    struct made m;
    start(&m);
    add(&m, "bad", METRIC_CPU, GATE_REGRESSED, 0.05);
    for (int i = 0; i < 11; i++) add(&m, "good", METRIC_CPU, GATE_PASS, 0.001);
    char *text = gate_markdown(&m.report, 1, "");
    expect(text, "### iobench ab: REGRESSED: bad: ", 1);
    expect(text, "<details>", 0);
    expect(text, "| **REGRESSED** |\n", 1);
    expect(text, "| PASS |\n", 11);
    expect(text, "`good`", 1); /* once per group */
    free(text);
    add(&m, "good", METRIC_CPU, GATE_PASS, 0.001);
    text = gate_markdown(&m.report, 1, "");
    char *fold = strstr(text, "<details><summary>All 13 figures</summary>\n\n|");
    assert_non_null(fold);
    expect(fold, "| PASS |\n", 12);
    expect(fold, "| **REGRESSED** |\n", 1);
    *fold = '\0';
    expect(text, "| PASS |\n", 0);
    expect(text, "| **REGRESSED** |\n", 1);
    free(text);
}

/* ---- annotations ---- */

static void annotations_are_few_and_the_worst_first(void **state) {
    (void)state;
    struct made m;
    start(&m);
    for (int i = 0; i < 3; i++) add(&m, "gone", METRIC_CPU, GATE_NOT_MEASURED, NAN);
    for (int i = 0; i < 8; i++) add(&m, "bad", METRIC_CPU, GATE_REGRESSED, 0.05);
    for (int i = 0; i < 2; i++) add(&m, "maybe", METRIC_CPU, GATE_INCONCLUSIVE, 0.02);
    add(&m, "loud", METRIC_LOADGEN_CPU, GATE_REGRESSED, 0.05)->gated = false;
    char *text = annotations_of(&m, 1, "");
    expect(text, "::error ", 10);
    expect(text, "::error title=iobench ab%3A bad ", 8);
    expect(text, "::error title=iobench ab%3A gone ", 1);
    expect(text, "\n::error title=iobench ab::2 more\n", 1);
    expect(text, "\n::warning title=iobench ab::2 of 14 figures INCONCLUSIVE\n", 1);
    expect(text, "loud", 0);
    assert_true(strstr(text, "bad") < strstr(text, "gone"));
    expect(text, "REGRESSED: 20\u00a0\u00b5s -> 21\u00a0\u00b5s, +5.1 %25 (90 %25 interval", 8);
    free(text);
    text = annotations_of(&m, 0, ""); /* exit code 0, so there are no error annotations */
    expect(text, "::error ", 0);
    expect(text, "::warning title=iobench ab%3A bad ", 8);
    free(text);
    m.report.invalid = true;
    text = annotations_of(&m, 3, "");
    expect(text, "::error ", 1);
    expect(text, "::error title=iobench ab::INVALID", 1);
    free(text);
}

/* Number of unescaped pipes in a line, which separate columns. */
static size_t columns_of(const char *line) {
    size_t count = 0;
    for (; *line && *line != '\n'; line++) count += *line == '|';
    return count;
}

static void hostile_names_stay_names(void **state) {
    (void)state;
    struct made m;
    make_all(&m, HOSTILE);
    snprintf(m.report.baseline, sizeof m.report.baseline, "%s", HOSTILE);
    snprintf(m.rows[0].reason.text, GATE_REASON_SIZE, "%s", HOSTILE);
    char *text = table_of(&m, 1, "", false);
    expect(text, "\001", 0);
    expect(text, "\n::", 0);
    free(text);
    text = gate_junit(&m.report, 1, HOSTILE);
    expect(text, "<testcase ", GATE_VERDICTS); /* all except UNDECIDED, plus the control */
    expect(text, "name=\"&#60;&#38;&#34;&#62;|&#10;::error::`*x*`\ufffd\ufffd&#13;%0A ",
           GATE_VERDICTS - 1);
    expect(text, "&\"", 0);
    free(text);
    text = gate_markdown(&m.report, 1, HOSTILE);
    for (char *line = strstr(text, "\n| cell"); line && line[1] == '|';
         line = strchr(line + 1, '\n'))
        assert_int_equal(columns_of(line + 1), 10);
    expect(text, "<&", 0);
    expect(text, "<code>&#60;&#38;\"&#62;&#124; ::error::&#96;&#42;x&#42;&#96; ", 2);
    free(text);
    text = annotations_of(&m, 1, HOSTILE);
    expect(text, "\n", times(text, "::error title=") + times(text, "::warning title="));
    expect(text, "\n::", times(text, "\n") - 1);
    expect(text, "title=iobench ab%3A <&\">|%0A%3A%3Aerror%3A%3A`*x*`\001\xff%0D%250A ", 3);
    free(text);
}

/* A truncated character, an overlong one, one beyond Unicode, a surrogate, and characters that XML
 * forbids. */
static void xml_is_utf8_of_what_xml_knows(void **state) {
    (void)state;
    static const struct {
        const char *name, *written;
    } cases[] = {{"\u00b5\u20ac\U0001f600", "\u00b5\u20ac\U0001f600"},
                 {"\xe2\x82", "\ufffd\ufffd"},
                 {"\xc0\xaf", "\ufffd\ufffd"},
                 {"\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd"},
                 {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},
                 {"\xef\xbf\xbf", "\ufffd"},
                 {"\x1b[31m\t", "\ufffd[31m&#9;"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made m;
        char expected[128];
        start(&m);
        add(&m, cases[i].name, METRIC_P50, GATE_PASS, 0.001);
        char *text = gate_junit(&m.report, 0, "");
        snprintf(expected, sizeof expected, " name=\"%s p50\">", cases[i].written);
        expect(text, expected, 1);
        free(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(junit_is_as_red_as_the_exit_code),
        cmocka_unit_test(junit_reads_as_a_whole),
        cmocka_unit_test(markdown_folds_what_passed),
        cmocka_unit_test(annotations_are_few_and_the_worst_first),
        cmocka_unit_test(hostile_names_stay_names),
        cmocka_unit_test(xml_is_utf8_of_what_xml_knows),
    };
    return cmocka_run_group_tests_name("gate_formats", tests, NULL, NULL);
}
