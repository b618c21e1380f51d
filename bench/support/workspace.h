/* workspace.h - temporary folders that disappear, also when their process was killed.
 * Invariant: a workspace is locked as long as its process lives, so nobody removes one in use. */
#ifndef BENCH_SUPPORT_WORKSPACE_H
#define BENCH_SUPPORT_WORKSPACE_H

#include "bench/support/files.h"

#include <stdbool.h>

/* A folder that only this user may use. Initialised with {0}. */
struct workspace {
    char path[PATH_SIZE]; /* empty: there is none */
    int lock;             /* open file in it */
};

/* Makes a workspace in the system's folder for temporary files. Its name is `prefix` and six random
 * characters. Removes the workspaces with this prefix that killed processes of this user left. */
bool workspace_make(struct workspace *space, const char *prefix, struct reason *reason);

/* Removes it with its files, its folders and their files. */
void workspace_remove(struct workspace *space);

#endif
