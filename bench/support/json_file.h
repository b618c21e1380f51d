/* json_file.h - JSON documents on disk: read whole or not at all, replaced whole or not at all.
 * Invariant: a reader of a path that is being written sees the old or the new document, never a
 * part. */
#ifndef BENCH_SUPPORT_JSON_FILE_H
#define BENCH_SUPPORT_JSON_FILE_H

#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Reads the document at `path`, owned by the caller. NULL with the reason in `reason`: as
 * files_read, or not JSON (then with line and column). */
cJSON *json_file_read(const char *path, struct reason *reason);

/* Parses `size` bytes of text; text after the document is an error too. `text` must be followed by
 * a NUL byte. As json_file_read. */
cJSON *json_text_parse(const char *text, size_t size, struct reason *reason);

/* Replaces the document at `path` as files_replace. Returns false with the reason in `reason`. */
bool json_file_write(const char *path, const cJSON *json, struct reason *reason);

#endif
