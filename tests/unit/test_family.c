/* test_family.c - what base/os.h says about all that a process starts, and about the limits and the
 * account of a control group. */
#include "base/os.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_NS UINT64_C(10000000000)
#define BURN_NS UINT64_C(30000000)

static const struct os_apart nothing_apart;

static bool none_known(void *context, int64_t pid) {
    (void)context, (void)pid;
    return false;
}

static bool is_descendant(int64_t pid, bool ended) {
    int64_t found[64];
    size_t count = os_descendants(&nothing_apart, ended, found, 64);
    for (size_t i = 0; i < count && i < 64; i++)
        if (found[i] == pid) return true;
    return false;
}

/* Starts a process in a session of its own, whose parent has ended. It lives until it is killed. */
static pid_t start_orphan(void) {
    int ends[2];
    pid_t orphan = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t parent = fork();
    if (parent == 0) {
        setsid();
        orphan = fork();
        if (orphan == 0) {
            close(ends[0]);
            close(ends[1]);
            for (;;) pause();
        }
        _exit(write(ends[1], &orphan, sizeof orphan) == sizeof orphan ? 0 : 1);
    }
    assert_int_equal(read(ends[0], &orphan, sizeof orphan), sizeof orphan);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    close(ends[0]);
    close(ends[1]);
    return orphan;
}

static void an_orphan_stays_below_this_process(void **state) {
    (void)state;
    os_adopt_orphans();
    pid_t orphan = start_orphan();
    bool found = is_descendant(orphan, false);
    struct os_apart apart = {.ids = {orphan}, .count = 1};
    int64_t rest[1];
    size_t others = os_descendants(&apart, true, rest, 1);
    assert_int_equal(kill(orphan, SIGKILL), 0);
    if (!found) {
        print_message("skip: this system adopts no orphans\n");
        skip();
    }
    assert_int_equal(others, 0);
    uint64_t deadline_ns = os_clock_ns() + LIMIT_NS;
    while (is_descendant(orphan, false) && os_clock_ns() < deadline_ns) continue;
    assert_true(is_descendant(orphan, true)); /* nobody has noticed its end yet */
    assert_int_equal(os_reap_orphans(none_known, NULL), 1);
    assert_false(is_descendant(orphan, true));
    assert_int_equal(os_reap_orphans(none_known, NULL), 0);
}

static void a_child_is_seen_while_it_lives(void **state) {
    (void)state;
    assert_false(os_has_children(getpid()));
    pid_t child = fork();
    if (child == 0)
        for (;;) pause();
    bool seen = os_has_children(getpid());
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(seen);
    assert_false(os_has_children(getpid()));
}

/* Whether this system can tell what is below a process. */
static bool lists_descendants(void) {
    pid_t child = fork();
    if (child == 0)
        for (;;) pause();
    bool found = is_descendant(child, false);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return found;
}

/* A child that uses BURN_NS of CPU time. */
static void run_child(void) {
    pid_t child = fork();
    if (child == 0) {
        uint64_t end_ns = os_cpu_time_ns() + BURN_NS;
        while (os_cpu_time_ns() < end_ns) continue;
        _exit(0);
    }
    waitpid(child, NULL, 0); /* fails if the end of children is ignored, and waits all the same */
}

static void ended_children_leave_traces(void **state) {
    (void)state;
    uint64_t before, same, after;
    assert_true(os_child_traces(getpid(), &before));
    assert_true(os_child_traces(getpid(), &same));
    run_child();
    assert_true(os_child_traces(getpid(), &after));
    assert_true(before == same);
    assert_true(after != before);
    signal(SIGCHLD, SIG_IGN);
    bool told = os_child_traces(getpid(), &after);
    signal(SIGCHLD, SIG_DFL);
    if (lists_descendants()) assert_false(told); /* elsewhere the system need not say so */
    assert_false(os_child_traces(INT32_MAX, &after));
}

static void a_group_counts_ended_processes(void **state) {
    (void)state;
    char name[OS_GROUP_SIZE];
    struct os_group_usage usage;
    int64_t members[8];
    if (!os_group_start(name)) {
        print_message("skip: this process may not make a group\n");
        skip();
    }
    run_child();
    size_t count = os_group_members(name, members, 8);
    assert_true(os_group_start_end(name, 0));
    assert_int_equal(count, 1); /* this process, which had moved there */
    assert_int_equal(members[0], getpid());
    assert_int_equal(os_group_usage(name, &usage), 0);
    assert_true(usage.cpu_ns >= BURN_NS && usage.user_ns + usage.sys_ns <= usage.cpu_ns + 2000);
    run_child(); /* no longer there */
    struct os_group_usage later;
    assert_int_equal(os_group_usage(name, &later), 0);
    assert_true(later.cpu_ns - usage.cpu_ns < BURN_NS);
    os_group_remove(name);
    assert_int_not_equal(os_group_usage(name, &usage), 0);
}

/* ---- files of a group ---- */

static void write_file(const char *directory, const char *file, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, file);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_true(fputs(text, stream) >= 0);
    fclose(stream);
}

/* Removes the files that a test may have written, and the directory. */
static void remove_all(const char *directory) {
    static const char *const files[] = {"cpu.max",
                                        "cpu.cfs_quota_us",
                                        "cpu.cfs_period_us",
                                        "cpu.stat",
                                        "memory.max",
                                        "memory.current",
                                        "memory.stat",
                                        "memory.limit_in_bytes",
                                        "memory.usage_in_bytes"};
    char path[256];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, files[i]);
        remove(path);
    }
    rmdir(directory);
}

static void expect(double found, double expected) {
    assert_true(isnan(expected) ? isnan(found) : fabs(found - expected) < 1e-9);
}

/* Makes a folder that stands for a control group; ends the test where there are none. */
static void make_group(char *directory) {
    if (isnan(os_quota_cpus()) && os_throttled_ns() == OS_UNKNOWN) {
        print_message("skip: there are no control groups here\n");
        skip();
    }
    assert_non_null(mkdtemp(directory));
}

static void quotas_of_both_versions_are_read(void **state) {
    (void)state;
    static const struct {
        const char *file, *text; /* a file of the group; NULL: none */
        double quota, throttled; /* expected */
    } cases[] = {
        {NULL, NULL, NAN, NAN},
        {"cpu.stat", "nr_periods 9\nnr_throttled 3\nthrottled_time 1500\n", NAN, 1500},
        {"cpu.stat", "usage_usec 7\nnr_throttled 3\nthrottled_usec 25\n", NAN, 25000},
        {"cpu.stat", "usage_usec 7\n", NAN, NAN},
        {"cpu.max", "50000 100000\n", 0.5, NAN},
        {"cpu.max", "max 100000\n", NAN, NAN},
        {"cpu.cfs_quota_us", "150000\n", 1.5, NAN},
        {"cpu.cfs_quota_us", "-1\n", NAN, NAN},
    };
    char directory[] = "/tmp/iobench-family-XXXXXX";
    make_group(directory);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mkdir(directory, 0700);
        write_file(directory, "cpu.cfs_period_us", "100000\n");
        if (cases[i].file) write_file(directory, cases[i].file, cases[i].text);
        double quota = os_group_quota(directory), throttled = os_group_throttled(directory);
        remove_all(directory);
        if (fabs(quota - cases[i].quota) > 0) print_error("case %d\n", (int)i);
        expect(quota, cases[i].quota);
        expect(throttled, cases[i].throttled);
    }
}

static void memory_of_both_versions_is_read(void **state) {
    (void)state;
    static const struct {
        const char *texts[5]; /* of the files below */
        double left;
    } cases[] = {
        {{NULL}, NAN},
        {{"1000\n", "700\n", "anon 600\ninactive_file 40\nactive_file 9\nslab_reclaimable 5\n"},
         354},
        {{"1000\n", "700\n"}, 300},
        {{"max\n", "700\n", "inactive_file 40\n"}, NAN},
        {{NULL, NULL, "inactive_file 7\ntotal_inactive_file 50\ntotal_active_file 8\n", "2000\n",
          "500\n"},
         1558},
    };
    static const char *const files[] = {"memory.max", "memory.current", "memory.stat",
                                        "memory.limit_in_bytes", "memory.usage_in_bytes"};
    char directory[] = "/tmp/iobench-family-XXXXXX";
    make_group(directory);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mkdir(directory, 0700);
        for (int k = 0; k < 5; k++)
            if (cases[i].texts[k]) write_file(directory, files[k], cases[i].texts[k]);
        double left = os_group_memory(directory);
        remove_all(directory);
        expect(left, cases[i].left);
    }
}

static void a_process_has_the_cpus_of_its_threads(void **state) {
    (void)state;
    int allowed[1024], found[1024];
    size_t count = os_cpus_allowed(allowed, 1024), there = os_process_cpus(0, found, 1024);
    if (there == 0) {
        print_message("skip: this system does not tell the CPUs of a process\n");
        skip();
    }
    assert_int_equal(there, count);
    assert_memory_equal(found, allowed, count * sizeof *found);
    assert_int_equal(os_process_cpus(INT32_MAX, found, 1024), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_orphan_stays_below_this_process),
        cmocka_unit_test(a_child_is_seen_while_it_lives),
        cmocka_unit_test(ended_children_leave_traces),
        cmocka_unit_test(a_group_counts_ended_processes),
        cmocka_unit_test(quotas_of_both_versions_are_read),
        cmocka_unit_test(memory_of_both_versions_is_read),
        cmocka_unit_test(a_process_has_the_cpus_of_its_threads),
    };
    return cmocka_run_group_tests_name("family", tests, NULL, NULL);
}
