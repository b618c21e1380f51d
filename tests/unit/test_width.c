/* test_width.c - the width of texts, and texts cut and broken to a width. */
#include "bench/support/width.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

static void a_character_takes_its_columns(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int columns;
    } cases[] = {
        {"", 0},
        {"abc", 3},
        {"12.3\u00a0\u00b5s", 7},
        {"249\u2009969", 7},
        {"\ud55c\uae00", 4},       /* Hangul */
        {"\u4e2d\u6587\u5b57", 6}, /* Han */
        {"\uff21", 2},             /* full-width A */
        {"e\u0301", 1},            /* e and a combining accent */
        {"\U0001f680", 2},         /* a picture */
        {"a\u200bb", 2},           /* a space without width */
        {"\xff\x80", 2},
        {"a\xe2\x80", 3}, /* no UTF-8, and cut short: a column for each byte */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(width_of(cases[i].text), cases[i].columns);
}

static void a_cut_divides_no_character(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int columns;
        const char *left;
    } cases[] = {{"abc", 3, "abc"},
                 {"abc", 2, "ab"},
                 {"abc", 0, ""},
                 {"\u00b5\u00b5", 1, "\u00b5"},
                 {"a\ud55c\uae00", 2, "a"}, /* the wide one needs two */
                 {"a\ud55c\uae00", 3, "a\ud55c"},
                 {"e\u0301e", 1, "e\u0301"}}; /* the accent belongs to it */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        strcpy(text, cases[i].text);
        width_cut(text, cases[i].columns);
        assert_string_equal(text, cases[i].left);
    }
}

static void texts_are_broken_at_blanks(void **state) {
    (void)state;
    static const struct {
        const char *text;
        struct width_place place;
        const char *lines;
    } cases[] = {
        {"one two three four five six", {0, 0, 4}, "one two three four five six"},
        {"one two three four five six", {27, 0, 4}, "one two three four five six"},
        {"one two three four five six", {26, 0, 4}, "one two three four five\n    six"},
        {"aaaaaaaaaaaaaaaaaaaa bb", {22, 0, 2}, "aaaaaaaaaaaaaaaaaaaa\n  bb"},
        {"one two", {30, 20, 2}, "\n  one two"},    /* too little is left of the line */
        {"one two", {30, 20, 20}, "\n    one two"}, /* and below it, too */
        {"abcdefghij klm", {4, 0, 0}, "abcd\nefgh\nij\nklm"},
        {"\ud55c\uae00\ud55c", {5, 0, 1}, "\ud55c\uae00\n \ud55c"},
        {"\ud55c\ud55c", {1, 0, 0}, "\ud55c\n\ud55c"}, /* wider than a line, but not endless */
        {"", {10, 0, 0}, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text out = {0};
        text_add(&out, "%s", "");
        width_wrap(&out, cases[i].text, cases[i].place);
        assert_string_equal(out.data, cases[i].lines);
        free(out.data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_character_takes_its_columns),
        cmocka_unit_test(a_cut_divides_no_character),
        cmocka_unit_test(texts_are_broken_at_blanks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
