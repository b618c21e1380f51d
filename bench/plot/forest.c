/* forest.c - the forest plot; see forest.h. The x axis is a logarithmic scale of ratios.
 * Invariant: values beyond the scale are drawn at its edge, and a note says so. */
#include "bench/plot/forest.h"

#include "base/check.h"

#include "bench/gate/gate.h"
#include "bench/plot/fill.h"
#include "bench/plot/layout.h"
#include "bench/support/format.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_HEIGHT = 22, ROOM_FOR_VERDICTS = 120, VERSION_MAJOR = 1 };

#define BEYOND 0.406  /* end of the scale, as a logarithm: +50 % and -33 % */
#define EDGE_MIN 0.02 /* minimum length of the scale on either side */

/* Colours of M. Okabe and K. Ito, as in plot/palette.txt. The last one is darker, because the
 * verdicts are also written in these colours. */
static const struct {
    enum gate_verdict verdict;
    const char *colour;
} colours[] = {{GATE_PASS, "#009E73"},
               {GATE_IMPROVED, "#0072B2"},
               {GATE_REGRESSED, "#D55E00"},
               {GATE_INCONCLUSIVE, "#A66F00"}};

static const char *colour_of(enum gate_verdict verdict) {
    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++)
        if (colours[i].verdict == verdict) return colours[i].colour;
    return "#7a7a7a";
}

static const char *title_of(const char *metric) {
    for (size_t i = 0; i < METRICS; i++)
        if (strcmp(metrics[i].key, metric) == 0) return metrics[i].title;
    return metric;
}

/* The range that the scale must cover. */
struct extent {
    double edge;   /* largest absolute logarithm */
    size_t beyond; /* number of rows beyond the scale */
};

static void reach(struct extent *extent, const cJSON *row) {
    static const char *const ends[] = {"effect", "low", "high"};
    double furthest = log1p(json_number(row, "tau"));
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        furthest = fmax(furthest, fabs(json_number(row, ends[i]))); /* ignores NAN */
    if (furthest > BEYOND) extent->beyond++;
    extent->edge = fmax(extent->edge, fmin(furthest, BEYOND));
}

/* A value of a row, limited to the scale; `otherwise` if it is unknown. An unknown end of an
 * interval is infinite. */
static double clamped(const cJSON *row, const char *key, double otherwise, double edge) {
    double value = json_number(row, key);
    return fmin(fmax(isfinite(value) ? value : otherwise, -edge), edge);
}

static void add_row(struct plot *plot, const cJSON *row, const char *before,
                    const struct extent *extent) {
    const char *verdict = json_text(row, "verdict");
    bool known = isfinite(json_number(row, "effect"));
    struct plot_series *series = plot_append_series(plot);
    format_append(series->name, sizeof series->name, "%s%s \u00b7 %s", before,
                  json_text(row, "cell"), title_of(json_text(row, "metric")));
    format_append(series->note, sizeof series->note, "%s", verdict);
    series->style.marker = 7;
    strcpy(series->style.dash, "solid");
    strcpy(series->style.colour, colour_of(gate_verdict_read(verdict)));
    series->pale = !cJSON_IsTrue(json_item(row, "gated"));
    struct plot_point point = {0, (double)plot->count, NAN, NAN, NAN, MARKER_NONE};
    if (known) {
        point.x = clamped(row, "effect", 0, extent->edge);
        point.low = clamped(row, "low", -INFINITY, extent->edge);
        point.high = clamped(row, "high", INFINITY, extent->edge);
        point.marker = MARKER_FILLED;
    }
    point.part = log1p(json_number(row, "tau"));
    plot_add_point(series, point);
}

/* Sets the scale. Ticks show percentages at logarithmic positions, so that twice and half are at
 * the same distance from 0. */
static void set_scale(struct plot_axis *x, double edge) {
    static const double steps[] = {0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1};
    double last[2] = {0, 0}, room = 1.04 * edge;
    *x = (struct plot_axis){.min = -room, .max = room};
    plot_add_tick(x, "0", 0);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        for (int up = 0; up < 2; up++) {
            char text[FORMAT_SIZE];
            double at = log1p(up ? steps[i] : -steps[i]);
            if (!(fabs(at) <= room) || fabs(at) - last[up] < 0.28 * room) continue;
            last[up] = fabs(at);
            snprintf(text, sizeof text, "%s%g %%", up ? "+" : "\u2212", 100 * steps[i]);
            plot_add_tick(x, text, at);
        }
    strcpy(x->title, "\u2190 better    change (of the inverse for throughput)    worse \u2192");
}

static bool row_fine(const cJSON *row, const char *where, struct reason *reason) {
    static const char *const texts[] = {"cell", "metric", "verdict"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!json_text(row, texts[i]))
            return reason_set(reason, "%s.%s: not a string", where, texts[i]);
    double tau = json_number(row, "tau");
    if (tau > 0 && tau <= 1) return true;
    return reason_set(reason, "%s.tau: not between 0 and 1", where);
}

static bool report_fine(const cJSON *gate, struct reason *reason) {
    const char *name = json_text(gate, "schema.name");
    double major = json_number(gate, "schema.version_major");
    const cJSON *rows = json_item(gate, "rows"), *control = json_item(gate, "control"), *row;
    int i = 0;
    if (!name || strcmp(name, "iobench-gate") != 0)
        return reason_set(reason, "schema.name: not \"iobench-gate\"");
    if (major != (double)VERSION_MAJOR)
        return reason_set(reason, "schema.version_major: is %.17g; this iobench reads %d", major,
                          VERSION_MAJOR);
    if (!json_text(gate, "baseline") || !json_text(gate, "candidate"))
        return reason_set(reason, "baseline, candidate: not strings");
    if (!cJSON_IsArray(rows) || cJSON_GetArraySize(rows) == 0)
        return reason_set(reason, "rows: empty or missing");
    cJSON_ArrayForEach(row, rows) {
        char where[32];
        snprintf(where, sizeof where, "rows[%d]", i++);
        if (!row_fine(row, where, reason)) return false;
    }
    return !cJSON_IsObject(control) || row_fine(control, "control", reason);
}

static void set_up(struct plot *plot, const cJSON *gate) {
    *plot = (struct plot){.kind = PLOT_FOREST,
                          .template = PLOT_FOREST,
                          .bars = true,
                          .bar_height = ROW_HEIGHT,
                          .bar_room = ROOM_FOR_VERDICTS};
    plot_set_panels(plot, 1, 1);
    strcpy(plot->title, PLOT_FOREST_HEADING);
    format_append(plot->subtitle, sizeof plot->subtitle, "%.100s \u2192 %.100s",
                  json_text(gate, "baseline"), json_text(gate, "candidate"));
    strcpy(plot->columns, "effect as a logarithm, above 0 is worse; row; 90 % interval: low, high; "
                          "smallest effect that matters, in place of the part");
}

bool plot_forest(struct plot *plot, const cJSON *gate, struct reason *reason) {
    struct extent extent = {.edge = EDGE_MIN};
    const cJSON *rows = json_item(gate, "rows"), *control = json_item(gate, "control"), *row;
    if (!report_fine(gate, reason)) return false;
    bool has_control = cJSON_IsObject(control), pale = false;
    cJSON_ArrayForEach(row, rows) reach(&extent, row);
    if (has_control) reach(&extent, control);
    set_up(plot, gate);
    if (has_control) add_row(plot, control, "control: ", &extent);
    cJSON_ArrayForEach(row, rows) add_row(plot, row, "", &extent);
    for (size_t i = 0; i < plot->count; i++) pale = pale || plot->series[i].pale;
    set_scale(&plot->x, extent.edge);
    plot->y = (struct plot_axis){.min = (double)plot->count + 0.5, .max = 0.5};
    plot->panels[0].y = plot->y;
    plot_note(plot, "line: 90 %% interval");
    plot_note(plot, "dashed: the smallest change that matters");
    if (pale) plot_note(plot, "hollow: not gated");
    if (extent.beyond > 0)
        plot_note(plot, "%zu row%s beyond +50 %%, drawn at the edge", extent.beyond,
                  extent.beyond > 1 ? "s" : "");
    return true;
}
