/* result_files.c - the files that the report and the plots read and write; see result_files.h.
 * Invariant: nothing is removed but what a plot is made of. */
#include "bench/result/result_files.h"

#include "base/check.h"

#include "bench/result/result_file.h"
#include "bench/support/json_file.h"
#include "bench/support/reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

cJSON **report_read_results(const char *command, const struct paths *paths, const char **names,
                            size_t count) {
    cJSON **files = calloc(count + 1, sizeof *files);
    CHECK(files != NULL);
    for (size_t i = 0; i < count; i++) {
        struct reason reason;
        files[i] = result_file_read(paths, names[i], &reason);
        if (files[i] != NULL) continue;
        fprintf(stderr, "%s: %s: %s\n", command, names[i], reason.text);
        for (size_t k = 0; k < i; k++) cJSON_Delete(files[k]);
        free(files);
        return NULL;
    }
    return files;
}

static bool file_facts(const char *path, uv_stat_t *facts) {
    uv_fs_t request;
    int error = uv_fs_stat(NULL, &request, path, NULL);
    *facts = request.statbuf;
    uv_fs_req_cleanup(&request);
    return error == 0;
}

bool report_may_write(const char *command, const char *option, const char *output,
                      const char **names, size_t count) {
    uv_stat_t old, result;
    struct reason reason;
    bool exists = file_facts(output, &old);
    for (size_t i = 0; exists && i < count; i++) {
        if (!file_facts(names[i], &result) || old.st_dev != result.st_dev ||
            old.st_ino != result.st_ino)
            continue;
        fprintf(stderr, "%s: %s %s: is one of the results\n", command, option, output);
        return false;
    }
    if (json_file_writable(output, &reason)) return true;
    fprintf(stderr, "%s: %s %s: %s\n", command, option, output, reason.text);
    return false;
}

int report_make_folder(const char *folder) {
    uv_fs_t request;
    int error = uv_fs_mkdir(NULL, &request, folder, 0777, NULL);
    uv_fs_req_cleanup(&request);
    return error == UV_EEXIST ? 0 : error;
}

static void remove_file(const char *path) {
    uv_fs_t request;
    uv_fs_unlink(NULL, &request, path, NULL);
    uv_fs_req_cleanup(&request);
}

char *report_read_text(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) return NULL;
    size_t used = 0, room = 1u << 16;
    char *text = malloc(room);
    CHECK(text != NULL);
    for (size_t got; (got = fread(text + used, 1, room - used - 1, file)) > 0;) {
        used += got;
        if (used + 1 < room) continue;
        room *= 2;
        char *grown = realloc(text, room);
        CHECK(grown != NULL);
        text = grown;
    }
    text[used] = '\0';
    fclose(file);
    return text;
}

void report_remove_plot(const char *folder, const char *kind) {
    static const char *const endings[] = {"svg", "png", "dat", "gp"};
    char path[PATH_SIZE + 64];
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(path, sizeof path, "%s/%s.%s", folder, kind, endings[i]);
        remove_file(path);
    }
}

const char *report_path_beside(char beside[PATH_SIZE], const char *path, const char *suffix) {
    const char *name = paths_file(path), *dot = strrchr(path, '.');
    size_t length = dot != NULL && dot > name ? (size_t)(dot - path) : strlen(path);
    snprintf(beside, PATH_SIZE, "%.*s%s", (int)length, path, suffix);
    return beside + (name - path);
}
