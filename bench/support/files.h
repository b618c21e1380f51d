/* files.h - file and folder operations over libuv, which behave the same on every system.
 * A function that fails returns false or NULL and sets `reason`. The reason does not contain the
 * path; the caller adds it.
 * Invariant: no function leaves an open descriptor or a temporary file behind. */
#ifndef BENCH_SUPPORT_FILES_H
#define BENCH_SUPPORT_FILES_H

#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>

#define PATH_SIZE 4096
#define FILES_BYTES_MAX (256u << 20) /* size limit of files_read */

/* The access that files_may checks. */
enum files_mode { FILES_EXIST = 0, FILES_EXECUTE = 1, FILES_READ = 4 };

/* Whether `path` exists and this process has the access that `mode` names. */
bool files_may(const char *path, enum files_mode mode);

/* Whether `path` is a regular file. */
bool files_regular(const char *path);

/* Whether both paths lead to the same existing file. */
bool files_same(const char *path, const char *other);

/* Reads a whole file: *size bytes followed by a NUL byte, owned by the caller. Fails on anything
 * but a regular file and on files larger than FILES_BYTES_MAX. Never blocks on a named pipe. */
char *files_read(const char *path, size_t *size, struct reason *reason);

/* Creates or replaces a file. The data goes to a temporary file in the same folder, which is synced
 * and renamed, so a reader sees either the complete old or the complete new content. */
bool files_replace(const char *path, const char *data, size_t size, struct reason *reason);

/* Whether files_replace could write here. Does not change an existing file. */
bool files_replaceable(const char *path, struct reason *reason);

/* Appends `text`; creates the file if it does not exist. Never blocks on a named pipe. */
bool files_append(const char *path, const char *text, struct reason *reason);

/* Whether files_append could write here. Does not change an existing file. */
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

/* Remove a file, or an empty folder. Failures are ignored. */
void files_remove(const char *path);
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
