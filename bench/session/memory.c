/* memory.c - see memory.h. */
#include "bench/session/memory.h"

#include "base/room.h"

#include "bench/session/slot_arguments.h"
#include "bench/suite/models.h"
#include "bench/support/json_path.h"

#define WHY_SIZE 160

/* The memory in bytes of the load generator of a cell, for so many servers; NAN: not known. */
static double needed_bytes(const struct cell *c, size_t servers, struct process_loop *l) {
    struct slot_arguments a;
    struct reason why;
    slot_arguments_describe(&a, c, servers);
    cJSON *describe = models_describe(l, a.words, &why);
    double bytes = json_number(describe, "memory_bytes");
    cJSON_Delete(describe);
    return bytes;
}

/* Whether there is memory for the load generator of a cell. Sets `why` if there is not. */
static bool fits(const struct room *room, const struct cell *c, size_t servers,
                 struct process_loop *l, char why[WHY_SIZE]) {
    double bytes = needed_bytes(c, servers, l);
    return !(bytes >= 0) || room_for(room, (uint64_t)bytes, why, WHY_SIZE);
}

/* Gives the cells of a load slots of their own. */
static void leave_rotation(struct plan *plan, size_t load, const char *why) {
    for (size_t i = 0; i < plan->cell_count; i++)
        if (plan->cells[i].load_index == load && plan->cells[i].turns)
            plan_set_apart(plan, i, 0, "the load generator of all servers %s", why);
}

static size_t in_rotation(const struct plan *plan, size_t load) {
    size_t count = 0;
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell *c = &plan->cells[i];
        count += c->load_index == load && c->turns && !*c->skipped;
    }
    return count;
}

bool memory_suffices(struct plan *plan, struct process_loop *l, struct reason *reason) {
    struct room room;
    char why[WHY_SIZE];
    size_t asked = PLAN_NO_CELL; /* load; the cells of all servers share it */
    room_look(&room);
    for (size_t i = 0; i < plan->cell_count && !l->interrupted; i++) {
        const struct cell *c = &plan->cells[i];
        if (*c->skipped || c->load_index == asked) continue;
        asked = c->load_index;
        size_t servers = in_rotation(plan, asked);
        if (servers > 1 && !fits(&room, c, servers, l, why)) leave_rotation(plan, asked, why);
        if (fits(&room, c, 1, l, why)) continue;
        return reason_set(reason,
                          "memory: %s: its load generator %s; use fewer connections, fewer "
                          "messages in flight or smaller ones",
                          c->id, why);
    }
    return true;
}
