/* words.h - the figures and verdicts of a comparison as people read them, the same in every
 * output. Invariant: a change has the sign that it has in the metric itself, so that a slower
 * server shows less throughput and more CPU; what is not known reads as a dash. */
#ifndef BENCH_GATE_WORDS_H
#define BENCH_GATE_WORDS_H

#include "bench/gate/gate.h"
#include "bench/support/format.h"

#include <stdbool.h>
#include <stddef.h>

#define GATE_WORDS_SIZE 1024 /* room for any of the texts below; what does not fit is cut */

/* What of a row stands in columns. */
struct gate_words {
    char baseline[FORMAT_SIZE];     /* with its unit */
    char candidate[FORMAT_SIZE];    /* with its unit */
    char change[FORMAT_SIZE];       /* "-4.8 %" */
    char interval[2 * FORMAT_SIZE]; /* of the change: "-5.9 .. -3.6 %" */
    char p[FORMAT_SIZE];            /* of the direction of the change; adjusted if it can be */
    char p_marked[FORMAT_SIZE];     /* the same with a dagger where it is adjusted */
    char count[2 * FORMAT_SIZE];    /* pairs that decided; or slots of both sides: "12/10" */
    char verdict[FORMAT_SIZE];      /* "REGRESSED"; "NOT MEASURED, not gated" */
    char remark[GATE_WORDS_SIZE];   /* why, and what could have been seen; may be empty */
};

/* A row of a report, or its control, in words, without control characters. */
void gate_words(struct gate_words *words, const struct gate_report *report,
                const struct gate_row *row);

/* Whether the report is one of pairs, as all but those of compare are. */
bool gate_is_paired(const struct gate_report *report);

/* What `count` is of: "pairs" or "slots". */
const char *gate_count_title(const struct gate_report *report);

/* What an effect does to the metric itself, as a share: -0.048 for a throughput that is 4.8 % less.
 * NAN if it is not known. */
double gate_change(enum metric metric, double effect);

/* Whether the row is gated and REGRESSED, NOT_MEASURED or INCOMPARABLE. In a report that is
 * invalid none is, because nothing follows from it. */
bool gate_offends(const struct gate_report *report, const struct gate_row *row);

/* The conclusion in one or two words, "PASS", "REGRESSED", and in `text` what it is of or follows
 * from. One line without control characters. */
const char *gate_conclusion(char text[GATE_WORDS_SIZE], const struct gate_report *report,
                            int exit_code, const char *why);

/* Verdicts counted, and on a second line time, seed and file, as far as there are any: "12 figures:
 * 9 PASS, 3 REGRESSED", "took 7:12 of 12:00 minutes; seed 4711; all slots: r.json". */
void gate_sum(char text[GATE_WORDS_SIZE], const struct gate_report *report);

/* What the columns and verdicts mean, with the limits of the metrics that are shown; in lines. */
void gate_legend(char text[GATE_WORDS_SIZE], const struct gate_report *report);

#endif
