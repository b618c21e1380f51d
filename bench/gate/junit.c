/* junit.c - writes a comparison as JUnit XML, in the dialect that Jenkins and GitLab read.
 * Source: junit-10.xsd of the Jenkins plugin xUnit.
 * Invariant: with exit code 0 the file has no failure and no error, otherwise at least one. A case
 * that passes was measured. The text is well-formed XML 1.0 in UTF-8 for all names. */
#include "base/utf8.h"

#include "bench/gate/output.h"
#include "bench/gate/words.h"
#include "bench/support/exit_code.h"
#include "bench/support/format.h"
#include "bench/support/text.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- characters ---- */

/* Whether XML 1.0 allows the character (section 2.2, Char). */
static bool is_xml(uint32_t c) {
    return c == '\t' || c == '\n' || c == '\r' || (c >= ' ' && c < 0xd800) ||
           (c >= 0xe000 && c < 0xfffe) || (c >= 0x10000 && c < 0x110000);
}

/* Appends text for an attribute or an element. Characters that XML forbids become U+FFFD. Line ends
 * and tabs become references, because XML readers turn them into spaces in attributes. */
static void add_escaped(struct text *xml, const char *text) {
    for (const char *c = text, *end = text + strlen(text); c < end;) {
        uint32_t character = 0;
        size_t length = utf8_next(c, end, &character);
        bool whole = length > 0 && length <= (size_t)(end - c);
        if (!whole || !is_xml(character))
            text_add(xml, "\ufffd");
        else if (character < ' ' || strchr("<>&\"'", *c))
            text_add(xml, "&#%u;", (unsigned)character);
        else
            text_add(xml, "%.*s", (int)length, c);
        c += whole ? length : 1;
    }
}

/* ---- cases ---- */

enum outcome { CASE_PASSED, CASE_SKIPPED, CASE_FAILED, CASE_ERROR, CASE_OUTCOMES };
static const char *const elements[CASE_OUTCOMES] = {NULL, "skipped", "failure", "error"};

/* All cases, and the number of each outcome. */
struct suite {
    struct text cases;
    size_t counts[CASE_OUTCOMES]; /* cases of each outcome */
    const char *command;
};

static enum outcome outcome_of(const struct gate_report *report, const struct gate_row *row,
                               int exit_code) {
    if (report->invalid) return row == &report->control ? CASE_ERROR : CASE_SKIPPED;
    if (row->verdict == GATE_PASS || row->verdict == GATE_IMPROVED) return CASE_PASSED;
    if (!gate_offends(report, row)) return CASE_SKIPPED;
    if (row->verdict != GATE_REGRESSED) return CASE_ERROR;
    return exit_code == EXIT_FINE ? CASE_SKIPPED : CASE_FAILED;
}

/* One case. */
struct test_case {
    const char *cell;  /* cell of the row, or empty */
    const char *title; /* title of the metric, "control" or "conclusion" */
    enum outcome outcome;
    const char *type;    /* kind of outcome, for programs; unused for CASE_PASSED */
    const char *message; /* text for people; unused for CASE_PASSED */
    const char *output;  /* figures, or empty */
};

static void add_case(struct suite *suite, const struct test_case *c) {
    struct text *xml = &suite->cases;
    suite->counts[c->outcome]++;
    text_add(xml, "  <testcase classname=\"iobench.%s\" name=\"", suite->command);
    add_escaped(xml, c->cell);
    text_add(xml, "%s%s\">\n", *c->cell ? " " : "", c->title);
    if (c->outcome != CASE_PASSED) {
        text_add(xml, "    <%s type=\"%s\" message=\"", elements[c->outcome], c->type);
        add_escaped(xml, c->message);
        text_add(xml, "\"/>\n");
    }
    if (*c->output) {
        text_add(xml, "    <system-out>");
        add_escaped(xml, c->output);
        text_add(xml, "</system-out>\n");
    }
    text_add(xml, "  </testcase>\n");
}

static const char *type_of(enum gate_verdict verdict) {
    switch (verdict) {
    case GATE_REGRESSED:
        return "regression";
    case GATE_INCONCLUSIVE:
        return "inconclusive";
    case GATE_NOT_MEASURED:
        return "not-measured";
    case GATE_INCOMPARABLE:
        return "incomparable";
    case GATE_IDENTICAL:
        return "identical";
    case GATE_NEW:
        return "new";
    default:
        return "undecided";
    }
}

static void add_row(struct suite *suite, const struct gate_report *report,
                    const struct gate_row *row, int exit_code) {
    struct gate_words words;
    char output[2 * GATE_WORDS_SIZE] = "", message[2 * GATE_WORDS_SIZE] = "";
    gate_words(&words, report, row);
    if (!isnan(row->effect))
        format_append(output, sizeof output,
                      "baseline %s, candidate %s, change %s (90 %% interval %s, p %s, %s %s)",
                      words.baseline, words.candidate, words.change, words.interval, words.p,
                      words.count, gate_count_title(report));
    if (report->invalid)
        format_append(message, sizeof message, "INVALID: %s", report->reason.text);
    else
        format_append(message, sizeof message, "%s%s%s", words.verdict, *words.remark ? ": " : "",
                      words.remark);
    if (!report->invalid && row->verdict == GATE_REGRESSED && *output) {
        format_append(message, sizeof message, ": %s", output);
        *output = '\0'; /* the message contains it */
    }
    bool control = row == &report->control;
    const struct test_case c = {.cell = row->cell,
                                .title = control ? "control" : metrics[row->metric].title,
                                .outcome = outcome_of(report, row, exit_code),
                                .type = report->invalid ? "invalid" : type_of(row->verdict),
                                .message = message,
                                .output = output};
    add_case(suite, &c);
}

char *gate_junit(const struct gate_report *report, int exit_code, const char *why) {
    struct suite suite = {.command = report->command};
    struct text xml = {0};
    char losses[GATE_WORDS_SIZE];
    for (size_t i = 0; i < report->row_count; i++)
        add_row(&suite, report, &report->rows[i], exit_code);
    if (report->has_control) add_row(&suite, report, &report->control, exit_code);
    if (exit_code != EXIT_FINE && suite.counts[CASE_FAILED] + suite.counts[CASE_ERROR] == 0) {
        char text[GATE_WORDS_SIZE], message[2 * GATE_WORDS_SIZE];
        const char *word = gate_conclusion(text, report, exit_code, why);
        snprintf(message, sizeof message, "%s: %s", word, text);
        const struct test_case c = {.cell = "",
                                    .title = "conclusion",
                                    .outcome = exit_code == EXIT_NOTHING ? CASE_ERROR : CASE_FAILED,
                                    .type = "conclusion",
                                    .message = message,
                                    .output = ""};
        add_case(&suite, &c);
    }
    text_add(&xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"iobench %s: ",
             report->command);
    add_escaped(&xml, report->baseline);
    text_add(&xml, " -&gt; ");
    add_escaped(&xml, report->candidate);
    text_add(&xml, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"",
             suite.counts[CASE_PASSED] + suite.counts[CASE_SKIPPED] + suite.counts[CASE_FAILED] +
                 suite.counts[CASE_ERROR],
             suite.counts[CASE_FAILED], suite.counts[CASE_ERROR], suite.counts[CASE_SKIPPED]);
    if (isfinite(report->duration_s)) text_add(&xml, " time=\"%.3f\"", report->duration_s);
    text_add(&xml, ">\n%s", suite.cases.data ? suite.cases.data : "");
    gate_losses_of_all(losses, report);
    if (*losses) {
        text_add(&xml, "  <system-out>");
        add_escaped(&xml, losses);
        text_add(&xml, "</system-out>\n");
    }
    text_add(&xml, "</testsuite>\n");
    free(suite.cases.data);
    return xml.data;
}
