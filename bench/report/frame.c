/* frame.c - reads the template of the page; see frame.h. */
#include "bench/report/frame.h"

#include "bench/support/files.h"
#include "bench/support/paths.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[REPORT_PARTS] = {
    [REPORT_STYLE] = "{{style}}",       [REPORT_SLOTS] = "{{slots}}",
    [REPORT_UNUSABLE] = "{{unusable}}", [REPORT_CARDS] = "{{cards}}",
    [REPORT_PLOTS] = "{{plots}}",       [REPORT_FIGURES] = "{{figures}}",
    [REPORT_SKIPPED] = "{{skipped}}",   [REPORT_MODELS] = "{{models}}"};

const char *report_frame_next(const char *html, size_t *length, enum report_part *part) {
    const char *at = strstr(html, "{{");
    *length = at ? (size_t)(at - html) : strlen(html);
    at = html + *length;
    for (*part = REPORT_STYLE; *part < REPORT_PARTS; ++*part) {
        size_t size = strlen(names[*part]);
        if (strncmp(at, names[*part], size) == 0) return at + size;
    }
    return at;
}

static bool refuse_unknown(const char *at, struct reason *reason) {
    const char *end = strstr(at, "}}");
    int length = end && end - at < 40 ? (int)(end - at) + 2 : 40;
    return reason_set(reason, "%.*s is not a known placeholder", length, at);
}

bool report_frame_check(const char *html, struct reason *reason) {
    bool placed[REPORT_PARTS] = {false};
    for (const char *at = html; *at != '\0';) {
        enum report_part part;
        size_t length;
        at = report_frame_next(at, &length, &part);
        if (part == REPORT_PARTS && *at != '\0') return refuse_unknown(at, reason);
        if (part == REPORT_PARTS) break;
        if (placed[part]) return reason_set(reason, "the placeholder %s occurs twice", names[part]);
        placed[part] = true;
    }
    for (int part = 0; part < REPORT_PARTS; part++)
        if (!placed[part]) return reason_set(reason, "the placeholder %s is missing", names[part]);
    return true;
}

/* Reads a file of the directory into *text. Writes its path. */
static bool read_part(char **text, char path[PATH_SIZE], const char *directory, const char *file,
                      struct reason *reason) {
    if (!paths_join(path, directory, file))
        return reason_set(reason, "%.200s: the path is too long", directory);
    size_t size;
    struct reason why;
    *text = files_read(path, &size, &why);
    if (!*text) return reason_set(reason, "%s: %s", path, why.text);
    return **text != '\0' || reason_set(reason, "%s: empty", path);
}

bool report_frame_read(struct report_frame *frame, const char *directory, struct reason *reason) {
    char path[PATH_SIZE];
    struct reason why;
    *frame = (struct report_frame){NULL, NULL};
    if (!read_part(&frame->style, path, directory, "report.css", reason) ||
        !read_part(&frame->html, path, directory, "report.html", reason))
        return false;
    return report_frame_check(frame->html, &why) || reason_set(reason, "%s: %s", path, why.text);
}

void report_frame_free(struct report_frame *frame) {
    free(frame->html);
    free(frame->style);
}
