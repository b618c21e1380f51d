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
 * NULL and sets `reason` if the text is not JSON or continues after the document. */
cJSON *json_text_parse(const char *text, size_t size, struct reason *reason);

/* Writes the document with files_replace. Returns false and sets `reason` on failure. */
bool json_file_write(const char *path, const cJSON *json, struct reason *reason);

#endif
