/* environment_windows.h - reads facts from Windows, for the environment and the doctor.
 * Invariant: a text that is not known is empty. */
#ifndef BENCH_MACHINE_ENVIRONMENT_WINDOWS_H
#define BENCH_MACHINE_ENVIRONMENT_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>

/* "wine 8.0" under Wine. */
void environment_emulator(char *text, size_t size);

/* "balanced", "high performance", ...; the GUID of a custom plan. */
void environment_power_plan(char *text, size_t size);

/* Physical cores, and whether any core runs more than one thread. Returns false if unknown. */
bool environment_cores(unsigned *count, bool *threads);

/* Whether two CPUs are threads of one core. Returns false if unknown. */
bool environment_siblings(int cpu, int other, bool *same_core);

#endif
