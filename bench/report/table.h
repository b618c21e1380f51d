/* table.h - the summary tables at the end of a run, for a terminal or a log. */
#ifndef BENCH_REPORT_TABLE_H
#define BENCH_REPORT_TABLE_H

#include "bench/support/terminal.h"

#include <cjson/cJSON.h>
#include <stdio.h>

/* Prints a table for each phase, with a group of rows for each load and the medians of each server.
 * Takes ownership of `document`, a checked result. With colours, the best figure of each column is
 * bold. Columns that do not fit are left out, and named below. */
void table_print(FILE *out, cJSON *document, const char *path, struct terminal terminal);

#endif
