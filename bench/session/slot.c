/* slot.c - starts a server, runs the load generator, stops the server. Every wait has a deadline.
 * Invariant: iobench sleeps while the load generator runs, but for a few glances. */
#include "bench/session/slot.h"

#include "base/check.h"
#include "base/format.h"
#include "base/os.h"

#include "bench/machine/environment.h"
#include "bench/session/kin.h"
#include "bench/session/port.h"
#include "bench/session/slot_arguments.h"
#include "bench/suite/foreign.h"
#include "bench/support/json_file.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STORY_SIZE 256           /* last line of a process, with how it ended */
#define READY_S 10.0             /* deadline from start to ready line */
#define READY_MAX 65536u         /* bytes of output that may pass before its end */
#define STOP_S 5.0               /* deadline from end of stdin to exit */
#define LOADGEN_STOP_S 1.0       /* the same for a load generator that missed its deadline */
#define LOADGEN_EXTRA_S 30.0     /* allowance for connecting and a longer warm-up */
#define CONNECTS_PER_S_MIN 500.0 /* slowest tolerated rate of connecting */
#define KNOCK_S 0.01             /* pause between attempts to connect to a foreign server */
#define PORTS_MAX 4              /* ports to try; another process may take one first */
#define GLANCES 10               /* at a command under load */
#define LAST_WORDS_S 0.5         /* deadline for the last output of a command that has ended */
#define CANNOT_RUN_STATUS 77     /* exit code of a server that this machine cannot run */
#define WRONG_ECHO_STATUS 1      /* exit code of a load generator with figures and a wrong echo */
#define NO_ANSWER_STATUS 3       /* of one without answers; it has figures if there was a window */

/* A running slot. */
struct turn {
    struct slot_outcome *o;
    const struct cell *c;
    struct process_loop *l; /* runs the children */
    uint64_t seed;          /* for the load generator */
    struct kin *kin;        /* all processes of the server */
};

/* ---- server ---- */

/* For process_wait: the server has printed its first line, or what can be none, or has ended. */
static bool server_spoke(void *context) {
    const struct process *p = context;
    return process_ended(context) || p->size > READY_MAX || (p->text && strchr(p->text, '\n'));
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
    } else if (p->size > READY_MAX) {
        fail(o, VALIDITY_SERVER_NOT_READY, "server: its ready line is longer than %u KiB",
             READY_MAX >> 10);
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

/* Waits until the command accepts connections. Returns the host on which it does. Returns NULL and
 * sets the reason if it does not. */
static const char *await_answer(struct slot_outcome *o, struct process *p, uint16_t port) {
    uint64_t start_ns = os_clock_ns();
    double left_s = READY_S;
    while (left_s > 0 && !p->owner->interrupted && !server_left(p)) {
        const char *host = port_answers(p->owner, port, left_s);
        if (host) return host;
        process_wait(p->owner, server_left, p, KNOCK_S, true);
        left_s = READY_S - (double)(os_clock_ns() - start_ns) / 1e9;
    }
    if (p->owner->interrupted) {
        o->end = SLOT_INTERRUPTED;
    } else if (server_left(p)) {
        process_wait(p->owner, process_ended, p, LAST_WORDS_S, true);
        fail_with(o, VALIDITY_SERVER_NOT_READY, "server did not get ready", p);
    } else {
        fail(o, VALIDITY_SERVER_NOT_READY,
             "server not ready after %.0f s: no answer on 127.0.0.1 or ::1, port %u", READY_S,
             (unsigned)port);
    }
    return NULL;
}

/* Ends all processes of a command. */
static void end_command(const struct turn *t, struct process *p) {
    kin_stop(t->kin);
    process_end_group(p);
    kin_close(t->kin);
    process_free(p);
}

/* Starts a command that should listen on `port`. Returns the host on which it accepts connections.
 * If it does not, ends its processes and sets `*again` if another port may help. */
static const char *start_command_on(const struct turn *t, struct process *p, uint16_t port,
                                    bool *again) {
    struct foreign_words words;
    struct slot_outcome *o = t->o;
    const struct placement *where = &t->c->placement;
    const struct program *program = t->c->server->program;
    struct reason why;
    *again = false;
    if (!foreign_split(&words, program->command, port, &why)) {
        fail(o, VALIDITY_SERVER_NOT_STARTED, "%s", why.text);
        return NULL;
    }
    words.words[0] = (char *)program->path;
    kin_open(t->kin, t->l);
    int error = process_start(p, t->l, words.words, where->server, where->server_count);
    kin_started(t->kin, error ? 0 : p->pid);
    if (error) {
        kin_close(t->kin);
        fail(o, VALIDITY_SERVER_NOT_STARTED, "server: %s", process_error_text(error));
        return NULL;
    }
    p->discard = true;
    const char *host = await_answer(o, p, port);
    if (host) return host;
    *again = server_left(p) && port_taken(port);
    end_command(t, p);
    return NULL;
}

static const char *start_command(const struct turn *t, struct process *p, uint16_t *port) {
    bool again = true;
    for (int i = 0; i < PORTS_MAX && again; i++) {
        int error = port_choose(port);
        if (error) {
            fail(t->o, VALIDITY_SERVER_NOT_STARTED, "no free port: %s", os_error_text(error));
            return NULL;
        }
        const char *host = start_command_on(t, p, *port, &again);
        if (host) return host;
    }
    return NULL;
}

/* ---- load generator ---- */

static void read_figures(struct slot_outcome *o, const struct process *p) {
    struct reason why;
    bool has_figures = p->exit_status == 0 || p->exit_status == WRONG_ECHO_STATUS ||
                       p->exit_status == NO_ANSWER_STATUS;
    if (!p->running && !p->term_signal && has_figures && p->text && !p->overflow) {
        o->figures = json_text_parse(p->text, p->size, &why);
        o->end = SLOT_MEASURED;
        reason_set(&o->told, "%s", p->last_line);
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

/* The control group whose CPU time the load generator can read; NULL: there is none. A load
 * generator of an older version does not know the option. */
static const char *server_group(const struct turn *t) {
    bool known = cJSON_IsTrue(json_item(t->c->loadgen->describe, "server_group"));
    return known && *t->kin->group ? t->kin->group : NULL;
}

/* Waits for the end of the load generator. A command may have child processes only while
 * connections are open, and not wait for their end. */
static bool await_load(const struct turn *t, struct process *loadgen, double allowed_s) {
    const struct cell *c = t->c;
    double step_s = (c->warmup_s + c->duration_s) / GLANCES;
    bool ended = false;
    for (int i = 0; i < GLANCES && !ended && c->server->program->kind == SERVER_COMMAND; i++) {
        ended = process_wait(t->l, process_ended, loadgen, step_s, true) || t->l->interrupted;
        kin_glance(t->kin);
    }
    return process_wait(t->l, process_ended, loadgen, allowed_s, true);
}

static void run_load(const struct turn *t, const char *address, double pid) {
    struct slot_outcome *o = t->o;
    const struct cell *c = t->c;
    struct process_loop *l = t->l;
    struct slot_arguments a;
    struct process p;
    struct cpu_ticks start = environment_ticks();
    const char *group = server_group(t);
    slot_arguments_loadgen(&a, c, &(struct slot_target){address, pid, group, t->seed});
    struct counters *counters = c->counted ? start_counting(o, pid) : NULL;
    int error = process_start(&p, l, a.words, c->placement.loadgen, c->placement.loadgen_count);
    if (error) {
        if (counters) counters_close(counters);
        fail(o, VALIDITY_LOADGEN_NOT_STARTED, "loadgen: %s", process_error_text(error));
        return;
    }
    double allowed = c->warmup_s + c->duration_s + c->drain_s + LOADGEN_EXTRA_S +
                     ((double)c->connections + c->idle) / CONNECTS_PER_S_MIN;
    o->loadgen_pinned = p.pinned;
    if (pid >= 1) kin_load_begins(t->kin, (int64_t)pid, p.pid);
    bool in_time = await_load(t, &p, allowed);
    kin_load_ends(t->kin);
    o->forked = t->kin->seen;
    o->cpu_hidden = o->forked && !group;
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
    struct slot_arguments a;
    struct process server;
    slot_arguments_server(&a, t->c);
    kin_open(t->kin, t->l);
    int error = process_start(&server, t->l, a.words, where->server, where->server_count);
    kin_started(t->kin, error ? 0 : server.pid);
    o->server_pinned = server.pinned;
    if (error) {
        kin_close(t->kin);
        fail(o, VALIDITY_SERVER_NOT_STARTED, "server: %s", process_error_text(error));
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
    kin_close(t->kin);
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
    const char *host = start_command(t, &server, &port);
    if (!host) return;
    snprintf(address, sizeof address, "%s:%u", host, (unsigned)port);
    t->o->server_pinned = server.pinned;
    run_load(t, address, server.pid);
    if (!server.running) note_death(t->o, "ended too early: ", &server);
    end_command(t, &server);
}

void slot_run(struct slot_outcome *o, const struct cell *c, struct process_loop *l, uint64_t seed) {
    memset(o, 0, sizeof *o);
    o->end = SLOT_FAILED;
    o->steal_pct = NAN;
    static struct kin kin;
    kin = (struct kin){.loop = l};
    const struct turn t = {.o = o, .c = c, .l = l, .seed = seed, .kin = &kin};
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
