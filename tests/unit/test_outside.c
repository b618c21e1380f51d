/* test_outside.c - texts from outside on every way out: each hostile text is cleaned as where it
 * enters, and then stands in every place that a name or a reason may take.
 * Invariant: an output is read by a parser of its format, or by rules that its reader follows. */
#include "base/utf8.h"

#include "bench/plot/gnuplot.h"
#include "bench/report/page.h"
#include "bench/report/table.h"
#include "bench/result/hlog.h"
#include "bench/support/json_file.h"
#include "bench/support/width.h"
#include "tests/unit/gate_made.h"

#include <ctype.h>
#include <stdbool.h>

static const char *const nasty[] = {
    "::error ::a",
    "\u00a0::stop-commands::x",
    "##[error]a ##vso[task.complete]",
    "a\n::error file=x::b\r\n##[group]",
    "\033[2J\033]0;title\a\xc2\x9b;m",
    "\u202eabc\u2066\u200e\u200b\ufeff\u061c", // NOLINT(misc-misleading-bidirectional)
    "\xff\xc0\xaf\xed\xa0\x80 \xe2\x82",
    "]]><script>alert(1)</script><!--",
    "\"'><img src=x onerror=alert(1)>&amp;&#60;",
    "' \" ` $(id) `id` \\ \\n %s %n %% {} _ ^ @x ~",
    "'' . system('id') . ''",
    "a|b [x](http://example.invalid) ![y](z) `c` **d** <e> www.example.invalid f@example.invalid",
    "</title></style></text></svg></td>",
    "\u4e2d\u6587\ud55c\uae00 e\u0301 \U0001f600",
    "%0A::error::a,b:c",
    " ",
    /* wherever a line breaks, the next one begins with a command */
    "::error ::a ::error ::a ::error ::a ::error ::a ::error ::a ::error ::a ::error ::a b",
};
enum { NASTY = sizeof nasty / sizeof *nasty };

/* The text as it is behind the door; the caller frees it. */
static char *entered(const char *text) {
    char *copy = malloc(strlen(text) + 1);
    assert_non_null(copy);
    strcpy(copy, text);
    utf8_clean(copy);
    return copy;
}

/* Fails unless a text is UTF-8 without control characters, except ends of lines and tabs. */
static void expect_harmless(const char *text, const char *what) {
    for (const char *at = text, *end = text + strlen(text); at < end;) {
        uint32_t c = 0;
        size_t length = utf8_next(at, end, &c);
        bool fine = length > 0 && length <= (size_t)(end - at) && (c < 0x7f || c > 0x9f) &&
                    (c >= ' ' || c == '\n' || c == '\t');
        if (!fine) fail_msg("%s: byte %02x in:\n%s", what, (unsigned char)*at, text);
        at += length;
    }
}

/* Fails if GitHub would take a line as a command. */
static void expect_no_command(const char *text, const char *what) {
    if (strstr(text, "##[")) fail_msg("%s: a command in:\n%s", what, text);
    for (const char *line = text; *line;
         line += strcspn(line, "\n") + (strchr(line, '\n') != NULL)) {
        const char *at = line;
        while (*at == ' ' || *at == '\t' || (unsigned char)*at >= 0x80) at++;
        if (strncmp(at, "::", 2) == 0) fail_msg("%s: a command in:\n%s", what, text);
    }
}

/* A comparison in which the text stands everywhere. */
static void make_hostile(struct made *m, const char *text) {
    make_all(m, text);
    snprintf(m->report.baseline, GATE_NAME_SIZE, "%s", text);
    snprintf(m->report.candidate, GATE_NAME_SIZE, "%s", text);
    gate_reason_set(&m->report.note, GATE_ADVISORY, "advisory: %s", text);
    for (size_t i = 0; i < m->report.row_count; i++)
        gate_reason_set(&m->rows[i].reason, GATE_SKIPPED, "%s", text);
    add_losses(m);
    snprintf(m->losses[0].cell, sizeof m->losses[0].cell, "%s", text);
    snprintf(m->report.result, sizeof m->report.result, "%s", text);
}

static void the_terminal_is_only_written_to(void **state) {
    (void)state;
    setenv("GITHUB_ACTIONS", "true", 1);
    for (size_t i = 0; i < NASTY; i++) {
        struct made m;
        char *text = entered(nasty[i]);
        make_hostile(&m, text);
        char *table = table_of(&m, 1, text, false);
        expect_harmless(table, "table");
        expect_no_command(table, "table");
        free(table);
        free(text);
    }
    unsetenv("GITHUB_ACTIONS");
}

static void annotations_are_only_ours(void **state) {
    (void)state;
    for (size_t i = 0; i < NASTY; i++) {
        struct made m;
        char *text = entered(nasty[i]);
        make_hostile(&m, text);
        char *lines = annotations_of(&m, 1, text);
        expect_harmless(lines, "annotations");
        expect(lines, "\n",
               times(lines, "::error title=iobench ab") +
                   times(lines, "::warning title=iobench ab"));
        expect(lines, "##[", 0);
        /* title and message: a title has no "::" */
        for (const char *line = lines; *line; line = strchr(line, '\n') + 1) {
            const char *title = strstr(line, "title=") + 6, *end = strstr(title, "::");
            assert_true(end && end < strchr(line, '\n'));
            assert_int_equal(strcspn(title, ":"), end - title);
            assert_null(memchr(title, ',', (size_t)(end - title)));
        }
        free(lines);
        free(text);
    }
}

/* Fails unless a text has only the tags of JUnit, references to characters, and characters that XML
 * 1.0 allows. */
static void expect_xml(const char *xml) {
    static const char *const tags[] = {
        "<?xml ",        "<testsuite name=\"", "</testsuite>\n", "<testcase classname=\"",
        "</testcase>\n", "<failure type=\"",   "<error type=\"", "<skipped type=\"",
        "<system-out>",  "</system-out>\n"};
    expect(xml, "]]>", 0);
    for (const char *at = xml, *end = xml + strlen(xml); at < end;) {
        uint32_t c = 0;
        size_t length = utf8_next(at, end, &c), tag = 0;
        bool fine = length > 0 && length <= (size_t)(end - at) && (c >= ' ' || c == '\n') &&
                    c != 0xfffe && c != 0xffff;
        while (c == '<' && tag < sizeof tags / sizeof *tags &&
               strncmp(at, tags[tag], strlen(tags[tag])) != 0)
            tag++;
        if (tag == sizeof tags / sizeof *tags) fine = false;
        if (c == '&' && strncmp(at, "&gt;", 4) != 0)
            fine = at[1] == '#' && isdigit((unsigned char)at[2]) && strchr(at, ';') < at + 6;
        if (!fine) fail_msg("not XML from here:\n%.200s", at);
        at += length;
    }
}

static void junit_is_xml(void **state) {
    (void)state;
    for (size_t i = 0; i < NASTY; i++) {
        struct made m;
        make_hostile(&m, nasty[i]); /* not cleaned: this way out needs no door */
        char *xml = gate_junit(&m.report, 1, nasty[i]);
        expect_xml(xml);
        free(xml);
    }
}

static void json_is_json(void **state) {
    (void)state;
    for (size_t i = 0; i < NASTY; i++) {
        struct made m;
        struct reason reason = {.text = ""};
        char *text = entered(nasty[i]);
        make_hostile(&m, text);
        cJSON *json = gate_json(&m.report, 1, text);
        char *printed = json_text_print(json);
        cJSON_Delete(json);
        expect_harmless(printed, "JSON");
        expect_no_command(printed, "JSON");
        json = json_text_parse(printed, strlen(printed), &reason);
        assert_string_equal(reason.text, "");
        assert_string_equal(
            cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "baseline")), text);
        cJSON_Delete(json);
        cJSON_free(printed);
        free(text);
    }
}

static void markdown_shows_the_text(void **state) {
    (void)state;
    static const char *const active[] = {"<script", "<img",  "<!--", "</t",       "</s",
                                         "](",      "://",   "**d",  "www.",      "f@",
                                         "<e>",     "&amp;", "`c`",  "\n::error", "##["};
    for (size_t i = 0; i < NASTY; i++) {
        struct made m;
        char *text = entered(nasty[i]);
        make_hostile(&m, text);
        char *markdown = gate_markdown(&m.report, 1, text);
        expect_harmless(markdown, "Markdown");
        /* what stands between grave accents is literal; only texts without special ones do */
        for (char *code = strchr(markdown, '`'); code;) {
            char *end = strchr(code + 1, '`');
            assert_non_null(end);
            memset(code, 'x', (size_t)(end - code) + 1);
            code = strchr(end, '`');
        }
        for (size_t k = 0; k < sizeof active / sizeof *active; k++)
            if (strcmp(active[k], "</s") != 0 || !strstr(markdown, "</su"))
                expect(markdown, active[k], 0);
        free(markdown);
        free(text);
    }
}

/* ---- results ---- */

/* A result whose server, phase, system, command and reasons are the text. */
static cJSON *hostile_result(const char *text) {
    cJSON *file = cJSON_Parse(
        "{\"session\":{\"started_utc\":\"2026-01-02T03:04:05Z\",\"suite\":{\"name\":\"?\"},"
        "\"models\":[{\"name\":\"?\",\"summary\":\"?\",\"initiation\":\"?\",\"notification\":\"?\"}"
        "]},"
        "\"env\":{\"host\":{\"os_version\":\"?\",\"kernel\":\"?\",\"container\":\"?\"},\"cpu\":"
        "{\"model\":\"?\"},\"clock\":{\"source\":\"?\"},\"findings\":[{\"level\":\"?\",\"found\":"
        "\"?\",\"effect\":\"?\",\"fix\":\"?\"}]},\"cells\":[{\"id\":\"?\",\"scenario\":{\"phase\":"
        "\"?\",\"load\":\"closed\",\"depth\":1,\"connections\":50,\"size_bytes\":64,\"server\":"
        "{\"model\":\"?\",\"threads\":1,\"options\":{\"?\":\"?\"}},\"loadgen\":{\"transport\":"
        "\"?\"}},\"samples\":[{\"validity\":{\"verdict\":\"suspect\",\"reasons\":[\"?\"]},"
        "\"window_s\":1,\"throughput_per_s\":1000,\"bytes\":64000}]},{\"id\":\"?\",\"scenario\":"
        "{\"phase\":\"?\",\"load\":\"closed\",\"depth\":1,\"connections\":50,\"size_bytes\":64,"
        "\"server\":{\"model\":\"?\",\"threads\":1}},\"skipped\":{\"reason\":\"?\"}}]}");
    assert_non_null(file);
    cJSON *stack[64] = {file};
    for (size_t depth = 1; depth > 0;) {
        cJSON *json = stack[--depth];
        if (cJSON_IsString(json) && strcmp(json->valuestring, "?") == 0)
            assert_non_null(cJSON_SetValuestring(json, text));
        for (cJSON *item = json->child; item; item = item->next) {
            assert_true(depth < 64);
            stack[depth++] = item;
        }
    }
    return file;
}

static void the_table_of_a_run_is_only_lines(void **state) {
    (void)state;
    setenv("GITHUB_ACTIONS", "true", 1);
    for (size_t i = 0; i < NASTY; i++) {
        char *text = entered(nasty[i]), *table = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&table, &size);
        assert_non_null(out);
        table_print(out, hostile_result(text), nasty[i],
                    (struct terminal){.columns = i % 2 ? 30 : 0});
        fclose(out);
        expect_harmless(table, "table");
        expect_no_command(table, "table");
        free(table);
        free(text);
    }
    unsetenv("GITHUB_ACTIONS");
}

static void the_page_shows_the_text(void **state) {
    (void)state;
    struct report_frame frame = {
        .html = (char *)"{{style}}{{slots}}{{unusable}}{{cards}}{{plots}}{{figures}}{{skipped}}"
                        "{{models}}",
        .style = (char *)""};
    for (size_t i = 0; i < NASTY; i++) {
        char *text = entered(nasty[i]), *page = NULL;
        size_t size = 0;
        const char *path = nasty[i]; /* a path is no clean text */
        cJSON **files = calloc(1, sizeof *files);
        assert_non_null(files);
        files[0] = hostile_result(text);
        struct summary summary;
        summary_build(&summary, files, &path, 1);
        FILE *out = open_memstream(&page, &size);
        assert_non_null(out);
        report_html(
            out, &(struct report_page){.frame = &frame, .summary = &summary, .folder = nasty[i]});
        fclose(out);
        expect_harmless(page, "page");
        expect(page, "<script", 0);
        expect(page, "<img", 0);
        expect(page, "<!--", 0);
        expect(page, "</title>", 0);
        expect(page, "\"'>", 0);
        free(page);
        summary_clear(&summary);
        free(text);
    }
}

/* ---- gnuplot ---- */

/* What gnuplot makes of a quoted string, by the rules of its manual: in double quotes, a backslash
 * and three digits are a byte, a backslash and another character are that character. */
static void unquote(char *to, const char *quoted) {
    size_t length = strlen(quoted);
    assert_true(length >= 2 && quoted[0] == '"' && quoted[length - 1] == '"');
    for (const char *c = quoted + 1, *end = quoted + length - 1; c < end; c++) {
        assert_true(*c != '"' && *c != '`' && (unsigned char)*c >= ' ');
        if (*c != '\\') {
            *to++ = *c;
        } else if (isdigit((unsigned char)c[1])) {
            *to++ = (char)((c[1] - '0') * 64 + (c[2] - '0') * 8 + (c[3] - '0'));
            c += 3;
        } else {
            *to++ = *++c;
        }
    }
    *to = '\0';
}

static void gnuplot_reads_the_same_text(void **state) {
    (void)state;
    for (size_t i = 0; i < NASTY; i++) {
        char line[1024] = "", again[1024], outer[2048] = "";
        plot_quote(line, sizeof line, nasty[i]); /* a path keeps all bytes */
        unquote(again, line);
        assert_string_equal(again, nasty[i]);
        *line = '\0';
        plot_quote_text(line, sizeof line, nasty[i]);
        expect_harmless(line, "gnuplot");
        unquote(again, line);
        assert_null(strstr(again, "]]>"));
        plot_quote(outer, sizeof outer, line); /* statements for eval are quoted twice */
        unquote(again, outer);
        assert_string_equal(again, line);
    }
}

static void a_cut_string_is_still_one(void **state) {
    (void)state;
    for (size_t size = 3; size < 80; size++)
        for (size_t i = 0; i < NASTY; i++) {
            char line[80] = "", again[80];
            plot_quote(line, size, nasty[i]);
            assert_true(strlen(line) < size);
            if (*line) unquote(again, line);
        }
}

/* Whatever the width, a text comes to its end; GitHub's commands are guarded at each line. */
static void narrow_lines_end(void **state) {
    (void)state;
    static const char *const texts[] = {"::error ::a.json",
                                        "::", ": :: :::", "\xed\x95\x9c\xea\xb8\x80 ::x"};
    setenv("GITHUB_ACTIONS", "true", 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int columns = 1; columns < 30; columns++)
            for (int indent = 0; indent < 8; indent++) {
                struct text lines = {0};
                struct width_place place = {.at = indent, .columns = columns, .indent = indent};
                width_wrap(&lines, texts[i], place);
                assert_true(strlen(lines.data) < 1000);
                free(lines.data);
            }
    unsetenv("GITHUB_ACTIONS");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(narrow_lines_end),
        cmocka_unit_test(the_terminal_is_only_written_to),
        cmocka_unit_test(annotations_are_only_ours),
        cmocka_unit_test(junit_is_xml),
        cmocka_unit_test(json_is_json),
        cmocka_unit_test(markdown_shows_the_text),
        cmocka_unit_test(the_table_of_a_run_is_only_lines),
        cmocka_unit_test(the_page_shows_the_text),
        cmocka_unit_test(gnuplot_reads_the_same_text),
        cmocka_unit_test(a_cut_string_is_still_one),
    };
    return cmocka_run_group_tests_name("outside", tests, NULL, NULL);
}
