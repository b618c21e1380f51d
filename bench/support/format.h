/* format.h - figures as people read them, and text made safe for the page.
 * Invariant: an unknown figure (NAN) reads as a dash, never as a number. */
#ifndef BENCH_SUPPORT_FORMAT_H
#define BENCH_SUPPORT_FORMAT_H

#include "base/format.h"
#include "bench/result/summary.h"

#include <stddef.h>
#include <stdio.h>

/* Room for any of the texts below. */
#define FORMAT_SIZE 32

/* Each writes into `text` and returns it. */
char *format_count(char text[FORMAT_SIZE], double value); /* "249 969" */
char *format_short(char text[FORMAT_SIZE], double value); /* "250k", "1.5M" */
char *format_duration(char text[FORMAT_SIZE], double ns); /* "12.3 µs" */
char *format_bytes(char text[FORMAT_SIZE], double bytes); /* "4.5 KiB" */
char *format_ratio(char text[FORMAT_SIZE], double value); /* "0.9987" */

/* Columns that a text takes on a screen. */
int format_width(const char *text);

/* Writes `text` with the five special characters of HTML escaped; NULL writes a dash. */
void format_html(FILE *out, const char *text);

/* One line that says where a result comes from: processor, kernel, system, placement, tool commit
 * and date, joined by middle dots. */
void format_environment(char *line, size_t size, const struct report_result *result);

/* What of a load may go unsaid. */
enum format_part { FORMAT_WHOLE, FORMAT_NO_CONNECTIONS, FORMAT_NO_IDLE, FORMAT_NO_RATE };

/* What a cell's load is, in words: "closed loop · 50 connections · depth 1 · 64 B". */
void format_load(char *line, size_t size, const struct report_cell *cell,
                 enum format_part left_out);

/* Appends to a NUL-terminated line, cutting at its size. */
void format_append(char *line, size_t size, const char *format, ...) FORMAT_PRINTF(3, 4);

#endif
