/* address.c - "HOST:PORT" as people write it, and the addresses of a name; the same on every
 * system. */
#include "base/args.h"
#include "base/os.h"

#include <string.h>

bool os_address_split(const char *text, char *host, size_t host_size, uint16_t *port) {
    const char *colon = strrchr(text, ':');
    if (!colon) return false;
    const char *from = text;
    size_t length = (size_t)(colon - text);
    if (text[0] == '[') {
        if (length < 3 || colon[-1] != ']') return false;
        from++;
        length -= 2;
    } else if (memchr(text, ':', length)) {
        return false; /* an IPv6 address without brackets: its last group would pass for a port */
    }
    uint64_t number;
    if (length == 0 || length >= host_size || !args_number(colon + 1, &number) || number < 1 ||
        number > 65535)
        return false;
    memcpy(host, from, length);
    host[length] = '\0';
    *port = (uint16_t)number;
    return true;
}

void os_addresses_add(struct os_addresses *addresses, const void *sockaddr, size_t length) {
    struct os_address *next = &addresses->list[addresses->count];
    if (addresses->count == OS_ADDRESSES_MAX || length > sizeof next->storage) return;
    *next = (struct os_address){.length = (uint32_t)length};
    memcpy(&next->storage, sockaddr, length);
    for (size_t i = 0; i < addresses->count; i++)
        if (addresses->list[i].length == next->length &&
            memcmp(&addresses->list[i].storage, &next->storage, length) == 0)
            return;
    addresses->count++;
}

bool os_address_resolve(const char *host, uint16_t port, struct os_address *address, char *reason,
                        size_t reason_size) {
    struct os_addresses found;
    if (!os_addresses_resolve(host, port, &found, reason, reason_size)) return false;
    *address = found.list[0];
    return true;
}
