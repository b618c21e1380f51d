/* slot_arguments.c - see slot_arguments.h. */
#include "bench/session/slot_arguments.h"

#include "base/check.h"
#include "base/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Before the capacity is measured; a description does not depend on it. */
#define RATE_UNKNOWN 1.0

static void add(struct slot_arguments *a, const char *format, ...) FORMAT_PRINTF(2, 3);

static void add(struct slot_arguments *a, const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    size_t room = sizeof a->texts - a->used;
    int n = vsnprintf(a->texts + a->used, room, format, rest);
    va_end(rest);
    CHECK(n >= 0 && (size_t)n < room);
    CHECK_OP(a->count + 1, <, sizeof a->words / sizeof *a->words);
    a->words[a->count++] = a->texts + a->used;
    a->used += (size_t)n + 1;
}

static void add_program(struct slot_arguments *a, const char *path) {
    memset(a, 0, sizeof *a);
    a->words[a->count++] = (char *)path;
}

void slot_arguments_server(struct slot_arguments *a, const struct cell *c) {
    add_program(a, c->server->program->path);
    add(a, "--stop-on-eof");
    add(a, "--threads");
    add(a, "%u", c->server_threads);
    add(a, "--burn-ns");
    add(a, "%u", c->burn_ns);
    for (size_t i = 0; i < c->server->option_count; i++) {
        add(a, "--option");
        add(a, "%s", c->server->options[i]);
    }
}

static void add_load(struct slot_arguments *a, const struct cell *c) {
    double rate_per_s = isnan(c->rate_per_s) ? RATE_UNKNOWN : c->rate_per_s;
    add(a, "--connections=%u", c->connections);
    add(a, "--size=%u", c->size_bytes);
    add(a, "--threads=%u", c->loadgen_threads);
    add(a, "--transport=%s", c->transport);
    add(a, "--warmup=%.15g", c->warmup_s);
    if (c->turns) {
        add(a, "--rotate=%.15gs", c->duration_s / c->turns);
        add(a, "--turns=%u", c->turns);
    } else {
        add(a, "--duration=%.15g", c->duration_s);
    }
    add(a, "--drain=%.15g", c->drain_s);
    if (c->idle) add(a, "--idle=%u", c->idle);
    if (c->newcomers_per_s > 0) add(a, "--newcomers=%.15g", c->newcomers_per_s);
    switch (c->load) {
    case CELL_CLOSED:
        add(a, "--depth=%u", c->depth);
        break;
    case CELL_OPEN:
        add(a, "--rate=%.15g", rate_per_s);
        add(a, "--outstanding=%u", c->outstanding);
        break;
    case CELL_CHURN:
        add(a, "--churn=%.15g", rate_per_s);
        add(a, "--churn-echoes=%u", c->churn_echoes);
        break;
    }
    if (c->load != CELL_CLOSED) add(a, "--arrival=%s", c->arrival);
}

void slot_arguments_loadgen(struct slot_arguments *a, const struct cell *c, uint64_t seed) {
    add_program(a, c->loadgen->path);
    add(a, "--stop-on-eof");
    add(a, "--seed=%" PRIu64, seed);
    add_load(a, c);
}

void slot_arguments_target(struct slot_arguments *a, const char *address, double pid,
                           const char *group) {
    add(a, "--connect=%s", address);
    if (pid >= 1) add(a, "--server-pid=%.0f", pid);
    if (pid >= 1 && group) add(a, "--server-group=%s", group);
}

void slot_arguments_describe(struct slot_arguments *a, const struct cell *c, size_t servers) {
    add_program(a, c->loadgen->path);
    add(a, "--describe");
    add_load(a, c);
    for (size_t i = 0; i < servers; i++) add(a, "--connect=127.0.0.1:1");
}
