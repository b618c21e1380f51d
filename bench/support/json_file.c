/* json_file.c - reads and writes JSON files; see json_file.h. */
#include "bench/support/json_file.h"

#include "base/check.h"
#include "base/utf8.h"

#include "bench/support/files.h"
#include "bench/support/json_clean.h"
#include "bench/support/json_scan.h"
#include "bench/support/reason.h"

#include <stdlib.h>
#include <string.h>

cJSON *json_text_parse(const char *text, size_t size, struct reason *reason) {
    if (!json_scan(text, size, reason)) return NULL;
    cJSON *json = cJSON_ParseWithLength(text, size);
    CHECK(json);
    return json_clean(json);
}

cJSON *json_file_read(const char *path, struct reason *reason) {
    size_t size;
    char *text = files_read(path, &size, reason);
    cJSON *json = text ? json_text_parse(text, size, reason) : NULL;
    free(text);
    return json;
}

char *json_text_print(const cJSON *json) {
    char *text = cJSON_Print(json);
    CHECK(text);
    const char *end = text + strlen(text);
    for (char *c = text; c < end;) {
        uint32_t point;
        size_t length = utf8_next(c, end, &point);
        bool whole = length > 0 && length <= (size_t)(end - c);
        if (!whole) *c = '?';
        c += whole ? length : 1;
    }
    return text;
}

bool json_file_fits(size_t size, struct reason *reason) {
    return size <= FILES_BYTES_MAX ||
           reason_set(reason,
                      "would be larger than 256 MiB, which no command reads; what was there "
                      "stays: use fewer slots");
}

bool json_file_write(const char *path, const cJSON *json, struct reason *reason) {
    char *text = json_text_print(json);
    size_t size = strlen(text);
    text[size] = '\n'; /* overwrites the NUL byte */
    bool written = json_file_fits(size + 1, reason) && files_replace(path, text, size + 1, reason);
    cJSON_free(text);
    return written;
}
