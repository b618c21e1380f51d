/* fuzz.c - helpers of the fuzzing targets; see fuzz.h.
 * Invariant: every error calls abort(), so that libFuzzer saves the input. */
#include "tests/fuzz/fuzz.h"

#include "base/check.h"
#include "base/utf8.h"

#include "bench/support/json_file.h"
#include "bench/support/reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Replaces the function in base/check.c: libFuzzer saves the input after abort(), but not after
 * exit(). */
_Noreturn void check_failed(const char *file, int line, const char *expression, intmax_t left,
                            intmax_t right) {
    fprintf(stderr, "CHECK failed: %s:%d: %s (%jd, %jd)\n", file, line, expression, left, right);
    abort();
}

char *fuzz_text(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1); /* of exactly this size, so that ASan detects reads beyond it */
    CHECK(text);
    if (size) memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

const cJSON *fuzz_schema(const char *path) {
    static struct {
        const char *path;
        cJSON *schema;
    } known[2];
    for (size_t i = 0; i < 2; i++) {
        if (known[i].path && strcmp(known[i].path, path) == 0) return known[i].schema;
        if (known[i].path) continue;
        struct reason reason;
        known[i].path = path;
        known[i].schema = json_file_read(path, &reason);
        if (!known[i].schema) fprintf(stderr, "%s: %s\n", path, reason.text);
        CHECK(known[i].schema);
        return known[i].schema;
    }
    abort(); /* more than two schemas */
}

void fuzz_check_lines(const char *text) {
    char *copy = fuzz_text((const uint8_t *)text, strlen(text));
    for (char *line = copy, *end; *line; line = end) {
        size_t length = strcspn(line, "\n");
        end = line + length + (line[length] != '\0');
        line[length] = '\0';
        utf8_clean(line);
        bool same = strlen(line) == length && memcmp(line, text + (line - copy), length) == 0;
        if (!same) fprintf(stderr, "not clean: %s\n", line);
        CHECK(same);
    }
    free(copy);
}

void fuzz_check_reason(const char *reason) {
    CHECK(*reason);
    CHECK(!strchr(reason, '\n'));
    fuzz_check_lines(reason);
}
