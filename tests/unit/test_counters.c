/* test_counters.c - counters of system calls and sleeps, with children that make a known number of
 * them and with a server whose number of calls is known.
 * Invariant: each child exits when the test ends, because its input ends. */
#include "base/os.h"

#include "bench/machine/counters.h"
#include "bench/session/sample.h"
#include "bench/session/slot.h"
#include "bench/support/json_path.h"
#include "bench/support/process.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS 20000 /* system calls per round and thread */
#define YIELDS 20   /* of these, sched_yield: it gives up the CPU but does not sleep */
#define ROUNDS 20
#define THREADS 3
#define DEADLINE_NS 20000000000u

static struct uncounted why;

struct child {
    pid_t pid;
    int orders; /* each byte written here starts a round */
};

/* ---- children ---- */

static void *make_calls(void *unused) {
    for (int i = 0; i < YIELDS; i++) {
        for (int k = 1; k < CALLS / YIELDS; k++) (void)getppid();
        sched_yield();
    }
    return unused;
}

/* A round in which threads begin, make the calls, and end. */
static void *make_calls_in_threads(void *unused) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, make_calls, NULL) != 0) _exit(2);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    return unused;
}

/* Starts a child that runs `round` for each byte in `orders`. */
static struct child start(void *(*round)(void *unused)) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct child c = {.pid = fork(), .orders = ends[1]};
    assert_true(c.pid >= 0);
    if (c.pid > 0) {
        close(ends[0]);
        return c;
    }
    close(ends[1]);
    char order;
    while (read(ends[0], &order, 1) == 1) round(NULL);
    _exit(0);
}

static void end(const struct child *c) {
    int status;
    close(c->orders);
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    assert_int_equal(status, 0);
}

/* Number of sleeps of the child's live threads, according to the kernel. */
static uint64_t slept(const struct child *c) {
    struct os_usage usage;
    assert_int_equal(os_process_usage(c->pid, &usage), 0);
    return usage.ctx_voluntary;
}

static void await_sleep(const struct child *c, uint64_t beyond) {
    uint64_t until_ns = os_clock_ns() + DEADLINE_NS;
    while (slept(c) <= beyond) {
        assert_true(os_clock_ns() < until_ns);
        sched_yield();
    }
}

/* Lets the child run a round, and waits until it sleeps again. */
static void order(const struct child *c) {
    uint64_t before = slept(c);
    assert_int_equal(write(c->orders, "x", 1), 1);
    await_sleep(c, before);
}

static void skip_unless_permitted(void) {
    struct counters *own = counters_open(getpid(), &why);
    if (!own) {
        print_message("skip: system calls are not counted: %s\n", why.reason.text);
        skip();
    }
    counters_close(own);
}

/* ---- tests ---- */

/* Both share one CPU, so that the child is also preempted. */
static void calls_and_sleeps_are_exact(void **state) {
    (void)state;
    skip_unless_permitted();
    int cpus[1024];
    size_t count = os_cpus_allowed(cpus, sizeof cpus / sizeof *cpus);
    if (count) assert_int_equal(os_cpus_restrict(cpus, 1), 0);
    struct child c = start(make_calls);
    await_sleep(&c, 0);
    uint64_t before = slept(&c);
    struct counters *counters = counters_open(c.pid, &why);
    assert_non_null(counters);
    const uint64_t calls = ROUNDS * (CALLS + 1); /* and the read */
    struct counts counts;
    assert_true(counters_read(counters, &counts));
    assert_int_equal(counts.syscalls, 0);
    for (int i = 0; i < ROUNDS; i++) order(&c);
    uint64_t until_ns = os_clock_ns() + DEADLINE_NS;
    do { /* the event may arrive shortly after the kernel's own count */
        assert_true(counters_read(counters, &counts));
    } while ((counts.syscalls < calls || counts.sleeps < slept(&c) - before) &&
             os_clock_ns() < until_ns);
    assert_int_equal(counts.syscalls, calls);
    assert_int_equal(counts.sleeps, slept(&c) - before);
    assert_true(counts.sleeps >= ROUNDS);
    counters_close(counters);
    end(&c);
    if (count) assert_int_equal(os_cpus_restrict(cpus, count), 0);
}

static void threads_are_counted_after_their_end(void **state) {
    (void)state;
    skip_unless_permitted();
    struct child c = start(make_calls_in_threads);
    await_sleep(&c, 0);
    struct counters *counters = counters_open(c.pid, &why);
    assert_non_null(counters);
    assert_int_equal(write(c.orders, "x", 1), 1);
    end(&c);
    struct counts counts;
    assert_true(counters_read(counters, &counts));
    assert_in_range(counts.syscalls, THREADS * CALLS, THREADS * CALLS * 1.1);
    counters_close(counters);
    counters = counters_open(c.pid, &why);
    assert_null(counters);
    assert_int_equal(why.code, UNCOUNTED_SERVER_ENDED);
    assert_string_equal(why.reason.text, "the server has ended");
}

/* Sets the path of a program of this build. The test itself is one directory below. */
static void find_program(struct program *program, const char *name) {
    char self[PATH_SIZE];
    assert_int_equal(os_executable_path(self, sizeof self), 0);
    for (int i = 0; i < 2; i++) *strrchr(self, '/') = '\0';
    snprintf(program->path, sizeof program->path, "%.*s/%s", PATH_SIZE - 32, self, name);
}

static double figure(const cJSON *sample, const char *group, const char *key) {
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(sample, group);
    return json_number(object, key);
}

/* With one message in flight the server makes three calls per echo: epoll_wait, recv and send. */
static void a_counted_slot_has_three_calls_per_echo(void **state) {
    (void)state;
    static struct program epoll = {.name = "epoll"}, loadgen = {.name = "loadgen"};
    struct server_spec server = {.program = &epoll};
    struct cell cell = {.server = &server,
                        .loadgen = &loadgen,
                        .load = CELL_CLOSED,
                        .connections = 1,
                        .depth = 1,
                        .size_bytes = 64,
                        .warmup_s = 0.1,
                        .duration_s = 0.3,
                        .drain_s = 2,
                        .server_threads = 1,
                        .loadgen_threads = 1,
                        .transport = "auto",
                        .counted = true};
    struct process_loop loop;
    struct slot_outcome o;
    find_program(&epoll, "echo-epoll");
    find_program(&loadgen, "loadgen");
    if (access(epoll.path, X_OK) != 0) {
        print_message("skip: %s is not built\n", epoll.path);
        skip();
    }
    assert_int_equal(process_loop_open(&loop, false), 0);
    slot_run(&o, (const struct cell *[]){&cell}, 1, &loop, 1);
    process_loop_close(&loop);
    assert_int_equal(o.end, SLOT_MEASURED);
    cJSON *scenario = plan_scenario(&cell);
    struct sample_facts facts = {
        .cell = &cell, .scenario = scenario, .server_build = "a", .loadgen_build = "b"};
    cJSON *sample = sample_make(&facts, &o);
    cJSON_Delete(scenario);
    double calls = figure(sample, "counters", "syscalls_per_echo");
    double wakeups = figure(sample, "counters", "wakeups_per_echo");
    const cJSON *counters = cJSON_GetObjectItemCaseSensitive(sample, "counters");
    if (*o.uncounted.reason.text) {
        assert_string_equal(json_text(counters, "reason"), o.uncounted.reason.text);
        assert_string_equal(json_text(counters, "code"), uncounted_names[o.uncounted.code]);
        assert_true(isnan(calls) && isnan(wakeups));
        print_message("skip: system calls are not counted: %s\n", o.uncounted.reason.text);
        cJSON_Delete(sample);
        outcome_free(&o);
        skip();
    }
    double echoes = figure(sample, "totals", "bytes_received") / cell.size_bytes;
    double voluntary = figure(sample, "server", "ctx_voluntary"); /* within the window */
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(counters, "reason")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(counters, "code")));
    assert_true(calls * echoes >= 3 * echoes - 0.5 && calls * echoes < 3 * echoes + 50);
    assert_true(wakeups * echoes >= voluntary - 0.5 && wakeups * echoes < echoes + 50);
    cJSON_Delete(sample);
    outcome_free(&o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_and_sleeps_are_exact),
        cmocka_unit_test(threads_are_counted_after_their_end),
        cmocka_unit_test(a_counted_slot_has_three_calls_per_echo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
