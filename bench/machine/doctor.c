/* doctor.c - the rules of `iobench doctor`, one function each. Pure.
 * Invariant: comparisons are written so that NAN, an unknown fact, finds nothing. */
#include "bench/machine/doctor.h"

#include "base/check.h"
#include "base/format.h"
#include "base/json.h"

#include "bench/result/sample_facts.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define CPUS_MIN 2
#define IDLE_CPUS_MIN 1.85
#define STEAL_PCT_SEEN 1.0
#define CLOCK_NS_MAX 200.0 /* a clock that is read by a system call, or slower */
#define SWAPPED_PER_S_MAX 25.0
#define AVAILABLE_MIN (512.0 * 1024 * 1024)
#define DESCRIPTORS_WANTED 19200 /* 19000 idle connections and 100 busy ones */
#define PORTS_WANTED 20000       /* twice what the load generator takes of one local address */
#define BURST 512                /* connects that the load generator has under way */
#define BACKLOG 4096             /* that the servers ask for */
#define TIME_WAIT_S 60           /* Linux: TCP_TIMEWAIT_LEN */
#define WAIT_NS_MAX 2.5e6        /* of a wait of 1 ms; Windows takes up to 2 with fine timers */

/* One thing to know, as it is being written. */
struct finding {
    const char *level;                /* "problem" or "advice"; NULL: nothing found */
    char found[2 * DOCTOR_TEXT_SIZE]; /* what is so */
    const char *effect;               /* what it does to a measurement */
    const char *fix;                  /* a command, or what else to do */
};

static void say(struct finding *f, const char *level, const char *format, ...) FORMAT_PRINTF(3, 4);

static void say(struct finding *f, const char *level, const char *format, ...) {
    va_list rest;
    f->level = level;
    va_start(rest, format);
    vsnprintf(f->found, sizeof f->found, format, rest);
    va_end(rest);
}

static void check_cpus(const struct doctor_facts *m, struct finding *f) {
    if (m->cpus < CPUS_MIN) say(f, "problem", "%.0f CPU may be used", m->cpus);
    f->effect = "server and load generator take turns on one CPU; neither shows what it can do";
    f->fix =
        "use a machine with 2 CPUs or more, or widen the CPU set of this shell (taskset, cpuset)";
}

static void check_quota(const struct doctor_facts *m, struct finding *f) {
    if (m->quota_cpus < m->cpus)
        say(f, "problem", "the control group may use %.2g of %.0f CPUs", m->quota_cpus, m->cpus);
    f->effect = "server and load generator are stopped for the rest of each period of 0.1 s";
    f->fix = "lift the quota: cpu.max of the control group, `docker run` without --cpus, or the "
             "CPU limit of the pod";
}

static void check_busy(const struct doctor_facts *m, struct finding *f) {
    if (m->cpus >= CPUS_MIN && m->cpus - m->busy_cpus < IDLE_CPUS_MIN)
        say(f, "problem", "others keep %.1f of %.0f CPUs busy", m->busy_cpus, m->cpus);
    f->effect = "they take turns with server and load generator: less throughput, late sends";
    f->fix = "top; end what is not needed, or wait";
}

/* A build that has just ended leaves a load average behind and does no harm: never a problem. */
static void check_load(const struct doctor_facts *m, struct finding *f) {
    if (m->load_1min > m->machine_cpus)
        say(f, "advice", "the load average of the last minute is %.1f on %.0f CPUs", m->load_1min,
            m->machine_cpus);
    f->effect = "none of what has ended; work that comes and goes will fall into some of the slots";
    f->fix = "look again in a minute; if it stays, top, and iotop for what waits for disks";
}

static void check_cpuset(const struct doctor_facts *m, struct finding *f) {
    if (m->cpus >= CPUS_MIN && m->cpus < m->machine_cpus)
        say(f, "advice", "%.0f of the machine's %.0f CPUs may be used", m->cpus, m->machine_cpus);
    f->effect = "work on the others is not seen here, but shares caches, memory and heat";
    f->fix = "none if the machine is quiet; else widen the CPU set (taskset, cpuset.cpus of the "
             "control group, `docker run` without --cpuset-cpus)";
}

static void check_steal(const struct doctor_facts *m, struct finding *f) {
    if (m->steal_pct > STEAL_PCT_SEEN)
        say(f, m->steal_pct > SAMPLE_STEAL_PCT_MAX ? "problem" : "advice",
            "the hypervisor takes %.0f %% of the CPU time", m->steal_pct);
    f->effect = "slots lose time to neighbours; those that lose more than 5 % are suspect";
    f->fix = "more --repeats, another hour, or a machine with CPUs of its own";
}

static void check_siblings(const struct doctor_facts *m, struct finding *f) {
    if (m->siblings > 0) say(f, "advice", "first and last CPU are threads of one core (SMT)");
    f->effect = "server and load generator slow each other down; compare within one session only";
    f->fix =
        "--placement with CPUs of two cores; or echo off > /sys/devices/system/cpu/smt/control";
}

static void check_governor(const struct doctor_facts *m, struct finding *f) {
    if (*m->governor && strcmp(m->governor, "performance") != 0)
        say(f, "problem", "the frequency governor is %s", m->governor);
    f->effect = "the clock rate follows the load: CPU per echo and response times at part load are "
                "those of a slower machine";
    f->fix = "cpupower frequency-set -g performance";
}

static void check_power_plan(const struct doctor_facts *m, struct finding *f) {
    if (*m->power_plan && !strstr(m->power_plan, "performance"))
        say(f, "problem", "the power plan is %s", m->power_plan);
    f->effect = "the clock rate follows the load: CPU per echo and response times at part load are "
                "those of a slower machine";
    f->fix = "powercfg /setactive SCHEME_MIN (high performance)";
}

static void check_emulator(const struct doctor_facts *m, struct finding *f) {
    if (*m->emulator) say(f, "problem", "this is %s, not Windows itself", m->emulator);
    f->effect = "rates, response times and CPU are the emulator's, differ tenfold from run to run, "
                "and part of the work is in no process's account: no model can be ranked by them";
    f->fix = "measure on Windows itself; what is right or wrong can be seen here, too";
}

static void check_wait(const struct doctor_facts *m, struct finding *f) {
    if (m->wait_ns > WAIT_NS_MAX)
        say(f, "advice", "a wait of 1 ms takes %.1f ms", m->wait_ns / 1e6);
    f->effect = "models that poll wake late, and so does the load generator where it may not spin";
    f->fix = "switch off battery saver, close what asks for coarse timers, or use another machine";
}

static void check_turbo(const struct doctor_facts *m, struct finding *f) {
    if (m->turbo > 0) say(f, "advice", "turbo is on");
    f->effect =
        "the clock rate depends on heat and on how many cores work; it drifts over a session";
    f->fix = "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo, or echo 0 > "
             "/sys/devices/system/cpu/cpufreq/boost";
}

/* Whether a clock source needs no system call to be read; true of none. */
static bool read_without_call(const char *source) {
    static const char *const sources[] = {
        "",         "tsc", "kvm-clock",         "hyperv_clocksource_tsc_page", "arch_sys_counter",
        "timebase", "tod", "riscv_clocksource", "QueryPerformanceCounter"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (strcmp(source, sources[i]) == 0) return true;
    return false;
}

static void check_clock(const struct doctor_facts *m, struct finding *f) {
    if (m->clock_ns > CLOCK_NS_MAX)
        say(f, "problem", "reading the clock (%s) takes %.0f ns",
            *m->clock ? m->clock : "source unknown", m->clock_ns);
    else if (!read_without_call(m->clock))
        say(f, "advice", "the clock's source is %s", m->clock);
    f->effect = "the load generator reads it twice per echo: it is slower than the servers deserve";
    f->fix = "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource, where "
             "available_clocksource lists it";
    if (!*m->clock) f->fix = "choose another source, where the system offers some";
    if (strcmp(m->clock, "QueryPerformanceCounter") == 0)
        f->fix = "bcdedit /deletevalue useplatformclock, and start Windows again";
}

static void check_memory(const struct doctor_facts *m, struct finding *f) {
    if (m->available_bytes < AVAILABLE_MIN)
        say(f, "problem", "%.0f MiB of memory are available", m->available_bytes / 1048576);
    f->effect = "many connections may not fit, and swapping looks like a slow server";
    f->fix = "free; end what is not needed, or lift the memory limit of the control group";
}

/* Swap that is merely full holds nothing of a fresh server; only traffic disturbs. */
static void check_swap(const struct doctor_facts *m, struct finding *f) {
    if (m->swapped_per_s > SWAPPED_PER_S_MAX)
        say(f, "problem", "%.0f pages a second go to or from swap", m->swapped_per_s);
    f->effect = "a page that is fetched from disk stops a server for milliseconds";
    f->fix = "free; end what needs the memory";
}

static void check_descriptors(const struct doctor_facts *m, struct finding *f) {
    if (m->descriptors < DESCRIPTORS_WANTED)
        say(f, "advice", "a process may open %.0f descriptors", m->descriptors);
    f->effect = "cells with more connections than that are skipped";
    f->fix = "ulimit -Hn 1048576 as root, or nofile in /etc/security/limits.conf";
}

static void check_somaxconn(const struct doctor_facts *m, struct finding *f) {
    if (m->somaxconn < BACKLOG)
        say(f, m->somaxconn < BURST ? "problem" : "advice", "%s is %.0f",
            *m->somaxconn_name ? m->somaxconn_name : "net.core.somaxconn", m->somaxconn);
    f->effect = "bursts of connects overflow the accept queue; those that do are retried after 1 s";
    f->fix = *m->somaxconn_name ? "sysctl, as root, with this name and =4096"
                                : "sysctl -w net.core.somaxconn=4096";
}

static void check_ports(const struct doctor_facts *m, struct finding *f) {
    if (m->ports < PORTS_WANTED) say(f, "advice", "%.0f ports for outgoing connections", m->ports);
    f->effect = "connecting is slow beyond half of them, and more of them to one server fail";
    f->fix = "sysctl -w net.ipv4.ip_local_port_range='16384 60999'";
}

static void check_time_wait(const struct doctor_facts *m, struct finding *f) {
    if (m->reuse_time_wait <= 0)
        say(f, "advice", "ports rest for %d s after a connection (net.ipv4.tcp_tw_reuse is 0)",
            TIME_WAIT_S);
    f->effect = "a churn of some hundred connections a second runs out of ports";
    f->fix = "sysctl -w net.ipv4.tcp_tw_reuse=2";
}

static void check_io_uring(const struct doctor_facts *m, struct finding *f) {
    f->effect = "echo-io_uring is left out";
    f->fix = "sysctl -w kernel.io_uring_disabled=0";
    if (m->uring_works <= 0) {
        say(f, "advice", "echo-io_uring cannot run: %s", m->uring_reason);
        if (!(m->uring_disabled > 0))
            f->fix = "Linux 6.0 or later, and a container whose seccomp profile lets io_uring "
                     "through (docker run --security-opt seccomp=PROFILE)";
    } else if (isnan(m->uring_works) && m->uring_disabled > 0) {
        say(f, "advice", "kernel.io_uring_disabled is %.0f", m->uring_disabled);
        f->effect = "echo-io_uring is left out, unless this process has the right to use it";
    }
}

static void check_mitigations(const struct doctor_facts *m, struct finding *f) {
    if (*m->mitigations) say(f, "advice", "CPU mitigations are on: %s", m->mitigations);
    f->effect = "system calls cost more, so models that make fewer of them gain; compare with "
                "machines that have the same";
    f->fix = "leave them; only on a machine for nothing but measuring: mitigations=off at boot";
}

struct doctor_facts doctor_unknown(void) {
    return (struct doctor_facts){.cpus = NAN,
                                 .quota_cpus = NAN,
                                 .machine_cpus = NAN,
                                 .busy_cpus = NAN,
                                 .steal_pct = NAN,
                                 .load_1min = NAN,
                                 .siblings = NAN,
                                 .turbo = NAN,
                                 .clock_ns = NAN,
                                 .available_bytes = NAN,
                                 .swapped_per_s = NAN,
                                 .descriptors = NAN,
                                 .somaxconn = NAN,
                                 .ports = NAN,
                                 .reuse_time_wait = NAN,
                                 .uring_disabled = NAN,
                                 .uring_works = NAN,
                                 .wait_ns = NAN};
}

cJSON *doctor_findings(const struct doctor_facts *facts) {
    static const struct {
        const char *id;                                                 /* of the finding */
        void (*check)(const struct doctor_facts *m, struct finding *f); /* its rule */
    } rules[] = {{"emulator", check_emulator},
                 {"cpus", check_cpus},
                 {"quota", check_quota},
                 {"busy", check_busy},
                 {"steal", check_steal},
                 {"load", check_load},
                 {"cpuset", check_cpuset},
                 {"smt", check_siblings},
                 {"governor", check_governor},
                 {"power_plan", check_power_plan},
                 {"turbo", check_turbo},
                 {"clock", check_clock},
                 {"wait", check_wait},
                 {"memory", check_memory},
                 {"swap", check_swap},
                 {"descriptors", check_descriptors},
                 {"somaxconn", check_somaxconn},
                 {"ports", check_ports},
                 {"time_wait", check_time_wait},
                 {"io_uring", check_io_uring},
                 {"mitigations", check_mitigations}};
    static const char *const levels[] = {"problem", "advice"};
    cJSON *findings = cJSON_CreateArray();
    for (size_t level = 0; level < 2; level++) {
        for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
            struct finding f = {NULL, "", NULL, NULL};
            rules[i].check(facts, &f);
            if (!f.level || strcmp(f.level, levels[level]) != 0) continue;
            cJSON *json = cJSON_CreateObject();
            json_add_item(json, "id", cJSON_CreateString(rules[i].id));
            json_add_item(json, "level", cJSON_CreateString(f.level));
            json_add_item(json, "found", cJSON_CreateString(f.found));
            json_add_item(json, "effect", cJSON_CreateString(f.effect));
            json_add_item(json, "fix", cJSON_CreateString(f.fix));
            CHECK(cJSON_AddItemToArray(findings, json));
        }
    }
    return findings;
}

size_t doctor_problems(const cJSON *findings) {
    size_t problems = 0;
    const cJSON *f;
    cJSON_ArrayForEach(f, findings)
        problems +=
            strcmp(cJSON_GetObjectItemCaseSensitive(f, "level")->valuestring, "problem") == 0;
    return problems;
}
