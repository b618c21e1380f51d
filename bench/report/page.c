/* page.c - environments and plots of the page; see page.h. page_tables.c writes the tables.
 * Invariant: the ids of all drawings are unique within the page. */
#include "bench/report/page.h"

#include "bench/result/summary_words.h"
#include "bench/support/format.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <string.h>

static void put_verdict_pills(FILE *out, size_t valid, size_t suspect, size_t invalid) {
    fprintf(out,
            "<span class=\"pill valid\">%zu valid</span> <span class=\"pill suspect\">%zu "
            "suspect</span> <span class=\"pill invalid\">%zu invalid</span>",
            valid, suspect, invalid);
}

static void put_term(FILE *out, const char *term, const char *text) {
    if (!text || *text == '\0') return;
    fprintf(out, "<dt>%s</dt><dd>", term);
    format_html(out, text);
    fputs("</dd>", out);
}

static void put_duration_term(FILE *out, const char *term, const cJSON *json, const char *path) {
    char text[FORMAT_SIZE];
    double ns = json_number(json, path);
    if (isfinite(ns)) put_term(out, term, format_duration(text, ns));
}

/* The findings of `iobench doctor` in the result. */
static void put_findings(FILE *out, const cJSON *findings) {
    if (cJSON_GetArraySize(findings) == 0) return;
    fputs("<ul class=\"findings\">", out);
    const cJSON *finding;
    cJSON_ArrayForEach(finding, findings) {
        const char *level = json_text(finding, "level"), *fix = json_text(finding, "fix");
        const char *effect = json_text(finding, "effect");
        bool problem = level && strcmp(level, "problem") == 0;
        fprintf(out, "<li><span class=\"pill %s\">%s</span> ", problem ? "problem" : "advice",
                problem ? "problem" : "advice");
        format_html(out, json_text(finding, "found"));
        if (effect) fputs(": ", out);
        if (effect) format_html(out, effect);
        bool fixable = fix && *fix != '\0';
        if (fixable) fputs(". <b>Fix:</b> ", out);
        if (fixable) format_html(out, fix);
        fputs("</li>\n", out);
    }
    fputs("</ul>", out);
}

static void put_card(FILE *out, const struct summary_result *result) {
    const cJSON *file = result->json;
    char line[1024];
    fputs("<div class=\"card\"><h3>", out);
    format_html(out, result->label);
    fputs("</h3>", out);
    put_verdict_pills(out, result->valid, result->suspect, result->invalid);
    if (result->skipped > 0)
        fprintf(out, " <span class=\"pill\">%zu cell%s not run</span>", result->skipped,
                result->skipped > 1 ? "s" : "");
    if (cJSON_IsFalse(json_item(file, "session.complete")))
        fputs("<p><strong>Incomplete:</strong> the run ended before all slots were measured.</p>",
              out);
    fputs("<dl>", out);
    summary_environment(line, sizeof line, result);
    put_term(out, "machine", line);
    put_term(out, "suite", json_text(file, "session.suite.name"));
    put_term(out, "started", json_text(file, "session.started_utc"));
    put_term(out, "container", json_text(file, "env.host.container"));
    put_term(out, "clock", json_text(file, "env.clock.source"));
    put_duration_term(out, "TCP round trip", file, "env.floor.roundtrip_ns");
    put_duration_term(out, "system call", file, "env.floor.syscall_ns");
    put_term(out, "file", result->path);
    fputs("</dl>", out);
    put_findings(out, json_item(file, "env.findings"));
    fputs("</div>\n", out);
}

/* Writes a text percent-encoded for a URL. */
static void put_url(FILE *out, const char *text) {
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                     (*c >= '0' && *c <= '9') || strchr("-_.", *c);
        if (plain)
            fputc(*c, out);
        else
            fprintf(out, "%%%02X", *c);
    }
}

static const char *skip_element(const char *svg, const char *name) {
    size_t length = strlen(name);
    if (strncmp(svg + 1, name, length) != 0 || svg[1 + length] != '>') return svg;
    char end[32];
    snprintf(end, sizeof end, "</%s>", name);
    const char *found = strstr(svg, end);
    return found ? found + strlen(end) : svg;
}

/* Writes the drawing without its XML prologue and tooltips. Prefixes its ids with the kind. */
static void put_svg(FILE *out, const struct report_picture *picture) {
    static const char *const references[] = {"id='", "id=\"", "href='#", "href=\"#", "url(#"};
    const char *svg = strstr(picture->svg, "<svg");
    if (!svg) return;
    fputs("<svg role=\"img\" aria-label=\"", out);
    format_html(out, picture->label);
    fputs("\"", out);
    svg += 4;
    while (*svg != '\0') {
        if (*svg == '<') {
            const char *after = skip_element(skip_element(svg, "title"), "desc");
            if (after != svg) {
                svg = after;
                continue;
            }
        }
        size_t matched = 0;
        for (size_t i = 0; i < sizeof references / sizeof *references && matched == 0; i++)
            if (strncmp(svg, references[i], strlen(references[i])) == 0)
                matched = strlen(references[i]);
        if (matched > 0)
            fprintf(out, "%.*s%s-", (int)matched, svg, picture->kind->name);
        else
            fputc(*svg, out);
        svg += matched > 0 ? matched : 1;
    }
}

static void put_figure(FILE *out, const struct report_picture *picture, const char *folder) {
    static const char *const endings[] = {"svg", "png", "dat", "gp"};
    static const char *const names[] = {"SVG", "PNG", "data", "gnuplot script"};
    const char *kind = picture->kind->name;
    fputs("<figure>", out);
    if (picture->svg) {
        fputs("<div class=\"plot\">", out);
        put_svg(out, picture);
        fputs("</div>", out);
    } else {
        fprintf(out, "<h3>%s</h3><p class=\"missing\">Not drawn: ", picture->kind->heading);
        format_html(out, picture->missing.text);
        fputs(".</p>", out);
    }
    fprintf(out, "<figcaption>%s", picture->kind->note);
    const bool there[] = {picture->svg != NULL, picture->png, picture->has_files,
                          picture->has_files};
    for (int i = 0; folder && i < 4; i++) {
        if (!there[i]) continue;
        fputs(" <a href=\"", out);
        put_url(out, folder);
        fprintf(out, "/%s.%s\">%s</a>", kind, endings[i], names[i]);
    }
    fputs("</figcaption></figure>\n", out);
}

/* Writes the plots that have data, and a line about the others. */
static void put_figures(FILE *out, const struct report_picture *pictures, size_t count,
                        const char *folder) {
    const char *separator = "<p class=\"note\">Not drawn because data is missing: ";
    bool some = false;
    for (size_t i = 0; i < count; i++)
        if (pictures[i].has_files) put_figure(out, &pictures[i], folder);
    for (size_t i = 0; i < count; i++) {
        if (pictures[i].has_files) continue;
        fprintf(out, "%s%s (", separator, pictures[i].kind->heading);
        format_html(out, pictures[i].missing.text);
        fputs(")", out);
        separator = "; ";
        some = true;
    }
    if (some) fputs(".</p>\n", out);
}

static void put_slots(FILE *out, const struct summary *report) {
    size_t valid = 0, suspect = 0, invalid = 0;
    for (size_t i = 0; i < report->result_count; i++) {
        valid += report->results[i].valid;
        suspect += report->results[i].suspect;
        invalid += report->results[i].invalid;
    }
    put_verdict_pills(out, valid, suspect, invalid);
}

/* Writes a warning if no slot of any result is usable. */
static void put_unusable(FILE *out, const struct summary *report) {
    for (size_t i = 0; i < report->result_count; i++)
        if (report->results[i].valid + report->results[i].suspect > 0) return;
    fputs("<p><strong>No slot is usable, so there are no figures.</strong> The tables list the "
          "reasons.</p>\n",
          out);
}

static void put_part(FILE *out, const struct report_page *page, enum report_part part) {
    const struct summary *report = page->summary;
    switch (part) {
    case REPORT_STYLE:
        fputs(page->frame->style, out);
        return;
    case REPORT_SLOTS:
        put_slots(out, report);
        return;
    case REPORT_UNUSABLE:
        put_unusable(out, report);
        return;
    case REPORT_CARDS:
        for (size_t i = 0; i < report->result_count; i++) put_card(out, &report->results[i]);
        return;
    case REPORT_PLOTS:
        put_figures(out, page->pictures, page->picture_count, page->folder);
        return;
    case REPORT_FIGURES:
        report_html_tables(out, report);
        return;
    case REPORT_SKIPPED:
        report_html_skipped(out, report);
        return;
    case REPORT_MODELS:
        report_html_models(out, report);
        return;
    case REPORT_PARTS:
        return;
    }
}

void report_html(FILE *out, const struct report_page *page) {
    enum report_part part;
    const char *at = page->frame->html;
    do {
        size_t length;
        const char *next = report_frame_next(at, &length, &part);
        fwrite(at, 1, length, out);
        put_part(out, page, part);
        at = next;
    } while (part != REPORT_PARTS);
}
