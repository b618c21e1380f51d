/* memory.c - see memory.h. */
#include "bench/session/memory.h"

#include "base/room.h"

#include "bench/session/slot_arguments.h"
#include "bench/suite/models.h"
#include "bench/support/json_path.h"

/* The memory of a cell's load generator in bytes; NAN: not known. */
static double needed_bytes(const struct cell *c, struct process_loop *l) {
    struct slot_arguments a;
    struct reason why;
    slot_arguments_describe(&a, c);
    cJSON *describe = models_describe(l, a.words, &why);
    double bytes = json_number(describe, "memory_bytes");
    cJSON_Delete(describe);
    return bytes;
}

bool memory_suffices(const struct plan *plan, struct process_loop *l, struct reason *reason) {
    struct room room;
    char why[160];
    size_t asked = PLAN_NO_CELL; /* load; the cells of all servers share it */
    room_look(&room);
    for (size_t i = 0; i < plan->cell_count && !l->interrupted; i++) {
        const struct cell *c = &plan->cells[i];
        if (*c->skipped || c->load_index == asked) continue;
        asked = c->load_index;
        double bytes = needed_bytes(c, l);
        if (!(bytes >= 0) || room_for(&room, (uint64_t)bytes, why, sizeof why)) continue;
        return reason_set(reason,
                          "memory: %s: its load generator %s; use fewer connections, fewer "
                          "messages in flight or smaller ones",
                          c->id, why);
    }
    return true;
}
