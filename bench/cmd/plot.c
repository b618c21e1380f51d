/* plot.c - `iobench plot KIND RESULT... -o FILE`: one plot as a file.
 * Invariant: FILE is written whole or not at all, and nothing before every result was read and
 * found sound; only where gnuplot fails do data and script stay, beside it. */
#include "bench/plot/plot.h"

#include "base/args.h"
#include "base/check.h"

#include "bench/cmd/commands.h"
#include "bench/plot/forest.h"
#include "bench/plot/gnuplot.h"
#include "bench/plot/kinds.h"
#include "bench/plot/style.h"
#include "bench/plot/write.h"
#include "bench/result/result_files.h"
#include "bench/result/summary.h"
#include "bench/support/exit_code.h"
#include "bench/support/json_file.h"
#include "bench/support/nearest.h"
#include "bench/support/paths.h"
#include "bench/support/reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { KINDS_MAX = 16 };

static void print_kinds(void) {
    printf("\nkinds:\n");
    for (const struct plot_kind *kind = plot_kinds; kind->name != NULL; kind++)
        printf("  %-12s %s\n", kind->name, kind->heading);
    printf("  %-12s %s; its RESULT is\n%15swhat `iobench compare --json` or `iobench ab --json` "
           "wrote\n",
           PLOT_FOREST, PLOT_FOREST_HEADING, "");
    printf(
        "\nWithout gnuplot the data and the script are left in a folder beside FILE, and the exit "
        "code is 2.\n");
}

/* NULL, with a line on stderr, if no kind that is drawn from results has that name. */
static const struct plot_kind *find_kind(const char *name) {
    const char *names[KINDS_MAX] = {PLOT_FOREST};
    for (size_t i = 0; plot_kinds[i].name != NULL; i++) {
        CHECK_OP(i + 2, <, KINDS_MAX);
        if (strcmp(plot_kinds[i].name, name) == 0) return &plot_kinds[i];
        names[i + 1] = plot_kinds[i].name;
    }
    const char *nearest = nearest_word(name, names);
    if (nearest != NULL)
        fprintf(stderr, "iobench plot: %s: no such kind; did you mean \"%s\"?\n", name, nearest);
    else
        fprintf(stderr, "iobench plot: %s: no such kind; --help lists them\n", name);
    return NULL;
}

/* "svg" or "png"; NULL, with a line on stderr, if it is another. */
static const char *format_of(const char *file) {
    const char *name = paths_file(file), *dot = strrchr(name, '.');
    if (dot != NULL && dot > name && strcmp(dot, ".svg") == 0) return "svg";
    if (dot != NULL && dot > name && strcmp(dot, ".png") == 0) return "png";
    fprintf(stderr, "iobench plot: -o %s: must end in .svg or .png\n", file);
    return NULL;
}

static bool rename_file(const char *from, const char *to) {
    uv_fs_t request;
    int error = uv_fs_rename(NULL, &request, from, to, NULL);
    uv_fs_req_cleanup(&request);
    if (error != 0) fprintf(stderr, "iobench plot: -o %s: %s\n", to, uv_strerror(error));
    return error == 0;
}

static void remove_folder(const char *folder) {
    uv_fs_t request;
    uv_fs_rmdir(NULL, &request, folder, NULL); /* stays if somebody keeps other things there */
    uv_fs_req_cleanup(&request);
}

/* Draws in a folder beside the file, then moves the drawing to its place. */
static int draw(struct plot *plot, const struct summary *report, const char *templates,
                const char *file, const char *format) {
    char folder[PATH_SIZE], drawing[PATH_SIZE + 64];
    struct reason reason;
    report_path_beside(folder, file, "-plot");
    int error = report_make_folder(folder), code = EXIT_USAGE;
    if (error != 0) {
        fprintf(stderr, "iobench plot: -o %s: %s\n", file, uv_strerror(error));
        return EXIT_USAGE;
    }
    report_remove_plot(folder, plot->kind);
    if (plot_write(plot, report, templates, folder, &reason) != 0) {
        fprintf(stderr, "iobench plot: %s\n", reason.text);
    } else if (plot_run(plot->kind, folder, &reason) != 0) {
        fprintf(stderr, "iobench plot: %s; data and script are in %s\n", reason.text, folder);
        return EXIT_USAGE;
    } else {
        snprintf(drawing, sizeof drawing, "%s/%s.%s", folder, plot->kind, format);
        if (rename_file(drawing, file)) code = EXIT_FINE;
    }
    report_remove_plot(folder, plot->kind);
    remove_folder(folder);
    return code;
}

static int make_plot(const struct plot_kind *kind, const struct paths *paths, const char **names,
                     size_t count, const char *file, const char *format) {
    cJSON **files = report_read_results("iobench plot", paths, names, count);
    if (files == NULL) return EXIT_USAGE;
    struct summary report;
    struct plot plot;
    int code = EXIT_USAGE;
    summary_build(&report, files, names, count);
    plot_make(&plot, kind, &report);
    if (plot.count == 0)
        fprintf(stderr, "iobench plot: %s: nothing to draw: %s\n", kind->name, plot.notes);
    else
        code = draw(&plot, &report, paths->plot, file, format);
    plot_free(&plot);
    summary_clear(&report);
    return code;
}

static int make_forest(const struct paths *paths, const char *name, const char *file,
                       const char *format) {
    const struct summary none = {0};
    struct plot plot = {0};
    struct reason reason;
    int code = EXIT_USAGE;
    cJSON *gate = json_file_read(name, &reason);
    if (gate != NULL && plot_forest(&plot, gate, &reason))
        code = draw(&plot, &none, paths->plot, file, format);
    else
        fprintf(stderr, "iobench plot: %s: %s\n", name, reason.text);
    plot_free(&plot);
    cJSON_Delete(gate);
    return code;
}

int cmd_plot(int argc, char **argv) {
    const char *file = NULL;
    struct arg_texts words = {0};
    const struct arg rows[] = {
        {"o", "FILE", "the drawing: .svg or .png", .text = &file},
        {.name = NULL},
    };
    const struct args_spec spec = {
        .program = "iobench plot",
        .summary = "draws one plot of one or several results",
        .positional = "KIND RESULT...",
        .example = "iobench plot load results/linux.json -o load.svg",
        .args = rows,
        .positionals = &words,
    };
    struct reason reason;
    const char *format;
    const struct plot_kind *kind = NULL;
    struct paths *paths = malloc(sizeof *paths);
    CHECK(paths != NULL);
    enum args_outcome outcome = args_parse(&spec, argc, argv);
    int code = outcome == ARGS_HELP_SHOWN ? EXIT_FINE : EXIT_USAGE;
    if (outcome == ARGS_HELP_SHOWN) print_kinds();
    if (outcome != ARGS_RUN) goto done;
    if (words.count < 2) {
        fprintf(stderr, "iobench plot: no %s given; try --help\n",
                words.count == 0 ? "KIND" : "RESULT");
        goto done;
    }
    bool forest = strcmp(words.items[0], PLOT_FOREST) == 0;
    if (!forest && (kind = find_kind(words.items[0])) == NULL) goto done;
    if (forest && words.count > 2) {
        fprintf(stderr, "iobench plot: %s: one comparison at a time\n", words.items[2]);
        goto done;
    }
    if (file == NULL) {
        fprintf(stderr, "iobench plot: -o: missing: where to draw, FILE.svg or FILE.png\n");
        goto done;
    }
    if ((format = format_of(file)) == NULL) goto done;
    if (!report_may_write("iobench plot", "-o", file, words.items + 1, words.count - 1) ||
        !paths_find(paths, "iobench plot"))
        goto done;
    if (plot_style_load(paths->plot, &reason) != 0)
        fprintf(stderr, "iobench plot: %s\n", reason.text);
    else if (forest)
        code = make_forest(paths, words.items[1], file, format);
    else
        code = make_plot(kind, paths, words.items + 1, words.count - 1, file, format);
done:
    args_texts_free(&words);
    free(paths);
    return code;
}
