/* environment.h - the machine that a session ran on.
 * Invariant: what the system does not tell is null, never a guess. */
#ifndef BENCH_ENVIRONMENT_H
#define BENCH_ENVIRONMENT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* CPU time of the whole machine since it started, in ticks; NAN where unknown. */
struct cpu_ticks {
    double idle;  /* used by nobody */
    double steal; /* taken by the hypervisor */
    double total; /* all of it */
};

struct cpu_ticks environment_ticks(void);

/* Share of the CPU that the hypervisor took since `start`, in percent; NAN if unknown. */
double environment_steal_pct(const struct cpu_ticks *start);

/* The `env` object, owned by the caller; takes over `machine_floor` and `findings`. cpu.steal_pct
 * is null until the session knows it. `loopback`: all servers are on this machine; else the way to
 * them is not known. */
cJSON *environment_json(cJSON *machine_floor, cJSON *findings, bool loopback);

/* The name of this host, for file names: letters, digits and '-'. */
void environment_host_name(char *name, size_t size);

/* ---- environment_linux.c: what only /proc and /sys tell; null or absent elsewhere ---- */

/* First line of a small file in `text`, without its end. Returns text, or NULL if there is none. */
char *environment_line(const char *path, char *text, size_t size);

/* The number that follows KEY<separator> in a file of such lines; NAN if there is none. */
double environment_value(const char *path, const char *key, char separator);

/* Text or whole number that a file holds; NULL (null) if it cannot be read. */
cJSON *environment_file_text(const char *path);
cJSON *environment_file_count(const char *path);

cJSON *environment_hypervisor(void);
cJSON *environment_container(void);
cJSON *environment_os_version(void);
cJSON *environment_physical_cpus(void);
cJSON *environment_turbo(void);

/* Whether two CPUs are threads of one core. Returns false if the system does not tell. */
bool environment_siblings(int cpu, int other, bool *same_core);

cJSON *environment_mitigations(void);

#endif
