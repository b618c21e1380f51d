/* identities.c - checks across a whole result: unique ids, references, order of slots.
 * Invariant: the cost is linear in cells and slots; builds, which are few, are searched linearly.
 */
#include "bench/result/identities.h"

#include "base/memory.h"

#include "bench/result/identities_fault.h"
#include "bench/result/identities_parts.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* State of the walk over all cells. */
struct walk {
    struct identities_place place; /* current object */
    struct identities_file file;
    const cJSON *builds;
    const double *order; /* slot number by position in the run */
    size_t slots;        /* length of `order` */
    double last_slot;    /* slot number of the previous sample; -1 at the start */
};

static int by_text(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Whether no two objects of an array have the same `id`. */
static bool ids_unique(const struct identities_place *p, const cJSON *array, const char *name) {
    size_t count = 0, room = (size_t)cJSON_GetArraySize(array);
    const char **ids = malloc((room + 1) * sizeof *ids);
    MEMORY_CHECK(ids);
    const cJSON *i;
    cJSON_ArrayForEach(i, array) ids[count++] = json_item(i, "id")->valuestring;
    qsort(ids, count, sizeof *ids, by_text);
    bool unique = true;
    for (size_t k = 1; k < count && unique; k++)
        if (strcmp(ids[k - 1], ids[k]) == 0)
            unique = identities_fault(p, name, "the id \"%.100s\" occurs twice", ids[k]);
    free(ids);
    return unique;
}

static bool build_exists(const struct walk *w, const char *field, const cJSON *id) {
    const cJSON *b;
    if (!cJSON_IsString(id)) return true;
    cJSON_ArrayForEach(b, w->builds)
        if (strcmp(json_item(b, "id")->valuestring, id->valuestring) == 0) return true;
    return identities_fault(&w->place, field, "\"%.100s\" is not in builds[]", id->valuestring);
}

/* Reads session.order into `order` of `count` items. Returns whether it is a permutation of
 * 0..count-1. */
static bool read_order(const struct identities_place *p, const cJSON *array, double *order,
                       size_t count) {
    bool *seen = calloc(count + 1, sizeof *seen), fine = true;
    MEMORY_CHECK(seen);
    size_t n = 0;
    const cJSON *i;
    cJSON_ArrayForEach(i, array) {
        double slot = i->valuedouble;
        if (slot >= (double)count || seen[(size_t)slot]) {
            fine = identities_fault(p, "session.order",
                                    "is not a permutation of 0..%zu: position %zu holds %.17g",
                                    count - 1, n, slot);
            break;
        }
        seen[(size_t)slot] = true;
        order[n++] = slot;
    }
    free(seen);
    return fine;
}

/* Slots are numbered cell by cell, so their numbers increase within a file. Therefore no two
 * samples can have the same number. */
static bool check_slot(struct walk *w, const cJSON *sample) {
    double order = json_number(sample, "order");
    if (order >= (double)w->slots)
        return identities_fault(&w->place, "order", "is %.17g, but session.order has %zu slots",
                                order, w->slots);
    double slot = w->order[(size_t)order];
    if (slot <= w->last_slot)
        return identities_fault(&w->place, "order",
                                "is %.17g, slot %.17g, but slot numbers must increase", order,
                                slot);
    w->last_slot = slot;
    return true;
}

static bool check_cell(struct walk *w, const cJSON *cell, int index) {
    const cJSON *sample, *scenario = json_item(cell, "scenario");
    int s = 0;
    snprintf(w->place.path, sizeof w->place.path, "cells[%d]", index);
    if (!identities_check_scenario(&w->place, &w->file, cell)) return false;
    cJSON_ArrayForEach(sample, json_item(cell, "samples")) {
        snprintf(w->place.path, sizeof w->place.path, "cells[%d].samples[%d]", index, s++);
        if (!build_exists(w, "build", json_item(sample, "build")) ||
            !build_exists(w, "loadgen.build", json_item(json_item(sample, "loadgen"), "build")) ||
            !check_slot(w, sample) ||
            !identities_check_sample(&w->file, scenario, sample, w->place.path, w->place.reason))
            return false;
    }
    return true;
}

struct identities_file identities_file(const cJSON *document) {
    return (struct identities_file){.version_minor = json_number(document, "schema.version_minor"),
                                    .env = json_item(document, "env"),
                                    .models = json_item(document, "session.models"),
                                    .memory_bytes = json_number(document, "env.mem_bytes"),
                                    .two_sides =
                                        strcmp(json_text(document, "session.mode"), "ab") == 0};
}

bool identities_check(const cJSON *document, struct reason *reason) {
    const cJSON *cell, *cells = json_item(document, "cells");
    const cJSON *order_json = json_item(json_item(document, "session"), "order");
    size_t slots = (size_t)cJSON_GetArraySize(order_json);
    double *order = calloc(slots + 1, sizeof *order);
    MEMORY_CHECK(order);
    struct walk w = {.place = {.reason = reason},
                     .file = identities_file(document),
                     .builds = json_item(document, "builds"),
                     .order = order,
                     .slots = slots,
                     .last_slot = -1};
    bool fine = identities_check_environment(&w.place, document) &&
                ids_unique(&w.place, w.builds, "builds") && ids_unique(&w.place, cells, "cells") &&
                read_order(&w.place, order_json, order, slots);
    int index = 0;
    cJSON_ArrayForEach(cell, cells) {
        if (fine) fine = check_cell(&w, cell, index++);
    }
    free(order);
    w.place.path[0] = '\0';
    return fine && identities_check_session(&w.place, document);
}
