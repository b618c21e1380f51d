/* test_json_file.c - JSON files that are unreadable, invalid or incomplete. */
#include "bench/support/files.h"
#include "bench/support/json_file.h"
#include "bench/support/reason.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/unit-json-XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return rmdir(folder);
}

static void path_in(char path[64], const char *name) {
    snprintf(path, 64, "%s/%s", folder, name);
}

static void every_beginning_ends_too_early(void **state) {
    (void)state;
    static const char text[] = "{\"a\\\"b\": [true, false , null, -1.5e+10,\n\t\"\\u00e9 {\", {}, "
                               "[], {\"c\": \"\"}], \"d\": 12, \"\\ud834\\uDD1E\": \"\xc3\xa9 "
                               "\xe2\x82\xac \xf0\x9d\x84\x9e\"}";
    for (size_t length = 0; length < sizeof text; length++) {
        char part[sizeof text];
        struct reason reason = {.text = ""};
        memcpy(part, text, length);
        part[length] = '\0';
        cJSON *json = json_text_parse(part, length, &reason);
        assert_int_equal(json != NULL, length == sizeof text - 1);
        cJSON_Delete(json);
        if (!json && !strstr(reason.text, ": unexpected end of text"))
            fail_msg("%s: %s", part, reason.text);
    }
}

static void what_is_wrong_within_is_no_json(void **state) {
    (void)state;
    static const struct {
        const char *text, *reason;
    } cases[] = {{"hello", "line 1, column 1: not valid JSON"},
                 {"{\"a\": 1]", "line 1, column 8: not valid JSON"},
                 {"{\"a\" 1}", "line 1, column 6: not valid JSON"},
                 {"[1,\n 2 x]", "line 2, column 4: not valid JSON"},
                 {"{\"a\": \"\\q\", \"b", "line 1, column 8: not valid JSON"},
                 {"[1] 2", "line 1, column 5: not valid JSON"},
                 {"]", "line 1, column 1: not valid JSON"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reason reason = {.text = ""};
        assert_null(json_text_parse(cases[i].text, strlen(cases[i].text), &reason));
        assert_string_equal(reason.text, cases[i].reason);
    }
}

/* Expects this reason; NULL: none. The text has `size` bytes. */
static void expect_bytes(const char *text, size_t size, const char *expected) {
    struct reason reason = {.text = ""};
    cJSON *json = json_text_parse(text, size, &reason);
    if ((json != NULL) != (expected == NULL) || (expected && strcmp(reason.text, expected) != 0))
        fail_msg("%s: expected '%s', found '%s'", text, expected ? expected : "", reason.text);
    cJSON_Delete(json);
}

static void expect(const char *text, const char *expected) {
    expect_bytes(text, strlen(text), expected);
}

/* What cJSON would accept, although RFC 8259 does not. */
static void what_is_nearly_json_is_no_json(void **state) {
    (void)state;
    static const char *const good[] = {
        "0", "-0", "1.5E+3", "[-0.0e-0, 1e308, 1e-999]", " \t\r\n[ ] ", "{ \"\" : { } }", "null"};
    static const char *const bad[][2] = {
        {"01", "1: a number with a leading zero"},
        {"-00.5", "2: a number with a leading zero"},
        {"1e999", "1: a number that is too large"},
        {"[-1e400]", "2: a number that is too large"},
        {"+1", "1: not valid JSON"},
        {".5", "1: not valid JSON"},
        {"[1.]", "4: not valid JSON"},
        {"[1.e5]", "4: not valid JSON"},
        {"[1e]", "4: not valid JSON"},
        {"[-]", "3: not valid JSON"},
        {"[- 1]", "3: not valid JSON"},
        {"0x1p3", "2: not valid JSON"},
        {"NaN", "1: not valid JSON"},
        {"-Infinity", "2: not valid JSON"},
        {"nul\x01", "4: not valid JSON"},
        {"True", "1: not valid JSON"},
        {"[1,]", "4: not valid JSON"},
        {"[,1]", "2: not valid JSON"},
        {"{\"a\":1,}", "8: not valid JSON"},
        {"{a:1}", "2: not valid JSON"},
        {"{'a':1}", "2: not valid JSON"},
        {"{\"a\"}", "5: not valid JSON"},
        {"[1 2]", "4: not valid JSON"},
        {"[1]/* */", "4: not valid JSON"},
        {"//\n1", "1: not valid JSON"},
        {"[1]x", "4: not valid JSON"},
        {"{}{}", "3: not valid JSON"},
        {"[1]\f", "4: not valid JSON"},
        {"\xef\xbb\xbf[1]", "1: not valid JSON"}, /* byte order mark */
        {"\xc2\xa0[1]", "1: not valid JSON"},     /* a blank, but not of JSON */
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) expect(good[i], NULL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char reason[96];
        snprintf(reason, sizeof reason, "line 1, column %s", bad[i][1]);
        expect(bad[i][0], reason);
    }
}

static void a_number_is_not_cut(void **state) {
    (void)state;
    char text[65] = "";
    memset(text, '1', 63);
    expect(text, NULL);
    text[63] = '1';
    expect(text, "line 1, column 1: a number that is too long");
}

static void strings_are_utf8_without_control_characters(void **state) {
    (void)state;
#define CONTROL "2: a control character in a string"
#define NOT_UTF8 "2: not UTF-8"
#define HALF "2: half of a surrogate pair"
#define NO_ESCAPE "2: not valid JSON"
    static const char *const good[] = {
        "\x7f",         "\xc2\x80",       "\xdf\xbf",         "\xe0\xa0\x80",
        "\xed\x9f\xbf", "\xef\xbf\xbf",   "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
        "\\u0001",      "\\ud7ff\\ue000", "\\uD834\\udd1e",   "\\\"\\\\\\/\\b\\f\\n\\r\\t"};
    static const char *const bad[][2] = {
        {"\x01", CONTROL},
        {"\n", CONTROL},
        {"\t", CONTROL},
        {"\x1f", CONTROL},
        {"\x80", NOT_UTF8},  /* continues nothing */
        {"\xc3(", NOT_UTF8}, /* continued by no other byte */
        {"\xe2\x82(", NOT_UTF8},
        {"\xc0\xaf", NOT_UTF8}, /* overlong forms */
        {"\xc1\xbf", NOT_UTF8},
        {"\xe0\x9f\xbf", NOT_UTF8},
        {"\xf0\x8f\xbf\xbf", NOT_UTF8},
        {"\xed\xa0\x80", NOT_UTF8}, /* surrogates */
        {"\xed\xbf\xbf", NOT_UTF8},
        {"\xf4\x90\x80\x80", NOT_UTF8}, /* beyond U+10FFFF */
        {"\xf5\x80\x80\x80", NOT_UTF8},
        {"\xff", NOT_UTF8},
        {"\\u0000", "2: the character U+0000 is not supported"},
        {"\\ud800", HALF},
        {"\\udc00", HALF},
        {"\\ud800\\ud800", HALF},
        {"\\ud800\\n", HALF},
        {"\\ud800x", HALF},
        {"\\ud800udc00", HALF},
        {"\\udc00\\ud800", HALF},
        {"\\q", NO_ESCAPE},
        {"\\'", NO_ESCAPE},
        {"\\U0041", NO_ESCAPE},
        {"\\u00g0", "6: not valid JSON"},
    };
    char text[64], reason[96];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(text, sizeof text, "[\"%s\",{\"%s\":1}]", good[i], good[i]);
        expect(text, NULL);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(reason, sizeof reason, "line 1, column %s", bad[i][1]);
        snprintf(text, sizeof text, "\"%s\"", bad[i][0]);
        expect(text, reason);
        snprintf(reason, sizeof reason, "line 2, column %s", bad[i][1]);
        snprintf(text, sizeof text, "{\n\"%s\":1}", bad[i][0]); /* in a key */
        expect(text, reason);
    }
    expect_bytes("[\"\0\"]", 5, "line 1, column 3: a control character in a string");
    expect_bytes("[1\0]", 4, "line 1, column 3: not valid JSON");
}

static void a_key_occurs_once(void **state) {
    (void)state;
    expect("[{\"a\":{\"a\":1,\"ab\":2,\"A\":3,\"\":4},\"ab\":{\"a\":1}},{\"a\":1}]", NULL);
    expect("{\"a\":1,\n \"a\":1}", "line 2, column 2: a key that occurs twice");
    expect("{\"a\":{\"b\":1},\"b\":2,\"a\":1}", "line 1, column 20: a key that occurs twice");
    expect("{\"\u00e4\":1,\"\\u00E4\":1}", "line 1, column 9: a key that occurs twice");
    expect("{\"\":1,\"\":1}", "line 1, column 7: a key that occurs twice");
    expect("{\"a\\\"\":1,\"a\":1}", NULL); /* the quote belongs to the first key */
}

static void objects_and_depth_are_bounded(void **state) {
    (void)state;
    enum { MOST = 1000 };
    static char text[16 * MOST];
    for (size_t count = MOST; count <= MOST + 1; count++) {
        char *at = text + snprintf(text, sizeof text, "{");
        for (size_t i = 0; i < count; i++) at += snprintf(at, 16, "%s\"%zu\":1", i ? "," : "", i);
        snprintf(at, 16, "}");
        expect(text, count == MOST ? NULL : "line 1, column 7892: more than 1000 fields");
        memset(text, '[', count);
        memset(text + count, ']', count);
        text[2 * count] = '\0';
        expect(text, count == MOST ? NULL : "line 1, column 1001: nested more than 1000 deep");
    }
}

/* Arguments and names of files may hold any bytes. What is printed can be read again, and is
 * cleaned when it is read. */
static void what_is_written_is_json(void **state) {
    (void)state;
    static const char *const texts[][2] = {{"\xff", "?"},
                                           {"a\xc3", "a?"},
                                           {"\xc3\xa9\xc3(\xe2\x82\xac", "\xc3\xa9?(\xe2\x82\xac"},
                                           {"\xed\xa0\x80", "???"},
                                           {"\x01\n\"\\\x7f", "? \"\\?"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct reason reason = {.text = ""};
        cJSON *json = cJSON_CreateObject();
        cJSON_AddStringToObject(json, texts[i][0], texts[i][0]);
        char *text = json_text_print(json);
        cJSON_Delete(json);
        json = json_text_parse(text, strlen(text), &reason);
        if (!json) {
            fail_msg("%s: %s", text, reason.text);
            return;
        }
        assert_string_equal(json->child->string, texts[i][1]);
        assert_string_equal(json->child->valuestring, texts[i][1]);
        cJSON_Delete(json);
        cJSON_free(text);
    }
}

static void refused(const char *path, const char *expected) {
    struct reason reason = {.text = ""};
    assert_null(json_file_read(path, &reason));
    assert_string_equal(reason.text, expected);
}

/* Reading must not block on a pipe without a writer. */
static void only_regular_files_are_read(void **state) {
    (void)state;
    char path[64];
    path_in(path, "pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    refused(path, "not a regular file");
    struct reason reason = {.text = ""};
    assert_false(files_replaceable(path, &reason));
    assert_string_equal(reason.text, "nothing reads from it");
    unlink(path);
    refused("/dev/zero", "not a regular file");
    refused(folder, "illegal operation on a directory");
    refused(path, "no such file or directory");
}

static void what_is_too_large_is_not_even_read(void **state) {
    (void)state;
    char path[64];
    path_in(path, "large");
    int file = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, (off_t)FILES_BYTES_MAX + 1), 0);
    refused(path, "larger than 256 MiB");
    close(file);
    unlink(path);
}

/* A session that grows beyond it would leave a file that nobody can read, in place of one that
 * everybody can. */
static void what_is_too_large_is_not_written(void **state) {
    (void)state;
    struct reason reason = {.text = ""};
    assert_true(json_file_fits(FILES_BYTES_MAX, &reason));
    assert_string_equal(reason.text, "");
    assert_false(json_file_fits((size_t)FILES_BYTES_MAX + 1, &reason));
    assert_non_null(strstr(reason.text, "larger than 256 MiB"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_beginning_ends_too_early),
        cmocka_unit_test(what_is_wrong_within_is_no_json),
        cmocka_unit_test(what_is_nearly_json_is_no_json),
        cmocka_unit_test(a_number_is_not_cut),
        cmocka_unit_test(strings_are_utf8_without_control_characters),
        cmocka_unit_test(a_key_occurs_once),
        cmocka_unit_test(objects_and_depth_are_bounded),
        cmocka_unit_test(what_is_written_is_json),
        cmocka_unit_test(only_regular_files_are_read),
        cmocka_unit_test(what_is_too_large_is_not_even_read),
        cmocka_unit_test(what_is_too_large_is_not_written),
    };
    return cmocka_run_group_tests_name("json_file", tests, make_folder, remove_folder);
}
