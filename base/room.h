/* room.h - whether this machine has the memory that something will need. */
#ifndef BASE_ROOM_H
#define BASE_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory in bytes; NAN: not known, or there is no limit. */
struct room {
    double machine;         /* what the machine can give without swapping */
    double group;           /* what the limits of this process's control group leave */
    double limit;           /* what this process may have in all */
    const char *limit_name; /* how a shell sets that limit; NULL: there is none */
};

void room_look(struct room *room);

/* Whether `room` has `bytes`. An eighth of what machine and group have is kept for the system, its
 * socket buffers and the server. If not, `reason` becomes "needs 24.0 GiB, but ...". */
bool room_for(const struct room *room, uint64_t bytes, char *reason, size_t reason_size);

#endif
