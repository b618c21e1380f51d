/* json_file.h - reads and writes JSON files.
 * Invariant: while a file is being written, readers see the complete old or the complete new
 * document. */
#ifndef BENCH_SUPPORT_JSON_FILE_H
#define BENCH_SUPPORT_JSON_FILE_H

#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Reads the document at `path`; owned by the caller. Returns NULL and sets `reason` if files_read
 * fails or the text is not JSON; the reason then has line and column. */
cJSON *json_file_read(const char *path, struct reason *reason);

/* Parses `size` bytes of text, which must be followed by a NUL byte; owned by the caller. Returns
 * NULL and sets `reason` if json_scan refuses the text. All texts and keys are cleaned by
 * json_clean. */
cJSON *json_text_parse(const char *text, size_t size, struct reason *reason);

/* The document as a text that json_text_parse accepts; freed by the caller with cJSON_free. Bytes
 * of strings that are not UTF-8, which arguments and names of files may have, become '?'. */
char *json_text_print(const cJSON *json);

/* Whether json_file_read would take a text of `size` bytes. Returns false and the reason if not. */
bool json_file_fits(size_t size, struct reason *reason);

/* Writes the document with files_replace. Returns false and sets `reason` on failure, and where
 * json_file_fits refuses its size. */
bool json_file_write(const char *path, const cJSON *json, struct reason *reason);

#endif
