/* files.c - file and folder operations over libuv; see files.h. */
#include "bench/support/files.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/os.h"

#include "bench/support/files_parts.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define TOO_LARGE "larger than 256 MiB"
#define MODE_FOLDER 0777
#define MODE_PROGRAM 0755

/* ---- parts ---- */

int files_done(uv_fs_t *request, int result) {
    uv_fs_req_cleanup(request);
    return result;
}

bool files_fine(int error, struct reason *reason) {
    return error >= 0 || reason_set(reason, "%s", uv_strerror(error));
}

int files_look(const char *path, uv_stat_t *facts) {
    uv_fs_t request;
    int error = uv_fs_stat(NULL, &request, path, NULL);
    *facts = request.statbuf;
    return files_done(&request, error);
}

int files_look_at_link(const char *path, uv_stat_t *facts) {
    uv_fs_t request;
    int error = uv_fs_lstat(NULL, &request, path, NULL);
    *facts = request.statbuf;
    return files_done(&request, error);
}

uv_file files_open(const char *path, int flags) {
    uv_fs_t request;
    return files_done(&request, uv_fs_open(NULL, &request, path, flags, FILES_MODE, NULL));
}

int files_close(uv_file file) {
    uv_fs_t request;
    return files_done(&request, uv_fs_close(NULL, &request, file, NULL));
}

bool files_lock_new(uv_file file) {
    uv_fs_t request;
    if (os_error_would_block(os_file_lock(file))) return false;
    int error = uv_fs_fstat(NULL, &request, file, NULL);
    bool there = error < 0 || request.statbuf.st_nlink > 0;
    files_done(&request, error);
    return there;
}

uv_file files_lock_left(const char *path) {
    uv_file file = files_open(path, UV_FS_O_RDWR | UV_FS_O_NOFOLLOW | UV_FS_O_NONBLOCK);
    if (file < 0 || os_file_lock(file) == 0) return file;
    files_close(file);
    return UV_EAGAIN;
}

int files_rename(const char *from, const char *to) {
    uv_fs_t request;
    return files_done(&request, uv_fs_rename(NULL, &request, from, to, NULL));
}

/* ---- queries ---- */

bool files_may(const char *path, enum files_mode mode) {
    uv_fs_t request;
    return files_done(&request, uv_fs_access(NULL, &request, path, (int)mode, NULL)) == 0;
}

bool files_regular(const char *path) {
    uv_stat_t facts;
    return files_look(path, &facts) == 0 && (facts.st_mode & FILES_TYPE) == FILES_TYPE_REGULAR;
}

/* ---- reading ---- */

/* Why files_read refuses an open file; NULL if it does not. */
static const char *unfit(uv_file file) {
    uv_fs_t request;
    int error = uv_fs_fstat(NULL, &request, file, NULL);
    uint64_t type = request.statbuf.st_mode & FILES_TYPE, size = request.statbuf.st_size;
    files_done(&request, error);
    if (error) return uv_strerror(error);
    if (type == FILES_TYPE_FOLDER) return uv_strerror(UV_EISDIR);
    if (type != FILES_TYPE_REGULAR) return FILES_NOT_REGULAR;
    return size > FILES_BYTES_MAX ? TOO_LARGE : NULL;
}

/* Reads until the end of the file into *text and adds a NUL byte. The file may grow meanwhile.
 * Returns an error text or NULL. */
static const char *read_all(uv_file file, char **text, size_t *size) {
    size_t used = 0, room = 1u << 16;
    *text = malloc(room + 1);
    MEMORY_CHECK(*text);
    for (;;) {
        uv_fs_t request;
        uv_buf_t buffer = uv_buf_init(*text + used, (unsigned)(room - used));
        int got = files_done(&request, uv_fs_read(NULL, &request, file, &buffer, 1, -1, NULL));
        if (got < 0) return uv_strerror(got);
        if (got == 0) break;
        used += (size_t)got;
        if (used > FILES_BYTES_MAX) return TOO_LARGE;
        if (used == room) {
            room *= 2;
            *text = realloc(*text, room + 1);
            MEMORY_CHECK(*text);
        }
    }
    (*text)[used] = '\0';
    *size = used;
    return NULL;
}

char *files_read(const char *path, size_t *size, struct reason *reason) {
    char *text = NULL;
    uv_file file = files_open(path, UV_FS_O_RDONLY | UV_FS_O_NONBLOCK);
    if (!files_fine(file, reason)) return NULL;
    const char *why = unfit(file);
    if (!why) why = read_all(file, &text, size);
    files_close(file);
    if (!why) return text;
    reason_set(reason, "%s", why);
    free(text);
    return NULL;
}

/* ---- whole files and folders ---- */

bool files_copy_program(const char *from, const char *to, struct reason *reason) {
    uv_fs_t request;
    int error = files_done(&request, uv_fs_copyfile(NULL, &request, from, to, 0, NULL));
    if (!error) error = files_done(&request, uv_fs_chmod(NULL, &request, to, MODE_PROGRAM, NULL));
    return files_fine(error, reason);
}

bool files_move(const char *from, const char *to, struct reason *reason) {
    return files_fine(files_rename(from, to), reason);
}

bool files_make_folder(const char *path, struct reason *reason) {
    uv_fs_t request;
    int error = files_done(&request, uv_fs_mkdir(NULL, &request, path, MODE_FOLDER, NULL));
    return files_fine(error == UV_EEXIST ? 0 : error, reason);
}

bool files_make_temporary(char path[PATH_SIZE], const char *prefix, struct reason *reason) {
    char folder[PATH_SIZE], template[PATH_SIZE];
    size_t room = sizeof folder;
    uv_fs_t request;
    int error = uv_os_tmpdir(folder, &room);
    if (!error && snprintf(template, PATH_SIZE, "%s/%sXXXXXX", folder, prefix) >= PATH_SIZE)
        error = UV_ENAMETOOLONG;
    if (error) return files_fine(error, reason);
    error = uv_fs_mkdtemp(NULL, &request, template, NULL);
    if (!error) snprintf(path, PATH_SIZE, "%s", request.path);
    return files_fine(files_done(&request, error), reason);
}

bool files_remove(const char *path) {
    uv_fs_t request;
    int error = files_done(&request, uv_fs_unlink(NULL, &request, path, NULL));
    return error == 0 || error == UV_ENOENT;
}

void files_remove_folder(const char *path) {
    uv_fs_t request;
    files_done(&request, uv_fs_rmdir(NULL, &request, path, NULL));
}

static int by_text(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

bool files_list(struct files_list *list, const char *path, struct reason *reason) {
    uv_fs_t request;
    uv_dirent_t entry;
    *list = (struct files_list){0};
    int found = uv_fs_scandir(NULL, &request, path, 0, NULL);
    if (found > 0) list->names = calloc((size_t)found, sizeof *list->names);
    MEMORY_CHECK(found <= 0 || list->names);
    /* it frees an entry at the next call, so the last call has to be made, too */
    while (uv_fs_scandir_next(&request, &entry) == 0) {
        CHECK_OP((int)list->count, <, found);
        char *name = strdup(entry.name);
        MEMORY_CHECK(name);
        list->names[list->count++] = name;
    }
    if (list->count) qsort(list->names, list->count, sizeof *list->names, by_text);
    return files_fine(files_done(&request, found), reason);
}

void files_list_free(struct files_list *list) {
    for (size_t i = 0; i < list->count; i++) free(list->names[i]);
    free(list->names);
}
