/* revision.c - unpacks and builds another revision of this source tree.
 * Invariant: build/rev/SHA either holds the whole tree or does not exist. */
#include "bench/ab/revision.h"

#include "bench/ab/repository.h"
#include "bench/support/files.h"
#include "bench/support/reason.h"

#include <stdio.h>
#include <string.h>

#define GIT_S 60.0
#define MAKE_S 900.0
/* The Makefiles of older revisions do not quote the path of their folder. This has the same effect.
 */
#define REPRODUCIBLE "REPRODUCIBLE=-ffile-prefix-map=\"$$PWD\"=."

/* Unpacks into a temporary folder and renames it, so that `tree` is never incomplete. */
static bool unpack(struct process_loop *l, const char *root, const char *sha, const char *tree,
                   struct reason *reason) {
    char archive[PATH_SIZE], partial[PATH_SIZE], output[PATH_SIZE + 16];
    if (snprintf(archive, PATH_SIZE, "%s.tar", tree) >= PATH_SIZE ||
        snprintf(partial, PATH_SIZE, "%s.part", tree) >= PATH_SIZE)
        return reason_set(reason, "%.200s: the path is too long", tree);
    snprintf(output, sizeof output, "--output=%s", archive);
    char *pack[] = {"git",          "-C",   (char *)root, "archive",
                    "--format=tar", output, (char *)sha,  NULL};
    char *extract[] = {"tar", "-xf", archive, "-C", partial, NULL};
    struct reason why;
    if (!files_make_folder(partial, &why))
        return reason_set(reason, "%.300s: %s", partial, why.text);
    bool fine = repository_run(l, pack, GIT_S, NULL, reason) &&
                repository_run(l, extract, GIT_S, NULL, reason);
    files_remove(archive);
    if (!fine || files_move(partial, tree, &why)) return fine;
    return reason_set(reason, "%.300s: %s", tree, why.text);
}

bool ab_revision_build(struct ab_revision *r, const char *source, struct process_loop *l,
                       struct reason *reason) {
    char root[PATH_SIZE], tree[PATH_SIZE], word[PATH_SIZE], config[64], jobs[32];
    struct reason why;
    const char *rev = r->name;
    if (*rev == '-' || strlen(rev) >= REPOSITORY_NAME_SIZE)
        return reason_set(reason, "--baseline-rev %.60s: not a revision", rev);
    if (!repository_find(root, source, l, &why) ||
        !repository_commit(r->sha, sizeof r->sha, root, rev, l, &why))
        return reason_set(reason, "--baseline-rev %.100s: %s", rev, why.text);
    const char *const below[] = {"build", "rev", r->sha};
    snprintf(tree, sizeof tree, "%s", source);
    for (int i = 0; i < 3; i++) {
        char parent[PATH_SIZE];
        memcpy(parent, tree, sizeof parent);
        if (i && !files_make_folder(parent, &why))
            return reason_set(reason, "%.300s: %s", parent, why.text);
        if (!paths_join(tree, parent, below[i]))
            return reason_set(reason, "%.200s: the path is too long", source);
    }
    fprintf(stderr, "iobench ab: building %.12s in build/rev\n", r->sha);
    if (!files_may(tree, FILES_EXIST) && !unpack(l, root, r->sha, tree, &why))
        return reason_set(reason, "--baseline-rev %.60s: %s", rev, why.text);
    snprintf(config, sizeof config, "CONFIG=%s", r->build_type);
    snprintf(jobs, sizeof jobs, "-j%zu", l->cpu_count ? l->cpu_count : 1);
    char *make[] = {"make", "-C", tree, "-s", jobs, config, REPRODUCIBLE, "all", NULL};
    if (!repository_run(l, make, MAKE_S, NULL, &why)) {
        paths_word(word, sizeof word, tree);
        return reason_set(reason, "--baseline-rev %.60s: the build failed: %.200s; see make -C %s",
                          rev, why.text, word);
    }
    bool plain = strcmp(r->build_type, "release") == 0;
    int length = snprintf(r->programs, PATH_SIZE, "%s/build/%s%sbin", tree,
                          plain ? "" : r->build_type, plain ? "" : "/");
    return length < PATH_SIZE || reason_set(reason, "%.200s: the path is too long", tree);
}
