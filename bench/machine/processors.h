/* processors.h - the CPUs of the machine. On Linux the function of libuv is not called: up to
 * version 1.44 it aborts if the number of CPUs changes between its two looks, which happens when a
 * CPU goes offline, and often in containers of LXC. */
#ifndef BENCH_MACHINE_PROCESSORS_H
#define BENCH_MACHINE_PROCESSORS_H

#include <stddef.h>

/* How many CPUs are online; 0 if unknown. Writes the model of the first one, "" if unknown. */
int processors_online(char *model, size_t size);

#endif
