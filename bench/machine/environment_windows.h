/* environment_windows.h - what Windows tells, for the environment and the doctor.
 * Invariant: a text that is not known is empty. */
#ifndef BENCH_MACHINE_ENVIRONMENT_WINDOWS_H
#define BENCH_MACHINE_ENVIRONMENT_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>

/* "wine 8.0" where this is not Windows itself. */
void environment_emulator(char *text, size_t size);

/* "balanced", "high performance" and the like; of a plan that somebody made, its number. */
void environment_power_plan(char *text, size_t size);

/* Cores, and whether any of them runs more threads than one. Returns false if unknown. */
bool environment_cores(unsigned *count, bool *threads);

/* Whether two CPUs are threads of one core. Returns false if the system does not tell. */
bool environment_siblings(int cpu, int other, bool *same_core);

#endif
