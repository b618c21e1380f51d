/* test_files_write.c - what is written over: links, streams, permissions, temporary files of killed
 * processes; and whether two paths are one file. All tests use a temporary folder. */
#include "base/os.h"

#include "bench/support/files.h"
#include "bench/support/paths.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEFT ".iobench-0123456789abcdef.tmp" /* as a killed process leaves it */

static char folder[PATH_SIZE];

static int make_folder(void **state) {
    (void)state;
    struct reason reason;
    return files_make_temporary(folder, "unit-files-write-", &reason) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    files_remove_folder(folder);
    return files_may(folder, FILES_EXIST) ? -1 : 0;
}

/* Removes all that a test made. */
static int remove_files(void **state) {
    (void)state;
    struct files_list list;
    struct reason reason;
    char path[PATH_SIZE];
    files_list(&list, folder, &reason);
    for (size_t i = 0; i < list.count; i++) {
        assert_true(paths_join(path, folder, list.names[i]));
        if (!files_remove(path)) files_remove_folder(path);
    }
    files_list_free(&list);
    return 0;
}

/* The path of a file in the folder; valid until the fourth next call. */
static const char *in(const char *name) {
    static char paths[4][PATH_SIZE];
    static size_t next;
    char *path = paths[next++ % 4];
    assert_true(paths_join(path, folder, name));
    return path;
}

static void put(const char *name, const char *text) {
    FILE *file = fopen(in(name), "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void expect_content(const char *name, const char *expected) {
    size_t size = 0;
    struct reason reason = {.text = ""};
    char *text = files_read(in(name), &size, &reason);
    if (!text) fail_msg("%s: %s", name, reason.text);
    assert_string_equal(text, expected);
    free(text);
}

static mode_t mode_of(const char *name) {
    struct stat facts;
    assert_int_equal(lstat(in(name), &facts), 0);
    return facts.st_mode;
}

static bool exists(const char *name) {
    struct stat facts;
    return lstat(in(name), &facts) == 0;
}

static void replace(const char *name, const char *text) {
    struct reason reason = {.text = ""};
    if (!files_replaceable(in(name), &reason)) fail_msg("%s: %s", name, reason.text);
    if (!files_replace(in(name), text, strlen(text), &reason))
        fail_msg("%s: %s", name, reason.text);
}

static void refuse(const char *name, const char *expected) {
    struct reason reason = {.text = ""};
    assert_false(files_replaceable(in(name), &reason));
    assert_string_equal(reason.text, expected);
    reason.text[0] = '\0';
    assert_false(files_replace(in(name), "x", 1, &reason));
    assert_string_equal(reason.text, expected);
}

/* ---- links ---- */

static void a_link_stays_and_its_file_is_replaced(void **state) {
    (void)state;
    put("file", "old");
    assert_int_equal(symlink("file", in("link")), 0);
    assert_int_equal(symlink(in("link"), in("chain")), 0);
    replace("chain", "new");
    assert_true(S_ISLNK(mode_of("chain")) && S_ISLNK(mode_of("link")));
    expect_content("file", "new");
}

static void a_link_to_nothing_creates_its_file(void **state) {
    (void)state;
    assert_int_equal(symlink("later", in("link")), 0);
    replace("link", "new");
    assert_true(S_ISLNK(mode_of("link")) && S_ISREG(mode_of("later")));
    expect_content("later", "new");
}

static void appending_through_a_link_keeps_it(void **state) {
    (void)state;
    struct reason reason;
    assert_int_equal(symlink("later", in("link")), 0);
    assert_true(files_appendable(in("link"), &reason));
    assert_true(S_ISLNK(mode_of("link")) && !exists("later"));
    assert_true(files_append(in("link"), "one", &reason));
    expect_content("later", "one");
}

static void links_that_lead_nowhere_are_refused(void **state) {
    (void)state;
    assert_int_equal(symlink("loop", in("loop")), 0);
    assert_int_equal(symlink(".", in("self")), 0);
    assert_int_equal(symlink("none/file", in("lost")), 0);
    refuse("loop", "too many symbolic links encountered");
    refuse("self", "illegal operation on a directory");
    refuse("lost", "no such file or directory");
    assert_true(S_ISLNK(mode_of("loop")) && S_ISLNK(mode_of("self")) && S_ISLNK(mode_of("lost")));
}

/* A name that can be guessed could be a link that somebody else has put there. */
static void a_temporary_file_follows_no_link(void **state) {
    (void)state;
    char name[64];
    snprintf(name, sizeof name, "file.%d.tmp", (int)getpid());
    put("victim", "untouched");
    assert_int_equal(symlink("victim", in(name)), 0);
    assert_int_equal(symlink("victim", in(LEFT)), 0);
    replace("file", "new");
    expect_content("victim", "untouched");
    expect_content("file", "new");
    assert_true(S_ISREG(mode_of("file")));
}

static void other_names_of_a_file_keep_the_old_content(void **state) {
    (void)state;
    put("file", "old");
    assert_int_equal(link(in("file"), in("other")), 0);
    replace("file", "new");
    expect_content("file", "new");
    expect_content("other", "old");
}

/* ---- permissions and names ---- */

static void permissions_stay(void **state) {
    (void)state;
    put("file", "old");
    assert_int_equal(chmod(in("file"), 0640), 0);
    mode_t mask = umask(077);
    replace("file", "new");
    replace("fresh", "new");
    umask(mask);
    assert_int_equal(mode_of("file") & 07777, 0640);
    assert_int_equal(mode_of("fresh") & 07777, 0600);
    replace("plain", "new");
    assert_int_equal(mode_of("plain") & 07777, 0666 & ~mask);
}

static void what_is_protected_stays(void **state) {
    (void)state;
    if (geteuid() == 0) {
        puts("skip: nothing is protected from root");
        skip();
    }
    put("file", "old");
    assert_int_equal(chmod(in("file"), 0444), 0);
    refuse("file", "permission denied");
    expect_content("file", "old");
    assert_int_equal(mkdir(in("sub"), 0555), 0);
    refuse("sub/file", "permission denied");
}

static void the_longest_name_fits(void **state) {
    (void)state;
    char name[258];
    memset(name, 'n', sizeof name);
    name[256] = '\0';
    refuse(name, "name too long");
    name[255] = '\0';
    replace(name, "new");
    expect_content(name, "new");
}

/* ---- streams ---- */

static void a_pipe_with_a_reader_is_written_to(void **state) {
    (void)state;
    char text[16] = "";
    assert_int_equal(mkfifo(in("pipe"), 0600), 0);
    refuse("pipe", "nothing reads from it");
    int reader = open(in("pipe"), O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    replace("pipe", "new");
    assert_int_equal(read(reader, text, sizeof text), 3);
    assert_string_equal(text, "new");
    assert_true(S_ISFIFO(mode_of("pipe")));
    assert_true(files_stream(in("pipe")));
    /* the check keeps the pipe open; otherwise its reader would be at the end before the text */
    assert_int_equal(read(reader, text, sizeof text), -1);
    close(reader);
}

/* A device of the test's own: a fault must not replace the one that all programs use. */
static void a_device_is_written_to(void **state) {
    (void)state;
    struct stat facts;
    int file = -1;
    if (stat("/dev/null", &facts) == 0 && mknod(in("null"), S_IFCHR | 0600, facts.st_rdev) == 0)
        file = open(in("null"), O_WRONLY);
    if (file < 0) {
        puts("skip: this user may not make a device here");
        skip();
    }
    close(file);
    replace("null", "new");
    assert_true(S_ISCHR(mode_of("null")) && files_stream(in("null")));
    if (stat("/dev/full", &facts) == 0 && mknod(in("full"), S_IFCHR | 0600, facts.st_rdev) == 0)
        refuse("full", "no space left on device");
}

/* What is written to a descriptor comes behind what was written to it before. */
static void an_open_descriptor_is_written_to(void **state) {
    (void)state;
    char path[64];
    struct reason reason;
    put("file", "");
    int file = open(in("file"), O_WRONLY);
    assert_true(file >= 0);
    snprintf(path, sizeof path, "/dev/fd/%d", file);
    if (access(path, F_OK) != 0) {
        close(file);
        puts("skip: this system has no /dev/fd");
        skip();
    }
    assert_int_equal(write(file, "one ", 4), 4);
    assert_true(files_replaceable(path, &reason));
    assert_true(files_replace(path, "two", 3, &reason));
    close(file);
    expect_content("file", "one two");
    assert_true(files_standard_output("/dev/stdout"));
    assert_false(files_standard_output(in("file")));
    file = open(in("file"), O_RDONLY);
    snprintf(path, sizeof path, "/dev/fd/%d", file);
    assert_false(files_replaceable(path, &reason));
    close(file);
}

/* ---- temporary files ---- */

static void a_file_left_behind_is_removed(void **state) {
    (void)state;
    put(LEFT, "half");
    put(".iobench-0123.tmp", "not ours");
    assert_int_equal(mkdir(in(".iobench-aaaaaaaaaaaaaaaa.tmp"), 0700), 0);
    assert_int_equal(mkfifo(in(".iobench-bbbbbbbbbbbbbbbb.tmp"), 0600), 0);
    replace("file", "new");
    assert_false(exists(LEFT));
    assert_true(exists(".iobench-bbbbbbbbbbbbbbbb.tmp"));
    assert_true(exists(".iobench-0123.tmp") && exists(".iobench-aaaaaaaaaaaaaaaa.tmp"));
}

static void a_file_in_use_stays(void **state) {
    (void)state;
    put(LEFT, "half");
    int file = open(in(LEFT), O_RDWR);
    assert_true(file >= 0);
    assert_int_equal(os_file_lock(file), 0);
    replace("file", "new");
    assert_true(exists(LEFT));
    close(file);
}

/* Returns the number of files in the folder. */
static size_t count_files(void) {
    struct files_list list;
    struct reason reason;
    assert_true(files_list(&list, folder, &reason));
    size_t count = list.count;
    files_list_free(&list);
    return count;
}

static void a_killed_process_leaves_nothing_for_long(void **state) {
    (void)state;
    int ready[2];
    char byte;
    struct reason reason;
    struct files_draft draft;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        bool opened = files_draft_open(&draft, in("file"), &reason);
        if (opened && write(ready[1], "x", 1) == 1) raise(SIGKILL);
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(ready[0]);
    close(ready[1]);
    assert_int_equal(count_files(), 1);
    assert_true(files_replaceable(in("file"), &reason));
    assert_int_equal(count_files(), 0);
}

static void a_file_is_created_once(void **state) {
    (void)state;
    bool taken = true;
    struct reason reason;
    assert_true(files_create(in("file"), &taken, &reason));
    assert_false(taken);
    assert_false(files_create(in("file"), &taken, &reason));
    assert_true(taken);
    assert_int_equal(symlink("elsewhere", in("link")), 0);
    assert_false(files_create(in("link"), &taken, &reason));
    assert_true(taken && !exists("elsewhere"));
    assert_false(files_create(in("none/file"), &taken, &reason));
    assert_false(taken);
}

/* ---- the same file ---- */

static void one_file_has_many_paths(void **state) {
    (void)state;
    char dotted[PATH_SIZE + 8];
    put("file", "");
    put("alike", "");
    assert_int_equal(symlink("file", in("link")), 0);
    assert_int_equal(link(in("file"), in("hard")), 0);
    assert_int_equal(symlink(".", in("here")), 0);
    assert_int_equal(symlink("new", in("ahead")), 0);
    snprintf(dotted, sizeof dotted, "%s/./file", folder);
    assert_true(files_same(in("file"), dotted));
    assert_true(files_same(in("link"), in("hard")));
    assert_true(files_same(in("here/file"), in("file")));
    assert_false(files_same(in("file"), in("alike")));
    /* files that do not exist yet */
    assert_true(files_same(in("new"), in("here/new")));
    assert_true(files_same(in("ahead"), in("new")));
    assert_false(files_same(in("new"), in("newer")));
    assert_false(files_same(in("new"), in("file")));
    assert_false(files_same(in("none/new"), in("new")));
    assert_true(files_in_folder(in("file"), folder));
    assert_true(files_in_folder(in("file"), in("here")));
    assert_false(files_in_folder(in("here/file"), "/"));
}

#define CASE(test) cmocka_unit_test_teardown(test, remove_files)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_link_stays_and_its_file_is_replaced),
        CASE(a_link_to_nothing_creates_its_file),
        CASE(appending_through_a_link_keeps_it),
        CASE(links_that_lead_nowhere_are_refused),
        CASE(a_temporary_file_follows_no_link),
        CASE(other_names_of_a_file_keep_the_old_content),
        CASE(permissions_stay),
        CASE(what_is_protected_stays),
        CASE(the_longest_name_fits),
        CASE(a_pipe_with_a_reader_is_written_to),
        CASE(a_device_is_written_to),
        CASE(an_open_descriptor_is_written_to),
        CASE(a_file_left_behind_is_removed),
        CASE(a_file_in_use_stays),
        CASE(a_killed_process_leaves_nothing_for_long),
        CASE(a_file_is_created_once),
        CASE(one_file_has_many_paths),
    };
    return cmocka_run_group_tests_name("files_write", tests, make_folder, remove_folder);
}
