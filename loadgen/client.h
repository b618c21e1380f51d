/* client.h - long-lived connections: messages out, echoes verified, each counted once.
 * Connection ids below worker.regulars are theirs. */
#ifndef LOADGEN_CLIENT_H
#define LOADGEN_CLIENT_H

#include "loadgen/state.h"

/* Sends `count` messages now. */
void client_send(struct worker *w, uint32_t conn, uint32_t count);

/* Takes an arrival that is due: sends it, or queues it behind the connection's others. Returns
 * whether it was sent. */
bool client_arrival(struct worker *w, uint32_t conn, uint64_t intended_ns);

/* Ends the sending direction. */
void client_half_close(struct worker *w, uint32_t conn);

/* Gives up what is missing on `conn`, at the end of the drain (`drained`) or because it broke. */
void client_give_up(struct worker *w, uint32_t conn, bool drained);

/* ---- what the transport reports ---- */

void client_connected(struct worker *w, uint32_t conn, int error);
void client_received(struct worker *w, uint32_t conn, const uint8_t *data, size_t size,
                     uint64_t now_ns);
void client_failed(struct worker *w, uint32_t conn, int error);

#endif
