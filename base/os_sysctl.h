/* os_sysctl.h - kernel settings of macOS and the BSDs by name, e.g. "kern.somaxconn". A name that
 * this system does not have is not an error. */
#ifndef BASE_OS_SYSCTL_H
#define BASE_OS_SYSCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a whole number of 4 or 8 bytes. Returns false if there is none. */
bool os_sysctl_count(const char *name, uint64_t *value);

/* Reads a text, cut to `size` bytes. Returns false if there is none. */
bool os_sysctl_text(const char *name, char *text, size_t size);

#endif
