/* summary_words.h - describes environments and loads in words. */
#ifndef BENCH_RESULT_SUMMARY_WORDS_H
#define BENCH_RESULT_SUMMARY_WORDS_H

#include "bench/result/summary.h"
#include "bench/support/format.h"

#include <stddef.h>

/* Writes the environment of a result as one line: processor, system, kernel, placement, iobench
 * version and date, separated by middle dots. */
void summary_environment(char *line, size_t size, const struct summary_result *result);

/* The part of a load that a description leaves out. */
enum summary_part { SUMMARY_WHOLE, SUMMARY_NO_CONNECTIONS, SUMMARY_NO_IDLE, SUMMARY_NO_RATE };

/* Describes the load of a cell: "closed loop · 50 connections · depth 1 · 64-byte messages". */
void summary_load(char *line, size_t size, const struct summary_cell *cell,
                  enum summary_part left_out);

/* Writes the figure of a cell with its unit. Of a percentile that lies beyond all answers it says
 * so: "> 60 s" or "no answer". Returns `text`. */
char *summary_figure(char text[FORMAT_SIZE], const struct summary_cell *cell, enum metric metric);

/* Describes what the percentiles of a cell do not show: "0.7 % of 2 400 messages got no answer".
 * Empty if there is nothing. */
void summary_losses(char *line, size_t size, const struct summary_cell *cell);

#endif
