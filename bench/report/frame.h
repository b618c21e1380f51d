/* frame.h - what stands around the page: plot/report.html and plot/report.css.
 * Invariant: a frame that was read has the placeholder of every part once. */
#ifndef BENCH_REPORT_FRAME_H
#define BENCH_REPORT_FRAME_H

#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>

/* What the page is made of. report.html has a placeholder for each, `{{style}}` and so on, in any
 * order. */
enum report_part {
    REPORT_STYLE,    /* report.css */
    REPORT_SLOTS,    /* how many slots of each verdict */
    REPORT_UNUSABLE, /* that there are no figures, if so */
    REPORT_CARDS,    /* where each result was measured */
    REPORT_PLOTS,    /* all drawings */
    REPORT_FIGURES,  /* tables of figures */
    REPORT_SKIPPED,  /* what was not run, if anything */
    REPORT_MODELS,   /* what the models are */
    REPORT_PARTS
};

struct report_frame {
    char *html;  /* report.html; owned */
    char *style; /* report.css; owned */
};

/* Reads both files of a directory. Returns false with the reason: a file that cannot be read or is
 * empty, or what report_frame_check says. report_frame_free is needed in any case. */
bool report_frame_read(struct report_frame *frame, const char *directory, struct reason *reason);

void report_frame_free(struct report_frame *frame);

/* Checks the text of report.html. Returns false with the reason: a placeholder that is missing,
 * unknown or there twice. */
bool report_frame_check(const char *html, struct reason *reason);

/* Finds the next placeholder of a checked text: that of `*part`, behind `*length` bytes. At the end
 * of the text `*part` is REPORT_PARTS. Returns what follows. */
const char *report_frame_next(const char *html, size_t *length, enum report_part *part);

#endif
