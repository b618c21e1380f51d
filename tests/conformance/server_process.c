/* server_process.c - start and stop of servers, the ready line, and checks of the statistics. */
#include "tests/conformance/server_process.h"

#include "base/check.h"

#include "tests/support/process.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OBSERVER_TRIES = 5, ARGS_MAX = 64, LINE_MAX_BYTES = 65536, STOP_LIMIT_MS = 1000 };

/* Returns false if the server has ended instead and may do so. */
static bool read_ready(struct server *server, const struct setup *setup, bool may_refuse) {
    static char line[LINE_MAX_BYTES];
    if (!process_read_line(server->output, line, sizeof line)) {
        int code = process_await(server->pid);
        if (may_refuse && !line[0] && code > 0 && code < 126) return false;
        case_fail("no ready line but '%s'; exit code %d", line, code);
    }
    cJSON *json = cJSON_Parse(line);
    const cJSON *ready = cJSON_GetObjectItemCaseSensitive(json, "ready");
    const cJSON *model = cJSON_GetObjectItemCaseSensitive(ready, "model");
    const cJSON *host = cJSON_GetObjectItemCaseSensitive(ready, "host");
    const cJSON *port = cJSON_GetObjectItemCaseSensitive(ready, "port");
    const cJSON *pid = cJSON_GetObjectItemCaseSensitive(ready, "pid");
    REQUIRE(cJSON_IsString(model) && cJSON_IsString(host) && cJSON_IsNumber(port) &&
                cJSON_IsNumber(pid) && port->valuedouble >= 1 && port->valuedouble <= 65535,
            "not a ready line: %s", line);
    REQUIRE(strcmp(model->valuestring, setup->described.name) == 0,
            "ready line says model '%s', --describe says '%s'", model->valuestring,
            setup->described.name);
    char reason[128];
    REQUIRE(os_address_resolve(host->valuestring, (uint16_t)port->valuedouble, &server->address,
                               reason, sizeof reason),
            "ready line's host '%s': %s", host->valuestring, reason);
    server->reported_pid = (int64_t)pid->valuedouble;
    cJSON_Delete(json);
    return true;
}

bool server_start(struct server *server, const struct setup *setup,
                  const struct server_start *how) {
    char *argv[ARGS_MAX];
    size_t n = 0;
    for (; setup->command[n]; n++) {
        CHECK_OP(n, <, ARGS_MAX - 20);
        argv[n] = setup->command[n];
    }
    static char stop_on_eof[] = "--stop-on-eof", port[] = "--port", any[] = "0",
                option[] = "--option";
    static char value[VARIANT_MAX];
    argv[n++] = stop_on_eof;
    argv[n++] = port;
    argv[n++] = any;
    if (setup->option[0]) {
        memcpy(value, setup->option, sizeof value);
        argv[n++] = option;
        argv[n++] = value;
    }
    for (size_t i = 0; how && how->args[i]; i++) {
        argv[n++] = strdup(how->args[i]); /* freed by the end of the case's process */
    }
    argv[n] = NULL;
    *server = (struct server){.timeout_scale = setup->timeout_scale, .observer = setup->observer};
    server->pid = process_start(argv, how ? how->nofile : 0, &server->input, &server->output);
    case_doing("waiting for the ready line");
    bool ready = read_ready(server, setup, how && how->may_refuse);
    if (!ready) {
        close(server->input);
        close(server->output);
    }
    return ready;
}

void server_asked(struct server *server) {
    server->others_ns = process_others_ns(server->pid);
    server->asked_ns = os_clock_ns();
}

void server_ask_stop(struct server *server, enum stop_by by) {
    server_asked(server);
    if (by == STOP_BY_SIGTERM)
        kill(server->pid, SIGTERM);
    else
        close(server->input);
}

/* Parses the statistics. The fields must have this order. */
static void parse_stats(const char *line, struct stats *s) {
    static const char *const names[] = {"accepted",     "closed_clean",  "closed_reset",
                                        "closed_error", "bytes_in",      "bytes_out",
                                        "receives",     "sends",         "waits",
                                        "events",       "sends_partial", "accept_errors"};
    uint64_t *const fields[] = {&s->accepted,     &s->closed_clean,  &s->closed_reset,
                                &s->closed_error, &s->bytes_in,      &s->bytes_out,
                                &s->receives,     &s->sends,         &s->waits,
                                &s->events,       &s->sends_partial, &s->accept_errors};
    cJSON *json = cJSON_Parse(line);
    const cJSON *stats = cJSON_GetObjectItemCaseSensitive(json, "stats");
    REQUIRE(cJSON_IsObject(stats), "not a line of statistics: %s", line);
    const cJSON *item = stats->child;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++, item = item->next) {
        REQUIRE(item && strcmp(item->string, names[i]) == 0 && cJSON_IsNumber(item) &&
                    item->valuedouble >= 0,
                "statistics lack '%s' at place %zu: %s", names[i], i + 1, line);
        *fields[i] = (uint64_t)item->valuedouble;
    }
    cJSON_Delete(json);
}

static void check_identities(const struct stats *s, const char *line) {
    REQUIRE(s->closed_clean + s->closed_reset + s->closed_error == s->accepted,
            "closed_clean + closed_reset + closed_error is not accepted: %s", line);
    REQUIRE(s->bytes_out <= s->bytes_in, "more bytes out than in: %s", line);
    REQUIRE(s->receives <= s->bytes_in && s->sends <= s->bytes_out,
            "more receives or sends than bytes: %s", line);
    REQUIRE((s->bytes_in == 0) == (s->receives == 0) && (s->bytes_out == 0) == (s->sends == 0),
            "bytes without calls: %s", line);
}

void server_await_end(struct server *server, struct stats *stats) {
    static char line[LINE_MAX_BYTES], rest[LINE_MAX_BYTES];
    siginfo_t end;
    case_doing("waiting for the server to stop");
    bool got = process_read_line(server->output, line, sizeof line);
    process_read_rest(server->output, rest, sizeof rest);
    /* its end, too, may have to wait for a CPU; until it is collected its own time can be read */
    waitid(P_PID, (id_t)server->pid, &end, WEXITED | WNOWAIT);
    double took_ms = (double)(os_clock_ns() - server->asked_ns) / 1e6;
    double others_ms = ((double)process_others_ns(server->pid) - (double)server->others_ns) / 1e6;
    int code = process_await(server->pid);
    REQUIRE(code == 0, "exit code %d after stop; it said: %s", code, line);
    REQUIRE(got, "no line of statistics, but: '%s'", line);
    REQUIRE(!rest[0], "output after the statistics: %s", rest);
    parse_stats(line, stats);
    check_identities(stats, line);
    double limit_ms = (double)STOP_LIMIT_MS * server->timeout_scale;
    REQUIRE(took_ms <= limit_ms + others_ms, "took %.0f ms to stop, allowed are %.0f", took_ms,
            limit_ms);
    if (took_ms > limit_ms)
        case_spoilt("other work used the CPUs: the server took %.0f ms to stop, others used %.0f",
                    took_ms, others_ms);
}

static void expect(const char *name, uint64_t seen, uint64_t expected) {
    if (expected != ANY)
        REQUIRE(seen == expected, "statistics: %s is %llu, expected %llu", name,
                (unsigned long long)seen, (unsigned long long)expected);
}

void server_finish(struct server *server, enum stop_by by, const struct expected *expected,
                   struct stats *stats) {
    server_ask_stop(server, by);
    server_await_end(server, stats);
    expect("accepted", stats->accepted, expected->accepted);
    expect("closed_reset", stats->closed_reset, expected->closed_reset);
    expect("closed_error", stats->closed_error, expected->closed_error);
    expect("bytes_in", stats->bytes_in, expected->bytes);
    expect("bytes_out", stats->bytes_out, expected->bytes);
}

static void ask_observer(const struct server *server, struct holding *holding) {
    char words[512], text[256], pid[24];
    char *argv[ARGS_MAX], *rest = NULL;
    size_t n = 0;
    CHECK_OP(snprintf(words, sizeof words, "%s", server->observer), <, sizeof words);
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        CHECK_OP(n, <, ARGS_MAX - 2);
        argv[n++] = word;
    }
    snprintf(pid, sizeof pid, "%lld", (long long)server->reported_pid);
    argv[n++] = pid;
    argv[n] = NULL;
    unsigned long long descriptors = 0, bytes = 0;
    bool told = false;
    int code = 0;
    /* try again if the observer fails to start, which happens occasionally under Wine */
    for (int i = 0; i < OBSERVER_TRIES && !told; i++) {
        code = process_collect(argv, text, sizeof text);
        told = code == 0 && sscanf(text, "%llu %llu", &descriptors, &bytes) == 2;
    }
    REQUIRE(told, "%s: exit code %d, output '%s'", server->observer, code, text);
    *holding = (struct holding){.descriptors = descriptors, .bytes = bytes};
}

void server_holds(const struct server *server, struct holding *holding) {
    char path[64];
    if (server->observer) {
        ask_observer(server, holding);
        return;
    }
    *holding = (struct holding){.bytes = server_rss_bytes(server)};
    snprintf(path, sizeof path, "/proc/%d/fd", (int)server->pid);
    DIR *list = opendir(path);
    while (list && readdir(list)) holding->descriptors++;
    if (list) closedir(list);
}

uint64_t server_cpu_ns(const struct server *server) {
    uint64_t cpu_ns;
    int error = os_process_cpu_ns(server->pid, &cpu_ns);
    REQUIRE(error == 0, "CPU time of process %d: %s", (int)server->pid, os_error_text(error));
    return cpu_ns;
}

void server_require_quiet(const struct server *server) {
    enum { LOOKS = 20, LOOK_MS = 500, QUIET_CPU_PERCENT = 50 };
    case_doing("watching the CPU time of a server that has nothing to do");
    uint64_t percent = 100;
    /* the server may have some work left at first; a server that busy-waits never becomes idle */
    for (int i = 0; i < LOOKS && percent >= QUIET_CPU_PERCENT; i++) {
        uint64_t cpu_ns = server_cpu_ns(server), from_ns = os_clock_ns();
        os_sleep_until_ns(from_ns + LOOK_MS * 1000000u);
        percent = (server_cpu_ns(server) - cpu_ns) * 100 / (os_clock_ns() - from_ns);
    }
    REQUIRE(percent < QUIET_CPU_PERCENT, "used %llu %% of a CPU while it had nothing to do",
            (unsigned long long)percent);
}

void server_freeze(const struct server *server) {
    int status;
    REQUIRE(kill(server->pid, SIGSTOP) == 0 && waitpid(server->pid, &status, WUNTRACED) > 0 &&
                WIFSTOPPED(status),
            "the server cannot be stopped");
}

void server_thaw(const struct server *server) {
    REQUIRE(kill(server->pid, SIGCONT) == 0, "the server cannot be continued");
}

uint64_t server_rss_bytes(const struct server *server) {
    struct os_usage usage;
    int error = os_process_usage(server->pid, &usage);
    REQUIRE(error == 0, "memory of process %d: %s", (int)server->pid, os_error_text(error));
    return usage.rss_bytes;
}
