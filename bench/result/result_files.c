/* result_files.c - see result_files.h.
 * Invariant: only files of plots are ever removed. */
#include "bench/result/result_files.h"

#include "base/memory.h"

#include "bench/result/result_file.h"
#include "bench/support/apart.h"
#include "bench/support/files.h"
#include "bench/support/reason.h"
#include "bench/support/refuse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cJSON **report_read_results(const char *command, const struct paths *paths, const char **names,
                            size_t count) {
    cJSON **files = calloc(count + 1, sizeof *files);
    MEMORY_CHECK(files);
    for (size_t i = 0; i < count; i++) {
        struct reason reason;
        files[i] = result_file_read(paths, names[i], &reason);
        if (files[i]) continue;
        refuse(command, "%s: %s", names[i], reason.text);
        for (size_t k = 0; k < i; k++) cJSON_Delete(files[k]);
        free(files);
        return NULL;
    }
    return files;
}

bool report_spares(const struct report_output *output, const struct paths *paths,
                   const char **names, size_t count) {
    struct reason reason;
    bool fine = true;
    for (size_t i = 0; fine && i < count; i++)
        fine = apart(output->path, names[i], "one of the results", &reason);
    if (fine && apart_from_own(output->path, paths, &reason)) return true;
    refuse(output->command, "%s %s: %s", output->option, output->path, reason.text);
    return false;
}

bool report_may_write(const struct report_output *output, const struct paths *paths,
                      const char **names, size_t count) {
    struct reason reason;
    if (!report_spares(output, paths, names, count)) return false;
    if (files_replaceable(output->path, &reason)) return true;
    refuse(output->command, "%s %s: %s", output->option, output->path, reason.text);
    return false;
}

bool report_may_fill(const struct report_output *output, const char *folder, const char **names,
                     size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!files_in_folder(names[i], folder)) continue;
        refuse(output->command, "%s %s: its plots would go to the folder of %s; name another file",
               output->option, output->path, names[i]);
        return false;
    }
    return true;
}

bool report_remove_plot(const char *folder, const char *kind, struct reason *reason) {
    static const char *const endings[] = {"svg", "png", "dat", "gp"};
    char path[PATH_SIZE + 64];
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(path, sizeof path, "%s/%s.%s", folder, kind, endings[i]);
        if (!files_remove(path)) return reason_set(reason, "%s: cannot be removed", path);
    }
    return true;
}

const char *report_path_beside(char beside[PATH_SIZE], const char *path, const char *suffix) {
    const char *name = paths_file(path), *dot = strrchr(path, '.');
    size_t length = dot && dot > name ? (size_t)(dot - path) : strlen(path);
    snprintf(beside, PATH_SIZE, "%.*s%s", (int)length, path, suffix);
    return beside + (name - path);
}
