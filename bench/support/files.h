/* files.h - files and folders, over libuv, so that they are the same on every system.
 * Invariant: nothing is left behind: no open descriptor, no temporary file. What fails returns
 * false, or NULL, with the reason, which does not name the file. */
#ifndef BENCH_SUPPORT_FILES_H
#define BENCH_SUPPORT_FILES_H

#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>

#define PATH_SIZE 4096
#define FILES_BYTES_MAX (256u << 20) /* of a file that is read */

/* What files_may asks for. */
enum files_mode { FILES_EXIST = 0, FILES_EXECUTE = 1, FILES_READ = 4 };

/* Whether there is a file or folder that this process may use so. */
bool files_may(const char *path, enum files_mode mode);

/* Whether there is a file there, and neither a folder nor a device. */
bool files_regular(const char *path);

/* Whether two paths are those of one file, which exists. */
bool files_same(const char *path, const char *other);

/* Reads a whole file: *size bytes and a NUL byte behind them, owned by the caller. Also refuses
 * what is no regular file, and what is larger than FILES_BYTES_MAX. Does not wait for whoever may
 * write to a pipe. */
char *files_read(const char *path, size_t *size, struct reason *reason);

/* Replaces a file, or creates it: one beside it is written, synced and renamed, so that a reader
 * sees all of the old or all of the new one. */
bool files_replace(const char *path, const char *data, size_t size, struct reason *reason);

/* Whether files_replace would get as far as writing. Leaves an existing file as it is. */
bool files_replaceable(const char *path, struct reason *reason);

/* Appends a text, and creates the file if it is not there. Does not wait for whoever reads a pipe.
 */
bool files_append(const char *path, const char *text, struct reason *reason);

/* Whether files_append would get as far as writing. */
bool files_appendable(const char *path, struct reason *reason);

/* Copies an executable file. */
bool files_copy_program(const char *from, const char *to, struct reason *reason);

/* Moves a file or folder within its file system; replaces a file. */
bool files_move(const char *from, const char *to, struct reason *reason);

/* Makes a folder, unless there is one. */
bool files_make_folder(const char *path, struct reason *reason);

/* Makes a folder for the owner alone, of a name that is free, where temporary files belong: PREFIX
 * and six characters. Writes its path. */
bool files_make_temporary(char path[PATH_SIZE], const char *prefix, struct reason *reason);

/* Removes a file, or a folder that is empty. One that stays is no error. */
void files_remove(const char *path);
void files_remove_folder(const char *path);

/* The names in a folder but "." and "..", in order. */
struct files_list {
    char **names; /* owned */
    size_t count; /* how many */
};

/* Lists a folder; files_list_free in any case. */
bool files_list(struct files_list *list, const char *path, struct reason *reason);
void files_list_free(struct files_list *list);

#endif
