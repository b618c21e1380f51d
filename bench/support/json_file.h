/* json_file.h - JSON documents on disk: read whole or not at all, replaced whole or not at all.
 * Invariant: a reader of a path that is being written sees the old or the new document, never a
 * part. */
#ifndef BENCH_SUPPORT_JSON_FILE_H
#define BENCH_SUPPORT_JSON_FILE_H

#include "base/format.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define JSON_FILE_BYTES_MAX (256u << 20)
#define JSON_REASON_SIZE 512

/* Reads the document at `path`, owned by the caller. NULL with the reason in `reason`: unreadable,
 * larger than JSON_FILE_BYTES_MAX, or not JSON (then with line and column). */
cJSON *json_file_read(const char *path, char *reason, size_t reason_size);

/* Parses `size` bytes of text; text after the document is an error too. `text` must be followed by
 * a NUL byte. As json_file_read. */
cJSON *json_text_parse(const char *text, size_t size, char *reason, size_t reason_size);

/* Writes a reason, as one line, and returns false. */
bool json_reason(char *reason, size_t reason_size, const char *format, ...) FORMAT_PRINTF(3, 4);

/* Makes one line of a reason that quotes a file: control characters become '?'. */
void reason_clean(char *reason);

/* Replaces the document at `path` atomically: a file beside it is written, synced and renamed.
 * Returns false with the reason in `reason`. */
bool json_file_write(const char *path, const cJSON *json, char *reason, size_t reason_size);

/* The same for text that is none: whatever else is made of a document. */
bool json_file_write_text(const char *path, const char *text, size_t size, char *reason,
                          size_t reason_size);

/* Whether json_file_write(path) would get past opening its file; false with the reason. */
bool json_file_writable(const char *path, char *reason, size_t reason_size);

#endif
