/* style.c - styles of servers; see style.h.
 * Invariant: a style depends only on the server's name, never on other servers in the plot. */
#include "bench/plot/style.h"

#include "bench/support/files.h"
#include "bench/support/paths.h"
#include "bench/support/reason.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PALETTE_MAX = 64 };

/* A row of the palette. */
struct entry {
    char model[48]; /* name */
    struct plot_style style;
};

static struct entry palette[PALETTE_MAX];
static size_t palette_size;

static const char *const dashes[] = {"solid", "(10,4)", "(3,3)", "(10,4,3,4)", "(18,5)"};
static const int markers[] = {7, 5, 9, 11, 13, 15};

/* Reads a row. Skips empty lines and comments, which begin with '#'. */
static bool read_row(const char *line, struct reason *reason) {
    struct entry row;
    if (line[strspn(line, " \t\r")] == '\0' || *line == '#') return true;
    if (palette_size == PALETTE_MAX) return reason_set(reason, "too many rows");
    if (sscanf(line, "%47s %7s %15s %d", row.model, row.style.colour, row.style.dash,
               &row.style.marker) != 4)
        return reason_set(reason, "expected: model colour dash marker");
    palette[palette_size++] = row;
    return true;
}

bool plot_style_load(const char *templates, struct reason *reason) {
    char path[PATH_SIZE];
    size_t size;
    struct reason why;
    if (!paths_join(path, templates, "palette.txt"))
        return reason_set(reason, "%.200s: the path is too long", templates);
    char *text = files_read(path, &size, &why);
    if (!text) return reason_set(reason, "%s: %s", path, why.text);
    bool fine = true;
    palette_size = 0;
    int number = 1;
    for (char *line = text, *end; fine && *line; line = end, number++) {
        end = line + strcspn(line, "\n");
        if (*end) *end++ = '\0';
        fine = read_row(line, &why) || reason_set(reason, "%s:%d: %s", path, number, why.text);
    }
    free(text);
    return fine;
}

/* 32-bit FNV-1a hash; chooses the style of unlisted names. */
static uint32_t hash_of(const char *text) {
    uint32_t hash = 2166136261u;
    for (; *text != '\0'; text++) hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

static struct plot_style model_style(const char *model) {
    for (size_t i = 0; i < palette_size; i++)
        if (strcmp(palette[i].model, model) == 0) return palette[i].style;
    static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                          "#E69F00", "#56B4E9", "#000000"};
    uint32_t hash = hash_of(model);
    struct plot_style style = {.marker = markers[hash / 7 % 6]};
    strcpy(style.colour, colours[hash % 7]);
    strcpy(style.dash, dashes[hash / 42 % 5]);
    return style;
}

struct plot_style plot_style_of(const char *model, const char *server) {
    struct plot_style style = model_style(model);
    const char *options = strchr(server, ':');
    if (!options) return style;
    uint32_t hash = hash_of(options);
    const char *dash = dashes[hash % 5];
    strcpy(style.dash, strcmp(dash, style.dash) != 0 ? dash : dashes[(hash + 1) % 5]);
    int marker = markers[hash / 5 % 6];
    style.marker = marker != style.marker ? marker : markers[(hash / 5 + 1) % 6];
    return style;
}
