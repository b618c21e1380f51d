/* files_parts.h - what the files of files.h share: single calls of libuv. They return 0 or more, or
 * an error of libuv, which is negative. */
#ifndef BENCH_SUPPORT_FILES_PARTS_H
#define BENCH_SUPPORT_FILES_PARTS_H

#include "bench/support/reason.h"

#include <stdbool.h>
#include <uv.h>

#define FILES_TYPE 0170000u /* mask of the file type in libuv's st_mode, on every system */
#define FILES_TYPE_REGULAR 0100000u
#define FILES_TYPE_FOLDER 0040000u
#define FILES_TYPE_LINK 0120000u
#define FILES_TYPE_DEVICE 0020000u /* a character device, such as a terminal or /dev/null */
#define FILES_TYPE_PIPE 0010000u   /* a named pipe */
#define FILES_MODE 0666            /* of new files, less the umask */
#define FILES_NOT_REGULAR "not a regular file"

/* Frees the request of a call that returned `result`; returns `result`. */
int files_done(uv_fs_t *request, int result);

/* Whether `error` is none. Sets `reason` to its text if it is one. */
bool files_fine(int error, struct reason *reason);

/* The facts about the file that a path leads to, and about the path itself if it is a link. */
int files_look(const char *path, uv_stat_t *facts);
int files_look_at_link(const char *path, uv_stat_t *facts);

uv_file files_open(const char *path, int flags);
int files_close(uv_file file);

/* Locks a file that this process has just created, until it is closed. False if another process
 * took it for one that was left behind, and locks or has removed it. True where files have no
 * locks. */
bool files_lock_new(uv_file file);

/* Opens and locks a file that a process which has ended once locked. Returns its descriptor, or an
 * error if it cannot be opened, or a process that lives has locked it. */
uv_file files_lock_left(const char *path);
int files_rename(const char *from, const char *to);

#endif
