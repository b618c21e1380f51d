/* apart.c - compares outputs with other files; see apart.h. */
#include "bench/support/apart.h"

#include "base/os.h"

#include "bench/support/files.h"
#include "bench/support/paths.h"

#include <string.h>

bool apart(const char *output, const char *other, const char *role, struct reason *reason) {
    if (!output || !other || files_stream(output) || !files_same(output, other)) return true;
    return reason_set(reason, "is %s", role);
}

static bool own_program(const char *name) {
    return strncmp(name, "echo-", 5) == 0 || strcmp(name, "loadgen" OS_PROGRAM_SUFFIX) == 0;
}

static bool own_suite(const char *name) {
    return paths_ends_with(name, ".json");
}

static bool own_template(const char *name) {
    return paths_ends_with(name, ".gp") || strcmp(name, "palette.txt") == 0 ||
           strcmp(name, "report.html") == 0 || strcmp(name, "report.css") == 0;
}

/* Whether `output` is one of the files in `folder` that `own` accepts. */
static bool is_own(const char *output, const char *folder, bool (*own)(const char *name)) {
    struct files_list list;
    struct reason why;
    char path[PATH_SIZE];
    bool found = false;
    files_list(&list, folder, &why); /* empty if the folder cannot be listed */
    for (size_t i = 0; i < list.count && !found; i++)
        found = own(list.names[i]) && paths_join(path, folder, list.names[i]) &&
                files_same(output, path);
    files_list_free(&list);
    return found;
}

bool apart_from_own(const char *output, const struct paths *paths, struct reason *reason) {
    static const char role[] = "part of iobench";
    if (!files_regular(output)) return true;
    if (is_own(output, paths->programs, own_program) || is_own(output, paths->suites, own_suite) ||
        is_own(output, paths->plot, own_template))
        return reason_set(reason, "is %s", role);
    return apart(output, paths->self, role, reason) &&
           apart(output, paths->result_schema, role, reason);
}
