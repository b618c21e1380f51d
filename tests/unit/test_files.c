/* test_files.c - files and folders: complete writes, error texts, and no files left behind.
 * test_json_file.c tests reading. All tests use a temporary folder, which is empty between tests.
 */
#include "bench/support/files.h"
#include "bench/support/paths.h"
#include "bench/support/workspace.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[PATH_SIZE];

static int make_folder(void **state) {
    (void)state;
    struct reason reason;
    return files_make_temporary(folder, "unit-files-", &reason) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    files_remove_folder(folder);
    return files_may(folder, FILES_EXIST) ? -1 : 0;
}

static const char *in(char path[PATH_SIZE], const char *name) {
    assert_true(paths_join(path, folder, name));
    return path;
}

/* Expects these names in the folder, each followed by a blank. */
static void expect_names(const char *expected) {
    struct files_list list;
    struct reason reason;
    char names[256] = "";
    assert_true(files_list(&list, folder, &reason));
    for (size_t i = 0; i < list.count; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s ", list.names[i]);
    }
    files_list_free(&list);
    assert_string_equal(names, expected);
}

static void expect_content(const char *path, const char *expected) {
    size_t size = 0;
    struct reason reason = {.text = ""};
    char *text = files_read(path, &size, &reason);
    if (!text) fail_msg("%s: %s", path, reason.text);
    assert_string_equal(text, expected);
    assert_int_equal(size, strlen(expected));
    free(text);
}

static void a_file_is_replaced_whole(void **state) {
    (void)state;
    char path[PATH_SIZE];
    struct reason reason;
    in(path, "file");
    assert_true(files_replaceable(path, &reason));
    expect_names("");
    assert_true(files_replace(path, "a longer text", 13, &reason));
    assert_true(files_replaceable(path, &reason));
    expect_content(path, "a longer text");
    assert_true(files_replace(path, "short", 5, &reason));
    expect_content(path, "short");
    expect_names("file ");
    files_remove(path);
}

static void what_cannot_be_replaced_stays(void **state) {
    (void)state;
    char path[PATH_SIZE], below[PATH_SIZE];
    struct reason reason = {.text = ""};
    assert_true(files_make_folder(in(path, "sub"), &reason));
    assert_true(files_make_folder(path, &reason)); /* it exists already */
    assert_false(files_replaceable(path, &reason));
    assert_string_equal(reason.text, "illegal operation on a directory");
    assert_false(files_replace(path, "x", 1, &reason));
    expect_names("sub ");
    assert_false(files_replace(in(below, "none/file"), "x", 1, &reason));
    assert_string_equal(reason.text, "no such file or directory");
    files_remove_folder(path);
    expect_names("");
}

static void appending_keeps_what_is_there(void **state) {
    (void)state;
    char path[PATH_SIZE];
    struct reason reason = {.text = ""};
    in(path, "log");
    assert_true(files_appendable(path, &reason));
    expect_names(""); /* the query creates no file */
    assert_true(files_append(path, "one\n", &reason));
    assert_true(files_appendable(path, &reason));
    assert_true(files_append(path, "two\n", &reason));
    expect_content(path, "one\ntwo\n");
    files_remove(path);
    assert_false(files_append(folder, "x", &reason));
    assert_int_not_equal(*reason.text, '\0');
}

static void a_file_is_moved_and_copied(void **state) {
    (void)state;
    char from[PATH_SIZE], to[PATH_SIZE], copy[PATH_SIZE];
    struct reason reason = {.text = ""};
    in(from, "from");
    in(to, "to");
    in(copy, "copy");
    assert_true(files_replace(from, "#!/bin/sh\n", 10, &reason));
    assert_true(files_replace(to, "old", 3, &reason));
    assert_false(files_same(from, to));
    assert_true(files_move(from, to, &reason));
    assert_false(files_regular(from));
    assert_false(files_same(from, to));
    assert_true(files_regular(to) && files_same(to, to));
    assert_false(files_regular(folder));
    assert_true(files_copy_program(to, copy, &reason));
    assert_true(files_may(copy, FILES_EXECUTE));
    assert_false(files_same(copy, to));
    expect_content(copy, "#!/bin/sh\n");
    assert_false(files_copy_program(from, copy, &reason));
    assert_string_equal(reason.text, "no such file or directory");
    expect_names("copy to ");
    files_remove(to);
    files_remove(copy);
}

static void a_file_is_created_once(void **state) {
    (void)state;
    char path[PATH_SIZE], dotted[PATH_SIZE];
    bool exists = true;
    struct reason reason;
    in(path, "file");
    assert_true(files_same(path, in(dotted, "./file")));
    assert_false(files_same(path, in(dotted, "other")));
    assert_true(files_create(path, &exists, &reason));
    assert_false(exists);
    assert_false(files_create(path, &exists, &reason));
    assert_true(exists);
    assert_true(files_same(path, in(dotted, "./file")));
    assert_false(files_same(path, in(dotted, "other")));
    files_remove(path);
}

static void a_file_left_behind_is_removed(void **state) {
    (void)state;
    char path[PATH_SIZE];
    bool exists;
    struct reason reason;
    struct files_draft draft;
    assert_true(files_create(in(path, ".iobench-0123456789abcdef.tmp"), &exists, &reason));
    assert_true(files_draft_open(&draft, in(path, "file"), &reason));
    fputs("draft", draft.out);
    assert_true(files_replaceable(path, &reason)); /* the draft is in use, the other is not */
    assert_true(files_draft_keep(&draft, &reason));
    expect_names("file ");
    expect_content(path, "draft");
    files_remove(path);
}

static void a_workspace_goes_whole(void **state) {
    (void)state;
    struct workspace space = {0}, other = {0};
    char path[PATH_SIZE];
    struct reason reason = {.text = ""};
    if (!workspace_make(&space, "iobench-unit-", &reason)) fail_msg("%s", reason.text);
    assert_true(paths_join(path, space.path, "file"));
    assert_true(files_replace(path, "x", 1, &reason));
    assert_true(workspace_make(&other, "iobench-unit-", &reason));
    assert_true(files_regular(path)); /* it is in use */
    workspace_remove(&other);
    assert_true(paths_join(path, space.path, ""));
    workspace_remove(&space);
    assert_false(files_may(path, FILES_EXIST));
}

static void what_is_not_there_has_no_names(void **state) {
    (void)state;
    char path[PATH_SIZE];
    struct files_list list;
    struct reason reason = {.text = ""};
    assert_false(files_list(&list, in(path, "none"), &reason));
    assert_string_equal(reason.text, "no such file or directory");
    assert_int_equal(list.count, 0);
    files_list_free(&list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_replaced_whole),
        cmocka_unit_test(what_cannot_be_replaced_stays),
        cmocka_unit_test(appending_keeps_what_is_there),
        cmocka_unit_test(a_file_is_moved_and_copied),
        cmocka_unit_test(a_file_is_created_once),
        cmocka_unit_test(a_file_left_behind_is_removed),
        cmocka_unit_test(a_workspace_goes_whole),
        cmocka_unit_test(what_is_not_there_has_no_names),
    };
    return cmocka_run_group_tests_name("files", tests, make_folder, remove_folder);
}
