/* doctor.c - the rules of `iobench doctor`, one function each. Pure.
 * Invariant: comparisons are written so that NAN, an unknown fact, finds nothing. */
#include "bench/machine/doctor.h"

#include "base/check.h"
#include "base/format.h"
#include "base/json.h"

#include "bench/result/sample_facts.h"
#include "bench/support/format.h"
#include "bench/support/json_clean.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define CPUS_MIN 2
#define IDLE_CPUS_MIN 1.85
#define STEAL_PCT_SEEN 1.0
#define CLOCK_NS_MAX 200.0 /* a reading by system call takes at least this */
#define SWAPPED_PER_S_MAX 25.0
#define AVAILABLE_MIN (512.0 * 1024 * 1024)
#define DESCRIPTORS_WANTED 19200 /* 19000 idle connections and 100 busy ones */
#define PORTS_WANTED 20000 /* twice the ports that the load generator uses per local address */
#define BURST 512          /* connects that the load generator keeps in flight */
#define BACKLOG 4096       /* the backlog that the servers request */
#define TIME_WAIT_S 60     /* Linux: TCP_TIMEWAIT_LEN */
#define WAIT_NS_MAX 2.5e6  /* of a wait of 1 ms; Windows takes up to 2 with fine timers */

/* One finding while its rule fills it. */
struct finding {
    const char *level;                /* "problem" or "advice"; NULL: nothing found */
    char found[2 * DOCTOR_TEXT_SIZE]; /* what was found */
    const char *effect;               /* what it does to a measurement */
    const char *fix;                  /* a command, or other advice */
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
    if (m->cpus < CPUS_MIN) say(f, "problem", "iobench may use only %.0f CPU", m->cpus);
    f->effect = "server and load generator share one CPU; neither reaches its own limit";
    f->fix =
        "use a machine with 2 or more CPUs, or widen the CPU set of this shell (taskset, cpuset)";
}

static void check_quota(const struct doctor_facts *m, struct finding *f) {
    struct format_pair pair = format_apart(m->quota_cpus, m->cpus, 1);
    if (m->quota_cpus < m->cpus)
        say(f, "problem", "the control group is limited to %s of %.0f CPUs", pair.left, m->cpus);
    f->effect = "the kernel stops server and load generator for the rest of each 0.1 s period";
    f->fix = "remove the quota: cpu.max of the control group, `docker run` without --cpus, or the "
             "CPU limit of the pod";
}

static void check_busy(const struct doctor_facts *m, struct finding *f) {
    if (m->cpus >= CPUS_MIN && m->cpus - m->busy_cpus < IDLE_CPUS_MIN)
        say(f, "problem", "other processes keep %.1f of %.0f CPUs busy",
            fmin(m->busy_cpus, m->cpus), m->cpus);
    f->effect = "they compete with server and load generator: lower throughput, late sends";
    f->fix = "find the processes with top; stop those that are not needed, or wait";
}

/* Never a problem: a build that has just ended still shows in the load average. */
static void check_load(const struct doctor_facts *m, struct finding *f) {
    struct format_pair pair = format_apart(m->load_1min, m->machine_cpus, 1);
    if (m->load_1min > m->machine_cpus)
        say(f, "advice", "the load average of the last minute is %s on %.0f CPUs", pair.left,
            m->machine_cpus);
    f->effect = "finished work does no harm; bursty work will disturb some slots";
    f->fix = "run this again in a minute; if the load stays, look with top, and with iotop for "
             "disk waits";
}

static void check_cpuset(const struct doctor_facts *m, struct finding *f) {
    if (m->cpus >= CPUS_MIN && m->cpus < m->machine_cpus)
        say(f, "advice", "iobench may use %.0f of the machine's %.0f CPUs", m->cpus,
            m->machine_cpus);
    f->effect =
        "work on the other CPUs is not visible here, but shares caches, memory bandwidth and heat";
    f->fix =
        "nothing to do on a quiet machine; else widen the CPU set (taskset, cpuset.cpus of the "
        "control group, `docker run` without --cpuset-cpus)";
}

static void check_pinning(const struct doctor_facts *m, struct finding *f) {
    if (m->pinning <= 0)
        say(f, "problem", "processes cannot be pinned to CPUs: %s", m->pinning_reason);
    f->effect =
        "server and load generator move between CPUs and take them from each other: slots whose "
        "plan has separate CPUs are suspect";
    f->fix = "permit sched_setaffinity: the seccomp profile of the container, SystemCallFilter of "
             "the service";
}

static void check_steal(const struct doctor_facts *m, struct finding *f) {
    bool much = m->steal_pct > SAMPLE_STEAL_PCT_MAX;
    struct format_pair pair = format_apart(fmin(m->steal_pct, 100), SAMPLE_STEAL_PCT_MAX, 0);
    if (m->steal_pct > STEAL_PCT_SEEN)
        say(f, much ? "problem" : "advice", "the hypervisor takes %s %% of the CPU time",
            pair.left);
    f->effect =
        "slots lose CPU time to other virtual machines; slots that lose more than 5 % are suspect";
    f->fix = "use more --repeats, another time of day, or a machine with dedicated CPUs";
}

static void check_siblings(const struct doctor_facts *m, struct finding *f) {
    if (m->siblings > 0)
        say(f, "advice", "the first and the last CPU are threads of one core (SMT)");
    f->effect = "server and load generator slow each other down; compare only within one session";
    f->fix =
        "use --placement with CPUs of two cores, or echo off > /sys/devices/system/cpu/smt/control";
}

static void check_governor(const struct doctor_facts *m, struct finding *f) {
    if (*m->governor && strcmp(m->governor, "performance") != 0)
        say(f, "problem", "the frequency governor is %s", m->governor);
    f->effect =
        "the clock rate follows the load: at part load, CPU per echo and response times are "
        "those of a slower machine";
    f->fix = "cpupower frequency-set -g performance";
}

static void check_power_plan(const struct doctor_facts *m, struct finding *f) {
    if (*m->power_plan && !strstr(m->power_plan, "performance"))
        say(f, "problem", "the power plan is %s", m->power_plan);
    f->effect =
        "the clock rate follows the load: at part load, CPU per echo and response times are "
        "those of a slower machine";
    f->fix = "powercfg /setactive SCHEME_MIN (high performance)";
}

static void check_emulator(const struct doctor_facts *m, struct finding *f) {
    if (*m->emulator) say(f, "problem", "this is %s, not Windows itself", m->emulator);
    f->effect =
        "rates, response times and CPU time are the emulator's and differ tenfold between runs; "
        "part of the work is charged to no process: these figures cannot rank models";
    f->fix = "measure on real Windows; an emulator can only show correct or wrong behaviour";
}

static void check_wait(const struct doctor_facts *m, struct finding *f) {
    if (m->wait_ns > WAIT_NS_MAX)
        say(f, "advice", "a wait of 1 ms takes %.1f ms", m->wait_ns / 1e6);
    f->effect = "polling models wake late, and so does the load generator where it must not spin";
    f->fix = "switch off battery saver, close programs that request coarse timers, or use another "
             "machine";
}

static void check_turbo(const struct doctor_facts *m, struct finding *f) {
    if (m->turbo > 0) say(f, "advice", "turbo is on");
    f->effect = "the clock rate depends on heat and on the number of busy cores; it drifts during "
                "a session";
    f->fix = "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo, or echo 0 > "
             "/sys/devices/system/cpu/cpufreq/boost";
}

/* Whether a clock source is read without a system call; true where the source is unknown. */
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
    f->effect =
        "the load generator reads the clock twice per echo and gets slower than the servers";
    f->fix = "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource, where "
             "available_clocksource lists it";
    if (!*m->clock) f->fix = "choose another clock source if the system offers one";
    if (strcmp(m->clock, "QueryPerformanceCounter") == 0)
        f->fix = "bcdedit /deletevalue useplatformclock, and start Windows again";
}

static void check_memory(const struct doctor_facts *m, struct finding *f) {
    if (m->available_bytes < AVAILABLE_MIN)
        say(f, "problem", "only %.0f MiB of memory are available", m->available_bytes / 1048576);
    f->effect = "many connections may not fit in memory; swapping then looks like a slow server";
    f->fix = "look with free; stop programs that are not needed, or raise the control group's "
             "memory limit";
}

/* Full swap does no harm, because a fresh server has no pages there; swap traffic does. */
static void check_swap(const struct doctor_facts *m, struct finding *f) {
    if (m->swapped_per_s > SWAPPED_PER_S_MAX)
        say(f, "problem", "%.0f pages per second move to or from swap", m->swapped_per_s);
    f->effect = "fetching one page from disk stops a server for milliseconds";
    f->fix = "look with free; stop the programs that use the memory";
}

static void check_descriptors(const struct doctor_facts *m, struct finding *f) {
    if (m->descriptors < DESCRIPTORS_WANTED)
        say(f, "advice", "a process may open only %.0f descriptors", m->descriptors);
    f->effect = "cells with more connections are skipped";
    f->fix = "ulimit -Hn 1048576 as root, or nofile in /etc/security/limits.conf";
}

static void check_somaxconn(const struct doctor_facts *m, struct finding *f) {
    if (m->somaxconn < BACKLOG)
        say(f, m->somaxconn < BURST ? "problem" : "advice", "%s is %.0f",
            *m->somaxconn_name ? m->somaxconn_name : "net.core.somaxconn", m->somaxconn);
    f->effect = "bursts of connects overflow the accept queue; the kernel retries them after 1 s";
    f->fix = *m->somaxconn_name ? "as root: sysctl with this name and =4096"
                                : "sysctl -w net.core.somaxconn=4096";
}

static void check_ports(const struct doctor_facts *m, struct finding *f) {
    if (m->ports < PORTS_WANTED)
        say(f, "advice", "only %.0f ports for outgoing connections", m->ports);
    f->effect = "connecting gets slow when half of the ports are used, and fails when all are used";
    f->fix = "sysctl -w net.ipv4.ip_local_port_range='16384 60999'";
}

static void check_time_wait(const struct doctor_facts *m, struct finding *f) {
    if (m->reuse_time_wait <= 0)
        say(f, "advice",
            "a port cannot be reused for %d s after its connection (net.ipv4.tcp_tw_reuse is 0)",
            TIME_WAIT_S);
    f->effect = "churn of a few hundred connections per second runs out of ports";
    f->fix = "sysctl -w net.ipv4.tcp_tw_reuse=2";
}

static void check_io_uring(const struct doctor_facts *m, struct finding *f) {
    f->effect = "echo-io_uring is left out";
    f->fix = "sysctl -w kernel.io_uring_disabled=0";
    if (m->uring_works <= 0) {
        say(f, "advice", "echo-io_uring cannot run: %s", m->uring_reason);
        if (!(m->uring_disabled > 0))
            f->fix =
                "use Linux 6.0 or later, and a container whose seccomp profile allows io_uring "
                "(docker run --security-opt seccomp=PROFILE)";
    } else if (isnan(m->uring_works) && m->uring_disabled > 0) {
        say(f, "advice", "kernel.io_uring_disabled is %.0f", m->uring_disabled);
        f->effect =
            "echo-io_uring is left out, unless this process has the privilege to use io_uring";
    }
}

static void check_mitigations(const struct doctor_facts *m, struct finding *f) {
    if (*m->mitigations) say(f, "advice", "CPU mitigations are on: %s", m->mitigations);
    f->effect = "system calls cost more, so models with fewer calls gain; compare only with "
                "machines that have the same mitigations";
    f->fix = "leave them on; only a machine used for nothing but measuring may boot with "
             "mitigations=off";
}

static void check_unread(const struct doctor_facts *m, struct finding *f) {
    if (*m->unread) say(f, "problem", "unknown, because it cannot be read: %s", m->unread);
    f->effect = "whether it distorts results is unknown, too";
    f->fix = "mount /proc and /sys, and permit this process to read them and to choose its CPUs";
}

void doctor_note_unread(struct doctor_facts *facts, const char *name, double fact) {
    if (isnan(fact))
        format_append(facts->unread, sizeof facts->unread, "%s%s", *facts->unread ? ", " : "",
                      name);
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
                                 .wait_ns = NAN,
                                 .pinning = NAN};
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
                 {"pinning", check_pinning},
                 {"unread", check_unread},
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
    return json_clean(findings);
}

size_t doctor_problems(const cJSON *findings) {
    size_t problems = 0;
    const cJSON *f;
    cJSON_ArrayForEach(f, findings)
        problems +=
            strcmp(cJSON_GetObjectItemCaseSensitive(f, "level")->valuestring, "problem") == 0;
    return problems;
}
