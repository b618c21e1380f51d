/* sides.c - finds sessions and cells on the sides of a comparison; see sides.h. */
#include "bench/gate/sides.h"

#include "bench/support/json_path.h"

#include <string.h>

const char *const side_names[SIDES] = {"baseline", "candidate"};

const cJSON *side_cell(const cJSON *file, const char *id) {
    const cJSON *cell;
    cJSON_ArrayForEach(cell, json_item(file, "cells")) {
        if (strcmp(json_text(cell, "id"), id) == 0) return cell;
    }
    return NULL;
}

bool side_same_slot(const cJSON *one, const cJSON *two) {
    static const char *const of_place[] = {"build", "order", "started_offset_s", "validity"};
    const cJSON *figure;
    if (json_says_nothing(json_item(one, "messages"))) return false;
    cJSON_ArrayForEach(figure, one) {
        bool placed = false;
        for (size_t i = 0; i < sizeof of_place / sizeof *of_place; i++)
            placed = placed || strcmp(figure->string, of_place[i]) == 0;
        const cJSON *other = cJSON_GetObjectItemCaseSensitive(two, figure->string);
        if (!placed && !cJSON_Compare(figure, other, true)) return false;
    }
    return true;
}

bool side_share_slot(const cJSON *one, const cJSON *two, const char *id) {
    const cJSON *left, *right;
    cJSON_ArrayForEach(left, json_item(side_cell(one, id), "samples")) {
        cJSON_ArrayForEach(right, json_item(side_cell(two, id), "samples")) {
            if (side_same_slot(left, right)) return true;
        }
    }
    return false;
}

static bool same_session(const cJSON *one, const cJSON *two) {
    const cJSON *cell;
    if (strcmp(json_text(one, "session.id"), json_text(two, "session.id")) == 0) return true;
    cJSON_ArrayForEach(cell, json_item(one, "cells")) {
        if (side_share_slot(one, two, json_text(cell, "id"))) return true;
    }
    return false;
}

size_t side_session(const struct side *side, const cJSON *file) {
    size_t i = 0;
    while (i < side->count && !same_session(side->files[i], file)) i++;
    return i;
}

bool sides_same_sessions(const struct side sides[SIDES]) {
    const struct side *left = &sides[SIDE_BASELINE], *right = &sides[SIDE_CANDIDATE];
    size_t shared = 0;
    for (size_t i = 0; i < left->count; i++)
        shared += side_session(right, left->files[i]) < right->count;
    return shared == left->count && shared == right->count;
}

bool sides_possible(const struct side sides[SIDES], struct reason *reason) {
    const struct side *left = &sides[SIDE_BASELINE];
    bool same = sides_same_sessions(sides);
    for (int s = 0; s < SIDES; s++)
        for (size_t i = 0; i < sides[s].count; i++) {
            const cJSON *file = sides[s].files[i];
            const char *path = sides[s].paths[i], *mode = json_text(file, "session.mode");
            size_t first = side_session(&sides[s], file);
            if (mode && strcmp(mode, "run") != 0)
                return reason_set(reason,
                                  "%s: is a result of `iobench %s`, which holds both sides; "
                                  "compare needs results of `iobench run`",
                                  path, mode);
            if (first < i)
                return reason_set(reason, "%s: the same session as %s; give each session once",
                                  path, sides[s].paths[first]);
            if (s == SIDE_CANDIDATE && !same && side_session(left, file) < left->count)
                return reason_set(reason, "%s: this session is on both sides", path);
        }
    return true;
}
