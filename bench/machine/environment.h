/* environment.h - the machine that a session ran on.
 * Invariant: what the system does not tell is null, never a guess. */
#ifndef BENCH_MACHINE_ENVIRONMENT_H
#define BENCH_MACHINE_ENVIRONMENT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* CPU time of the whole machine since it started, in ticks; NAN where unknown. */
struct cpu_ticks {
    double idle;  /* idle */
    double steal; /* taken by the hypervisor for other guests */
    double total; /* sum of all states */
};

struct cpu_ticks environment_ticks(void);

/* Share of the CPU that the hypervisor took since `start`, in percent; NAN if unknown. */
double environment_steal_pct(const struct cpu_ticks *start);

/* The `env` object, owned by the caller; takes ownership of `machine_floor` and `findings`.
 * cpu.steal_pct is null until the session ends. `loopback`: all servers run on this machine; else
 * the network path is unknown. */
cJSON *environment_json(cJSON *machine_floor, cJSON *findings, bool loopback);

/* Whether this process may pin itself to CPUs: tries the CPUs that it has anyway. `*error` says why
 * the system refuses; 0 where it has no such call. */
bool environment_pinning(int *error);

/* The name of this host, for file names: letters, digits and '-'. */
void environment_host_name(char *name, size_t size);

/* ---- environment_linux.c, environment_sysctl.c, environment_windows.c: facts
 * that need calls of one system ---- */

/* Each item is owned by the caller of environment_facts; NULL where the system does not provide it,
 * `load_1min` is NAN then. */
struct environment_facts {
    double load_1min;          /* load average of the last minute */
    cJSON *os;                 /* "Windows"; NULL: as uname says */
    cJSON *os_version;         /* "Debian GNU/Linux 12 (bookworm)" */
    cJSON *hypervisor;         /* "KVM"; "none" on bare metal */
    cJSON *container;          /* "docker"; "none" outside of all */
    cJSON *emulator;           /* "wine 8.0"; NULL on the system itself */
    cJSON *boot_id;            /* changes with every boot */
    cJSON *physical_cpus;      /* cores */
    cJSON *smt;                /* whether cores run two threads or more */
    cJSON *governor;           /* of the clock rate: "performance"; Windows: the power plan */
    cJSON *turbo;              /* whether the clock rate may exceed the nominal one */
    cJSON *mitigations;        /* object of texts: CPU vulnerabilities and their mitigations */
    cJSON *clock_source;       /* "tsc" */
    cJSON *loopback_mtu;       /* bytes */
    cJSON *congestion_control; /* of TCP: "cubic" */
    cJSON *somaxconn;          /* longest queue of connections not accepted yet */
    cJSON *port_range;         /* [first, last] port for outgoing connections */
    cJSON *io_uring_disabled;  /* 0: anybody may use io_uring */
};

struct environment_facts environment_facts(void);

#endif
