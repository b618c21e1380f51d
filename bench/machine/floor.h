/* floor.h - the least CPU time that this machine needs for an echo: the yardstick for every
 * server's CPU per echo.
 * Invariant: measured by one thread, on the CPU that the servers will use. */
#ifndef BENCH_MACHINE_FLOOR_H
#define BENCH_MACHINE_FLOOR_H

#include <cjson/cJSON.h>

/* Pins itself to `cpu` (if >= 0) and back to the `count` CPUs in `back`, and measures: both ends of
 * one loopback TCP connection (send, receive, send, receive), one cheap system call, one reading of
 * the clock; each the median of batches, in ns. Takes about 0.3 s. Owned by the caller; figures
 * are null if the connection failed. */
cJSON *floor_json(int cpu, const int *back, size_t count);

#endif
