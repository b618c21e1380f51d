/* test_footprint.c - what limits_memory says that a load takes, against what the load generator
 * then takes. */
#include "base/os.h"

#include "loadgen/limits.h"
#include "loadgen/transports.h"
#include "loadgen/visitor.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB UINT64_C(1048576)
#define LIMIT_S 60 /* deadline of a load generator */

/* ---- the formula ---- */

static const struct load plain = {
    .connections = 100, .threads = 1, .size_bytes = 64, .window = 1, .duration_ns = 1000000000u};

static uint64_t bytes_of(struct load load, const struct transport_ops *transport) {
    load.transport = transport;
    return limits_memory(&load, 1).bytes;
}

/* Each of them adds at least what its tables and buffers hold. */
static void every_argument_counts(void **state) {
    (void)state;
    for (size_t i = 0; transports[i]; i++) {
        const struct transport_ops *t = transports[i];
        struct load load = plain;
        uint64_t before = bytes_of(load, t);
        load.size_bytes = 1u << 20;
        uint64_t sized = bytes_of(load, t);
        assert_true(sized >= before + 99 * MIB);
        load.window = 16;
        uint64_t deep = bytes_of(load, t);
        assert_true(deep >= 100 * 16 * MIB && deep >= sized + 100 * 15 * MIB);
        load.threads = 4;
        uint64_t threaded = bytes_of(load, t);
        assert_true(threaded >= deep + 3 * MIB);
        load.connections = 200;
        assert_true(bytes_of(load, t) >= threaded + 100 * 16 * MIB);
        load = plain;
        load.idle = 100000;
        assert_true(bytes_of(load, t) >= before + 100000 * sizeof(struct client));
        load = plain;
        load.open = true;
        assert_true(bytes_of(load, t) >= before + (16u << 20));
        load = plain;
        load.visitors = visits_newcomers(1e6, 1);
        load.size_bytes = 1u << 20;
        assert_true(bytes_of(load, t) >= sized + 1000 * MIB);
    }
}

/* The largest arguments neither overflow nor fit anywhere. */
static void the_largest_load_is_told(void **state) {
    (void)state;
    struct load load = plain;
    load.connections = 1000000;
    load.threads = 256;
    load.window = 65536;
    load.size_bytes = 16777216;
    for (size_t i = 0; transports[i]; i++)
        assert_true(bytes_of(load, transports[i]) >= UINT64_C(1000000) * 65536 * 16777216);
}

/* A load may be made smaller by what makes it large. */
static void the_options_that_matter_are_named(void **state) {
    (void)state;
    static const struct {
        struct load load;
        const char *lower;
    } cases[] = {
        {{.connections = 100, .threads = 1, .window = 64, .size_bytes = 1u << 20},
         "--connections, --depth or --size"},
        {{.connections = 100, .threads = 1, .window = 64, .size_bytes = 1u << 20, .open = true},
         "--connections, --outstanding or --size"},
        {{.churn = true, .visitors = 1000, .threads = 1, .window = 1, .size_bytes = 1u << 20},
         "--connections or --size"},
        {{.connections = 1, .idle = 500000, .threads = 1, .window = 1, .size_bytes = 64},
         "--connections or --idle"},
        {{.connections = 256, .threads = 256, .window = 1, .size_bytes = 64},
         "--threads or --size"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct load load = cases[i].load;
        load.transport = transports[0];
        assert_string_equal(limits_memory(&load, 1).lower, cases[i].lower);
    }
    struct load small = plain;
    small.transport = transports[0];
    assert_null(limits_memory(&small, 1).lower);
}

/* ---- the load generator ---- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SANITIZED false
#endif

/* Sets `path` to a program of the folder above that of this test. */
static void program_path(char path[1024], const char *name) {
    assert_int_equal(os_executable_path(path, 900), 0);
    for (int i = 0; i < 2; i++) *strrchr(path, '/') = '\0';
    strncat(strcat(path, "/"), name, 100);
}

/* A server; it ends when `input` is closed. */
struct server {
    pid_t pid;
    int input, output; /* this test's ends of its standard streams */
    unsigned port;
};

static struct server start_server(void) {
    int in[2], out[2];
    char path[1024], line[256] = "";
    program_path(path, "echo-poll");
    assert_int_equal(pipe(in) | pipe(out), 0);
    struct server s = {.pid = fork(), .input = in[1], .output = out[0]};
    if (s.pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        for (int i = 0; i < 2; i++) close(in[i]), close(out[i]);
        alarm(2 * LIMIT_S);
        execl(path, path, "--stop-on-eof", (char *)NULL);
        _exit(99);
    }
    close(in[0]);
    close(out[1]);
    assert_true(read(s.output, line, sizeof line - 1) > 0);
    const char *at = strstr(line, "\"port\":");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "\"port\":%u", &s.port), 1);
    return s;
}

static void stop_server(struct server *s) {
    int status;
    close(s->input);
    assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
    close(s->output);
}

static pid_t start_loadgen(const struct server *s, const struct load *load) {
    char path[1024], address[32], numbers[3][16];
    program_path(path, "loadgen");
    snprintf(address, sizeof address, "127.0.0.1:%u", s->port);
    snprintf(numbers[0], sizeof numbers[0], "%u", load->connections);
    snprintf(numbers[1], sizeof numbers[1], "%u", load->window);
    snprintf(numbers[2], sizeof numbers[2], "%u", load->size_bytes);
    pid_t pid = fork();
    if (pid != 0) return pid;
    close(s->input);
    alarm(LIMIT_S);
    if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)) _exit(99);
    execl(path, path, "--connect", address, "--connections", numbers[0], "--depth", numbers[1],
          "--size", numbers[2], "--transport", load->transport->name, "--warmup", "0", "--duration",
          "0.05", (char *)NULL);
    _exit(99);
}

/* Bytes in a unit of ru_maxrss. */
static uint64_t maxrss_unit(void) {
    struct utsname system;
    return uname(&system) == 0 && strcmp(system.sysname, "Darwin") == 0 ? 1 : 1024;
}

/* Runs a load on every transport at once. It must take at most what was said, and what was said
 * must not be much more. */
static void expect_within(struct load load) {
    char reason[160];
    int status;
    pid_t pids[8] = {0};
    struct server server = start_server();
    for (size_t i = 0; transports[i]; i++) {
        load.transport = transports[i];
        bool runs = !load.transport->probe || load.transport->probe(reason, sizeof reason);
        pids[i] = runs ? start_loadgen(&server, &load) : 0;
    }
    for (size_t i = 0; transports[i]; i++) {
        struct rusage used;
        if (!pids[i]) continue;
        assert_int_equal(wait4(pids[i], &status, 0, &used), pids[i]);
        assert_true(WIFEXITED(status));
        /* on a busy machine the short window may have no answers */
        assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3);
        uint64_t took = (uint64_t)used.ru_maxrss * maxrss_unit(),
                 said = bytes_of(load, transports[i]);
        print_message("%s: took %.1f MiB of %.1f\n", transports[i]->name,
                      (double)took / (double)MIB, (double)said / (double)MIB);
        assert_true(took <= said);
        assert_true(said <= 4 * took + 40 * MIB);
    }
    stop_server(&server);
}

static void a_load_takes_no_more_than_was_said(void **state) {
    (void)state;
    struct load load = plain;
    if (SANITIZED) {
        print_message("skip: a sanitizer takes memory of its own\n");
        skip();
    }
    expect_within(load);
    load.connections = 8;
    load.window = 4;
    load.size_bytes = 4u << 20; /* more than the kernel takes at once */
    expect_within(load);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_argument_counts),
        cmocka_unit_test(the_largest_load_is_told),
        cmocka_unit_test(the_options_that_matter_are_named),
        cmocka_unit_test(a_load_takes_no_more_than_was_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
