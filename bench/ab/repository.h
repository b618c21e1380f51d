/* repository.h - the git repository of the source tree: is it the right one, and which commit a
 * name means. */
#ifndef BENCH_AB_REPOSITORY_H
#define BENCH_AB_REPOSITORY_H

#include "bench/support/paths.h"
#include "bench/support/process.h"
#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>

#define REPOSITORY_NAME_SIZE 256 /* of the name of a revision, with its NUL byte */

/* Runs a command to its end and copies the first line of its output to `line` (NULL: not wanted).
 * Returns false with the last line of its output as the reason. */
bool repository_run(struct process_loop *loop, char *const *args, double seconds,
                    char line[PATH_SIZE], struct reason *reason);

/* Finds the repository of the source tree `tree`, and writes its path to `root`. Returns false and
 * the reason if there is none, or if it only surrounds the source tree. */
bool repository_find(char root[PATH_SIZE], const char *tree, struct process_loop *loop,
                     struct reason *reason);

/* Writes the id of the commit that `name` means, here or among the branches of the remote. Returns
 * false and the reason, with the command that fetches the commit. */
bool repository_commit(char *sha, size_t size, const char *root, const char *name,
                       struct process_loop *loop, struct reason *reason);

/* What is known about a revision that the repository does not have. */
struct repository_unknown {
    const char *name;   /* as given: "origin/main~2" */
    const char *remote; /* "origin"; NULL: there is none */
    bool start_known;   /* "origin/main" of that name is a revision here */
    bool shallow;       /* the repository has only a part of the history */
};

/* Writes what is wrong with the name and the command that helps. Pure. */
void repository_advice(char *text, size_t size, const struct repository_unknown *unknown);

#endif
