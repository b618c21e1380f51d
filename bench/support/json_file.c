/* json_file.c - reads and writes JSON files; see json_file.h. */
#include "bench/support/json_file.h"

#include "base/check.h"

#include "bench/support/files.h"
#include "bench/support/reason.h"

#include <stdlib.h>
#include <string.h>

static bool is_any(char c, const char *of) {
    return c != '\0' && strchr(of, c);
}

/* Whether cJSON failed at `at` because the text is incomplete: it ends within a token, or with open
 * brackets. */
static bool cut_off(const char *text, const char *end, const char *at) {
    const char *token = text;
    long depth = 0;
    bool in_word = false;
    for (const char *c = text; c < end; c++) {
        bool blank = is_any(*c, " \t\r\n"), word = !blank && !is_any(*c, "{}[]:,\"");
        if (!blank && !(word && in_word)) token = c;
        in_word = word;
        depth += (*c == '{' || *c == '[') - (*c == '}' || *c == ']');
        if (*c != '"') continue;
        for (c++; c < end && *c != '"'; c++) c += *c == '\\';
        if (c >= end) return at >= token;
    }
    return depth > 0 && at >= token;
}

/* Sets the reason to the position of the first byte that cJSON rejected; line and column count
 * from 1. */
static void locate(const char *text, const char *end, const char *at, struct reason *reason) {
    size_t line = 1, column = 1;
    if (at > end || cut_off(text, end, at)) at = end;
    for (const char *c = text; c < at; c++) {
        column++;
        if (*c == '\n') {
            line++;
            column = 1;
        }
    }
    reason_set(reason, "line %zu, column %zu: %s", line, column,
               at == end ? "unexpected end of text" : "not valid JSON");
}

cJSON *json_text_parse(const char *text, size_t size, struct reason *reason) {
    const char *end = NULL;
    cJSON *json = cJSON_ParseWithLengthOpts(text, size, &end, false);
    if (!json) {
        locate(text, text + size, end ? end : text, reason);
        return NULL;
    }
    end += strspn(end, " \t\r\n");
    if (end < text + size) {
        locate(text, text + size, end, reason);
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}

cJSON *json_file_read(const char *path, struct reason *reason) {
    size_t size;
    char *text = files_read(path, &size, reason);
    cJSON *json = text ? json_text_parse(text, size, reason) : NULL;
    free(text);
    return json;
}

bool json_file_write(const char *path, const cJSON *json, struct reason *reason) {
    char *text = cJSON_Print(json);
    CHECK(text);
    size_t size = strlen(text);
    text[size] = '\n'; /* overwrites the NUL byte */
    bool written = files_replace(path, text, size + 1, reason);
    cJSON_free(text);
    return written;
}
