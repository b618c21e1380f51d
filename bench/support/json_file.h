/* json_file.h - JSON documents on disk: read whole or not at all, replaced whole or not at all.
 * Invariant: a reader of a path that is being written sees the old or the new document, never a
 * part. */
#ifndef BENCH_SUPPORT_JSON_FILE_H
#define BENCH_SUPPORT_JSON_FILE_H

#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define JSON_FILE_BYTES_MAX (256u << 20)

/* Reads the document at `path`, owned by the caller. NULL with the reason in `reason`: unreadable,
 * larger than JSON_FILE_BYTES_MAX, or not JSON (then with line and column). */
cJSON *json_file_read(const char *path, struct reason *reason);

/* Parses `size` bytes of text; text after the document is an error too. `text` must be followed by
 * a NUL byte. As json_file_read. */
cJSON *json_text_parse(const char *text, size_t size, struct reason *reason);

/* Replaces the document at `path` atomically: a file beside it is written, synced and renamed.
 * Returns false with the reason in `reason`. */
bool json_file_write(const char *path, const cJSON *json, struct reason *reason);

/* The same for text that is none: whatever else is made of a document. */
bool json_file_write_text(const char *path, const char *text, size_t size, struct reason *reason);

/* Whether json_file_write(path) would get past opening its file; false with the reason. */
bool json_file_writable(const char *path, struct reason *reason);

#endif
