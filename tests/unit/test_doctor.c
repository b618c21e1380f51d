/* test_doctor.c - each rule of the doctor fires for its own fact only. All facts are invented; none
 * comes from the machine. */
#include "bench/machine/doctor.h"
#include "bench/session/session.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A quiet machine of 8 CPUs. */
static struct doctor_facts fit(void) {
    return (struct doctor_facts){.cpus = 8,
                                 .quota_cpus = INFINITY,
                                 .machine_cpus = 8,
                                 .busy_cpus = 0.1,
                                 .steal_pct = 0,
                                 .load_1min = 0.2,
                                 .siblings = 0,
                                 .turbo = 0,
                                 .clock_ns = 25,
                                 .available_bytes = 8e9,
                                 .swapped_per_s = 0,
                                 .descriptors = 1048576,
                                 .somaxconn = 4096,
                                 .ports = 28232,
                                 .reuse_time_wait = 2,
                                 .uring_disabled = 0,
                                 .uring_works = 1,
                                 .wait_ns = 1.1e6,
                                 .pinning = 1,
                                 .governor = "performance",
                                 .clock = "tsc"};
}

/* Expects these findings, one per line: "level id: found". */
static void expect_at(const struct doctor_facts *facts, const char *expected, int line) {
    char text[4096] = "";
    cJSON *findings = doctor_findings(facts);
    size_t problems = 0;
    const cJSON *f;
    cJSON_ArrayForEach(f, findings) {
        const char *level = cJSON_GetObjectItem(f, "level")->valuestring;
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s %s: %s", used ? "\n" : "", level,
                 cJSON_GetObjectItem(f, "id")->valuestring,
                 cJSON_GetObjectItem(f, "found")->valuestring);
        problems += strcmp(level, "problem") == 0;
        assert_true(strlen(cJSON_GetObjectItem(f, "effect")->valuestring) > 10);
        assert_true(strlen(cJSON_GetObjectItem(f, "fix")->valuestring) > 5);
    }
    if (strcmp(text, expected) != 0) print_error("line %d\n", line);
    assert_string_equal(text, expected);
    assert_int_equal(doctor_problems(findings), problems);
    cJSON_Delete(findings);
}
#define EXPECT(facts, expected) expect_at(&(facts), expected, __LINE__)

static void a_quiet_machine_is_fit(void **state) {
    (void)state;
    struct doctor_facts f = fit();
    EXPECT(f, "");
}

static void what_is_unknown_is_no_finding(void **state) {
    (void)state;
    struct doctor_facts f = doctor_unknown();
    EXPECT(f, "");
    /* the first fields are all numbers, without gaps */
    for (size_t at = 0; at < offsetof(struct doctor_facts, pinning_reason); at += sizeof(double)) {
        double *fact = (double *)(void *)((char *)&f + at);
        assert_true(isnan(*fact));
        f = fit();
        *fact = NAN;
        EXPECT(f, "");
        f = doctor_unknown();
    }
}

/* What cannot be read here, but elsewhere on such a system, may be bad. */
static void a_machine_that_cannot_be_examined_is_not_fit(void **state) {
    (void)state;
    struct doctor_facts f = fit();
    doctor_note_unread(&f, "known", 0);
    EXPECT(f, "");
    doctor_note_unread(&f, "memory", NAN);
    doctor_note_unread(&f, "governor", NAN);
    EXPECT(f, "problem unread: unknown, because it cannot be read: memory, governor");
}

static void numbers_have_their_limits(void **state) {
    (void)state;
    static const struct {
        size_t fact;          /* offset of a number */
        double good, bad;     /* last value without a finding, first value with one */
        const char *expected; /* finding for the bad value */
    } cases[] = {
#define FACT(name) offsetof(struct doctor_facts, name)
        {FACT(quota_cpus), 8, 1.5, "problem quota: the control group is limited to 1.5 of 8 CPUs"},
        {FACT(busy_cpus), 6.1, 6.3, "problem busy: other processes keep 6.3 of 8 CPUs busy"},
        {FACT(steal_pct), 1, 2, "advice steal: the hypervisor takes 2 % of the CPU time"},
        {FACT(steal_pct), 1, 6, "problem steal: the hypervisor takes 6 % of the CPU time"},
        {FACT(load_1min), 8, 9.5,
         "advice load: the load average of the last minute is 9.5 on 8 CPUs"},
        {FACT(machine_cpus), 8, 64, "advice cpuset: iobench may use 8 of the machine's 64 CPUs"},
        {FACT(swapped_per_s), 20, 400, "problem swap: 400 pages per second move to or from swap"},
        {FACT(siblings), 0, 1,
         "advice smt: the first and the last CPU are threads of one core (SMT)"},
        {FACT(turbo), 0, 1, "advice turbo: turbo is on"},
        {FACT(clock_ns), 200, 900, "problem clock: reading the clock (tsc) takes 900 ns"},
        {FACT(available_bytes), 537e6, 268435456,
         "problem memory: only 256 MiB of memory are available"},
        {FACT(wait_ns), 2.5e6, 15.6e6, "advice wait: a wait of 1 ms takes 15.6 ms"},
        {FACT(descriptors), 19200, 1024,
         "advice descriptors: a process may open only 1024 descriptors"},
        {FACT(somaxconn), 4096, 512, "advice somaxconn: net.core.somaxconn is 512"},
        {FACT(somaxconn), 4096, 128, "problem somaxconn: net.core.somaxconn is 128"},
        {FACT(ports), 20000, 1000, "advice ports: only 1000 ports for outgoing connections"},
        {FACT(reuse_time_wait), 1, 0,
         "advice time_wait: a port cannot be reused for 60 s after its connection "
         "(net.ipv4.tcp_tw_reuse is 0)"},
#undef FACT
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct doctor_facts f = fit();
        double *fact = (double *)(void *)((char *)&f + cases[i].fact);
        *fact = cases[i].good;
        EXPECT(f, "");
        *fact = cases[i].bad;
        EXPECT(f, cases[i].expected);
    }
}

static void one_cpu_is_too_few(void **state) {
    (void)state;
    struct doctor_facts f = fit();
    f.cpus = f.machine_cpus = 2;
    EXPECT(f, "");
    f.busy_cpus = 0.2;
    EXPECT(f, "problem busy: other processes keep 0.2 of 2 CPUs busy");
    f.cpus = 1; /* no finding about the set, which is the cause, and none about other users */
    EXPECT(f, "problem cpus: iobench may use only 1 CPU");
}

static void texts_are_judged(void **state) {
    (void)state;
    struct doctor_facts f = fit();
    strcpy(f.governor, "powersave");
    EXPECT(f, "problem governor: the frequency governor is powersave");
    f = fit();
    strcpy(f.clock, "kvm-clock");
    EXPECT(f, "");
    strcpy(f.clock, "xen");
    EXPECT(f, "advice clock: the clock's source is xen");
    f.clock_ns = 1200; /* only the worse finding */
    EXPECT(f, "problem clock: reading the clock (xen) takes 1200 ns");
    f = fit();
    strcpy(f.mitigations, "meltdown, mds");
    EXPECT(f, "advice mitigations: CPU mitigations are on: meltdown, mds");
    f = fit();
    strcpy(f.power_plan, "high performance");
    strcpy(f.clock, "QueryPerformanceCounter");
    EXPECT(f, "");
    strcpy(f.power_plan, "balanced");
    EXPECT(f, "problem power_plan: the power plan is balanced");
    f = fit();
    strcpy(f.emulator, "wine 8.0");
    EXPECT(f, "problem emulator: this is wine 8.0, not Windows itself");
}

/* The server's answer counts. The setting counts only if the server could not be asked. */
static void io_uring_is_judged_by_trying_it(void **state) {
    (void)state;
    struct doctor_facts f = fit();
    f.uring_disabled = 1; /* this process has the privilege anyway */
    EXPECT(f, "");
    f.uring_works = NAN;
    EXPECT(f, "advice io_uring: kernel.io_uring_disabled is 1");
    f.uring_disabled = 0;
    EXPECT(f, "");
    f.uring_works = 0; /* blocked by a seccomp filter, which does not change the setting */
    strcpy(f.uring_reason, "ring: Operation not permitted");
    EXPECT(f, "advice io_uring: echo-io_uring cannot run: ring: Operation not permitted");
    f.uring_disabled = 2;
    cJSON *findings = doctor_findings(&f);
    assert_non_null(
        strstr(cJSON_GetObjectItem(findings->child, "fix")->valuestring, "io_uring_disabled=0"));
    cJSON_Delete(findings);
}

static void pinning_that_is_refused_is_a_problem(void **state) {
    (void)state;
    struct doctor_facts f = fit();
    f.pinning = 0;
    strcpy(f.pinning_reason, "Operation not permitted");
    EXPECT(f, "problem pinning: processes cannot be pinned to CPUs: Operation not permitted");
    f.pinning = NAN; /* a system without such a call */
    EXPECT(f, "");
}

static void the_servers_are_asked(void **state) {
    (void)state;
    static struct models models = {.count = 2};
    strcpy(models.servers[0].name, "epoll");
    models.servers[0].describe = models_stand_in("epoll", "", "not the one that is meant");
    strcpy(models.servers[1].name, "io_uring");
    models.servers[1].describe = models_stand_in("io_uring", "", "kernel too old");
    struct doctor_facts f = fit();
    session_ask(&f, &models);
    EXPECT(f, "advice io_uring: echo-io_uring cannot run: kernel too old");
    models.count = 1; /* not built */
    f = doctor_unknown();
    session_ask(&f, &models);
    assert_true(isnan(f.uring_works));
    cJSON_Delete(models.servers[0].describe);
    cJSON_Delete(models.servers[1].describe);
}

static void problems_come_first(void **state) {
    (void)state;
    struct doctor_facts f = fit();
    f.cpus = f.machine_cpus = f.quota_cpus = 1; /* too few, but there are no more */
    f.turbo = 1;
    f.available_bytes = 0;
    EXPECT(f, "problem cpus: iobench may use only 1 CPU\n"
              "problem memory: only 0 MiB of memory are available\n"
              "advice turbo: turbo is on");
}

/* The facts of the machine that runs this test are plausible. */
static void looking_is_harmless(void **state) {
    (void)state;
    struct doctor_facts f;
    doctor_look(&f, 0.01);
    assert_true(f.cpus >= 1 && f.cpus <= f.machine_cpus);
    assert_true(f.clock_ns > 0 && !(f.quota_cpus <= 0));
    assert_true(isnan(f.busy_cpus) || f.busy_cpus > -0.5);
    cJSON_Delete(doctor_findings(&f));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quiet_machine_is_fit),
        cmocka_unit_test(what_is_unknown_is_no_finding),
        cmocka_unit_test(a_machine_that_cannot_be_examined_is_not_fit),
        cmocka_unit_test(numbers_have_their_limits),
        cmocka_unit_test(one_cpu_is_too_few),
        cmocka_unit_test(texts_are_judged),
        cmocka_unit_test(io_uring_is_judged_by_trying_it),
        cmocka_unit_test(pinning_that_is_refused_is_a_problem),
        cmocka_unit_test(the_servers_are_asked),
        cmocka_unit_test(problems_come_first),
        cmocka_unit_test(looking_is_harmless),
    };
    return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
