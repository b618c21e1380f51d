/* environment_linux.h - reads /proc and /sys, for the environment and the doctor.
 * Invariant: no file is read beyond 64 KiB. */
#ifndef BENCH_MACHINE_ENVIRONMENT_LINUX_H
#define BENCH_MACHINE_ENVIRONMENT_LINUX_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Reads the first line of a small file into `text`, without its newline. Returns text, or NULL. */
char *environment_line(const char *path, char *text, size_t size);

/* Reads the value of the first line KEY<separator>VALUE, without quotes, into `value`. Returns
 * value, or NULL if there is none. */
char *environment_text(const char *path, const char *key, char separator, char *value, size_t size);

/* The number that follows KEY<separator> in a file of such lines; NAN if there is none. */
double environment_value(const char *path, const char *key, char separator);

/* The text or whole number in a file; NULL if it cannot be read. */
cJSON *environment_file_text(const char *path);
cJSON *environment_file_count(const char *path);

cJSON *environment_turbo(void);
cJSON *environment_mitigations(void);

/* Whether two CPUs are threads of one core. Returns false if unknown. */
bool environment_siblings(int cpu, int other, bool *same_core);

#endif
