/* workspace.c - temporary folders with a lock; see workspace.h.
 * Invariant: the lock is the last file that is removed, so a removal that stops is continued by the
 * next process. */
#include "bench/support/workspace.h"

#include "base/os.h"

#include "bench/support/files_parts.h"
#include "bench/support/files_target.h"
#include "bench/support/paths.h"

#include <string.h>

#define LOCK ".lock"
#define TRIES 8

/* Removes the files in a folder, and then the folder. Links are removed, not followed. */
static void remove_files(const char *path) {
    struct files_list list;
    struct reason why;
    char file[PATH_SIZE];
    files_list(&list, path, &why); /* empty if the folder cannot be listed */
    for (size_t i = 0; i < list.count; i++)
        if (paths_join(file, path, list.names[i])) files_remove(file);
    files_list_free(&list);
    files_remove_folder(path);
}

static bool is_folder(const char *path, uv_stat_t *facts) {
    return files_look_at_link(path, facts) == 0 &&
           (facts->st_mode & FILES_TYPE) == FILES_TYPE_FOLDER;
}

/* Removes all of a workspace. `lock` is its open lock, which is closed. */
static void remove_all(const char *path, uv_file lock) {
    struct files_list list;
    struct reason why;
    char below[PATH_SIZE];
    uv_stat_t facts;
    files_list(&list, path, &why);
    for (size_t i = 0; i < list.count; i++) {
        if (strcmp(list.names[i], LOCK) == 0 || !paths_join(below, path, list.names[i])) continue;
        if (is_folder(below, &facts))
            remove_files(below);
        else
            files_remove(below);
    }
    files_list_free(&list);
    files_list(&list, path, &why);
    bool rest = list.count > 1; /* a program that still runs stays on Windows */
    files_list_free(&list);
    if (!rest && paths_join(below, path, LOCK)) files_remove(below);
    files_close(lock);
    if (!rest) files_remove_folder(path);
}

/* Removes a workspace of `user` if its process has ended. One without a lock is being made. */
static void remove_dead(const char *path, uint64_t user) {
    char file[PATH_SIZE];
    uv_stat_t facts;
    if (!is_folder(path, &facts) || facts.st_uid != user || !paths_join(file, path, LOCK)) return;
    uv_file lock = files_lock_left(file);
    if (lock >= 0) remove_all(path, lock);
}

static void sweep(const struct workspace *space, const char *prefix) {
    char folder[PATH_SIZE], path[PATH_SIZE];
    struct files_list list;
    struct reason why;
    uv_stat_t own;
    if (!is_folder(space->path, &own)) return;
    files_folder_of(space->path, folder);
    files_list(&list, folder, &why);
    for (size_t i = 0; i < list.count; i++)
        if (strncmp(list.names[i], prefix, strlen(prefix)) == 0 &&
            paths_join(path, folder, list.names[i]))
            remove_dead(path, own.st_uid);
    files_list_free(&list);
}

/* Creates and locks the lock. Returns its descriptor or an error. */
static uv_file make_lock(const char *path) {
    char file[PATH_SIZE];
    if (!paths_join(file, path, LOCK)) return UV_ENAMETOOLONG;
    uv_file lock = files_open(file, UV_FS_O_RDWR | UV_FS_O_CREAT | UV_FS_O_EXCL);
    /* another process may take the folder for one that was left behind before it is locked */
    if (lock < 0 || files_lock_new(lock)) return lock;
    files_close(lock);
    return UV_EAGAIN;
}

bool workspace_make(struct workspace *space, const char *prefix, struct reason *reason) {
    for (int i = 0; i < TRIES; i++) {
        if (!files_make_temporary(space->path, prefix, reason)) break;
        space->lock = make_lock(space->path);
        if (space->lock >= 0) {
            sweep(space, prefix);
            return true;
        }
        files_remove_folder(space->path);
        files_fine(space->lock, reason);
        if (space->lock != UV_EAGAIN) break;
    }
    space->path[0] = '\0';
    return false;
}

void workspace_remove(struct workspace *space) {
    if (*space->path) remove_all(space->path, space->lock);
    space->path[0] = '\0';
}
