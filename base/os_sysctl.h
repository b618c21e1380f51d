/* os_sysctl.h - what the kernels of macOS and the BSDs tell under a name, e.g. "kern.somaxconn".
 * Invariant: a name that this system does not have is no error, but nothing known. */
#ifndef BASE_OS_SYSCTL_H
#define BASE_OS_SYSCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The whole number that `name` stands for, of 4 or 8 bytes. Returns false if there is none. */
bool os_sysctl_count(const char *name, uint64_t *value);

/* The text that `name` stands for, cut to `size` bytes. Returns false if there is none. */
bool os_sysctl_text(const char *name, char *text, size_t size);

#endif
