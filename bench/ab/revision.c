/* revision.c - unpacks and builds another revision of this source tree.
 * Invariant: build/rev/SHA either holds the whole tree or does not exist. */
#include "bench/ab/revision.h"

#include "bench/support/files.h"
#include "bench/support/reason.h"

#include <stdio.h>
#include <string.h>

#define GIT_S 60.0
#define MAKE_S 900.0
#define SHA_MIN 40 /* hexadecimal digits of SHA-1; SHA-256 has 64 */

/* Runs a command to its end and copies the first line of its output to `line` (NULL: not wanted).
 * Returns false with the last line of its output as the reason. */
static bool run(struct process_loop *l, char *const *args, double seconds, char line[PATH_SIZE],
                struct reason *reason) {
    struct process p;
    int error = process_start(&p, l, args, NULL, 0);
    if (error) return reason_set(reason, "%s: %s", args[0], process_error_text(error));
    bool in_time = process_wait(l, process_ended, &p, seconds, true);
    process_end_group(&p);
    bool fine = in_time && !p.term_signal && p.exit_status == 0;
    if (fine && line)
        snprintf(line, PATH_SIZE, "%.*s", p.text ? (int)strcspn(p.text, "\r\n") : 0,
                 p.text ? p.text : "");
    if (!fine) {
        char story[256];
        process_story(&p, story, sizeof story);
        reason_set(reason, "%s: %s", args[0],
                   l->interrupted ? "interrupted"
                   : in_time      ? story
                                  : "took too long");
    }
    process_free(&p);
    return fine;
}

/* Sets r->sha to the commit that r->name means. */
static bool find_commit(struct process_loop *l, struct ab_revision *r, const char *root,
                        struct reason *reason) {
    char commit[300], line[PATH_SIZE];
    struct reason why;
    const char *rev = r->name;
    if (snprintf(commit, sizeof commit, "%s^{commit}", rev) >= (int)sizeof commit || *rev == '-')
        return reason_set(reason, "--baseline-rev %.60s: not a revision", rev);
    char *args[] = {"git", "-C", (char *)root, "rev-parse", "--verify", "--quiet", commit, NULL};
    if (run(l, args, GIT_S, line, &why) && strlen(line) >= SHA_MIN) {
        snprintf(r->sha, sizeof r->sha, "%.*s", (int)sizeof r->sha - 1, line);
        return true;
    }
    const char *name = strncmp(rev, "origin/", 7) == 0 ? rev + 7 : rev;
    return reason_set(reason,
                      "--baseline-rev %.100s: unknown here; fetch it: git fetch --depth=1 origin "
                      "%.100s",
                      rev, name);
}

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
    bool fine = run(l, pack, GIT_S, NULL, reason) && run(l, extract, GIT_S, NULL, reason);
    files_remove(archive);
    if (!fine || files_move(partial, tree, &why)) return fine;
    return reason_set(reason, "%.300s: %s", tree, why.text);
}

bool ab_revision_build(struct ab_revision *r, const char *own, struct process_loop *l,
                       struct reason *reason) {
    char root[PATH_SIZE], tree[PATH_SIZE], config[64], jobs[32];
    struct reason why;
    const char *rev = r->name;
    char *top[] = {"git", "-C", (char *)own, "rev-parse", "--show-toplevel", NULL};
    if (!run(l, top, GIT_S, root, &why))
        return reason_set(reason, "--baseline-rev %.60s: iobench is not in a git work tree: %s",
                          rev, why.text);
    if (!find_commit(l, r, root, reason)) return false;
    const char *const below[] = {"build", "rev", r->sha};
    snprintf(tree, sizeof tree, "%s", root);
    for (int i = 0; i < 3; i++) {
        char parent[PATH_SIZE];
        memcpy(parent, tree, sizeof parent);
        if (i && !files_make_folder(parent, &why))
            return reason_set(reason, "%.300s: %s", parent, why.text);
        if (!paths_join(tree, parent, below[i]))
            return reason_set(reason, "%.200s: the path is too long", root);
    }
    fprintf(stderr, "iobench ab: building %.12s in build/rev\n", r->sha);
    if (!files_may(tree, FILES_EXIST) && !unpack(l, root, r->sha, tree, &why))
        return reason_set(reason, "--baseline-rev %.60s: %s", rev, why.text);
    snprintf(config, sizeof config, "CONFIG=%s", r->build_type);
    snprintf(jobs, sizeof jobs, "-j%zu", l->cpu_count ? l->cpu_count : 1);
    char *make[] = {"make", "-C", tree, "-s", jobs, config, "all", NULL};
    if (!run(l, make, MAKE_S, NULL, &why))
        return reason_set(reason, "--baseline-rev %.60s: the build failed: %.200s; see make -C %s",
                          rev, why.text, tree);
    bool plain = strcmp(r->build_type, "release") == 0;
    int length = snprintf(r->programs, PATH_SIZE, "%s/build/%s%sbin", tree,
                          plain ? "" : r->build_type, plain ? "" : "/");
    return length < PATH_SIZE || reason_set(reason, "%.200s: the path is too long", tree);
}
