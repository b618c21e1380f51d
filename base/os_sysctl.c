/* os_sysctl.c - reads kernel settings, and how much memory there is. A value of an unexpected size
 * counts as missing. */
#include "base/os_sysctl.h"

#include "base/os.h"

#include <sys/types.h>
#include <string.h>
#include <unistd.h>
/* this needs the types above */
#include <sys/sysctl.h>

#ifdef __OpenBSD__
#include <netinet/in.h>
#include <sys/socket.h>

/* OpenBSD knows only numbers. These are the numbers of the names that this project uses. */
static int sysctlbyname(const char *name, void *value, size_t *size, void *set, size_t set_size) {
    static const struct {
        const char *name; /* as sysctl(8) calls it */
        int path[4];
        unsigned length;
    } known[] = {
        {"kern.somaxconn", {CTL_KERN, KERN_SOMAXCONN}, 2},
        {"kern.timecounter.hardware", {CTL_KERN, KERN_TIMECOUNTER, KERN_TIMECOUNTER_HARDWARE}, 3},
        {"net.inet.ip.portfirst", {CTL_NET, PF_INET, IPPROTO_IP, IPCTL_IPPORT_FIRSTAUTO}, 4},
        {"net.inet.ip.portlast", {CTL_NET, PF_INET, IPPROTO_IP, IPCTL_IPPORT_LASTAUTO}, 4},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return sysctl(known[i].path, known[i].length, value, size, set, set_size);
    return -1;
}
#endif

uint64_t os_memory_available(void) {
    long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);
    return pages > 0 && bytes > 0 ? (uint64_t)pages * (uint64_t)bytes : OS_UNKNOWN;
}

bool os_sysctl_count(const char *name, uint64_t *value) {
    union {
        uint64_t eight;
        uint32_t four;
    } number;
    size_t size = sizeof number;
    if (sysctlbyname(name, &number, &size, NULL, 0) != 0) return false;
    if (size != sizeof number.eight && size != sizeof number.four) return false;
    *value = size == sizeof number.four ? number.four : number.eight;
    return true;
}

bool os_sysctl_text(const char *name, char *text, size_t size) {
    char whole[256];
    size_t length = sizeof whole;
    if (sysctlbyname(name, whole, &length, NULL, 0) != 0 || length == 0) return false;
    whole[length < sizeof whole ? length : sizeof whole - 1] = '\0';
    length = strlen(whole);
    if (length >= size) length = size - 1;
    memcpy(text, whole, length);
    text[length] = '\0';
    return true;
}
