/* slot.c - starts a server, runs the load generator, stops the server. Every wait has a deadline.
 * Invariant: iobench sleeps while the load generator runs. */
#include "bench/session/slot.h"

#include "base/check.h"
#include "base/format.h"
#include "base/os.h"

#include "bench/machine/environment.h"
#include "bench/session/port.h"
#include "bench/suite/foreign.h"
#include "bench/support/json_file.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STORY_SIZE 256           /* last line of a process, with how it ended */
#define READY_S 10.0             /* deadline from start to ready line */
#define STOP_S 5.0               /* deadline from end of stdin to exit */
#define LOADGEN_STOP_S 1.0       /* the same for a load generator that missed its deadline */
#define LOADGEN_EXTRA_S 30.0     /* allowance for connecting and a longer warm-up */
#define CONNECTS_PER_S_MIN 500.0 /* slowest tolerated rate of connecting */
#define KNOCK_S 0.01             /* pause between attempts to connect to a foreign server */
#define PORTS_MAX 4              /* ports to try; another process may take one first */
#define LAST_WORDS_S 0.5         /* deadline for the last output of a command that has ended */
#define CANNOT_RUN_STATUS 77     /* exit code of a server that this machine cannot run */
#define WRONG_ECHO_STATUS 1      /* exit code of a load generator with figures and a wrong echo */
#define NO_ANSWER_STATUS 3       /* of one without answers; it has figures if there was a window */

/* ---- arguments ---- */

/* An argument list that owns its texts. */
struct arguments {
    char texts[2048]; /* all words */
    size_t used;      /* used bytes of texts */
    char *words[48];  /* into texts, ended by NULL */
    size_t count;
};

static void add(struct arguments *a, const char *format, ...) FORMAT_PRINTF(2, 3);

static void add(struct arguments *a, const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    size_t room = sizeof a->texts - a->used;
    int n = vsnprintf(a->texts + a->used, room, format, rest);
    va_end(rest);
    CHECK(n >= 0 && (size_t)n < room);
    CHECK_OP(a->count + 1, <, sizeof a->words / sizeof *a->words);
    a->words[a->count++] = a->texts + a->used;
    a->used += (size_t)n + 1;
}

static void add_program(struct arguments *a, const char *path) {
    memset(a, 0, sizeof *a);
    a->words[a->count++] = (char *)path;
}

static void server_arguments(struct arguments *a, const struct cell *c) {
    add_program(a, c->server->program->path);
    add(a, "--stop-on-eof");
    add(a, "--threads");
    add(a, "%u", c->server_threads);
    add(a, "--burn-ns");
    add(a, "%u", c->burn_ns);
    for (size_t i = 0; i < c->server->option_count; i++) {
        add(a, "--option");
        add(a, "%s", c->server->options[i]);
    }
}

static void loadgen_arguments(struct arguments *a, const struct cell *c, const char *address,
                              double pid, uint64_t seed) {
    add_program(a, c->loadgen->path);
    add(a, "--stop-on-eof");
    add(a, "--connect=%s", address);
    if (pid >= 1) add(a, "--server-pid=%.0f", pid); /* unknown for a server that runs already */
    add(a, "--connections=%u", c->connections);
    add(a, "--size=%u", c->size_bytes);
    add(a, "--threads=%u", c->loadgen_threads);
    add(a, "--transport=%s", c->transport);
    add(a, "--warmup=%.15g", c->warmup_s);
    add(a, "--duration=%.15g", c->duration_s);
    add(a, "--drain=%.15g", c->drain_s);
    add(a, "--seed=%" PRIu64, seed);
    if (c->idle) add(a, "--idle=%u", c->idle);
    if (c->newcomers_per_s > 0) add(a, "--newcomers=%.15g", c->newcomers_per_s);
    switch (c->load) {
    case CELL_CLOSED:
        add(a, "--depth=%u", c->depth);
        break;
    case CELL_OPEN:
        add(a, "--rate=%.15g", c->rate_per_s);
        add(a, "--outstanding=%u", c->outstanding);
        break;
    case CELL_CHURN:
        add(a, "--churn=%.15g", c->rate_per_s);
        add(a, "--churn-echoes=%u", c->churn_echoes);
        break;
    }
    if (c->load != CELL_CLOSED) add(a, "--arrival=%s", c->arrival);
}

/* ---- server ---- */

/* For process_wait: the server has printed its first line or has ended. */
static bool server_spoke(void *context) {
    const struct process *p = context;
    return process_ended(context) || (p->text && strchr(p->text, '\n'));
}

/* The object `key` in the last line of a process's output, owned by the caller. NULL if there is
 * none. */
static cJSON *last_object(const struct process *p, const char *key) {
    struct reason reason;
    if (!p->text || p->size < 2) return NULL;
    const char *line = p->text + p->size - 1;
    while (line > p->text && line[-1] != '\n') line--;
    cJSON *json = json_text_parse(line, (size_t)(p->text + p->size - line), &reason);
    cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(json, key);
    cJSON_Delete(json);
    return item;
}

/* Marks the slot as failed, with the reason. */
static void fail(struct slot_outcome *o, enum validity_code code, const char *format, ...)
    FORMAT_PRINTF(3, 4);

static void fail(struct slot_outcome *o, enum validity_code code, const char *format, ...) {
    va_list rest;
    o->end = SLOT_FAILED;
    o->code = code;
    *o->reason.text = '\0';
    va_start(rest, format);
    reason_add_list(&o->reason, format, rest);
    va_end(rest);
}

/* Marks the slot as failed; the reason ends with the last words of the process. */
static void fail_with(struct slot_outcome *o, enum validity_code code, const char *what,
                      const struct process *p) {
    char story[STORY_SIZE];
    process_story(p, story, sizeof story);
    fail(o, code, "%s: %s", what, story);
}

/* Reads the server's address and process id from its ready line. Returns false and sets the reason
 * on failure. */
static bool read_ready(struct slot_outcome *o, const struct process *p, char *address, size_t size,
                       double *pid) {
    struct reason why;
    const char *end = strchr(p->text, '\n');
    cJSON *json = json_text_parse(p->text, (size_t)(end - p->text), &why);
    const cJSON *ready = cJSON_GetObjectItemCaseSensitive(json, "ready");
    const char *host = json_text(ready, "host");
    double port = json_number(ready, "port");
    *pid = json_number(ready, "pid");
    bool fine = host && port >= 1 && port <= 65535 && *pid >= 1;
    if (fine)
        snprintf(address, size, strchr(host, ':') ? "[%s]:%.0f" : "%s:%.0f", host, port);
    else
        fail(o, VALIDITY_SERVER_NOT_READY, "server: cannot parse its ready line");
    cJSON_Delete(json);
    return fine;
}

/* Waits until the server is ready. Returns false and sets the reason if it does not get ready. */
static bool await_ready(struct slot_outcome *o, struct process *p, char *address, size_t size,
                        double *pid) {
    process_wait(p->owner, server_spoke, p, READY_S, true);
    if (p->text && strchr(p->text, '\n')) return read_ready(o, p, address, size, pid);
    if (p->owner->interrupted) {
        o->end = SLOT_INTERRUPTED;
    } else if (process_ended(p) && p->exit_status == CANNOT_RUN_STATUS) {
        o->end = SLOT_CANNOT_RUN;
        o->code = VALIDITY_SERVER_UNAVAILABLE;
        reason_set(&o->reason, "%s", p->last_line);
    } else if (process_ended(p)) {
        fail_with(o, VALIDITY_SERVER_NOT_READY, "server did not get ready", p);
    } else {
        fail(o, VALIDITY_SERVER_NOT_READY, "server not ready after %.0f s", READY_S);
    }
    return false;
}

/* ---- a foreign server ---- */

/* For process_wait: the command has ended; its child processes may still run. */
static bool server_left(void *context) {
    const struct process *p = context;
    return !p->running;
}

/* Waits until the command accepts connections. Returns false and sets the reason if it does not. */
static bool await_answer(struct slot_outcome *o, struct process *p, uint16_t port) {
    uint64_t start_ns = os_clock_ns();
    double left_s = READY_S;
    while (left_s > 0 && !p->owner->interrupted && !server_left(p)) {
        if (port_answers(p->owner, port, left_s)) return true;
        process_wait(p->owner, server_left, p, KNOCK_S, true);
        left_s = READY_S - (double)(os_clock_ns() - start_ns) / 1e9;
    }
    if (p->owner->interrupted) {
        o->end = SLOT_INTERRUPTED;
    } else if (server_left(p)) {
        process_wait(p->owner, process_ended, p, LAST_WORDS_S, true);
        fail_with(o, VALIDITY_SERVER_NOT_READY, "server did not get ready", p);
    } else {
        fail(o, VALIDITY_SERVER_NOT_READY, "server not ready after %.0f s", READY_S);
    }
    return false;
}

/* A running slot. */
struct turn {
    struct slot_outcome *o;
    const struct cell *c;
    struct process_loop *l; /* runs the children */
    uint64_t seed;          /* for the load generator */
};

/* Starts a command that should listen on `port`. Returns whether it accepts connections. If not,
 * ends its processes and sets `*again` if another port may help. */
static bool start_command_on(const struct turn *t, struct process *p, uint16_t port, bool *again) {
    struct foreign_words words;
    struct slot_outcome *o = t->o;
    const struct placement *where = &t->c->placement;
    const struct program *program = t->c->server->program;
    struct reason why;
    *again = false;
    if (!foreign_split(&words, program->command, port, &why)) {
        fail(o, VALIDITY_SERVER_NOT_STARTED, "%s", why.text);
        return false;
    }
    words.words[0] = (char *)program->path;
    int error = process_start(p, t->l, words.words, where->server, where->server_count);
    if (error) {
        fail(o, VALIDITY_SERVER_NOT_STARTED, "server: %s", uv_strerror(error));
        return false;
    }
    p->discard = true;
    if (await_answer(o, p, port)) return true;
    *again = server_left(p) && port_taken(port);
    process_end_group(p);
    process_free(p);
    return false;
}

static bool start_command(const struct turn *t, struct process *p, uint16_t *port) {
    bool again = true;
    for (int i = 0; i < PORTS_MAX && again; i++) {
        int error = port_choose(port);
        if (error) {
            fail(t->o, VALIDITY_SERVER_NOT_STARTED, "no free port: %s", os_error_text(error));
            return false;
        }
        if (start_command_on(t, p, *port, &again)) return true;
    }
    return false;
}

/* ---- load generator ---- */

static void read_figures(struct slot_outcome *o, const struct process *p) {
    struct reason why;
    bool has_figures = p->exit_status == 0 || p->exit_status == WRONG_ECHO_STATUS ||
                       p->exit_status == NO_ANSWER_STATUS;
    if (!p->running && !p->term_signal && has_figures && p->text && !p->overflow) {
        o->figures = json_text_parse(p->text, p->size, &why);
        o->end = SLOT_MEASURED;
        if (cJSON_IsObject(o->figures)) return;
        fail(o, VALIDITY_LOADGEN_FAILED, "loadgen: its output is not an object");
        return;
    }
    fail_with(o, VALIDITY_LOADGEN_FAILED, "no figures", p);
}

static void not_counted(struct slot_outcome *o, enum uncounted_code code, const char *reason) {
    o->uncounted.code = code;
    reason_set(&o->uncounted.reason, "%s", reason);
}

/* Starts to count the system calls and sleeps of the server. Returns NULL and sets the reason on
 * failure. */
static struct counters *start_counting(struct slot_outcome *o, double pid) {
    if (pid >= 1) return counters_open((int64_t)pid, &o->uncounted);
    not_counted(o, UNCOUNTED_SERVER_ELSEWHERE, "the server runs elsewhere");
    return NULL;
}

static void end_counting(struct slot_outcome *o, struct counters *counters) {
    if (o->forked)
        not_counted(o, UNCOUNTED_CHILD_PROCESSES,
                    "the server has child processes, which are not all counted");
    else if (!counters_read(counters, &o->counts))
        not_counted(o, UNCOUNTED_FAILED, "the counters cannot be read");
    counters_close(counters);
}

static void run_load(const struct turn *t, const char *address, double pid) {
    struct slot_outcome *o = t->o;
    const struct cell *c = t->c;
    struct process_loop *l = t->l;
    struct arguments a;
    struct process p;
    struct cpu_ticks start = environment_ticks();
    loadgen_arguments(&a, c, address, pid, t->seed);
    struct counters *counters = c->counted ? start_counting(o, pid) : NULL;
    int error = process_start(&p, l, a.words, c->placement.loadgen, c->placement.loadgen_count);
    if (error) {
        if (counters) counters_close(counters);
        fail(o, VALIDITY_LOADGEN_NOT_STARTED, "loadgen: %s", uv_strerror(error));
        return;
    }
    double allowed = c->warmup_s + c->duration_s + c->drain_s + LOADGEN_EXTRA_S +
                     ((double)c->connections + c->idle) / CONNECTS_PER_S_MIN;
    bool command = c->server->program->kind == SERVER_COMMAND;
    if (command) { /* child processes may exist only while connections are open */
        process_wait(l, process_ended, &p, c->warmup_s / 2, true);
        o->forked = os_process_group_shared((int64_t)pid);
    }
    bool in_time = process_wait(l, process_ended, &p, allowed, true);
    o->forked = o->forked || (command && os_process_group_shared((int64_t)pid));
    process_end(&p, in_time ? 0 : LOADGEN_STOP_S);
    if (counters) end_counting(o, counters);
    o->steal_pct = environment_steal_pct(&start);
    if (l->interrupted) {
        o->end = SLOT_INTERRUPTED;
    } else if (!in_time) {
        fail(o, VALIDITY_LOADGEN_LATE, "loadgen: not done after %.0f s", allowed);
    } else {
        read_figures(o, &p);
    }
    process_free(&p);
}

/* ---- both ---- */

static void note_death(struct slot_outcome *o, const char *how, const struct process *server) {
    char story[STORY_SIZE];
    process_story(server, story, sizeof story);
    reason_set(&o->died, "%s%s", how, story);
}

static void run_ours(const struct turn *t) {
    struct slot_outcome *o = t->o;
    const struct placement *where = &t->c->placement;
    struct arguments a;
    struct process server;
    server_arguments(&a, t->c);
    int error = process_start(&server, t->l, a.words, where->server, where->server_count);
    if (error) {
        fail(o, VALIDITY_SERVER_NOT_STARTED, "server: %s", uv_strerror(error));
        return;
    }
    char address[128];
    double pid = 0;
    bool ready = await_ready(o, &server, address, sizeof address, &pid);
    if (ready) {
        run_load(t, address, pid);
        if (!server.running) note_death(o, "ended too early: ", &server);
    }
    process_end(&server, STOP_S);
    if (ready && !*o->died.text && (server.term_signal || server.exit_status != 0))
        note_death(o, server.forced ? "" : "failed at its end: ", &server);
    o->stats = last_object(&server, "stats");
    process_free(&server);
}

/* Runs a foreign command. Its end after the load is not judged, because a foreign server need not
 * obey SIGTERM. */
static void run_command(const struct turn *t) {
    struct process server;
    uint16_t port;
    char address[32];
    if (!start_command(t, &server, &port)) return;
    snprintf(address, sizeof address, PORT_HOST ":%u", (unsigned)port);
    run_load(t, address, server.pid);
    if (!server.running) note_death(t->o, "ended too early: ", &server);
    process_end_group(&server);
    process_free(&server);
}

void slot_run(struct slot_outcome *o, const struct cell *c, struct process_loop *l, uint64_t seed) {
    memset(o, 0, sizeof *o);
    o->end = SLOT_FAILED;
    o->steal_pct = NAN;
    const struct turn t = {.o = o, .c = c, .l = l, .seed = seed};
    switch (c->server->program->kind) {
    case SERVER_OURS:
        run_ours(&t);
        break;
    case SERVER_COMMAND:
        run_command(&t);
        break;
    case SERVER_AT:
        run_load(&t, c->server->program->command, 0);
        break;
    }
}

void slot_free(struct slot_outcome *o) {
    cJSON_Delete(o->figures);
    cJSON_Delete(o->stats);
    memset(o, 0, sizeof *o);
}
