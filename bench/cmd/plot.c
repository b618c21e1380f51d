/* plot.c - `iobench plot KIND RESULT... -o FILE`: draws one plot.
 * Invariant: nothing is written before all results have been read and checked, and FILE is written
 * whole or not at all. Data and script stay beside it only if gnuplot fails. */
#include "bench/plot/plot.h"

#include "base/args.h"
#include "base/check.h"
#include "base/memory.h"

#include "bench/cmd/commands.h"
#include "bench/plot/forest.h"
#include "bench/plot/gnuplot.h"
#include "bench/plot/kinds.h"
#include "bench/plot/style.h"
#include "bench/plot/write.h"
#include "bench/result/result_files.h"
#include "bench/result/summary.h"
#include "bench/support/exit_code.h"
#include "bench/support/files.h"
#include "bench/support/json_file.h"
#include "bench/support/nearest.h"
#include "bench/support/paths.h"
#include "bench/support/reason.h"
#include "bench/support/refuse.h"
#include "bench/support/workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "iobench plot"

enum { KINDS_MAX = 16 };

static void print_kinds(void) {
    printf("\nkinds:\n");
    for (const struct plot_kind *kind = plot_kinds; kind->name; kind++)
        printf("  %-12s %s\n", kind->name, kind->heading);
    printf("  %-12s %s; its RESULT is the\n%15soutput of `iobench compare --json` or `iobench ab "
           "--json`\n",
           PLOT_FOREST, PLOT_FOREST_HEADING, "");
    printf("\nWithout gnuplot, data and script stay in a folder beside FILE and the exit code is "
           "2.\n");
}

/* The kind called `name`. Prints a line and returns NULL if there is none. Does not know `forest`,
 * which is not drawn from results. */
static const struct plot_kind *find_kind(const char *name) {
    const char *names[KINDS_MAX] = {PLOT_FOREST};
    for (size_t i = 0; plot_kinds[i].name; i++) {
        CHECK_OP(i + 2, <, KINDS_MAX);
        if (strcmp(plot_kinds[i].name, name) == 0) return &plot_kinds[i];
        names[i + 1] = plot_kinds[i].name;
    }
    const char *nearest = nearest_word(name, names);
    if (nearest)
        refuse(NAME, "%s: no such kind; did you mean \"%s\"?", name, nearest);
    else
        refuse(NAME, "%s: no such kind; --help lists them", name);
    return NULL;
}

/* Returns "svg" or "png". Prints a line and returns NULL if the file's name ends otherwise. */
static const char *format_of(const char *file) {
    const char *name = paths_file(file), *dot = strrchr(name, '.');
    if (dot && dot > name && strcmp(dot, ".svg") == 0) return "svg";
    if (dot && dot > name && strcmp(dot, ".png") == 0) return "png";
    refuse(NAME, "-o %s: must end in .svg or .png", file);
    return NULL;
}

/* What the command line asks for. */
struct drawing {
    const char *file;      /* file to write */
    const char *format;    /* "svg" or "png" */
    const char *templates; /* directory of the plot templates */
};

/* Copies the drawing to its place. */
static bool put(const char *drawing, const char *file, struct reason *reason) {
    size_t size;
    char *data = files_read(drawing, &size, reason);
    bool fine = data && files_replace(file, data, size, reason);
    free(data);
    return fine;
}

/* Leaves data and script in a folder beside the file. Prints the line that says so, or why not. */
static void leave(struct plot *plot, const struct summary *report, const struct drawing *d,
                  const char *why) {
    char folder[PATH_SIZE];
    struct reason reason;
    report_path_beside(folder, d->file, "-plot");
    if (files_make_folder(folder, &reason) && report_remove_plot(folder, plot->kind, &reason) &&
        plot_write(plot, report, d->templates, folder, &reason))
        refuse(NAME, "%s; data and script are in %s", why, folder);
    else
        refuse(NAME, "%s; %s: %s", why, folder, reason.text);
}

/* Draws in a temporary folder, then copies the drawing to its place. */
static int draw(struct plot *plot, const struct summary *report, const struct drawing *d) {
    static struct workspace space;
    char drawing[PATH_SIZE + 64];
    struct reason reason;
    int code = EXIT_USAGE;
    if (!workspace_make(&space, "iobench-plot-", &reason))
        return refuse(NAME, "temporary folder: %s", reason.text);
    snprintf(drawing, sizeof drawing, "%s/%s.%s", space.path, plot->kind, d->format);
    if (!plot_write(plot, report, d->templates, space.path, &reason))
        refuse(NAME, "%s", reason.text);
    else if (plot_run(plot->kind, space.path, d->format, &reason) != PLOT_DRAWN)
        leave(plot, report, d, reason.text);
    else if (!put(drawing, d->file, &reason))
        refuse(NAME, "-o %s: %s", d->file, reason.text);
    else
        code = EXIT_FINE;
    workspace_remove(&space);
    return code;
}

static int make_plot(const struct plot_kind *kind, const struct paths *paths,
                     const struct arg_texts *words, const struct drawing *d) {
    const char **names = words->items + 1;
    size_t count = words->count - 1;
    cJSON **files = report_read_results(NAME, paths, names, count);
    if (!files) return EXIT_USAGE;
    struct summary report;
    struct plot plot;
    summary_build(&report, files, names, count);
    plot_make(&plot, kind, &report);
    int code = plot.count ? draw(&plot, &report, d)
                          : refuse(NAME, "%s: nothing to draw: %s", kind->name, plot.notes);
    plot_free(&plot);
    summary_clear(&report);
    return code;
}

static int make_forest(const char *name, const struct drawing *d) {
    const struct summary none = {0};
    struct plot plot = {0};
    struct reason reason;
    cJSON *gate = json_file_read(name, &reason);
    int code = gate && plot_forest(&plot, gate, &reason)
                   ? draw(&plot, &none, d)
                   : refuse(NAME, "%s: %s", name, reason.text);
    plot_free(&plot);
    cJSON_Delete(gate);
    return code;
}

int cmd_plot(int argc, char **argv) {
    const char *file = NULL;
    struct arg_texts words = {0};
    const struct arg rows[] = {
        {"o", "FILE", "drawing to write, .svg or .png", .text = &file},
        {.name = NULL},
    };
    const struct args_spec spec = {
        .program = NAME,
        .summary = "draws one plot of one or more results",
        .positional = "KIND RESULT...",
        .example = NAME " load results/linux.json -o load.svg",
        .args = rows,
        .positionals = &words,
    };
    struct reason reason;
    struct drawing drawing;
    char folder[PATH_SIZE];
    const struct plot_kind *kind = NULL;
    struct paths *paths = malloc(sizeof *paths);
    MEMORY_CHECK(paths);
    enum args_outcome outcome = args_parse(&spec, argc, argv);
    int code = outcome == ARGS_HELP_SHOWN ? EXIT_FINE : EXIT_USAGE;
    if (outcome == ARGS_HELP_SHOWN) print_kinds();
    if (outcome != ARGS_RUN) goto done;
    if (words.count < 2) {
        refuse(NAME, "no %s given; try --help", words.count == 0 ? "KIND" : "RESULT");
        goto done;
    }
    bool forest = strcmp(words.items[0], PLOT_FOREST) == 0;
    if (!forest && (kind = find_kind(words.items[0])) == NULL) goto done;
    if (forest && words.count > 2) {
        refuse(NAME, "%s: one comparison at a time", words.items[2]);
        goto done;
    }
    if (!file) {
        refuse(NAME, "-o: missing; name the drawing, FILE.svg or FILE.png");
        goto done;
    }
    drawing = (struct drawing){.file = file, .format = format_of(file), .templates = paths->plot};
    if (!drawing.format) goto done;
    const struct report_output to = {NAME, "-o", file};
    report_path_beside(folder, file, "-plot");
    if (!paths_find(paths, NAME) ||
        !report_may_write(&to, paths, words.items + 1, words.count - 1) ||
        !report_may_fill(&to, folder, words.items + 1, words.count - 1))
        goto done;
    if (!plot_style_load(paths->plot, &reason))
        refuse(NAME, "%s", reason.text);
    else if (forest)
        code = make_forest(words.items[1], &drawing);
    else
        code = make_plot(kind, paths, &words, &drawing);
done:
    args_texts_free(&words);
    free(paths);
    return code;
}
