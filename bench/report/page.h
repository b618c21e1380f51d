/* page.h - the report as a single, self-contained HTML page.
 * Invariant: every text from a result file is escaped; the page loads no other file. */
#ifndef BENCH_REPORT_PAGE_H
#define BENCH_REPORT_PAGE_H

#include "bench/plot/kinds.h"
#include "bench/plot/plot.h"
#include "bench/report/frame.h"
#include "bench/result/summary.h"

#include <stddef.h>
#include <stdio.h>

/* A plot on the page. */
struct report_picture {
    const struct plot_kind *kind;
    char *svg;             /* drawing, or NULL; owned by the caller */
    bool png;              /* there is a drawing as PNG */
    char label[400];       /* description for screen readers */
    struct reason missing; /* why there is no drawing on the page */
    bool has_files;        /* data and script were written */
};

/* The content of a page. */
struct report_page {
    const struct report_frame *frame;      /* template */
    const struct summary *summary;         /* all results */
    const struct report_picture *pictures; /* in the order of the page */
    size_t picture_count;
    const char *folder; /* name of the folder with the plots, relative to the page; NULL: none */
};

void report_html(FILE *out, const struct report_page *page);

/* The tables of the page: figures by load, skipped cells, and the models. */
void report_html_tables(FILE *out, const struct summary *report);
void report_html_skipped(FILE *out, const struct summary *report);
void report_html_models(FILE *out, const struct summary *report);

#endif
