/* output.c - all that was asked for of a comparison, and what a workflow of GitHub asks for.
 * Invariant: one file that cannot be written keeps no other from being written. */
#include "bench/gate/output.h"

#include "base/check.h"

#include "bench/support/json_file.h"
#include "bench/support/reason.h"
#include "bench/support/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

static const char *from_environment(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* Where the Markdown goes besides the file that was asked for; NULL: nowhere. */
static const char *summary_of(const struct gate_outputs *outputs) {
    const char *path = from_environment("GITHUB_STEP_SUMMARY");
    bool same = path && outputs->markdown && strcmp(path, outputs->markdown) == 0;
    return same ? NULL : path;
}

/* ---- files that grow ---- */

/* Returns a file, or a libuv error. Does not wait for whoever reads a pipe. */
static uv_file open_end(const char *path) {
    uv_fs_t request;
    uv_file file =
        uv_fs_open(NULL, &request, path,
                   UV_FS_O_WRONLY | UV_FS_O_CREAT | UV_FS_O_APPEND | UV_FS_O_NONBLOCK, 0666, NULL);
    uv_fs_req_cleanup(&request);
    return file;
}

static int close_file(uv_file file) {
    uv_fs_t request;
    int error = uv_fs_close(NULL, &request, file, NULL);
    uv_fs_req_cleanup(&request);
    return error;
}

static bool appendable(const char *option, const char *path, struct reason *reason) {
    bool is_new = !paths_may(path, PATHS_EXIST);
    uv_file file = open_end(path);
    if (file < 0) return reason_set(reason, "%s %s: %s", option, path, uv_strerror(file));
    close_file(file);
    uv_fs_t request;
    if (is_new) {
        uv_fs_unlink(NULL, &request, path, NULL);
        uv_fs_req_cleanup(&request);
    }
    return true;
}

static bool append(const char *option, const char *path, const char *text, struct reason *reason) {
    uv_file file = open_end(path);
    int error = file < 0 ? file : 0;
    for (size_t left = strlen(text); left && !error;) {
        uv_fs_t request;
        uv_buf_t buffer = uv_buf_init((char *)text, (unsigned)left);
        int wrote = uv_fs_write(NULL, &request, file, &buffer, 1, -1, NULL);
        uv_fs_req_cleanup(&request);
        if (wrote < 0) {
            error = wrote;
            break;
        }
        text += wrote;
        left -= (size_t)wrote;
    }
    int closed = file < 0 ? 0 : close_file(file);
    if (!error) error = closed;
    return !error || reason_set(reason, "%s %s: %s", option, path, uv_strerror(error));
}

/* ---- all of it ---- */

bool gate_outputs_check(const struct gate_outputs *outputs, struct reason *reason) {
    struct reason what;
    const char *summary = summary_of(outputs);
    if (outputs->junit && !json_file_writable(outputs->junit, &what))
        return reason_set(reason, "--junit %s: %s", outputs->junit, what.text);
    if (outputs->markdown && !appendable("--markdown", outputs->markdown, reason)) return false;
    return !summary || appendable("GITHUB_STEP_SUMMARY", summary, reason);
}

static void put_stdout(const struct gate_outputs *outputs, const struct gate_report *report,
                       int exit_code, const char *why) {
    if (outputs->json) {
        cJSON *json = gate_json(report, exit_code, why);
        char *text = cJSON_Print(json);
        CHECK(text);
        puts(text);
        cJSON_free(text);
        cJSON_Delete(json);
    } else if (!outputs->quiet) {
        gate_print(stdout, report, exit_code, why, terminal_colour(1));
    }
    fflush(stdout);
}

bool gate_outputs_write(const struct gate_outputs *outputs, const struct gate_report *report,
                        int exit_code, const char *why, struct reason *reason) {
    struct reason what;
    const char *summary = summary_of(outputs), *actions = from_environment("GITHUB_ACTIONS");
    bool written = true;
    put_stdout(outputs, report, exit_code, why);
    char *markdown = gate_markdown(report, exit_code, why);
    if (summary) written = append("GITHUB_STEP_SUMMARY", summary, markdown, reason);
    if (outputs->markdown && !append("--markdown", outputs->markdown, markdown, reason))
        written = false;
    free(markdown);
    if (outputs->junit) {
        char *junit = gate_junit(report, exit_code, why);
        if (!json_file_write_text(outputs->junit, junit, strlen(junit), &what))
            written = reason_set(reason, "--junit %s: %s", outputs->junit, what.text);
        free(junit);
    }
    /* not on stdout, which may be a JSON document; GitHub reads both */
    if (actions && strcmp(actions, "true") == 0) gate_annotate(stderr, report, exit_code, why);
    return written;
}
