/* table.h - the summary at the end of a run, for a terminal or a log.
 * Invariant: only valid and suspect slots enter a figure. */
#ifndef BENCH_REPORT_TABLE_H
#define BENCH_REPORT_TABLE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

/* Prints one table per phase, load by load: medians over the slots of each server. Takes over
 * `document`, a checked result. With `colour` the best figure of a column is bold. */
void table_print(FILE *out, cJSON *document, const char *path, bool colour);

#endif
