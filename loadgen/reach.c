/* reach.c - see reach.h. */
#include "loadgen/reach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define REASON_SIZE 512
#define LIMIT_NS UINT64_C(3000000000) /* of one address */
#define LOOK_NS UINT64_C(10000000)    /* between two looks at `stop` */

struct attempt {
    bool ended;
    int error;
};

static void on_connected(void *context, uint32_t conn, int error) {
    struct attempt *attempt = context;
    (void)conn;
    *attempt = (struct attempt){true, error};
}

static void on_received(void *context, uint32_t conn, const uint8_t *data, size_t size,
                        uint64_t now_ns) {
    (void)context, (void)conn, (void)data, (void)size, (void)now_ns;
}

static void on_failed(void *context, uint32_t conn, int error) {
    (void)context, (void)conn, (void)error;
}

/* Connects to one address. Returns 0 or why it does not answer. */
static int try_address(const struct transport_ops *ops, const struct os_address *address,
                       const _Atomic bool *stop) {
    static const struct transport_handlers handlers = {on_connected, on_received, on_failed};
    struct attempt attempt = {false, ETIMEDOUT};
    struct transport *transport;
    const struct transport_config config = {.connections = 1,
                                            .receive_bytes = 1,
                                            .address = *address,
                                            .sources = 1,
                                            .handlers = &handlers,
                                            .context = &attempt};
    uint64_t deadline_ns = os_clock_ns() + LIMIT_NS, ignored = 0;
    int error = ops->open(&config, &transport);
    if (error) return error;
    error = ops->connect(transport, 0);
    while (!error && !attempt.ended && !*stop && os_clock_ns() < deadline_ns)
        ops->poll(transport, LOOK_NS, &ignored);
    ops->free(transport);
    return error ? error : attempt.error;
}

bool reach_choose(const struct transport_ops *transport, const struct os_addresses *found,
                  struct os_address *chosen, const _Atomic bool *stop, char reason[REASON_SIZE]) {
    size_t used = 0;
    *chosen = found->list[0];
    *reason = '\0';
    for (size_t i = 0; i < found->count && found->count > 1; i++) {
        char host[64] = "";
        int error = try_address(transport, &found->list[i], stop);
        if (*stop) break;
        *chosen = found->list[i];
        if (!error) return true;
        os_address_host(chosen, host, sizeof host);
        int length = snprintf(reason + used, REASON_SIZE - used, "%s%s: %s", i ? "; " : "", host,
                              os_error_text(error));
        used += length > 0 ? (size_t)length : 0;
        if (used >= REASON_SIZE) used = REASON_SIZE - 1;
    }
    if (*stop) *reason = '\0';
    return found->count == 1;
}
