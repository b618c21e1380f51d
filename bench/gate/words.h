/* words.h - the figures and verdicts of a comparison as text, the same in every output.
 * Invariant: a change has the sign of the metric itself: a slower server shows less throughput and
 * more CPU. An unknown figure is a dash. */
#ifndef BENCH_GATE_WORDS_H
#define BENCH_GATE_WORDS_H

#include "bench/gate/gate.h"
#include "bench/support/format.h"

#include <stdbool.h>
#include <stddef.h>

#define GATE_WORDS_SIZE 1024 /* size of the texts below; longer ones are cut */

/* The columns of a row. */
struct gate_words {
    char baseline[FORMAT_SIZE];     /* with its unit */
    char candidate[FORMAT_SIZE];    /* with its unit */
    char change[FORMAT_SIZE];       /* "-4.8 %" */
    char interval[2 * FORMAT_SIZE]; /* interval of the change: "-5.9 .. -3.6 %" */
    char p[FORMAT_SIZE];            /* p for the direction of the change; adjusted if possible */
    char p_marked[FORMAT_SIZE];     /* p with a dagger if it is adjusted */
    char count[2 * FORMAT_SIZE];    /* ab: pairs; compare: slots of both sides, "12/10" */
    char verdict[FORMAT_SIZE];      /* "REGRESSED"; "NOT MEASURED, not gated" */
    char remark[GATE_WORDS_SIZE];   /* reason and detectable change; may be empty */
};

/* Formats a row of a report, or its control. The texts have no control characters. */
void gate_words(struct gate_words *words, const struct gate_report *report,
                const struct gate_row *row);

/* Whether the report consists of pairs; those of compare do not. */
bool gate_is_paired(const struct gate_report *report);

/* The unit of `count`: "pairs" or "slots". */
const char *gate_count_title(const struct gate_report *report);

/* The change of the metric as a share: -0.048 for a throughput 4.8 % lower. NAN: unknown. */
double gate_change(enum metric metric, double effect);

/* Whether the row is gated and REGRESSED, NOT_MEASURED or INCOMPARABLE, or IDENTICAL in a
 * comparison of files. False in an invalid report, which has no conclusion. */
bool gate_offends(const struct gate_report *report, const struct gate_row *row);

/* Returns the conclusion in one or two words: "PASS", "REGRESSED". Sets `text` to its explanation,
 * one line without control characters. */
const char *gate_conclusion(char text[GATE_WORDS_SIZE], const struct gate_report *report,
                            int exit_code, const char *why);

/* Sets `text` to the lost slots of a cell: "lost slots: baseline 0 of 11, candidate 3 of 8 (2
 * failed, 1 disturbed)". Returns false, and sets no text, if there are none. */
bool gate_losses_of_cell(char text[GATE_WORDS_SIZE], const struct gate_report *report,
                         const char *cell);

/* Sets `text` to the lost slots of all cells; no text if slots are not known. Returns whether any
 * was lost. */
bool gate_losses_of_all(char text[GATE_WORDS_SIZE], const struct gate_report *report);

/* Sets `text` to the numbers of verdicts, and on further lines to lost slots, and time, seed and
 * file if known: "12 figures: 9 PASS, 3 REGRESSED", "lost slots: baseline 0 of 35, candidate 1 of
 * 24 (1 failed); p of the failures 0.41", "took 7:12 of 12:00 minutes; seed 4711; all slots:
 * r.json". */
void gate_sum(char text[GATE_WORDS_SIZE], const struct gate_report *report);

/* Sets `text` to lines that explain the columns and verdicts and give the limits of the metrics. */
void gate_legend(char text[GATE_WORDS_SIZE], const struct gate_report *report);

#endif
