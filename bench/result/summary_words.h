/* summary_words.h - what a summary is about, as people read it. */
#ifndef BENCH_RESULT_SUMMARY_WORDS_H
#define BENCH_RESULT_SUMMARY_WORDS_H

#include "bench/result/summary.h"

#include <stddef.h>

/* One line that says where a result comes from: processor, kernel, system, placement, tool commit
 * and date, joined by middle dots. */
void summary_environment(char *line, size_t size, const struct summary_result *result);

/* What of a load may go unsaid. */
enum summary_part { SUMMARY_WHOLE, SUMMARY_NO_CONNECTIONS, SUMMARY_NO_IDLE, SUMMARY_NO_RATE };

/* What a cell's load is, in words: "closed loop · 50 connections · depth 1 · 64 B". */
void summary_load(char *line, size_t size, const struct summary_cell *cell,
                  enum summary_part left_out);

#endif
