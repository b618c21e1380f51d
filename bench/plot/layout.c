/* layout.c - axes, ticks and positions of labels; see layout.h. */
#include "bench/plot/layout.h"

#include "base/check.h"

#include "bench/plot/gnuplot.h"
#include "bench/support/format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void plot_add_tick(struct plot_axis *axis, const char *label, double value) {
    char text[256] = "";
    size_t used = 0;
    for (const char *c = label; *c != '\0' && used + 3 < sizeof text; c++) {
        if (*c == '%') text[used++] = '%'; /* gnuplot treats a label as a printf format */
        text[used++] = *c;
    }
    text[used] = '\0';
    char tick[4 * sizeof text] = "";
    if (*axis->ticks != '\0') format_append(tick, sizeof tick, ", ");
    plot_quote_text(tick, sizeof tick - 32, text);
    format_append(tick, sizeof tick, " %.9g", value);
    if (strlen(axis->ticks) + strlen(tick) < sizeof axis->ticks) strcat(axis->ticks, tick);
}

static void add_tick(struct plot_axis *axis, double value) {
    char text[FORMAT_SIZE];
    plot_add_tick(axis, format_short(text, value), value);
}

void plot_axis_name(struct plot_axis *axis, enum metric metric) {
    CHECK(metrics[metric].heading);
    snprintf(axis->title, sizeof axis->title, "%s", metrics[metric].heading);
    for (char *c = axis->title; *c != '\0'; c++)
        if (*c == '\n') *c = ' ';
}

void plot_axis_linear(struct plot_axis *axis, double max, int steps) {
    axis->log = false;
    axis->min = 0;
    if (!(max > 0)) max = 1.0;
    double rough = max / steps, decade = pow(10, floor(log10(rough)));
    double step = rough <= decade       ? decade
                  : rough <= 2 * decade ? 2 * decade
                  : rough <= 5 * decade ? 5 * decade
                                        : 10 * decade;
    steps = (int)ceil(max / step - 1e-9);
    axis->max = steps * step;
    *axis->ticks = '\0';
    for (int i = 0; i <= steps; i++) add_tick(axis, i * step);
}

void plot_axis_log(struct plot_axis *axis, double min, double max) {
    CHECK(min > 0 && max >= min);
    axis->log = true;
    axis->min = min / 1.25;
    axis->max = max * 1.25;
    bool sparse = max / min > 300;
    *axis->ticks = '\0';
    for (double decade = pow(10, floor(log10(axis->min))); decade <= axis->max; decade *= 10)
        for (int i = 1; i <= 5; i += i == 1 ? 1 : 3) {
            double value = i * decade;
            bool shown = value >= axis->min && value <= axis->max && (i == 1 || !sparse);
            char text[FORMAT_SIZE];
            if (shown && value < 1000) add_tick(axis, value);
            if (shown && value >= 1000) plot_add_tick(axis, format_count(text, value), value);
        }
}

void plot_tick_measured(struct plot_axis *axis, const double *measured, size_t count) {
    double last = -INFINITY;
    *axis->ticks = '\0';
    for (size_t i = 0; i < count; i++) {
        char text[FORMAT_SIZE];
        double share = plot_axis_share(axis, measured[i]);
        if (share - last < 0.05) continue;
        plot_add_tick(axis, format_short(text, measured[i]), measured[i]);
        last = share;
    }
}

double plot_axis_share(const struct plot_axis *axis, double value) {
    if (axis->log) return log(value / axis->min) / log(axis->max / axis->min);
    return (value - axis->min) / (axis->max - axis->min);
}

/* Adjacent labels without free space between them; they move together. */
struct block {
    double sum; /* sum of the shifted targets */
    size_t n;   /* number of labels */
};

struct ranked {
    double target; /* preferred position */
    size_t index;  /* index in the caller's array */
};

static int by_target(const void *left, const void *right) {
    const struct ranked *a = left, *b = right;
    if (a->target != b->target) return a->target > b->target ? 1 : -1;
    return (a->index > b->index) - (a->index < b->index);
}

/* With target i shifted down by i gaps, "at least a gap apart" becomes "not decreasing". The
 * pool-adjacent-violators algorithm solves that exactly (isotonic regression). */
void plot_spread(double *positions, size_t n, double gap) {
    if (n == 0) return;
    if (gap * (double)(n - 1) > 1) gap = 1 / (double)(n - 1);
    struct ranked *order = calloc(n, sizeof *order);
    struct block *blocks = calloc(n, sizeof *blocks);
    CHECK(order && blocks);
    for (size_t i = 0; i < n; i++) order[i] = (struct ranked){positions[i], i};
    qsort(order, n, sizeof *order, by_target);
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        blocks[count++] = (struct block){order[i].target - (double)i * gap, 1};
        while (count > 1 && blocks[count - 2].sum / (double)blocks[count - 2].n >
                                blocks[count - 1].sum / (double)blocks[count - 1].n) {
            blocks[count - 2].sum += blocks[count - 1].sum;
            blocks[count - 2].n += blocks[count - 1].n;
            count--;
        }
    }
    double top = 1 - (double)(n - 1) * gap;
    for (size_t b = 0, i = 0; b < count; b++)
        for (size_t k = 0; k < blocks[b].n; k++, i++) {
            double base = blocks[b].sum / (double)blocks[b].n;
            base = base < 0 ? 0 : base > top ? top : base;
            positions[order[i].index] = base + (double)i * gap;
        }
    free(order);
    free(blocks);
}
