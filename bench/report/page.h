/* page.h - the report as one page that needs nothing beside it.
 * Invariant: no text of a result file reaches the page unescaped, and the page loads nothing. */
#ifndef BENCH_REPORT_PAGE_H
#define BENCH_REPORT_PAGE_H

#include "bench/plot/kinds.h"
#include "bench/plot/plot.h"
#include "bench/report/frame.h"
#include "bench/result/summary.h"

#include <stddef.h>
#include <stdio.h>

/* A plot as the page shows it. */
struct report_picture {
    const struct plot_kind *kind; /* which plot */
    char *svg;                    /* what gnuplot drew, or NULL; owned by the caller */
    char label[400];              /* what it shows, for those who do not see it */
    struct reason missing;        /* why there is no drawing */
    bool has_files;               /* whether data and script were written */
};

/* What a page is made of. */
struct report_page {
    const struct report_frame *frame;      /* what stands around all that follows */
    const struct summary *summary;         /* of the results */
    const struct report_picture *pictures; /* in the order of the page */
    size_t picture_count;                  /* how many */
    const char *folder;                    /* name of the plots' folder, beside the page */
};

void report_html(FILE *out, const struct report_page *page);

/* The parts of it that are tables: figures per load, what was not run, the models' answers. */
void report_html_tables(FILE *out, const struct summary *report);
void report_html_skipped(FILE *out, const struct summary *report);
void report_html_models(FILE *out, const struct summary *report);

#endif
