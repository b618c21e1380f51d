/* files.h - file and folder operations over libuv, which behave the same on every system.
 * A function that fails returns false or NULL and sets `reason`. The reason does not contain the
 * path; the caller adds it.
 * Invariant: no function leaves an open descriptor or a temporary file behind, except for pipes:
 * see files_replaceable. */
#ifndef BENCH_SUPPORT_FILES_H
#define BENCH_SUPPORT_FILES_H

#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define PATH_SIZE 4096
#define FILES_BYTES_MAX (256u << 20) /* size limit of files_read */

/* The access that files_may checks. */
enum files_mode { FILES_EXIST = 0, FILES_EXECUTE = 1, FILES_WRITE = 2, FILES_READ = 4 };

/* Whether `path` exists and this process has the access that `mode` names. */
bool files_may(const char *path, enum files_mode mode);

/* Whether `path` is a regular file. */
bool files_regular(const char *path);

/* Whether both paths lead to the same file, through whatever links. Files that do not exist yet are
 * the same if they have the same name in the same folder. */
bool files_same(const char *path, const char *other);

/* Whether the file of `path` is in `folder` itself. */
bool files_in_folder(const char *path, const char *folder);

/* Whether `path` is written as a stream: a device, a pipe, or a descriptor as in /dev/stdout. */
bool files_stream(const char *path);

/* Whether `path` names the standard output of this process. */
bool files_standard_output(const char *path);

/* Reads a whole file: *size bytes followed by a NUL byte, owned by the caller. Fails on anything
 * but a regular file and on files larger than FILES_BYTES_MAX. Never blocks on a named pipe. */
char *files_read(const char *path, size_t *size, struct reason *reason);

/* Creates or replaces a file. The data goes to a temporary file in the same folder, which is synced
 * and renamed, so a reader sees either the complete old or the complete new content, also after a
 * crash of the machine. A symbolic link stays: the file that it leads to is replaced, or created.
 * Permissions stay; owner and group stay if this user may set them. Other names of the file (hard
 * links) keep the old content. A write-protected file is refused. A device, a pipe or an open
 * descriptor (/dev/stdout) is written to. */
bool files_replace(const char *path, const char *data, size_t size, struct reason *reason);

/* Whether files_replace could write here. Does not change an existing file. Removes the temporary
 * files that killed processes of this user left in the folder. Opens a named pipe that has a
 * reader and keeps it open. */
bool files_replaceable(const char *path, struct reason *reason);

/* A file that is written piece by piece, as files_replace writes it. */
struct files_draft {
    FILE *out;                 /* to write to; errors are found by files_draft_keep */
    char target[PATH_SIZE];    /* file to replace, at the end of all links */
    char temporary[PATH_SIZE]; /* empty: `out` is a stream */
};

/* Begins a draft. After a success call files_draft_keep, which puts it in its place or, after an
 * error, removes it. */
bool files_draft_open(struct files_draft *draft, const char *path, struct reason *reason);
bool files_draft_keep(struct files_draft *draft, struct reason *reason);

/* Creates an empty file. Fails and sets *exists if there is one of that name. */
bool files_create(const char *path, bool *exists, struct reason *reason);

/* Appends `text`; creates the file if it does not exist. Writes to streams as files_replace does.
 */
bool files_append(const char *path, const char *text, struct reason *reason);

/* Whether files_append could write here. Does not change an existing file; keeps a named pipe open.
 */
bool files_appendable(const char *path, struct reason *reason);

/* Copies a file and makes the copy executable. */
bool files_copy_program(const char *from, const char *to, struct reason *reason);

/* Renames a file or folder within its file system; an existing file is replaced. */
bool files_move(const char *from, const char *to, struct reason *reason);

/* Creates a folder; an existing one is no error. */
bool files_make_folder(const char *path, struct reason *reason);

/* Creates a folder that only the owner may use, in the system's folder for temporary files. Its
 * name is `prefix` and six random characters. Writes its path. */
bool files_make_temporary(char path[PATH_SIZE], const char *prefix, struct reason *reason);

/* Removes a file; a link is removed, not followed. Returns whether there is none now. */
bool files_remove(const char *path);

/* Removes an empty folder. Failures are ignored. */
void files_remove_folder(const char *path);

/* The names in a folder without "." and "..", sorted. */
struct files_list {
    char **names; /* owned */
    size_t count;
};

/* Lists a folder. Call files_list_free also after a failure. */
bool files_list(struct files_list *list, const char *path, struct reason *reason);
void files_list_free(struct files_list *list);

#endif
