/* processors_none.c - see processors.h; for systems other than Linux. */
#include "bench/machine/processors.h"

#include <stdio.h>
#include <uv.h>

int processors_online(char *model, size_t size) {
    uv_cpu_info_t *cpus = NULL;
    int count = 0;
    *model = '\0';
    if (uv_cpu_info(&cpus, &count) != 0) return 0;
    if (count > 0) snprintf(model, size, "%s", cpus[0].model);
    uv_free_cpu_info(cpus, count);
    return count;
}
