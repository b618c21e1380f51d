/* files_target.h - where a path that is to be written leads. */
#ifndef BENCH_SUPPORT_FILES_TARGET_H
#define BENCH_SUPPORT_FILES_TARGET_H

#include "bench/support/files.h"

#include <stdbool.h>
#include <uv.h>

/* How a target is written. */
enum files_way {
    FILES_WAY_NEW,     /* it does not exist; its folder may not, either */
    FILES_WAY_REPLACE, /* a regular file */
    FILES_WAY_STREAM,  /* a device, a pipe, or a descriptor that this process has open */
};

/* The end of a chain of symbolic links. */
struct files_target {
    char path[PATH_SIZE];
    int descriptor; /* that `path` names, as /dev/stdout does; -1: none */
    enum files_way way;
    uv_stat_t facts; /* unless it does not exist */
};

/* Follows all links of `path`. Returns 0 or an error of libuv. */
int files_follow(const char *path, struct files_target *target);

/* The folder of a path: what precedes the last separator, or ".". */
void files_folder_of(const char *path, char folder[PATH_SIZE]);

#endif
