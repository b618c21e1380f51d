/* cmd_report.c - `iobench report`: a page and plots of one or several results.
 * Invariant: nothing is written before every result was read and found sound. */
#include "bench/commands.h"
#include "bench/json_file.h"
#include "bench/paths.h"
#include "bench/plot.h"
#include "bench/report_data.h"
#include "bench/report_format.h"
#include "bench/report_html.h"
#include "bench/result_file.h"

#include "base/args.h"
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { KINDS_MAX = 16 };

/* Reads and checks all files; on a bad one prints a line and returns NULL. */
static cJSON **read_results(const struct paths *own, const struct arg_texts *paths) {
    cJSON **files = calloc(paths->count + 1, sizeof *files);
    CHECK(files != NULL);
    for (size_t i = 0; i < paths->count; i++) {
        char reason[JSON_REASON_SIZE];
        files[i] = result_file_read(own, paths->items[i], reason, sizeof reason);
        if (files[i] != NULL) continue;
        fprintf(stderr, "iobench report: %s: %s\n", paths->items[i], reason);
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

/* Whether the page would replace one of the results; says so on stderr. */
static bool page_is_result(const char *page, const struct arg_texts *paths) {
    uv_stat_t old, result;
    if (!file_facts(page, &old)) return false;
    for (size_t i = 0; i < paths->count; i++) {
        if (!file_facts(paths->items[i], &result) || old.st_dev != result.st_dev ||
            old.st_ino != result.st_ino)
            continue;
        fprintf(stderr, "iobench report: -o %s: is one of the results\n", page);
        return true;
    }
    return false;
}

/* The folder of the plots: the page's path without its ending, and "-plots". Returns where in it
 * the folder's own name begins. */
static const char *plots_folder(char folder[PATH_SIZE], const char *page) {
    const char *slash = strrchr(page, '/'), *dot = strrchr(page, '.');
    const char *name = slash != NULL ? slash + 1 : page;
    size_t length = dot != NULL && dot > name ? (size_t)(dot - page) : strlen(page);
    snprintf(folder, PATH_SIZE, "%.*s-plots", (int)length, page);
    return folder + (name - page);
}

static int make_folder(const char *folder) {
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

/* The text of a drawing, owned by the caller, or NULL. */
static char *read_text(const char *path) {
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

/* What an earlier report left of this kind must not pass for this one's. */
static void remove_old(const char *folder, const char *kind) {
    static const char *const endings[] = {"svg", "png", "dat", "gp"};
    char path[PATH_SIZE + 64];
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(path, sizeof path, "%s/%s.%s", folder, kind, endings[i]);
        remove_file(path);
    }
}

/* Draws one plot. Returns false, with a line on stderr, where the files could not be written; that
 * gnuplot is missing or fails only leaves the reason in the picture. */
static bool draw(struct report_picture *picture, const struct report *report,
                 const struct paths *paths, const char *folder) {
    const struct plot_kind *kind = picture->kind;
    struct plot plot;
    char path[PATH_SIZE + 64];
    bool fine = true;
    remove_old(folder, kind->name);
    plot_make(&plot, kind, report);
    snprintf(picture->label, sizeof picture->label, "%s. %s", plot.title, plot.subtitle);
    if (plot.count == 0) {
        snprintf(picture->missing, sizeof picture->missing, "%s", plot.notes);
    } else if (plot_write(&plot, report, paths->plot, folder, picture->missing,
                          sizeof picture->missing) != 0) {
        fprintf(stderr, "iobench report: %s\n", picture->missing);
        fine = false;
    } else {
        picture->has_files = true;
        snprintf(path, sizeof path, "%s/%s.svg", folder, kind->name);
        if (plot_run(kind->name, folder, picture->missing, sizeof picture->missing) == 0)
            picture->svg = read_text(path);
    }
    plot_free(&plot);
    return fine;
}

static bool write_page(const char *page, const struct report *report,
                       const struct report_picture *pictures, size_t count, const char *folder) {
    FILE *out = fopen(page, "wb");
    if (out != NULL) {
        report_html(out, report, pictures, count, folder);
        bool failed = ferror(out) != 0;
        if (fclose(out) == 0 && !failed) return true;
    }
    fprintf(stderr, "iobench report: %s: cannot write\n", page);
    return false;
}

static int make_report(const struct report *report, const char *page, const struct paths *paths) {
    char folder[PATH_SIZE];
    const char *folder_name = plots_folder(folder, page);
    int error = make_folder(folder), code = EXIT_USAGE;
    if (error != 0) {
        fprintf(stderr, "iobench report: %s: %s\n", folder, uv_strerror(error));
        return EXIT_USAGE;
    }
    struct report_picture pictures[KINDS_MAX] = {0};
    size_t count = 0;
    const char *missing = NULL;
    bool fine = true;
    for (; fine && plot_kinds[count].name != NULL; count++) {
        CHECK_OP(count, <, KINDS_MAX);
        pictures[count].kind = &plot_kinds[count];
        fine = draw(&pictures[count], report, paths, folder);
        if (pictures[count].has_files && pictures[count].svg == NULL && missing == NULL)
            missing = pictures[count].missing;
    }
    if (fine && write_page(page, report, pictures, count, folder_name)) {
        code = EXIT_FINE;
        if (missing != NULL)
            fprintf(stderr, "iobench report: plots not drawn: %s; data and scripts are in %s\n",
                    missing, folder);
        printf("report: %s\nplots: %s\n", page, folder);
    }
    for (size_t i = 0; i < count; i++) free(pictures[i].svg);
    return code;
}

int cmd_report(int argc, char **argv) {
    const char *page = "report.html";
    struct arg_texts results = {0};
    const struct arg args[] = {
        {.name = "o",
         .kind = ARG_TEXT,
         .value = &page,
         .placeholder = "FILE",
         .help = "the page (default: report.html); plots go to a folder beside it"},
        {.name = NULL},
    };
    const struct args_spec spec = {
        .program = "iobench report",
        .summary = "Writes one self-contained HTML page of results, and their plots beside it.",
        .positional = "RESULT...",
        .example = "iobench report results/linux.json results/windows.json -o both.html",
        .args = args,
        .positionals = &results,
    };
    int code = EXIT_USAGE;
    char reason[512];
    struct paths *paths = malloc(sizeof *paths);
    CHECK(paths != NULL);
    enum args_outcome outcome = args_parse(&spec, argc, argv);
    if (outcome != ARGS_RUN) {
        code = outcome == ARGS_HELP_SHOWN ? EXIT_FINE : EXIT_USAGE;
        goto done;
    }
    if (results.count == 0) {
        fprintf(stderr, "iobench report: no RESULT given; try --help\n");
        goto done;
    }
    if (page_is_result(page, &results) || !paths_find(paths, "iobench report")) goto done;
    if (plot_style_load(paths->plot, reason, sizeof reason) != 0) {
        fprintf(stderr, "iobench report: %s\n", reason);
        goto done;
    }
    cJSON **files = read_results(paths, &results);
    if (files == NULL) goto done;
    struct report report;
    report_build(&report, files, results.items, results.count);
    code = make_report(&report, page, paths);
    report_free(&report);
done:
    args_texts_free(&results);
    free(paths);
    return code;
}
