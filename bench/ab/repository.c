/* repository.c - asks git about the source tree; see repository.h.
 * Invariant: git finds the repository by the folder alone; no variable of the environment names
 * another one. */
#include "bench/ab/repository.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GIT_S 60.0
#define SHA_MIN 40 /* hexadecimal digits of SHA-1; SHA-256 has 64 */
#define SHA_MAX 64
#define SHORT_SHA_MIN 7
#define TRACKING "refs/remotes/"
#define TRACKING_LENGTH (sizeof TRACKING - 1)

bool repository_run(struct process_loop *l, char *const *args, double seconds, char line[PATH_SIZE],
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

/* For git and make: in a hook, git's variables name the repository of the hook, and messages of
 * other languages do not go with ours. */
static void set_environment(void) {
    static const char *const names[] = {"GIT_DIR",        "GIT_WORK_TREE",        "GIT_INDEX_FILE",
                                        "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX",
                                        "GIT_NAMESPACE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) uv_os_unsetenv(names[i]);
    uv_os_setenv("LC_ALL", "C");
}

/* All that git says about a folder that it refuses, as one line: it has the command that helps. */
static bool refused(struct process_loop *l, const char *root, struct reason *reason) {
    char script[] = "git -C \"$1\" rev-parse --show-prefix 2>&1";
    char *args[] = {"sh", "-c", script, "sh", (char *)root, NULL};
    struct process p;
    int error = process_start(&p, l, args, NULL, 0);
    if (error) return reason_set(reason, "%s: %s", args[0], process_error_text(error));
    process_wait(l, process_ended, &p, GIT_S, true);
    process_end_group(&p);
    reason_set(reason, "git:");
    for (char *rest = p.text, *end; rest && *rest; rest = end) {
        rest += strspn(rest, " \t\r\n");
        end = rest + strcspn(rest, "\r\n");
        if (end > rest) reason_add(reason, " %.*s", (int)(end - rest), rest);
    }
    process_free(&p);
    return false;
}

bool repository_find(char root[PATH_SIZE], const char *tree, struct process_loop *l,
                     struct reason *reason) {
    char prefix[PATH_SIZE];
    struct reason why;
    if (!*tree) return reason_set(reason, "iobench is installed, and not in its source tree");
    /* a link of a build outside the source tree leads into the source tree */
    if (!paths_join(root, tree, "bench/.."))
        return reason_set(reason, "%.200s: the path is too long", tree);
    set_environment();
    char *ask[] = {"git", "-C", root, "rev-parse", "--show-prefix", NULL};
    if (!repository_run(l, ask, GIT_S, prefix, &why))
        return l->interrupted ? reason_set(reason, "%s", why.text) : refused(l, root, reason);
    return !*prefix || reason_set(reason,
                                  "the source tree is the folder %.200s of a git repository of "
                                  "another project",
                                  prefix);
}

static bool known(struct process_loop *l, const char *root, const char *name,
                  char line[PATH_SIZE]) {
    char commit[PATH_SIZE + REPOSITORY_NAME_SIZE + 32];
    struct reason why;
    snprintf(commit, sizeof commit, "%s^{commit}", name);
    char *ask[] = {"git", "-C", (char *)root, "rev-parse", "--verify", "--quiet", commit, NULL};
    return repository_run(l, ask, GIT_S, line, &why) && strlen(line) >= SHA_MIN;
}

/* ---- what to do about a name that is unknown ---- */

/* Length of the name at the start of a revision: "main" in "main~2". */
static size_t start_length(const char *name) {
    const char *at = name;
    while (*at && !strchr("~^:", *at) && strncmp(at, "@{", 2) != 0) at++;
    return (size_t)(at - name);
}

static bool hexadecimal(const char *name, size_t min, size_t max) {
    size_t length = strlen(name);
    return length >= min && length <= max && strspn(name, "0123456789abcdefABCDEF") == length;
}

/* Whether git could have such a branch or tag. */
static bool fetchable(const char *start) {
    for (const char *c = start; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 127 || strchr("?*[\\", *c)) return false;
    return *start && *start != '+' && strcmp(start, "@") != 0 && !strstr(start, "..") &&
           start[strspn(start, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")];
}

/* Writes the command that fetches a branch or tag; a branch gets its remote-tracking name. */
static void fetch_name(char *text, size_t size, const struct repository_unknown *u,
                       const char *start, const char *rest) {
    char refs[2 * REPOSITORY_NAME_SIZE + 64], word[4 * sizeof refs];
    const char *depth = !u->shallow ? "" : *rest ? "--unshallow " : "--depth=1 ";
    const char *tracking =
        strncmp(start, TRACKING, TRACKING_LENGTH) == 0 ? start + TRACKING_LENGTH : start;
    size_t length = strlen(u->remote);
    bool given = strncmp(tracking, u->remote, length) == 0 && tracking[length] == '/';
    const char *name = given ? tracking + length + 1 : start;
    if (!given && strncmp(start, "refs/", 5) == 0)
        snprintf(refs, sizeof refs, "%s:%s", start, start);
    else
        snprintf(refs, sizeof refs, "%s:" TRACKING "%s/%s", name, u->remote, name);
    paths_word(word, sizeof word, refs);
    snprintf(text, size, "unknown here; fetch it: git fetch %s%s %s", depth, u->remote, word);
}

void repository_advice(char *text, size_t size, const struct repository_unknown *u) {
    char start[REPOSITORY_NAME_SIZE];
    const char *rest = u->name + start_length(u->name);
    snprintf(start, sizeof start, "%.*s", (int)(rest - u->name), u->name);
    bool cut = (*rest && u->start_known) || hexadecimal(u->name, SHORT_SHA_MIN, SHA_MIN - 1);
    if (!u->remote)
        snprintf(text, size, "unknown here, and the repository has no remote to fetch it from");
    else if (cut && u->shallow)
        snprintf(
            text, size,
            "not in the part of the history that is here; fetch the rest: git fetch --unshallow %s",
            u->remote);
    else if (cut || !fetchable(start))
        snprintf(text, size, "unknown here");
    else if (hexadecimal(start, SHA_MIN, SHA_MAX))
        snprintf(text, size, "unknown here; fetch it: git fetch %s%s %s",
                 u->shallow ? "--depth=1 " : "", u->remote, start);
    else
        fetch_name(text, size, u, start, rest);
}

/* The remote that a name begins with, else "origin", else the first one. Returns false if there is
 * none. */
static bool find_remote(struct process_loop *l, const char *root, const char *name,
                        char remote[PATH_SIZE]) {
    char first[REPOSITORY_NAME_SIZE], url[PATH_SIZE];
    struct reason why;
    snprintf(first, sizeof first, "%.*s", (int)strcspn(name, "/"), name);
    char origin[] = "origin";
    char *const wanted[] = {first, origin};
    for (int i = 0; i < 2; i++) {
        char *ask[] = {"git", "-C", (char *)root, "remote", "get-url", wanted[i], NULL};
        snprintf(remote, PATH_SIZE, "%s", wanted[i]);
        if (*remote && *remote != '-' && repository_run(l, ask, GIT_S, url, &why)) return true;
    }
    char *list[] = {"git", "-C", (char *)root, "remote", NULL};
    return repository_run(l, list, GIT_S, remote, &why) && *remote;
}

bool repository_commit(char *sha, size_t size, const char *root, const char *name,
                       struct process_loop *l, struct reason *reason) {
    char line[PATH_SIZE], remote[PATH_SIZE], advice[REASON_SIZE / 2];
    char tracking[PATH_SIZE + REPOSITORY_NAME_SIZE + 16], start[REPOSITORY_NAME_SIZE];
    struct reason why;
    bool is_tracking = strncmp(name, TRACKING, TRACKING_LENGTH) == 0;
    struct repository_unknown unknown = {.name = name};
    if (find_remote(l, root, is_tracking ? name + TRACKING_LENGTH : name, remote))
        unknown.remote = remote;
    /* "main" also means the remote's main: a clone in CI has no other branch than its own */
    snprintf(tracking, sizeof tracking, TRACKING "%s/%s", remote, name);
    if (known(l, root, name, line) || (unknown.remote && known(l, root, tracking, line))) {
        snprintf(sha, size, "%.*s", (int)size - 1, line);
        return true;
    }
    char *ask[] = {"git", "-C", (char *)root, "rev-parse", "--is-shallow-repository", NULL};
    unknown.shallow = repository_run(l, ask, GIT_S, line, &why) && strcmp(line, "true") == 0;
    snprintf(start, sizeof start, "%.*s", (int)start_length(name), name);
    snprintf(tracking, sizeof tracking, TRACKING "%s/%s", remote, start);
    unknown.start_known =
        known(l, root, *start ? start : "HEAD", line) || known(l, root, tracking, line);
    repository_advice(advice, sizeof advice, &unknown);
    return reason_set(reason, "%s", l->interrupted ? "interrupted" : advice);
}
