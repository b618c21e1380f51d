/* files_target.c - follows links, and tells whether two paths mean the same file.
 * Invariant: a link is followed only if the system itself would follow it. */
#include "bench/support/files_target.h"

#include "base/os.h"

#include "bench/support/files_parts.h"
#include "bench/support/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINKS_MAX 40 /* the system refuses longer chains; this ends one that changes meanwhile */

void files_folder_of(const char *path, char folder[PATH_SIZE]) {
    size_t length = (size_t)(paths_file(path) - path);
    if (length >= PATH_SIZE) length = PATH_SIZE - 1;
    snprintf(folder, PATH_SIZE, "%.*s", (int)length, path);
    if (!*folder) snprintf(folder, PATH_SIZE, ".");
}

/* The open descriptor that a path names; -1: none. To open such a path again would give another
 * position in the file, and the replaced file would not be the one that is open. */
static int named_descriptor(const char *path) {
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    if (strcmp(path, "/dev/stdout") == 0) return 1;
    if (strcmp(path, "/dev/stderr") == 0) return 2;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        size_t length = strlen(folders[i]);
        if (strncmp(path, folders[i], length) != 0) continue;
        size_t digits = strspn(path + length, "0123456789");
        if (digits && digits < 6 && !path[length + digits]) return atoi(path + length);
    }
    return -1;
}

/* Replaces a link by what it points to. */
static int step(char path[PATH_SIZE]) {
    char folder[PATH_SIZE], next[PATH_SIZE];
    uv_fs_t request;
    int error = uv_fs_readlink(NULL, &request, path, NULL);
    if (error) return files_done(&request, error);
    const char *link = request.ptr;
    bool absolute = strchr(OS_PATH_SEPARATORS, *link) || (OS_PATH_SEPARATORS[1] && link[1] == ':');
    size_t length = absolute ? 0 : (size_t)(paths_file(path) - path);
    snprintf(folder, sizeof folder, "%.*s", (int)length, path);
    bool fits = snprintf(next, sizeof next, "%s%s", folder, link) < PATH_SIZE;
    if (fits) memcpy(path, next, sizeof next);
    return files_done(&request, fits ? 0 : UV_ENAMETOOLONG);
}

/* Sets the way of a target at the end of all links. */
static int set_way(struct files_target *t) {
    uint64_t type = t->facts.st_mode & FILES_TYPE;
    t->way = type == FILES_TYPE_REGULAR ? FILES_WAY_REPLACE : FILES_WAY_STREAM;
    return type == FILES_TYPE_FOLDER ? UV_EISDIR : 0;
}

int files_follow(const char *path, struct files_target *t) {
    size_t size = strlen(path) + 1;
    if (size > PATH_SIZE) return UV_ENAMETOOLONG;
    memcpy(t->path, path, size);
    for (int links = 0; links < LINKS_MAX; links++) {
        uv_stat_t link;
        t->descriptor = named_descriptor(t->path);
        int error = files_look(t->path, &t->facts);
        /* this call follows links, so it fails where the system would not follow them */
        if (error && error != UV_ENOENT) return error;
        bool exists = !error;
        if (t->descriptor >= 0 && exists) {
            t->way = FILES_WAY_STREAM;
            return 0;
        }
        error = files_look_at_link(t->path, &link);
        if (!error && (link.st_mode & FILES_TYPE) == FILES_TYPE_LINK) {
            error = step(t->path);
            if (error) return error;
            continue;
        }
        t->way = FILES_WAY_NEW;
        return exists ? set_way(t) : 0;
    }
    return UV_ELOOP;
}

/* Whether both facts are of one file. A file system without file numbers has 0 for all of them. */
static bool same_facts(const uv_stat_t *one, const uv_stat_t *other) {
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino && one->st_ino != 0;
}

static bool same_folder(const char *path, const char *other) {
    char one[PATH_SIZE], two[PATH_SIZE];
    uv_stat_t left, right;
    files_folder_of(path, one);
    files_folder_of(other, two);
    return files_look(one, &left) == 0 && files_look(two, &right) == 0 && same_facts(&left, &right);
}

bool files_same(const char *path, const char *other) {
    struct files_target one, two;
    int left = files_follow(path, &one), right = files_follow(other, &two);
    if ((left && left != UV_EISDIR) || (right && right != UV_EISDIR)) return false;
    bool is_new = !left && one.way == FILES_WAY_NEW;
    if (is_new != (!right && two.way == FILES_WAY_NEW)) return false;
    if (!is_new && one.facts.st_ino && two.facts.st_ino) return same_facts(&one.facts, &two.facts);
    return strcmp(paths_file(one.path), paths_file(two.path)) == 0 &&
           same_folder(one.path, two.path);
}

bool files_in_folder(const char *path, const char *folder) {
    char own[PATH_SIZE];
    files_folder_of(path, own);
    return files_same(own, folder);
}

bool files_stream(const char *path) {
    struct files_target target;
    return files_follow(path, &target) == 0 && target.way == FILES_WAY_STREAM;
}

bool files_standard_output(const char *path) {
    struct files_target target;
    return files_follow(path, &target) == 0 && target.descriptor == 1;
}
