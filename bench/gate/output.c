/* output.c - writes the requested outputs of a comparison, and those that GitHub workflows expect.
 * Invariant: if one file cannot be written, the others are still written. */
#include "bench/gate/output.h"

#include "bench/support/apart.h"
#include "bench/support/files.h"
#include "bench/support/json_file.h"
#include "bench/support/reason.h"
#include "bench/support/terminal.h"

#include <stdlib.h>
#include <string.h>

static const char *from_environment(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

const char *gate_outputs_summary(const struct gate_outputs *outputs) {
    const char *path = from_environment(GATE_SUMMARY);
    bool same = path && outputs->markdown && files_same(path, outputs->markdown);
    return same ? NULL : path;
}

/* Puts `what` and the path in front of the reason. Returns false. */
static bool name_file(const char *what, const char *path, struct reason *reason) {
    struct reason why = *reason;
    return reason_set(reason, "%s %s: %s", what, path, why.text);
}

bool gate_outputs_check(const struct gate_outputs *outputs, struct reason *reason) {
    const char *summary = gate_outputs_summary(outputs);
    if (!apart(outputs->markdown, outputs->junit, "the file of --junit", reason))
        return name_file("--markdown", outputs->markdown, reason);
    if (!apart(summary, outputs->junit, "the file of --junit", reason))
        return name_file(GATE_SUMMARY, summary, reason);
    if (outputs->junit && !files_replaceable(outputs->junit, reason))
        return name_file("--junit", outputs->junit, reason);
    if (outputs->markdown && !files_appendable(outputs->markdown, reason))
        return name_file("--markdown", outputs->markdown, reason);
    return !summary || files_appendable(summary, reason) ||
           name_file(GATE_SUMMARY, summary, reason);
}

/* Whether a file of the outputs is the standard output, which then has no table. */
static bool on_stdout(const char *path) {
    return path && files_standard_output(path);
}

static void put_stdout(const struct gate_outputs *outputs, const struct gate_report *report,
                       int exit_code, const char *why) {
    bool taken = on_stdout(outputs->junit) || on_stdout(outputs->markdown);
    if (outputs->json) {
        cJSON *json = gate_json(report, exit_code, why);
        char *text = json_text_print(json);
        puts(text);
        cJSON_free(text);
        cJSON_Delete(json);
    } else if (!outputs->quiet && !taken) {
        gate_print(stdout, report, exit_code, why, terminal_look(1, outputs->wide));
    }
    fflush(stdout);
}

bool gate_outputs_write(const struct gate_outputs *outputs, const struct gate_report *report,
                        int exit_code, const char *why, struct reason *reason) {
    const char *summary = gate_outputs_summary(outputs),
               *actions = from_environment("GITHUB_ACTIONS");
    bool written = true;
    put_stdout(outputs, report, exit_code, why);
    char *markdown = gate_markdown(report, exit_code, why);
    if (summary && !files_append(summary, markdown, reason))
        written = name_file(GATE_SUMMARY, summary, reason);
    if (outputs->markdown && !files_append(outputs->markdown, markdown, reason))
        written = name_file("--markdown", outputs->markdown, reason);
    free(markdown);
    if (outputs->junit) {
        char *junit = gate_junit(report, exit_code, why);
        if (!files_replace(outputs->junit, junit, strlen(junit), reason))
            written = name_file("--junit", outputs->junit, reason);
        free(junit);
    }
    /* stderr, because stdout may be a JSON document; GitHub reads both */
    if (actions && strcmp(actions, "true") == 0) gate_annotate(stderr, report, exit_code, why);
    return written;
}
