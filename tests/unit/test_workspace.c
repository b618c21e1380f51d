/* test_workspace.c - temporary folders: private, removed with all in them, also those of killed
 * processes, and none that is in use. */
#include "bench/support/paths.h"
#include "bench/support/workspace.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PREFIX "iobench-unit-"

static char folder[PATH_SIZE]; /* for temporary files of this program */

static int make_folder(void **state) {
    (void)state;
    struct reason reason;
    return files_make_temporary(folder, "unit-workspace-", &reason) &&
                   setenv("TMPDIR", folder, 1) == 0
               ? 0
               : -1;
}

static int remove_folder(void **state) {
    (void)state;
    files_remove_folder(folder);
    return files_may(folder, FILES_EXIST) ? -1 : 0;
}

static size_t count_spaces(void) {
    struct files_list list;
    struct reason reason;
    assert_true(files_list(&list, folder, &reason));
    size_t count = list.count;
    files_list_free(&list);
    return count;
}

static void make(struct workspace *space) {
    struct reason reason = {.text = ""};
    if (!workspace_make(space, PREFIX, &reason)) fail_msg("%s", reason.text);
}

/* Puts a file into the workspace and one into a folder in it. */
static void fill(const struct workspace *space) {
    char path[PATH_SIZE], below[PATH_SIZE];
    struct reason reason;
    assert_true(paths_join(path, space->path, "file"));
    assert_true(files_replace(path, "x", 1, &reason));
    assert_true(paths_join(path, space->path, "a"));
    assert_true(files_make_folder(path, &reason) && paths_join(below, path, "file"));
    assert_true(files_replace(below, "x", 1, &reason));
}

static void a_workspace_is_private_and_goes_whole(void **state) {
    (void)state;
    struct workspace space = {0}, other = {0};
    struct stat facts;
    make(&space);
    assert_int_equal(stat(space.path, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0700);
    fill(&space);
    make(&other); /* the first is in use, so it stays */
    assert_int_equal(count_spaces(), 2);
    workspace_remove(&other);
    workspace_remove(&space);
    workspace_remove(&space);
    assert_int_equal(count_spaces(), 0);
}

static void the_workspace_of_a_killed_process_goes(void **state) {
    (void)state;
    struct workspace space = {0};
    int status;
    fflush(stdout);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        make(&space);
        fill(&space);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(count_spaces(), 1);
    make(&space);
    assert_int_equal(count_spaces(), 1);
    workspace_remove(&space);
    assert_int_equal(count_spaces(), 0);
}

/* Removes nothing that only has such a name, and nothing behind a link. */
static void what_is_not_a_workspace_stays(void **state) {
    (void)state;
    struct workspace space = {0}, behind = {0};
    char plain[PATH_SIZE], link[PATH_SIZE], elsewhere[PATH_SIZE], lock[PATH_SIZE];
    struct reason reason;
    assert_true(paths_join(plain, folder, PREFIX "plain") &&
                paths_join(link, folder, PREFIX "link") &&
                paths_join(elsewhere, folder, "elsewhere") && paths_join(lock, elsewhere, ".lock"));
    assert_true(files_make_folder(plain, &reason) && files_make_folder(elsewhere, &reason));
    assert_true(files_replace(lock, "", 0, &reason));
    assert_int_equal(symlink("elsewhere", link), 0);
    make(&space);
    assert_true(files_may(plain, FILES_EXIST) && files_may(lock, FILES_EXIST) &&
                files_may(link, FILES_EXIST));
    /* a link in a workspace is removed, and what it leads to is not */
    make(&behind);
    assert_true(paths_join(lock, behind.path, "link"));
    assert_int_equal(symlink(elsewhere, lock), 0);
    workspace_remove(&behind);
    workspace_remove(&space);
    assert_true(paths_join(lock, elsewhere, ".lock") && files_may(lock, FILES_EXIST));
    files_remove(lock);
    files_remove(link);
    files_remove_folder(plain);
    files_remove_folder(elsewhere);
    assert_int_equal(count_spaces(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_workspace_is_private_and_goes_whole),
        cmocka_unit_test(the_workspace_of_a_killed_process_goes),
        cmocka_unit_test(what_is_not_a_workspace_stays),
    };
    return cmocka_run_group_tests_name("workspace", tests, make_folder, remove_folder);
}
