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
                               "[], {\"c\": \"\"}], \"d\": 12}";
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
    assert_string_equal(reason.text, "exists and is not a regular file");
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

static void a_reason_becomes_one_line(void **state) {
    (void)state;
    char reason[] = "a\nb\r\x1b[31m\x7f \xc3\xa9";
    reason_clean(reason);
    assert_string_equal(reason, "a?b??[31m? \xc3\xa9");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_beginning_ends_too_early),
        cmocka_unit_test(what_is_wrong_within_is_no_json),
        cmocka_unit_test(only_regular_files_are_read),
        cmocka_unit_test(what_is_too_large_is_not_even_read),
        cmocka_unit_test(a_reason_becomes_one_line),
    };
    return cmocka_run_group_tests_name("json_file", tests, make_folder, remove_folder);
}
