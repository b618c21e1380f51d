/* address.c - "HOST:PORT" as people write it; the same on every system. */
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
