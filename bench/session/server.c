/* server.c - see server.h. Every wait has a deadline. */
#include "bench/session/server.h"

#include "base/check.h"
#include "base/os.h"

#include "bench/session/port.h"
#include "bench/session/slot_arguments.h"
#include "bench/suite/foreign.h"
#include "bench/support/json_file.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"

#include <stdio.h>
#include <string.h>

#define READY_S 10.0         /* deadline from start to ready line */
#define READY_MAX 65536u     /* bytes of output that may pass before its end */
#define STOP_S 5.0           /* deadline from end of stdin to exit */
#define KNOCK_S 0.01         /* pause between attempts to connect to a foreign server */
#define PORTS_MAX 4          /* ports to try; another process may take one first */
#define LAST_WORDS_S 0.5     /* deadline for the last output of a command that has ended */
#define CANNOT_RUN_STATUS 77 /* exit code of a server that this machine cannot run */

/* ---- ours ---- */

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

/* Reads the server's address and process id from its ready line. Returns false and sets the reason
 * on failure. */
static bool read_ready(struct server *s) {
    struct reason why;
    const char *text = s->process.text, *end = strchr(text, '\n');
    cJSON *json = json_text_parse(text, (size_t)(end - text), &why);
    const cJSON *ready = cJSON_GetObjectItemCaseSensitive(json, "ready");
    const char *host = json_text(ready, "host");
    double port = json_number(ready, "port");
    s->pid = json_number(ready, "pid");
    bool fine = host && port >= 1 && port <= 65535 && s->pid >= 1;
    if (fine)
        snprintf(s->found, sizeof s->found, strchr(host, ':') ? "[%s]:%.0f" : "%s:%.0f", host,
                 port);
    else
        outcome_fail(s->outcome, VALIDITY_SERVER_NOT_READY, "server: cannot parse its ready line");
    cJSON_Delete(json);
    return fine;
}

/* Waits until the server is ready. Returns false and sets the reason if it does not get ready. */
static bool await_ready(struct server *s) {
    struct process *p = &s->process;
    struct slot_outcome *o = s->outcome;
    process_wait(s->loop, server_spoke, p, READY_S, true);
    if (p->text && strchr(p->text, '\n')) return read_ready(s);
    if (s->loop->interrupted) {
        o->end = SLOT_INTERRUPTED;
    } else if (process_ended(p) && p->exit_status == CANNOT_RUN_STATUS) {
        o->end = SLOT_CANNOT_RUN;
        o->code = VALIDITY_SERVER_UNAVAILABLE;
        reason_set(&o->reason, "%s", p->last_line);
    } else if (process_ended(p)) {
        outcome_fail_with(o, VALIDITY_SERVER_NOT_READY, "server did not get ready", p);
    } else if (p->size > READY_MAX) {
        outcome_fail(o, VALIDITY_SERVER_NOT_READY, "server: its ready line is longer than %u KiB",
                     READY_MAX >> 10);
    } else {
        outcome_fail(o, VALIDITY_SERVER_NOT_READY, "server not ready after %.0f s", READY_S);
    }
    return false;
}

/* Starts the process on its CPUs. Returns false and sets the reason on failure. */
static bool start_process(struct server *s, char *const *words) {
    const struct placement *where = &s->cell->placement;
    kin_open(&s->kin, s->loop);
    int error = process_start(&s->process, s->loop, words, where->server, where->server_count);
    kin_started(&s->kin, error ? 0 : s->process.pid);
    s->outcome->server_pinned = s->process.pinned;
    if (!error) return true;
    kin_close(&s->kin);
    outcome_fail(s->outcome, VALIDITY_SERVER_NOT_STARTED, "server: %s", process_error_text(error));
    return false;
}

/* Ends our server and keeps its statistics. */
static void end_ours(struct server *s) {
    process_end(&s->process, STOP_S);
    kin_close(&s->kin);
    s->outcome->stats = last_object(&s->process, "stats");
}

static bool start_ours(struct server *s) {
    struct slot_arguments a;
    slot_arguments_server(&a, s->cell);
    if (!start_process(s, a.words)) return false;
    if (await_ready(s)) return true;
    end_ours(s);
    process_free(&s->process);
    return false;
}

/* ---- a foreign command ---- */

/* For process_wait: the command has ended; its child processes may still run. */
static bool server_left(void *context) {
    const struct process *p = context;
    return !p->running;
}

/* Waits until the command accepts connections. Returns the host on which it does. Returns NULL and
 * sets the reason if it does not. */
static const char *await_answer(struct server *s, uint16_t port) {
    struct process *p = &s->process;
    uint64_t start_ns = os_clock_ns();
    double left_s = READY_S;
    while (left_s > 0 && !s->loop->interrupted && !server_left(p)) {
        const char *host = port_answers(s->loop, port, left_s);
        if (host) return host;
        process_wait(s->loop, server_left, p, KNOCK_S, true);
        left_s = READY_S - (double)(os_clock_ns() - start_ns) / 1e9;
    }
    if (s->loop->interrupted) {
        s->outcome->end = SLOT_INTERRUPTED;
    } else if (server_left(p)) {
        process_wait(s->loop, process_ended, p, LAST_WORDS_S, true);
        outcome_fail_with(s->outcome, VALIDITY_SERVER_NOT_READY, "server did not get ready", p);
    } else {
        outcome_fail(s->outcome, VALIDITY_SERVER_NOT_READY,
                     "server not ready after %.0f s: no answer on 127.0.0.1 or ::1, port %u",
                     READY_S, (unsigned)port);
    }
    return NULL;
}

/* Ends all processes of a command. */
static void end_command(struct server *s) {
    kin_stop(&s->kin);
    process_end_group(&s->process);
    kin_close(&s->kin);
}

/* Starts a command that should listen on `port`. If it does not, ends its processes, sets the
 * reason, and sets `*again` if another port may help. */
static bool start_command_on(struct server *s, uint16_t port, bool *again) {
    struct foreign_words words;
    const struct program *program = s->cell->server->program;
    struct reason why;
    *again = false;
    if (!foreign_split(&words, program->command, port, &why)) {
        outcome_fail(s->outcome, VALIDITY_SERVER_NOT_STARTED, "%s", why.text);
        return false;
    }
    words.words[0] = (char *)program->path;
    if (!start_process(s, words.words)) return false;
    s->process.discard = true;
    s->pid = s->process.pid;
    const char *host = await_answer(s, port);
    if (host) {
        snprintf(s->found, sizeof s->found, "%s:%u", host, (unsigned)port);
        return true;
    }
    *again = server_left(&s->process) && port_taken(port);
    end_command(s);
    process_free(&s->process);
    return false;
}

static bool start_command(struct server *s) {
    bool again = true;
    for (int i = 0; i < PORTS_MAX && again; i++) {
        uint16_t port;
        int error = port_choose(&port);
        if (error) {
            outcome_fail(s->outcome, VALIDITY_SERVER_NOT_STARTED, "no free port: %s",
                         os_error_text(error));
            return false;
        }
        if (start_command_on(s, port, &again)) return true;
    }
    return false;
}

/* ---- all kinds ---- */

bool server_start(struct server *s) {
    s->pid = 0;
    s->address = s->found;
    s->kin = (struct kin){.loop = s->loop};
    switch (s->cell->server->program->kind) {
    case SERVER_OURS:
        return start_ours(s);
    case SERVER_COMMAND:
        return start_command(s);
    case SERVER_AT:
        s->address = s->cell->server->program->command;
        return true;
    }
    return false;
}

static void note_death(struct server *s, const char *how) {
    char story[PROCESS_LINE_SIZE];
    process_story(&s->process, story, sizeof story);
    reason_set(&s->outcome->died, "%s%s", how, story);
}

/* The end of a foreign command after the load is not judged: it need not obey SIGTERM. */
void server_stop(struct server *s) {
    enum server_kind kind = s->cell->server->program->kind;
    struct process *p = &s->process;
    if (kind == SERVER_AT) return;
    bool died = !p->running;
    if (died) note_death(s, "ended too early: ");
    if (kind == SERVER_COMMAND) {
        end_command(s);
    } else {
        end_ours(s);
        if (!died && (p->term_signal || p->exit_status != 0))
            note_death(s, p->forced ? "" : "failed at its end: ");
    }
    process_free(p);
}
