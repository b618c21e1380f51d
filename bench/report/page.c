/* page.c - the page around the tables: style, environment, plots, how to read it.
 * Invariant: as in page.h; the drawings' ids are made unique, for they share one page. */
#include "bench/report/page.h"

#include "bench/result/summary_words.h"
#include "bench/support/format.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <string.h>

static const char style[] =
    "<style>\n"
    ":root{color-scheme:light}\n"
    "body{margin:0 auto;max-width:1320px;padding:1.5rem 1rem 3rem;background:#fff;color:#222;"
    "font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}\n"
    "h1{font-size:1.8rem;line-height:1.2;margin:0 0 .3rem}\n"
    "h2{font-size:1.3rem;margin:2.5rem 0 .6rem}\n"
    "h3{font-size:1.05rem;margin:1.8rem 0 .2rem}\n"
    "p{margin:.3rem 0 .8rem}.note,.lead{color:#555}.note{font-size:.9rem;max-width:75ch}\n"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));"
    "gap:1rem}\n"
    ".card{border:1px solid #ddd;border-radius:8px;padding:.8rem 1rem}\n"
    ".card h3{margin:0 0 .4rem}.card dl{display:grid;grid-template-columns:max-content 1fr;"
    "gap:.1rem .8rem;margin:.6rem 0 0;font-size:.9rem}\n"
    ".card dt{color:#666}.card dd{margin:0;overflow-wrap:anywhere}\n"
    ".scroll{overflow-x:auto}\n"
    "table{border-collapse:collapse;font-size:.86rem;width:100%}\n"
    "th,td{padding:.32rem .33rem;border-bottom:1px solid #e5e5e5;text-align:left;"
    "vertical-align:top;white-space:nowrap}\n"
    "thead th{border-bottom:2px solid "
    "#999;vertical-align:bottom;font-weight:600;line-height:1.25}\n"
    "tbody th{font-weight:600}tbody tr:hover{background:#f6f8fa}\n"
    ".n{text-align:right;font-variant-numeric:tabular-nums}.rank{color:#666}\n"
    ".load th{background:#f3f4f6;border-bottom:1px solid #ccc;font-weight:600}\n"
    ".group th{color:#555;font-weight:600;padding-left:1.2rem}\n"
    "td small{display:block;color:#666;"
    "white-space:normal;min-width:9rem;line-height:1.3;margin-top:.15rem}\n"
    "td.v{white-space:normal}td.v .pill{white-space:nowrap}\n"
    ".text{white-space:normal}\n"
    ".chip{display:inline-block;width:.7em;height:.7em;border-radius:2px;margin-right:.45em}\n"
    ".pill{display:inline-block;border-radius:9px;padding:0 .55em;font-size:.93em}\n"
    ".valid{background:#e3f4ec;color:#045c43}.suspect{background:#fdf0d5;color:#6b4a00}\n"
    ".invalid,.problem{background:#fbe1d8;color:#8a2f00}.saturated{background:#e4e7ec;color:#333}\n"
    ".advice{background:#fdf0d5;color:#6b4a00}\n"
    ".findings{list-style:none;margin:.6rem 0 0;padding:0;font-size:.9rem}.findings "
    "li{margin:.25rem 0}\n"
    "figure{margin:0 0 2rem;break-inside:avoid}figcaption{font-size:.9rem;color:#555}\n"
    ".plot{overflow-x:auto;border:1px solid #e5e5e5;border-radius:8px;padding:.3rem}\n"
    ".plot svg{display:block;width:100%;height:auto;min-width:36rem}\n"
    ".missing{border:1px dashed #bbb;border-radius:8px;padding:1rem;color:#555}\n"
    "a{color:#0058a3}code{font-size:.92em}\n"
    "ul.read li{max-width:78ch;margin:.35rem 0}\n"
    "footer{margin-top:3rem;color:#666;font-size:.85rem}\n"
    "@media "
    "print{.pill{font-size:1em}@page{margin:12mm}body{max-width:none;padding:0;font-size:11px}"
    ".scroll,.plot{overflow:visible}table{font-size:8px}th,td{padding:.2rem .3rem}"
    "td small{min-width:8rem}.plot svg{min-width:0}"
    "tr,.card{break-inside:avoid}h2,h3{break-after:avoid}"
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n"
    "</style>\n";

static void put_verdict_pills(FILE *out, size_t valid, size_t suspect, size_t invalid) {
    fprintf(out,
            "<span class=\"pill valid\">%zu valid</span> <span class=\"pill suspect\">%zu "
            "suspect</span> <span class=\"pill invalid\">%zu invalid</span>",
            valid, suspect, invalid);
}

static void put_term(FILE *out, const char *term, const char *text) {
    if (text == NULL || *text == '\0') return;
    fprintf(out, "<dt>%s</dt><dd>", term);
    format_html(out, text);
    fputs("</dd>", out);
}

static void put_duration_term(FILE *out, const char *term, const cJSON *json, const char *path) {
    char text[FORMAT_SIZE];
    double ns = json_number(json, path);
    if (isfinite(ns)) put_term(out, term, format_duration(text, ns));
}

/* What about the machine spoils measurements. */
static void put_findings(FILE *out, const cJSON *findings) {
    if (cJSON_GetArraySize(findings) == 0) return;
    fputs("<ul class=\"findings\">", out);
    const cJSON *finding;
    cJSON_ArrayForEach(finding, findings) {
        const char *level = json_text(finding, "level"), *fix = json_text(finding, "fix");
        const char *effect = json_text(finding, "effect");
        bool problem = level != NULL && strcmp(level, "problem") == 0;
        fprintf(out, "<li><span class=\"pill %s\">%s</span> ", problem ? "problem" : "advice",
                problem ? "problem" : "advice");
        format_html(out, json_text(finding, "found"));
        if (effect != NULL) fputs(": ", out);
        if (effect != NULL) format_html(out, effect);
        bool fixable = fix != NULL && *fix != '\0';
        if (fixable) fputs(". <b>To do:</b> ", out);
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
        fputs("<p><strong>Incomplete:</strong> the run was ended before all its slots.</p>", out);
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

/* The share of a text that may stand in a URL as it is. */
static void put_url(FILE *out, const char *text) {
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                     (*c >= '0' && *c <= '9') || strchr("-_.", *c) != NULL;
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
    return found != NULL ? found + strlen(end) : svg;
}

/* The drawing without its prologue and tooltips, its ids made this kind's own. */
static void put_svg(FILE *out, const struct report_picture *picture) {
    static const char *const references[] = {"id='", "id=\"", "href='#", "href=\"#", "url(#"};
    const char *svg = strstr(picture->svg, "<svg");
    if (svg == NULL) return;
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
    if (picture->svg != NULL) {
        fputs("<div class=\"plot\">", out);
        put_svg(out, picture);
        fputs("</div>", out);
    } else {
        fprintf(out, "<h3>%s</h3><p class=\"missing\">Not drawn: ", picture->kind->heading);
        format_html(out, picture->missing.text);
        fputs(".</p>", out);
    }
    fprintf(out, "<figcaption>%s", picture->kind->note);
    for (int i = picture->svg != NULL ? 0 : 2; picture->has_files && i < 4; i++) {
        fputs(" <a href=\"", out);
        put_url(out, folder);
        fprintf(out, "/%s.%s\">%s</a>", kind, endings[i], names[i]);
    }
    fputs("</figcaption></figure>\n", out);
}

/* The plots for which there is data, and a line on the others. */
static void put_figures(FILE *out, const struct report_picture *pictures, size_t count,
                        const char *folder) {
    const char *separator = "<p class=\"note\">Not drawn, for want of data: ";
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

static void put_reading(FILE *out) {
    fputs(
        "<section><h2>How to read this</h2><ul class=\"read\">\n"
        "<li>A <b>closed loop</b> measures capacity: a connection sends its next message only "
        "after "
        "the last echo. Its latency is <b>service time</b>: a server that stalls also stops the "
        "clock of the messages that would have come, so long waits are seen too seldom.</li>\n"
        "<li>An <b>open loop</b> sends on a schedule that does not wait for answers, and counts "
        "from "
        "the <b>intended</b> send time: that is what users feel.</li>\n"
        "<li><b>Bound</b> says what was at its limit: <i>server</i>, <i>client</i> (the load "
        "generator; the figure says little of the server, and is not ranked), <i>both</i> (the "
        "throughput is a figure of the pair), or <i>none</i>.</li>\n"
        "<li>A load in percent is of what the best model served in a closed loop with as many "
        "connections. <b>Saturated</b> means that less than 99 % of what was offered was answered "
        "in time: beyond its capacity a server's response time says how long the load lasted, and "
        "nothing else.</li>\n"
        "<li><b>Newcomers</b> connect beside the load, and <b>churn</b> is nothing but connections "
        "that come and go: their time runs from when they were due to their first echo, with churn "
        "to their last.</li>\n"
        "<li>What ranks models is <b>echoes per second of server CPU</b>: it does not depend on "
        "how "
        "fast the load generator is.</li>\n"
        "<li><b>Overhead</b> is the server's CPU per echo divided by half of a bare TCP round trip "
        "in one thread, timed in the same session: the figure to read across machines.</li>\n"
        "<li><b>Fairness</b> is Jain's index of the echoes per connection: 1 when all had equal "
        "shares, 1/n when one of n had everything.</li>\n"
        "<li>Every slot is a fresh server and a fresh load generator, with a verdict of its own. "
        "<i>Suspect</i> slots count but are marked; <i>invalid</i> ones are in no figure. A "
        "percentile with fewer than ten echoes beyond it is left blank.</li>\n"
        "<li>Loopback on one machine: no network card, no wire. Across systems or machines read "
        "the "
        "shapes, not a winner.</li>\n"
        "</ul></section>\n",
        out);
}

void report_html(FILE *out, const struct summary *report, const struct report_picture *pictures,
                 size_t count, const char *folder) {
    size_t valid = 0, suspect = 0, invalid = 0;
    for (size_t i = 0; i < report->result_count; i++) {
        valid += report->results[i].valid;
        suspect += report->results[i].suspect;
        invalid += report->results[i].invalid;
    }
    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
            "<title>iobench report</title>\n%s</head><body>\n"
            "<header><h1>IO models compared</h1><p class=\"lead\">Echo servers that differ in "
            "nothing but their IO model. Slots: ",
            style);
    put_verdict_pills(out, valid, suspect, invalid);
    fputs("</p></header>\n<main>\n", out);
    if (valid + suspect == 0)
        fputs("<p><strong>No slot is usable, so there are no figures to show.</strong> The reasons "
              "stand in the tables.</p>\n",
              out);
    fputs("<section><h2>Where this was measured</h2><div class=\"cards\">\n", out);
    for (size_t i = 0; i < report->result_count; i++) put_card(out, &report->results[i]);
    fputs("</div></section>\n<section><h2>Plots</h2>\n", out);
    put_figures(out, pictures, count, folder);
    fputs("</section>\n<section><h2>Figures</h2>\n", out);
    report_html_tables(out, report);
    fputs("</section>\n", out);
    report_html_skipped(out, report);
    report_html_models(out, report);
    put_reading(out);
    fputs("</main>\n<footer>Written by <code>iobench report</code>. Plots by gnuplot; colours by "
          "Okabe and Ito.</footer>\n</body></html>\n",
          out);
}
