/* files_write.c - writes files whole or not at all; see files.h.
 * Invariant: a temporary file has a random name, is created exclusively, and is locked as long as
 * its process lives. So none that is in use is ever removed, and one that is not locked is what a
 * killed process left behind. */
#include "base/os.h"

#include "bench/support/files.h"
#include "bench/support/files_parts.h"
#include "bench/support/files_target.h"
#include "bench/support/paths.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PREFIX ".iobench-"
#define SUFFIX ".tmp"
#define DIGITS 16 /* random hexadecimal digits between them */
#define TRIES 8
#define MODE_BITS 0777u      /* permissions, without set-id bits */
#define WRITE_MAX (1u << 30) /* bytes per call; libuv's buffer lengths are 32 bits */
#define NEW_FILE (UV_FS_O_WRONLY | UV_FS_O_CREAT | UV_FS_O_EXCL)

/* ---- temporary files ---- */

/* Creates and locks a temporary file in the folder of `path`. Returns its descriptor. */
static uv_file open_beside(const char *path, char temporary[PATH_SIZE]) {
    char folder[PATH_SIZE], name[64];
    uint64_t random;
    files_folder_of(path, folder);
    for (int i = 0; i < TRIES; i++) {
        int error = uv_random(NULL, NULL, &random, sizeof random, 0, NULL);
        if (error) return error;
        snprintf(name, sizeof name, PREFIX "%016llx" SUFFIX, (unsigned long long)random);
        if (!paths_join(temporary, folder, name)) return UV_ENAMETOOLONG;
        uv_file file = files_open(temporary, NEW_FILE);
        if (file < 0 && file != UV_EEXIST) return file;
        /* another process may take it for one that was left behind before it is locked; one that
         * cannot be locked is never removed */
        if (file >= 0 && files_lock_new(file)) return file;
        if (file >= 0) files_close(file);
    }
    return UV_EEXIST;
}

static bool temporary_name(const char *name) {
    size_t before = strlen(PREFIX);
    return strncmp(name, PREFIX, before) == 0 &&
           strspn(name + before, "0123456789abcdef") == DIGITS &&
           strcmp(name + before + DIGITS, SUFFIX) == 0;
}

/* Removes a temporary file of this user if its process has ended. */
static void remove_dead(const char *path, uint64_t user) {
    uv_stat_t facts;
    if (files_look_at_link(path, &facts) != 0 || facts.st_uid != user ||
        (facts.st_mode & FILES_TYPE) != FILES_TYPE_REGULAR)
        return;
    uv_file file = files_lock_left(path);
    if (file < 0) return;
    files_remove(path);
    files_close(file);
}

/* Removes what killed processes of this user left in a folder. */
static void sweep(const char *folder, uint64_t user) {
    char path[PATH_SIZE];
    struct files_list list;
    struct reason why;
    files_list(&list, folder, &why); /* empty if the folder cannot be listed */
    for (size_t i = 0; i < list.count; i++)
        if (temporary_name(list.names[i]) && paths_join(path, folder, list.names[i]))
            remove_dead(path, user);
    files_list_free(&list);
}

/* ---- streams ---- */

/* Opens a device, a pipe or a copy of an open descriptor. Returns a descriptor or an error. */
static int open_stream(const struct files_target *t) {
    uint64_t type = t->facts.st_mode & FILES_TYPE;
    if (t->descriptor >= 0) {
        fflush(NULL); /* what was printed before comes first */
        int copy = dup(t->descriptor);
        return copy >= 0 ? copy : uv_translate_sys_error(errno);
    }
    if (type != FILES_TYPE_DEVICE && type != FILES_TYPE_PIPE) return UV_ENOTSUP;
    uv_file file = files_open(t->path, UV_FS_O_WRONLY | UV_FS_O_NONBLOCK);
    if (file >= 0) os_file_block(file);
    return file;
}

/* ---- drafts ---- */

/* Opens what is written to, and sets d->temporary and d->target. Returns a descriptor or an error.
 */
static int open_draft(struct files_draft *d, const char *path) {
    struct files_target target;
    d->temporary[0] = '\0';
    int error = files_follow(path, &target);
    if (error) return error;
    memcpy(d->target, target.path, sizeof d->target);
    if (target.way == FILES_WAY_STREAM) return open_stream(&target);
    if (target.way == FILES_WAY_REPLACE && !files_may(target.path, FILES_WRITE)) return UV_EACCES;
    return open_beside(target.path, d->temporary);
}

static bool explain(int error, struct reason *reason) {
    if (error == UV_ENXIO) return reason_set(reason, "nothing reads from it");
    if (error == UV_ENOTSUP) return reason_set(reason, "exists and is " FILES_NOT_REGULAR);
    return files_fine(error, reason);
}

bool files_draft_open(struct files_draft *d, const char *path, struct reason *reason) {
    d->out = NULL;
    int file = open_draft(d, path);
    if (file < 0) return explain(file, reason);
    d->out = fdopen(file, "wb");
    if (d->out) return true;
    int error = uv_translate_sys_error(errno);
    files_close(file);
    if (*d->temporary) files_remove(d->temporary);
    return files_fine(error, reason);
}

/* Gives the new file owner and permissions of the one that it replaces, as far as this user and the
 * file system can: who may not keep the owner becomes the owner, as of every new file. */
static void keep_facts(uv_file file, const char *target) {
    uv_stat_t facts;
    uv_fs_t request;
    if (files_look(target, &facts) != 0) return;
    uv_gid_t group = (uv_gid_t)facts.st_gid;
    if (files_done(&request,
                   uv_fs_fchown(NULL, &request, file, (uv_uid_t)facts.st_uid, group, NULL)) < 0)
        files_done(&request, uv_fs_fchown(NULL, &request, file, (uv_uid_t)-1, group, NULL));
    int mode = (int)(facts.st_mode & MODE_BITS);
    files_done(&request, uv_fs_fchmod(NULL, &request, file, mode, NULL));
}

/* Makes a new name in a folder last, where the system can. */
static void sync_folder(const char *path) {
    char folder[PATH_SIZE];
    uv_fs_t request;
    files_folder_of(path, folder);
    uv_file file = files_open(folder, UV_FS_O_RDONLY);
    if (file < 0) return;
    files_done(&request, uv_fs_fsync(NULL, &request, file, NULL));
    files_close(file);
}

/* Puts the whole file in the place of its target. A target that is a mount point of its own, as in
 * a container, cannot be replaced: it is overwritten. */
static int put(const struct files_draft *d) {
    uv_fs_t request;
    int error = files_rename(d->temporary, d->target);
    if (error == UV_EBUSY) {
        error =
            files_done(&request, uv_fs_copyfile(NULL, &request, d->temporary, d->target, 0, NULL));
        files_remove(d->temporary);
    }
    if (!error) sync_folder(d->target);
    return error;
}

bool files_draft_keep(struct files_draft *d, struct reason *reason) {
    uv_fs_t request;
    int file = fileno(d->out), error = 0;
    errno = 0;
    if (fflush(d->out) != 0 || ferror(d->out))
        error = errno ? uv_translate_sys_error(errno) : UV_EIO;
    if (*d->temporary) {
        keep_facts(file, d->target);
        if (!error) error = files_done(&request, uv_fs_fsync(NULL, &request, file, NULL));
        if (!error) error = put(d);
        if (error) files_remove(d->temporary);
    }
    /* closed last, because it is locked as long as it is open */
    if (fclose(d->out) != 0 && !error && !*d->temporary) error = uv_translate_sys_error(errno);
    return files_fine(error, reason);
}

bool files_replace(const char *path, const char *data, size_t size, struct reason *reason) {
    struct files_draft draft;
    if (!files_draft_open(&draft, path, reason)) return false;
    errno = 0;
    bool whole = fwrite(data, 1, size, draft.out) == size && fflush(draft.out) == 0;
    int error = whole ? 0 : errno ? uv_translate_sys_error(errno) : UV_EIO;
    bool kept = files_draft_keep(&draft, reason);
    return error ? files_fine(error, reason) : kept;
}

bool files_replaceable(const char *path, struct reason *reason) {
    struct files_draft draft;
    struct files_target target;
    char folder[PATH_SIZE];
    uv_stat_t facts;
    int file = open_draft(&draft, path);
    if (file < 0) return explain(file, reason);
    if (*draft.temporary) {
        int error = files_look(draft.temporary, &facts);
        files_remove(draft.temporary);
        files_close(file);
        files_folder_of(draft.target, folder);
        if (!error) sweep(folder, facts.st_uid);
        return true;
    }
    /* a descriptor for reading and /dev/full refuse even this */
    int error = write(file, "", 0) < 0 ? uv_translate_sys_error(errno) : 0;
    bool pipe = files_follow(path, &target) == 0 && target.descriptor < 0 &&
                (target.facts.st_mode & FILES_TYPE) == FILES_TYPE_PIPE;
    /* a pipe stays open to the end of this process: its reader would see the end of the text */
    if (!pipe || error) files_close(file);
    return files_fine(error, reason);
}

bool files_create(const char *path, bool *exists, struct reason *reason) {
    uv_file file = files_open(path, NEW_FILE);
    *exists = file == UV_EEXIST;
    if (file < 0) return files_fine(file, reason);
    files_close(file);
    return true;
}

/* ---- appending ---- */

static int write_all(uv_file file, const char *data, size_t size) {
    while (size) {
        uv_fs_t request;
        uv_buf_t buffer = uv_buf_init((char *)data, size > WRITE_MAX ? WRITE_MAX : (unsigned)size);
        int wrote = files_done(&request, uv_fs_write(NULL, &request, file, &buffer, 1, -1, NULL));
        if (wrote < 0) return wrote;
        data += wrote;
        size -= (size_t)wrote;
    }
    return 0;
}

static uv_file open_end(const char *path) {
    return files_open(path, UV_FS_O_WRONLY | UV_FS_O_CREAT | UV_FS_O_APPEND | UV_FS_O_NONBLOCK);
}

bool files_append(const char *path, const char *text, struct reason *reason) {
    if (files_stream(path)) return files_replace(path, text, strlen(text), reason);
    uv_file file = open_end(path);
    if (!files_fine(file, reason)) return false;
    int error = write_all(file, text, strlen(text));
    int closed = files_close(file);
    return files_fine(error ? error : closed, reason);
}

bool files_appendable(const char *path, struct reason *reason) {
    struct files_target target;
    bool exists = true;
    int error = files_follow(path, &target);
    if (error) return files_fine(error, reason);
    if (target.way == FILES_WAY_STREAM) return files_replaceable(path, reason);
    if (target.way == FILES_WAY_NEW && files_create(target.path, &exists, reason)) {
        files_remove(target.path);
        return true;
    }
    if (!exists) return false;
    uv_file file = open_end(target.path);
    if (!files_fine(file, reason)) return false;
    files_close(file);
    return true;
}
