/* truth_ends.c - servers that are not there, go away or say nothing, and runs that are broken off:
 * loadgen ends, soon, with one line at most. */
#include "base/os.h"

#include "tests/support/process.h"
#include "tests/truth/truth.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void require_one_line(const struct outcome *o, int code) {
    REQUIRE(o->code == code, "exit code %d, expected %d: %s", o->code, code, o->error);
    REQUIRE(!o->sample, "a sample, though nothing was measured");
    REQUIRE(o->error_lines == 1, "not one line on stderr but %d: %s", o->error_lines, o->error);
}

static void nobody_listens(const struct truth *truth) {
    struct os_address loopback;
    char reason[128], host[64], address[96];
    uint16_t port;
    struct loader loader;
    struct outcome o;
    /* bound as long as the case lasts: a connect from a free port to itself would succeed */
    os_socket bound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(bound >= 0 && os_address_resolve("127.0.0.1", 0, &loopback, reason, sizeof reason) &&
                bind(bound, (struct sockaddr *)&loopback.storage, (socklen_t)loopback.length) ==
                    0 &&
                os_socket_local(bound, host, sizeof host, &port) == 0,
            "no free port");
    snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)port);
    static const char *const loads[] = {"--connections 3", "--newcomers 100", "--churn 100",
                                        "--churn 100 --idle 3 --duration 30"};
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        loader_start(&loader, truth, address, loads[i]);
        loader_await(&loader, &o);
        require_one_line(&o, 3);
        REQUIRE(o.took_s < 10, "%s: ended after %.1f s", loads[i], o.took_s);
    }
    os_close(bound);
}

/* With a delay of 20 ms, 10 connections get 500 echoes a second, however long the window was to be:
 * it is the measured one that figures refer to. The second line of the window comes after 0.5 s of
 * it. */
static void server_killed(const struct truth *truth) {
    struct target target;
    struct loader loader;
    struct outcome o;
    target_start(&target, truth, FAULT, "--delay-us 20000");
    loader_start(&loader, truth, target.address, "--connections 10 --duration 30 --progress");
    loader_await_phase(&loader, "window");
    uint64_t from_ns = os_clock_ns();
    loader_await_phase(&loader, "window");
    kill(target.pid, SIGKILL);
    loader_await(&loader, &o);
    double at_most_s = (double)(os_clock_ns() - from_ns) / 1e9 + 0.3;
    REQUIRE(o.took_s < 10, "ended %.1f s after the server did", o.took_s);
    REQUIRE(o.code == 0 && o.sample, "exit code %d", o.code);
    double lost = figure(o.sample, "errors.reset") + figure(o.sample, "errors.short");
    REQUIRE(lost == 10, "%.0f of 10 connections were counted as lost", lost);
    require_rate(&o, "window_s", 0.4, at_most_s);
    require_within(o.sample, "throughput_per_s", 0, 1.05 * 500);
    require_rate(&o, "throughput_per_s", 0.7 * 500, 1.05 * 500);
    require_identities(o.sample, 64);
    REQUIRE(process_await(target.pid) == 128 + SIGKILL, "the server ended otherwise");
}

/* Short connections find nobody any more: each is an error, none is waited for. */
static void server_killed_churn(const struct truth *truth) {
    struct target target;
    struct loader loader;
    struct outcome o;
    target_start(&target, truth, "echo-epoll", "");
    loader_start(&loader, truth, target.address, "--churn 500 --duration 1 --progress");
    loader_await_phase(&loader, "window");
    kill(target.pid, SIGKILL);
    loader_await(&loader, &o);
    REQUIRE(o.sample, "no sample, exit code %d: %s", o.code, o.error);
    /* it may have ended before an answer of the window came */
    bool answered = figure(o.sample, "messages") > 0;
    REQUIRE(o.code == (answered ? 0 : 3), "exit code %d: %s", o.code, o.error);
    REQUIRE(o.took_s < 10, "ended %.1f s after the server did", o.took_s);
    REQUIRE(strstr(o.error, answered ? "first of the errors" : "the first error: "),
            "no word of why: %s", o.error);
    /* who learns late that the window has begun still counts the connections of the warm-up */
    double before = 500 * figure(o.sample, "warmup_s");
    require_within(o.sample, "errors.connect", 1,
                   figure(o.sample, "loadgen.offered") + before + 4 * sqrt(before));
    double lost = figure(o.sample, "errors.connect") + figure(o.sample, "errors.reset") +
                  figure(o.sample, "errors.short");
    require_within(o.sample, "loadgen.newcomers_answered",
                   figure(o.sample, "loadgen.offered") - lost, figure(o.sample, "loadgen.offered"));
    require_identities(o.sample, 64);
    REQUIRE(process_await(target.pid) == 128 + SIGKILL, "the server ended otherwise");
}

static void interrupted(const struct truth *truth) {
    struct target target;
    target_start(&target, truth, "echo-epoll", "");
    for (int by_signal = 0; by_signal < 2; by_signal++) {
        struct loader loader;
        struct outcome o;
        loader_start(&loader, truth, target.address,
                     by_signal ? "--churn 100 --duration 30 --progress --stop-on-eof"
                               : "--connections 10 --duration 30 --progress --stop-on-eof");
        loader_await_phase(&loader, "window");
        if (by_signal)
            kill(loader.pid, SIGINT);
        else
            close(loader.input);
        loader_await(&loader, &o);
        REQUIRE(o.code == 130 && !o.sample, "exit code %d when interrupted by %s", o.code,
                by_signal ? "SIGINT" : "the end of stdin");
        REQUIRE(o.took_s < 5, "ended %.1f s after it was interrupted", o.took_s);
    }
    cJSON_Delete(target_stop(&target));
}

static void missing_process(const struct truth *truth) {
    static char none[] = "/bin/true";
    char *argv[] = {none, NULL}, text[16], args[64];
    int input, output;
    struct target target;
    struct loader loader;
    struct outcome o;
    pid_t gone = process_start(argv, 0, &input, &output);
    process_read_rest(output, text, sizeof text);
    process_await(gone);
    target_start(&target, truth, "echo-epoll", "");
    snprintf(args, sizeof args, "--duration 0.1 --server-pid %d", (int)gone);
    loader_start(&loader, truth, target.address, args);
    loader_await(&loader, &o);
    require_one_line(&o, 2);
    cJSON_Delete(target_stop(&target));
}

const struct truth_case truth_ends[] = {
    {"nobody-listens", nobody_listens, 40, 0},
    {"server-killed", server_killed, 50, TIMED},
    {"server-killed-churn", server_killed_churn, 30, 0},
    {"interrupted", interrupted, 30, 0},
    {"missing-process", missing_process, 10, ONCE},
    {NULL, NULL, 0, 0},
};
