/* format.h - formats numbers for people, and escapes text for HTML.
 * Invariant: an unknown value (NAN) is printed as a dash, never as a number. */
#ifndef BENCH_SUPPORT_FORMAT_H
#define BENCH_SUPPORT_FORMAT_H

#include "base/format.h"

#include <stddef.h>
#include <stdio.h>

/* Size of the buffers of all functions below. */
#define FORMAT_SIZE 32

/* Each function writes into `text` and returns it. */
char *format_count(char text[FORMAT_SIZE], double value); /* "249 969" */
char *format_short(char text[FORMAT_SIZE], double value); /* "250k", "1.5M" */
char *format_duration(char text[FORMAT_SIZE], double ns); /* "12.3 µs" */
char *format_bytes(char text[FORMAT_SIZE], double bytes); /* "4.5 KiB" */
char *format_ratio(char text[FORMAT_SIZE], double value); /* "0.9987" */
char *format_times(char text[FORMAT_SIZE], double value); /* "1.25" */
char *format_small(char text[FORMAT_SIZE], double value); /* "0.00312", "2.01", "12k" */

/* Two figures as texts. */
struct format_pair {
    char left[FORMAT_SIZE], right[FORMAT_SIZE];
};

/* Writes two finite figures with as many decimals, but at least `decimals`, as it takes to see
 * which one is larger: "100.001" and "100.000" for a limit of 100 that was exceeded. */
struct format_pair format_apart(double left, double right, int decimals);

/* Writes `text` with the characters & < > " ' escaped for HTML; writes a dash for NULL. */
void format_html(FILE *out, const char *text);

/* Removes a UTF-8 character that was cut at the end of a text. */
void format_trim(char *text);

/* Appends to a NUL-terminated line of `size` bytes; cuts the text if it does not fit. */
void format_append(char *line, size_t size, const char *format, ...) FORMAT_PRINTF(3, 4);

#endif
