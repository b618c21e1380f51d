/* room.c - see room.h. */
#include "base/room.h"

#include "base/os.h"

#include <math.h>
#include <stdio.h>

#define KEPT (1.0 / 8)
#define MIB 1048576.0
#define GIB_FROM 10240.0 /* MiB */

static double known(uint64_t bytes) {
    return bytes == OS_UNKNOWN ? NAN : (double)bytes;
}

void room_look(struct room *room) {
    room->limit_name = NULL;
    room->machine = known(os_memory_available());
    room->group = os_groups_least("memory", os_group_memory);
    room->limit = known(os_memory_limit(&room->limit_name));
}

/* Writes a size. `round` keeps what is needed and what is there apart. */
static const char *size_text(char text[32], double bytes, double (*round)(double)) {
    double mib = bytes / MIB;
    if (mib < GIB_FROM)
        snprintf(text, 32, "%.0f MiB", round(mib));
    else
        snprintf(text, 32, "%.1f GiB", round(mib / 1024 * 10) / 10);
    return text;
}

bool room_for(const struct room *room, uint64_t bytes, char *reason, size_t reason_size) {
    char needed[32], there[32];
    double machine = room->machine * (1 - KEPT), group = room->group * (1 - KEPT);
    double least = fmin(fmin(machine, group), room->limit); /* ignores NAN */
    if (!((double)bytes > least)) return true;
    size_text(needed, (double)bytes, ceil);
    size_text(there, fmax(0, least), floor);
    if (least >= machine)
        snprintf(reason, reason_size, "needs %s, but this machine has %s to give", needed, there);
    else if (least >= group)
        snprintf(reason, reason_size, "needs %s, but its control group has %s to give", needed,
                 there);
    else
        snprintf(reason, reason_size, "needs %s, but %s allows %s", needed, room->limit_name,
                 there);
    return false;
}
