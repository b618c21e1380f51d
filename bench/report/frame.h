/* frame.h - the template of the page: plot/report.html and plot/report.css.
 * Invariant: a template that was read contains each placeholder exactly once. */
#ifndef BENCH_REPORT_FRAME_H
#define BENCH_REPORT_FRAME_H

#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>

/* The generated parts of the page. report.html has a placeholder for each, `{{style}}` and so on,
 * in any order. */
enum report_part {
    REPORT_STYLE,    /* report.css */
    REPORT_SLOTS,    /* number of slots by verdict */
    REPORT_UNUSABLE, /* a warning if no slot is usable */
    REPORT_CARDS,    /* environment of each result */
    REPORT_PLOTS,
    REPORT_FIGURES, /* tables of figures */
    REPORT_SKIPPED, /* table of the skipped cells, if any */
    REPORT_MODELS,  /* table of the models */
    REPORT_PARTS
};

struct report_frame {
    char *html;  /* report.html; owned */
    char *style; /* report.css; owned */
};

/* Reads both files from a directory. Returns false and sets `reason` if a file is unreadable or
 * empty, or if report_frame_check fails. Call report_frame_free in both cases. */
bool report_frame_read(struct report_frame *frame, const char *directory, struct reason *reason);

void report_frame_free(struct report_frame *frame);

/* Checks the text of report.html. Returns false and sets `reason` if a placeholder is missing,
 * unknown or duplicate. */
bool report_frame_check(const char *html, struct reason *reason);

/* Finds the next placeholder in a checked text: sets *part to its part, and *length to the number
 * of bytes before it. *part is REPORT_PARTS if there is none. Returns the text after it. */
const char *report_frame_next(const char *html, size_t *length, enum report_part *part);

#endif
