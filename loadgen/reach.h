/* reach.h - finds the address of a name that answers: "localhost" may be ::1 for the system, and
 * the server may listen on 127.0.0.1 only. */
#ifndef LOADGEN_REACH_H
#define LOADGEN_REACH_H

#include "base/os.h"

#include "loadgen/transport.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* Connects to one address after the other and sets `chosen` to the first that accepts a connection,
 * which is closed at once; a single address is chosen without that. Returns false with what became
 * of each in `reason` if none does; `reason` is empty if `stop` was set. An address gets 3 s. */
bool reach_choose(const struct transport_ops *transport, const struct os_addresses *found,
                  struct os_address *chosen, const _Atomic bool *stop, char reason[512]);

#endif
