/* report.c - `iobench report`: writes an HTML page and plots of one or more results.
 * Invariant: nothing is written before all results have been read and checked. */
#include "base/args.h"
#include "base/check.h"
#include "base/line.h"
#include "base/memory.h"

#include "bench/cmd/commands.h"
#include "bench/plot/gnuplot.h"
#include "bench/plot/kinds.h"
#include "bench/plot/plot.h"
#include "bench/plot/style.h"
#include "bench/plot/write.h"
#include "bench/report/frame.h"
#include "bench/report/page.h"
#include "bench/result/result_files.h"
#include "bench/result/summary.h"
#include "bench/support/exit_code.h"
#include "bench/support/files.h"
#include "bench/support/paths.h"
#include "bench/support/reason.h"
#include "bench/support/refuse.h"
#include "bench/support/workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "iobench report"

enum { KINDS_MAX = 16 };

/* The drawings in one format. */
struct format {
    const char *name;     /* "svg" */
    bool hopeless;        /* gnuplot cannot draw it at all */
    bool missing;         /* at least one drawing is missing */
    struct reason reason; /* why the first one is missing */
};

enum { SVG, PNG, FORMATS };

/* Where the plots go. */
struct place {
    char beside[PATH_SIZE]; /* folder beside the page */
    const char *name;       /* the last part of it, for links; NULL: the page is a stream */
    struct workspace space; /* then they are drawn here */
};

/* Makes the folder for the plots of `page`. */
static bool make_place(struct place *place, const char *page, struct reason *reason) {
    place->name = report_path_beside(place->beside, page, "-plots");
    if (!files_stream(page)) return files_make_folder(place->beside, reason);
    place->name = NULL;
    return workspace_make(&place->space, "iobench-report-", reason);
}

/* A report while it is made. */
struct report {
    const struct summary *summary;
    const struct paths *paths;
    const struct place *place;
    const char *folder; /* of it */
    struct format formats[FORMATS];
};

/* Whether gnuplot drew the kind in this format. Asks it no more once it is hopeless. */
static bool draw_format(struct report *r, struct format *format, const char *kind,
                        struct reason *reason) {
    if (format->hopeless) {
        *reason = format->reason;
        return false;
    }
    enum plot_outcome outcome = plot_run(kind, r->folder, format->name, reason);
    if (outcome == PLOT_DRAWN) return true;
    format->hopeless = outcome == PLOT_HOPELESS;
    if (!format->missing) format->reason = *reason;
    format->missing = true;
    return false;
}

/* Draws one plot. Prints a line and returns false if its files cannot be written. If gnuplot is
 * missing or fails, sets picture->missing and returns true. */
static bool draw(struct report_picture *picture, struct report *r) {
    const struct plot_kind *kind = picture->kind;
    struct plot plot;
    struct reason unused;
    char path[PATH_SIZE + 64];
    size_t size;
    bool fine = true;
    if (!report_remove_plot(r->folder, kind->name, &picture->missing)) {
        refuse(NAME, "%s", picture->missing.text);
        return false;
    }
    plot_make(&plot, kind, r->summary);
    snprintf(picture->label, sizeof picture->label, "%s. %s", plot.title, plot.subtitle);
    if (plot.count == 0) {
        reason_set(&picture->missing, "%s", plot.notes);
    } else if (!plot_write(&plot, r->summary, r->paths->plot, r->folder, &picture->missing)) {
        refuse(NAME, "%s", picture->missing.text);
        fine = false;
    } else {
        picture->has_files = true;
        snprintf(path, sizeof path, "%s/%s.svg", r->folder, kind->name);
        if (draw_format(r, &r->formats[SVG], kind->name, &picture->missing))
            picture->svg = files_read(path, &size, &picture->missing);
        picture->png = draw_format(r, &r->formats[PNG], kind->name, &unused);
    }
    plot_free(&plot);
    return fine;
}

static bool write_page(const char *path, const struct report_page *page) {
    struct files_draft draft;
    struct reason reason;
    if (files_draft_open(&draft, path, &reason)) {
        report_html(draft.out, page);
        if (files_draft_keep(&draft, &reason)) return true;
    }
    refuse(NAME, "-o %s: %s", path, reason.text);
    return false;
}

/* Says on stdout what was written, and on stderr what was not drawn. */
static void print_written(const char *page, const struct report *r) {
    const struct format *svg = &r->formats[SVG], *png = &r->formats[PNG];
    const char *what = !png->missing ? "SVGs" : !svg->missing ? "PNGs" : "plots";
    if (svg->missing || png->missing)
        line_print(stderr, NAME ": %s not drawn: %s%s%s", what,
                   (svg->missing ? svg : png)->reason.text,
                   r->place->name ? "; data and scripts are in " : "",
                   r->place->name ? r->place->beside : "");
    if (files_standard_output(page)) return;
    line_print(stdout, "report: %s", page);
    if (r->place->name) line_print(stdout, "plots: %s", r->place->beside);
}

static int make_report(const struct summary *summary, const char *page, const struct paths *paths,
                       const struct report_frame *frame) {
    static struct place place;
    struct reason reason;
    int code = EXIT_USAGE;
    if (!make_place(&place, page, &reason))
        return refuse(NAME, "%s: %s", place.beside, reason.text);
    struct report r = {.summary = summary,
                       .paths = paths,
                       .place = &place,
                       .folder = place.name ? place.beside : place.space.path,
                       .formats = {[SVG] = {.name = "svg"}, [PNG] = {.name = "png"}}};
    struct report_picture pictures[KINDS_MAX] = {0};
    size_t count = 0;
    bool fine = true;
    for (; fine && plot_kinds[count].name; count++) {
        CHECK_OP(count, <, KINDS_MAX);
        pictures[count].kind = &plot_kinds[count];
        fine = draw(&pictures[count], &r);
    }
    const struct report_page parts = {.frame = frame,
                                      .summary = summary,
                                      .pictures = pictures,
                                      .picture_count = count,
                                      .folder = place.name};
    if (fine && write_page(page, &parts)) {
        code = EXIT_FINE;
        print_written(page, &r);
    }
    for (size_t i = 0; i < count; i++) free(pictures[i].svg);
    workspace_remove(&place.space);
    return code;
}

int cmd_report(int argc, char **argv) {
    const char *page = "report.html";
    struct arg_texts results = {0};
    const struct arg args[] = {
        {"o", "FILE", "page to write; plots go to a folder beside it (report.html)", .text = &page},
        {.name = NULL},
    };
    const struct args_spec spec = {
        .program = NAME,
        .summary =
            "writes one self-contained HTML page of results, and a folder of plots beside it",
        .positional = "RESULT...",
        .example = NAME " results/linux.json results/windows.json -o both.html",
        .args = args,
        .positionals = &results,
    };
    int code = EXIT_USAGE;
    struct reason reason;
    struct report_frame frame = {0};
    char folder[PATH_SIZE];
    struct paths *paths = malloc(sizeof *paths);
    MEMORY_CHECK(paths);
    enum args_outcome outcome = args_parse(&spec, argc, argv);
    if (outcome != ARGS_RUN) {
        code = outcome == ARGS_HELP_SHOWN ? EXIT_FINE : EXIT_USAGE;
        goto done;
    }
    if (results.count == 0) {
        refuse(NAME, "no RESULT given; try --help");
        goto done;
    }
    const struct report_output to = {NAME, "-o", page};
    report_path_beside(folder, page, "-plots");
    if (!paths_find(paths, NAME) || !report_may_write(&to, paths, results.items, results.count) ||
        !report_may_fill(&to, folder, results.items, results.count))
        goto done;
    if (!plot_style_load(paths->plot, &reason) ||
        !report_frame_read(&frame, paths->plot, &reason)) {
        refuse(NAME, "%s", reason.text);
        goto done;
    }
    cJSON **files = report_read_results(NAME, paths, results.items, results.count);
    if (!files) goto done;
    struct summary report;
    summary_build(&report, files, results.items, results.count);
    code = make_report(&report, page, paths, &frame);
    summary_clear(&report);
done:
    report_frame_free(&frame);
    args_texts_free(&results);
    free(paths);
    return code;
}
