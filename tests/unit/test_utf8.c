/* test_utf8.c - decoding and cleaning of text that comes from outside, and lines that contain it.
 */
#include "base/line.h"
#include "base/rng.h"
#include "base/utf8.h"

#include "bench/support/json_clean.h"
#include "bench/support/json_file.h"
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_clean(const char *from, const char *to) {
    char text[256];
    snprintf(text, sizeof text, "%s", from);
    utf8_clean(text);
    if (strcmp(text, to) != 0) fail_msg("'%s' became '%s', not '%s'", from, text, to);
}

static void each_kind_has_its_replacement(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"plain", "plain"},
        {"\u00b5s \u20ac \U0001f600 e\u0301 \u4e2d\u6587 \ud55c\uae00 \u05d0",
         "\u00b5s \u20ac \U0001f600 e\u0301 \u4e2d\u6587 \ud55c\uae00 \u05d0"},
        {"a\u200db\u200cc\u00ad", "a\u200db\u200cc\u00ad"}, /* joiners, a soft hyphen */
        {"a\nb\r\nc\td", "a b  c d"},
        {"a\xc2\x85;b\u2028c\u2029d", "a ;b c d"},
        {"\033[31mred\033]0;title\a", "?[31mred?]0;title?"},
        {"\x01\x08\x0b\x0c\x7f", "?????"},
        {"a\xc2\x9b;m\xc2\x9d\xc2\x80", "a?;m??"},
        // NOLINTNEXTLINE(misc-misleading-bidirectional)
        {"a\u202eb\u202ac\u2066d\u2069e\u200ef\u200fg\u061ch", "a?b?c?d?e?f?g?h"},
        {"\ufeffa\u200bb\u2060c", "?a?b?c"},
        {"a\ufff9\ufffe\uffff\U0001fffe\U0010ffff\ufdd0\U000e0041", "a???????"},
        {"a\xff"
         "b\xc0\xaf"
         "c\x80",
         "a?b??c?"},
        {"\xed\xa0\x80", "???"},      /* a surrogate */
        {"\xf4\x90\x80\x80", "????"}, /* above U+10FFFF */
        {"a\xe2\x82;", "a??;"},
        {"cut \xf0\x9f\x98", "cut "}, /* removed at the end */
        {"##[error]a", "##?error]a"},
        {"a ##vso[task", "a ##vso?task"},
        {"###[x ##\u200d[x #\u200d#ab\u200d[x", "###?x ##\u200d?x #\u200d#ab\u200d?x"},
        {"#[a] ## [b] ##1[c] [[", "#[a] ## [b] ##1[c] [["},
        {"##\n[a]", "## [a]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_clean(cases[i][0], cases[i][1]);
}

/* Whether a text may be shown. */
static bool is_shown(const char *text) {
    for (const char *end = text + strlen(text); text < end;) {
        uint32_t c = 0;
        size_t length = utf8_next(text, end, &c);
        if (length == 0 || length > (size_t)(end - text)) return false;
        if (c < ' ' || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0xfeff) return false;
        if (c == 0x200b || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e)) return false;
        if (c >= 0x2060 && c <= 0x206f) return false;
        text += length;
    }
    return true;
}

static size_t encode(char text[5], uint32_t c) {
    size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length - 1; i > 0; i--, c >>= 6) text[i] = (char)(0x80 | (c & 0x3f));
    text[0] = (char)(first[length] | c);
    text[length] = '\0';
    return length;
}

static void every_character_is_shown_or_replaced(void **state) {
    (void)state;
    for (uint32_t c = 1; c <= 0x10ffff; c++) {
        char text[5], cleaned[5];
        uint32_t again = 0;
        size_t length = encode(text, c);
        bool surrogate = c >= 0xd800 && c <= 0xdfff;
        if (utf8_next(text, text + length, &again) != (surrogate ? 0 : length) ||
            (!surrogate && again != c))
            fail_msg("U+%04X is not decoded", (unsigned)c);
        strcpy(cleaned, text);
        utf8_clean(cleaned);
        if (!is_shown(cleaned) || strlen(cleaned) > length) fail_msg("U+%04X stays", (unsigned)c);
    }
}

/* Bytes in which UTF-8, "##[" and controls are frequent. */
static void any_bytes_become_text(void **state) {
    (void)state;
    static const char bytes[] = "\x01\x1b#[a \n\x80\x9b\xbf\xc2\xe2\xed\xf0\xf4\xff\x8e";
    struct rng random;
    rng_seed(&random, 1, 0);
    for (int i = 0; i < 200000; i++) {
        char text[16], cleaned[16], twice[16];
        size_t length = rng_below(&random, sizeof text);
        for (size_t k = 0; k < length; k++) text[k] = bytes[rng_below(&random, sizeof bytes - 1)];
        text[length] = '\0';
        strcpy(cleaned, text);
        utf8_clean(cleaned);
        strcpy(twice, cleaned);
        utf8_clean(twice);
        if (!is_shown(cleaned) || strlen(cleaned) > length || strcmp(cleaned, twice) != 0 ||
            strstr(cleaned, "##["))
            fail_msg("'%s' became '%s'", text, cleaned);
    }
}

static void documents_are_cleaned_when_they_are_read(void **state) {
    (void)state;
    static const char text[] =
        "{\"a\\u001b\": [\"\\u009b1m\", {\"b\": \"x\\ny\\u202e\"}], \"n\": 1, \"t\": true}";
    struct reason reason;
    cJSON *json = json_text_parse(text, strlen(text), &reason);
    assert_non_null(json);
    char *printed = cJSON_PrintUnformatted(json);
    assert_string_equal(printed, "{\"a?\":[\"?1m\",{\"b\":\"x y?\"}],\"n\":1,\"t\":true}");
    cJSON_free(printed);
    cJSON_Delete(json);
}

/* Cut between characters: 8192 bytes are no multiple of 3. */
static void a_long_text_is_shortened(void **state) {
    (void)state;
    static char text[3 * JSON_TEXT_MAX + 1];
    for (size_t i = 0; i < 3 * JSON_TEXT_MAX; i++) text[i] = "\u20ac"[i % 3];
    cJSON *json = json_clean(cJSON_CreateString(text));
    assert_int_equal(strlen(json->valuestring), (JSON_TEXT_MAX - 3) / 3 * 3 + 3);
    assert_true(is_shown(json->valuestring));
    assert_string_equal(json->valuestring + strlen(json->valuestring) - 6, "\u20ac...");
    cJSON_Delete(json);
    text[8190] = '\0';
    json = json_clean(cJSON_CreateString(text));
    assert_string_equal(json->valuestring, text);
    cJSON_Delete(json);
    assert_null(json_clean(NULL));
}

/* The line that line_print writes; the caller frees it. */
static char *printed(const char *text) {
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);
    assert_non_null(out);
    line_print(out, "%s", text);
    fclose(out);
    return line;
}

static void expect_line(const char *text, const char *expected) {
    char *line = printed(text);
    assert_string_equal(line, expected);
    free(line);
}

static void no_line_is_a_command_of_github(void **state) {
    (void)state;
    static const char *const commands[] = {"::error ::a",           "  ::stop-commands::x",
                                           "\u00a0\u3000::group::", "\t::error::",
                                           "\u00ad::debug::a",      ":\u200d:error::a"};
    unsetenv("GITHUB_ACTIONS");
    expect_line("::error ::a", "::error ::a\n");
    expect_line("a\n::error ::b\033", "a ::error ::b?\n");
    setenv("GITHUB_ACTIONS", "false", 1);
    expect_line("::error ::a", "::error ::a\n");
    setenv("GITHUB_ACTIONS", "true", 1);
    expect_line("::error ::a", "> ::error ::a\n");
    expect_line("a ::error ::b ##[error]c", "a ::error ::b ##?error]c\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char *line = printed(commands[i]);
        assert_int_equal(strncmp(line, "> ", 2), 0);
        free(line);
    }
    unsetenv("GITHUB_ACTIONS");
}

static void a_long_line_is_cut_between_characters(void **state) {
    (void)state;
    static char text[30001];
    for (size_t i = 0; i < 30000; i++) text[i] = "\u20ac"[i % 3];
    char *line = printed(text), *end = strchr(line, '\n');
    assert_true(end && !end[1]);
    *end = '\0';
    assert_true(strlen(line) < 10000 && strlen(line) > 8000 && is_shown(line));
    free(line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_its_replacement),
        cmocka_unit_test(every_character_is_shown_or_replaced),
        cmocka_unit_test(any_bytes_become_text),
        cmocka_unit_test(documents_are_cleaned_when_they_are_read),
        cmocka_unit_test(a_long_text_is_shortened),
        cmocka_unit_test(no_line_is_a_command_of_github),
        cmocka_unit_test(a_long_line_is_cut_between_characters),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
