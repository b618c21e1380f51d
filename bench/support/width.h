/* width.h - how many columns of a terminal a UTF-8 text takes; cuts and breaks texts to a width.
 * Invariant: a character is never divided. */
#ifndef BENCH_SUPPORT_WIDTH_H
#define BENCH_SUPPORT_WIDTH_H

#include "bench/support/text.h"

#include <stdio.h>

/* Columns of a text: 2 for a wide character such as Hangul, 0 for a combining mark. */
int width_of(const char *text);

/* Cuts a text to at most `columns` columns. */
void width_cut(char *text, int columns);

/* A place for a text that may take several lines. */
struct width_place {
    int columns; /* of the longest line; 0: no limit */
    int at;      /* column at which the text begins */
    int indent;  /* blanks before every further line */
};

/* Appends a text, broken at blanks, and within words that are longer than a line. */
void width_wrap(struct text *out, const char *text, struct width_place place);

/* Prints a text like width_wrap, and a newline. */
void width_print(FILE *out, const char *text, struct width_place place);

/* Prints a row of two texts: the first, filled up to `width` columns, two blanks, and the second,
 * whose further lines stand below it. `columns` as in struct width_place. */
void width_row(FILE *out, const char *first, int width, const char *second, int columns);

#endif
