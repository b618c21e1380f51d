/* paths.c - locates iobench's files relative to its executable; see paths.h.
 * Invariant: a layout counts as found only if its result schema is readable. */
#include "bench/support/paths.h"

#include "base/os.h"

#include "bench/support/files.h"
#include "bench/support/refuse.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

bool paths_join(char path[PATH_SIZE], const char *directory, const char *name) {
    return snprintf(path, PATH_SIZE, "%s/%s", directory, name) < PATH_SIZE;
}

void paths_word(char *word, size_t size, const char *text) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/._-+,:@%=";
    bool quote = !*text || text[strspn(text, plain)];
    int used = snprintf(word, size, "%s", quote ? "'" : "");
    for (const char *c = text; *c && (size_t)used + 6 < size; c++) {
        const char one[] = {*c, '\0'};
        used += snprintf(word + used, size - (size_t)used, "%s", *c == '\'' ? "'\\''" : one);
    }
    snprintf(word + used, size - (size_t)used, "%s", quote ? "'" : "");
}

bool paths_ends_with(const char *path, const char *end) {
    size_t length = strlen(path), end_length = strlen(end);
    return length >= end_length && strcmp(path + length - end_length, end) == 0;
}

const char *paths_file(const char *path) {
    const char *at = path;
    for (size_t length; (length = strcspn(at, OS_PATH_SEPARATORS)), at[length];) at += length + 1;
    return at;
}

/* Looks for the source tree: two levels above the directory of the executable, three if it was
 * built with CONFIG=, and one more for test programs. */
static bool find_tree(struct paths *p, const char *bin) {
    static const char *const above[] = {"../..", "../../..", "../../../.."};
    for (size_t i = 0; i < sizeof above / sizeof *above; i++) {
        char tree[PATH_SIZE];
        if (!paths_join(tree, bin, above[i])) return false;
        if (!paths_join(p->result_schema, tree, "results/iobench-result.schema.json")) return false;
        if (!files_may(p->result_schema, FILES_READ)) continue;
        uv_fs_t request;
        bool resolved = uv_fs_realpath(NULL, &request, tree, NULL) == 0;
        if (resolved) snprintf(tree, sizeof tree, "%s", (const char *)request.ptr);
        uv_fs_req_cleanup(&request);
        if (!resolved) return false;
        snprintf(p->programs, PATH_SIZE, "%s", bin);
        snprintf(p->tree, PATH_SIZE, "%s", tree);
        return paths_join(p->suites, tree, "bench/suites") && paths_join(p->plot, tree, "plot") &&
               paths_join(p->results, tree, "results");
    }
    return false;
}

static bool find_installed(struct paths *p, const char *bin) {
    *p->tree = '\0';
    snprintf(p->results, PATH_SIZE, ".");
    return paths_join(p->programs, bin, "../libexec/iobench") &&
           paths_join(p->suites, bin, "../share/iobench/suites") &&
           paths_join(p->plot, bin, "../share/iobench/plot") &&
           paths_join(p->result_schema, bin, "../share/iobench/iobench-result.schema.json") &&
           files_may(p->result_schema, FILES_READ);
}

bool paths_find(struct paths *p, const char *command) {
    int error = os_executable_path(p->self, sizeof p->self);
    if (error) {
        refuse(command, "cannot find the path of this executable: %s; is /proc mounted?",
               os_error_text(error));
        return false;
    }
    char bin[PATH_SIZE];
    snprintf(bin, sizeof bin, "%s", p->self);
    size_t directory = (size_t)(paths_file(p->self) - p->self);
    if (directory) bin[directory - 1] = '\0';
    /* first: an installation may be staged in a source tree, DESTDIR=$PWD/stage */
    if (find_installed(p, bin) || find_tree(p, bin)) return true;
    refuse(command, "%s: neither a source tree nor an installation: no iobench-result.schema.json",
           p->self);
    return false;
}
