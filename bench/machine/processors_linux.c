/* processors_linux.c - see processors.h. */
#include "bench/machine/environment_linux.h"
#include "bench/machine/processors.h"

#include <unistd.h>

int processors_online(char *model, size_t size) {
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    if (!environment_text("/proc/cpuinfo", "model name", ':', model, size)) *model = '\0';
    return online > 0 ? (int)online : 0;
}
