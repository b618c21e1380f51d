/* server_main.c - what all echo servers share: options, listeners, instances, ready line, stop,
 * statistics. The linked model file defines io_model_self. Invariant: the ready line is printed
 * only when every instance is open, and the statistics only after every instance has ended. */
#include "base/args.h"
#include "base/check.h"
#include "base/line.h"
#include "base/os.h"

#include "servers/describe.h"
#include "servers/model.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS_MAX 256

enum exit_code { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_UNAVAILABLE = 77 };

/* The command line. */
struct settings {
    const char *host;
    uint64_t port;    /* 0: any free one */
    uint64_t threads; /* instances */
    uint64_t backlog;
    uint64_t buffer_bytes;    /* most that one receive returns */
    uint64_t burn_ns;         /* CPU time to burn per receive */
    struct arg_texts options; /* NAME=VALUE of the model */
    bool stop_on_eof;
    bool describe;
};

/* One running copy of the model, with a listener and a thread of its own. */
struct instance {
    void *state;           /* of the model */
    os_socket listener;    /* OS_SOCKET_NONE until it is open */
    os_socket stop;        /* at its end when the server is to stop */
    os_socket stop_sender; /* the other end: shut down to stop all instances */
    pthread_t thread;
    struct server_stats stats; /* valid after the thread was joined */
    int error;                 /* why it ended early; 0 if it did not */
};

/* What clients connect to: numeric, as the ready line reports it. */
struct endpoint {
    char host[64];
    uint16_t port;
};

/* "echo-MODEL": how every line on standard error begins. */
static char program[64];

/* One per process: echo_work() is called in the innermost loop, without context. */
static uint64_t burn_steps;

/* A chain of multiplications: each needs the result of the one before, and none uses memory. */
static void burn(uint64_t steps) {
    uint64_t x = steps;
    for (uint64_t i = 0; i < steps; i++) x = x * 0x5851F42D4C957F2Du + 1;
    volatile uint64_t result = x; /* otherwise the compiler would remove the loop */
    (void)result;
}

/* How many steps take `ns` of CPU time. Steps are counted because a clock goes on while the thread
 * is preempted, and reading the CPU time takes a system call. The fastest of many short trials is
 * one that nothing disturbed. */
static uint64_t burn_calibrate(uint64_t ns) {
    enum { TRIALS = 200, TRIAL_STEPS = 50000 };
    uint64_t best_ns = UINT64_MAX;
    for (int i = 0; i < TRIALS; i++) {
        uint64_t start_ns = os_clock_ns();
        burn(TRIAL_STEPS);
        uint64_t took_ns = os_clock_ns() - start_ns;
        if (took_ns < best_ns) best_ns = took_ns;
    }
    return (uint64_t)((double)ns * (double)TRIAL_STEPS / (double)(best_ns ? best_ns : 1));
}

void echo_work(void) {
    if (burn_steps) burn(burn_steps);
}

void server_stats_add(struct server_stats *total, const struct server_stats *part) {
    total->accepted += part->accepted;
    total->closed_clean += part->closed_clean;
    total->closed_reset += part->closed_reset;
    total->closed_error += part->closed_error;
    total->bytes_in += part->bytes_in;
    total->bytes_out += part->bytes_out;
    total->receives += part->receives;
    total->sends += part->sends;
    total->waits += part->waits;
    total->events += part->events;
    total->sends_partial += part->sends_partial;
    total->accept_errors += part->accept_errors;
}

/* Whether standard output took everything. */
static bool output_written(void) {
    return args_output_written(program);
}

static bool print_ready(const struct endpoint *endpoint) {
    fputs("{\"ready\":{\"model\":", stdout);
    json_print_text(io_model_self.name);
    fputs(",\"host\":", stdout);
    json_print_text(endpoint->host);
    printf(",\"port\":%u,\"pid\":%ld}}\n", (unsigned)endpoint->port, (long)getpid());
    return output_written();
}

static bool print_stats(const struct server_stats *s) {
    printf("{\"stats\":{\"accepted\":%" PRIu64 ",\"closed_clean\":%" PRIu64
           ",\"closed_reset\":%" PRIu64 ",\"closed_error\":%" PRIu64 ",\"bytes_in\":%" PRIu64
           ",\"bytes_out\":%" PRIu64 ",\"receives\":%" PRIu64 ",\"sends\":%" PRIu64
           ",\"waits\":%" PRIu64 ",\"events\":%" PRIu64 ",\"sends_partial\":%" PRIu64
           ",\"accept_errors\":%" PRIu64 "}}\n",
           s->accepted, s->closed_clean, s->closed_reset, s->closed_error, s->bytes_in,
           s->bytes_out, s->receives, s->sends, s->waits, s->events, s->sends_partial,
           s->accept_errors);
    return output_written();
}

static void complain(const char *what, int error) {
    line_print(stderr, "%s: %s: %s", program, what, os_error_text(error));
}

/* ---- options ---- */

static enum args_outcome read_flags(struct settings *s, int argc, char **argv) {
    char summary[192], example[160];
    snprintf(summary, sizeof summary, "echo server: %s", io_model_self.summary);
    snprintf(example, sizeof example, "%s --port 7000 --stop-on-eof", program);
    const struct arg rows[] = {
        {"host", "HOST", "address to listen on; anybody who can reach it gets echoes (127.0.0.1)",
         .text = &s->host},
        {"port", "PORT", "TCP port; 0 takes a free one (0)", .count = {&s->port, 0, 65535}},
        {"threads", "N",
         "instances, each with its own thread and listener; the port of more than one is open to "
         "other processes of the same user (1)",
         .count = {&s->threads, 1, THREADS_MAX}},
        {"backlog", "N", "connections that may wait to be accepted (4096)",
         .count = {&s->backlog, 1, 65535}},
        {"buffer", "BYTES", "most bytes that one receive may return (16384)",
         .count = {&s->buffer_bytes, 1, 1 << 20}},
        {"burn-ns", "NS", "ns of CPU time to burn per receive (0)", .count = {&s->burn_ns, 0, 1e9}},
        {"option", "NAME=VALUE", "an option of the model, see --describe; may repeat",
         .texts = &s->options},
        {"stop-on-eof", NULL, "stop when standard input ends", .flag = &s->stop_on_eof},
        {"describe", NULL, "print one JSON line about this server and exit", .flag = &s->describe},
        {.name = NULL}};
    const struct args_spec spec = {
        .program = program, .summary = summary, .example = example, .args = rows};
    return args_parse(&spec, argc, argv);
}

/* The largest --threads. */
static uint64_t threads_max(void) {
    return io_model_self.instances_by_main && os_listeners_share_ports() ? THREADS_MAX : 1;
}

/* Reads the model's options. Returns false after one line on stderr. */
static bool read_options(const struct settings *s, struct server_config *config) {
    config->buffer_bytes = (size_t)s->buffer_bytes;
    options_default(&io_model_self, config->options);
    for (size_t i = 0; i < s->options.count; i++)
        if (!options_read(&io_model_self, s->options.items[i], config->options)) return false;
    if (s->threads <= threads_max()) return true;
    fprintf(stderr, "%s: --threads %" PRIu64 ": %s\n", program, s->threads,
            io_model_self.instances_by_main ? "listeners cannot share a port on this system"
                                            : "this model starts its own threads");
    return false;
}

/* ---- instances ---- */

/* Wakes every instance: the end of the stream stays readable for all of them. */
static void end_stop_stream(void *sender) {
    os_shutdown_send(*(const os_socket *)sender);
}

static void *run_instance(void *argument) {
    struct instance *in = argument;
    in->error = io_model_self.run(in->state, in->stop, &in->stats);
    if (in->error) end_stop_stream(&in->stop_sender); /* one that failed stops the others */
    return NULL;
}

static void close_instances(struct instance *instances, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (instances[i].state) io_model_self.close(instances[i].state);
        if (instances[i].listener != OS_SOCKET_NONE) os_close(instances[i].listener);
    }
}

/* Listeners that share a port would also share it with another process. */
static int check_port_free(const struct os_address *address) {
    os_socket probe;
    int error = os_listen(address, 1, false, &probe);
    if (!error) os_close(probe);
    return error;
}

/* Warns when other machines may be able to connect: there is no access control. */
static void warn_of_others(const struct endpoint *endpoint) {
    const char *host = endpoint->host;
    bool mapped = strncmp(host, "::ffff:", 7) == 0; /* an IPv4 address within IPv6 */
    if (strncmp(mapped ? host + 7 : host, "127.", 4) == 0 || strcmp(host, "::1") == 0) return;
    fprintf(stderr,
            "%s: warning: %s is not a loopback address: anybody who can reach port %u gets "
            "echoes\n",
            program, host, (unsigned)endpoint->port);
}

/* Opens all listeners on one port, which the first one chooses, and an instance on each. */
static enum exit_code open_instances(const struct settings *s, const struct server_config *config,
                                     struct instance *instances, struct endpoint *endpoint) {
    uint16_t *port = &endpoint->port;
    *port = (uint16_t)s->port;
    for (size_t i = 0; i < s->threads; i++) {
        struct os_address address;
        char reason[128], where[256];
        if (!os_address_resolve(s->host, *port, &address, reason, sizeof reason)) {
            line_print(stderr, "%s: --host %s: %s", program, s->host, reason);
            return EXIT_USAGE;
        }
        struct instance *in = &instances[i];
        snprintf(where, sizeof where, "listen on %s port %u", s->host, (unsigned)*port);
        int error = i == 0 && *port && s->threads > 1 ? check_port_free(&address) : 0;
        if (!error) error = os_listen(&address, (int)s->backlog, s->threads > 1, &in->listener);
        if (!error && i == 0)
            error = os_socket_local(in->listener, endpoint->host, sizeof endpoint->host, port);
        if (error) {
            complain(where, error);
            return EXIT_FAILED;
        }
        error = io_model_self.open(config, in->listener, &in->state);
        if (error) {
            in->state = NULL;
            complain("open", error);
            return EXIT_FAILED;
        }
    }
    return EXIT_FINE;
}

static void *end_at_once(void *unused) {
    return unused;
}

/* Whether the limits of this process leave what one connection takes: a descriptor and, where every
 * connection has a thread, a thread. Call when all else is open. Complains. */
static bool can_accept(void) {
    pthread_t thread;
    int error = os_descriptor_spare();
    if (!error && io_model_self.notification == IO_RETURN) {
        error = pthread_create(&thread, NULL, end_at_once, NULL);
        if (!error) CHECK_OP(pthread_join(thread, NULL), ==, 0);
    }
    if (error) complain("cannot accept a connection", error);
    return !error;
}

/* Runs opened instances until all have ended, and adds up their counters. */
static enum exit_code run_instances(struct instance *instances, size_t count,
                                    const struct endpoint *endpoint) {
    size_t started = 0;
    int error = 0;
    while (!error && started < count) {
        struct instance *in = &instances[started];
        error = pthread_create(&in->thread, NULL, run_instance, in);
        if (!error) started++;
    }
    if (error) complain("thread", error);
    bool announced = !error && can_accept() && print_ready(endpoint);
    if (!announced) end_stop_stream(&instances[0].stop_sender);
    struct server_stats total = {0};
    for (size_t i = 0; i < started; i++) {
        CHECK_OP(pthread_join(instances[i].thread, NULL), ==, 0);
        server_stats_add(&total, &instances[i].stats);
        if (instances[i].error && !error) {
            error = instances[i].error;
            complain("run", error);
        }
    }
    return announced && !error && print_stats(&total) ? EXIT_FINE : EXIT_FAILED;
}

static enum exit_code serve(const struct settings *s, const struct server_config *config) {
    /* static: the thread that waits for signals uses it until the process ends */
    static os_socket stop_sender;
    os_socket pair[2];
    int error = os_socket_pair(true, pair);
    if (error) {
        complain("stop socket", error);
        return EXIT_FAILED;
    }
    stop_sender = pair[1];
    enum exit_code code = EXIT_FAILED;
    struct instance *instances = calloc(s->threads, sizeof *instances);
    error = instances ? os_on_stop(s->stop_on_eof, end_stop_stream, &stop_sender) : 0;
    if (!instances || error) {
        fprintf(stderr, "%s: start: %s\n", program,
                instances ? os_error_text(error) : "out of memory");
    } else {
        struct endpoint endpoint;
        for (size_t i = 0; i < s->threads; i++) {
            instances[i].listener = OS_SOCKET_NONE;
            instances[i].stop = pair[0];
            instances[i].stop_sender = stop_sender;
        }
        code = open_instances(s, config, instances, &endpoint);
        if (code == EXIT_FINE) {
            warn_of_others(&endpoint);
            code = run_instances(instances, s->threads, &endpoint);
        }
        close_instances(instances, s->threads);
    }
    free(instances);
    /* pair[1] stays open: a late signal may still shut it down */
    os_close(pair[0]);
    return code;
}

int main(int argc, char **argv) {
    struct settings s = {.host = "127.0.0.1", .threads = 1, .backlog = 4096, .buffer_bytes = 16384};
    struct server_config config = {0};
    char reason[320] = "";
    enum exit_code code = EXIT_FINE;
    os_init();
    snprintf(program, sizeof program, "echo-%s", io_model_self.name);
    if (!os_limits_suffice(program)) return EXIT_FAILED;
    enum args_outcome outcome = read_flags(&s, argc, argv);
    bool understood = outcome == ARGS_RUN && read_options(&s, &config);
    bool available =
        !understood || !io_model_self.probe || io_model_self.probe(&config, reason, sizeof reason);
    if (!understood) {
        bool shown = outcome == ARGS_HELP_SHOWN && output_written();
        code = shown ? EXIT_FINE : EXIT_USAGE;
    } else if (s.describe) {
        describe_print(&io_model_self, available ? NULL : reason, threads_max());
        code = output_written() ? EXIT_FINE : EXIT_FAILED;
    } else if (!available) {
        fprintf(stderr, "%s: not available: %s\n", program, reason);
        code = EXIT_UNAVAILABLE;
    } else {
        if (s.burn_ns) burn_steps = burn_calibrate(s.burn_ns);
        code = serve(&s, &config);
    }
    args_texts_free(&s.options);
    return (int)code;
}
