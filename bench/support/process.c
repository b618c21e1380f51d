/* process.c - child processes over libuv; see process.h. Callbacks only record events; process_wait
 * acts on them.
 * Invariant: libuv holds no pointer to a struct process whose `handles` is 0. */
#include "bench/support/process.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/utf8.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (16u << 20) /* bytes of a child's stdout that are kept */
#define KILL_AFTER_S 2.0
#define GROUP_POLL_S 0.01  /* no event reports that a process group is empty */
#define DESCRIPTORS_MIN 18 /* libuv aborts if it cannot open its own descriptors */

/* ---- the loop ---- */

/* Signals that interrupt iobench. */
static const int stop_signals[] = OS_STOP_SIGNALS;
enum { STOP_SIGNALS = sizeof stop_signals / sizeof *stop_signals };
_Static_assert(STOP_SIGNALS <= PROCESS_SIGNALS_MAX, "each has a handle");

static void on_deadline(uv_timer_t *timer) {
    struct process_loop *l = timer->data;
    l->expired = true;
}

static void on_signal(uv_signal_t *handle, int number) {
    (void)number;
    struct process_loop *l = handle->data;
    l->interrupted = true;
}

struct owned {
    int64_t pid; /* looked for */
    bool found;
};

static void look_at(uv_handle_t *handle, void *context) {
    struct owned *owned = context;
    if (handle->type == UV_PROCESS)
        owned->found =
            owned->found || uv_process_get_pid((const uv_process_t *)handle) == owned->pid;
}

/* Whether the loop has started this process; libuv waits for its end. */
static bool started_here(void *context, int64_t pid) {
    struct process_loop *l = context;
    struct owned owned = {.pid = pid};
    uv_walk(&l->loop, look_at, &owned);
    return owned.found;
}

static void on_child(uv_signal_t *handle, int number) {
    (void)number;
    struct process_loop *l = handle->data;
    l->orphans += os_reap_orphans(started_here, l);
}

int process_loop_open(struct process_loop *l, bool catch_signals) {
    memset(l, 0, sizeof *l);
    os_guard_start();
    l->cpu_count = os_cpus_allowed(l->cpus, PROCESS_CPUS_MAX);
    if (l->cpu_count > PROCESS_CPUS_MAX) l->cpu_count = PROCESS_CPUS_MAX;
    int error = os_descriptors_limit() < DESCRIPTORS_MIN ? UV_EMFILE : uv_loop_init(&l->loop);
    if (error) return error;
    CHECK_OP(uv_timer_init(&l->loop, &l->deadline), ==, 0);
    l->deadline.data = l;
    for (int i = 0; i < STOP_SIGNALS; i++) {
        CHECK_OP(uv_signal_init(&l->loop, &l->signals[i]), ==, 0);
        l->signals[i].data = l;
        if (catch_signals && !error && !os_signal_ignored(stop_signals[i]))
            error = uv_signal_start(&l->signals[i], on_signal, stop_signals[i]);
    }
    CHECK_OP(uv_signal_init(&l->loop, &l->child), ==, 0);
    l->child.data = l;
    os_adopt_orphans();
    if (OS_SIGNAL_CHILD && !error) error = uv_signal_start(&l->child, on_child, OS_SIGNAL_CHILD);
    if (error) process_loop_close(l);
    return error;
}

void process_loop_close(struct process_loop *l) {
    uv_close((uv_handle_t *)&l->deadline, NULL);
    for (int i = 0; i < STOP_SIGNALS; i++) uv_close((uv_handle_t *)&l->signals[i], NULL);
    uv_close((uv_handle_t *)&l->child, NULL);
    uv_run(&l->loop, UV_RUN_DEFAULT);
    CHECK_OP(uv_loop_close(&l->loop), ==, 0);
}

bool process_wait(struct process_loop *l, bool (*done)(void *context), void *context,
                  double seconds, bool heed_interrupt) {
    l->expired = false;
    uv_update_time(&l->loop);
    CHECK_OP(uv_timer_start(&l->deadline, on_deadline, (uint64_t)(seconds * 1000) + 1, 0), ==, 0);
    while (!done(context) && !l->expired && !(heed_interrupt && l->interrupted))
        uv_run(&l->loop, UV_RUN_ONCE);
    uv_timer_stop(&l->deadline);
    return done(context);
}

const char *process_error_text(int error) {
    static char text[448];
    /* libuv's codes are negative errno's where there are such limits */
    snprintf(text, sizeof text, "%s%s", uv_strerror(error), os_limits_hint(-error));
    return text;
}

/* ---- output ---- */

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    (void)handle;
    buffer->base = malloc(suggested);
    MEMORY_CHECK(buffer->base);
    *buffer = uv_buf_init(buffer->base, (unsigned)suggested); /* its length field varies by OS */
}

static void count_closed(uv_handle_t *handle) {
    struct process *p = handle->data;
    p->handles--;
}

static void close_pipe(uv_pipe_t *pipe, bool *open) {
    if (*open) uv_close((uv_handle_t *)pipe, count_closed);
    *open = false;
}

static void keep_text(struct process *p, const char *bytes, size_t count) {
    p->overflow = p->overflow || p->size + count > TEXT_MAX;
    if (p->overflow) return; /* drop later, smaller pieces too: they would follow a gap */
    if (p->size + count + 1 > p->room) {
        p->room = (p->size + count + 1) * 2;
        p->text = realloc(p->text, p->room);
        MEMORY_CHECK(p->text);
    }
    memcpy(p->text + p->size, bytes, count);
    p->size += count;
    p->text[p->size] = '\0';
}

static void on_out(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    struct process *p = stream->data;
    if (count > 0 && !p->discard) keep_text(p, buffer->base, (size_t)count);
    free(buffer->base);
    if (count < 0) close_pipe(&p->out, &p->out_open);
}

static void end_line(struct process *p) {
    p->line[p->line_length] = '\0';
    utf8_clean(p->line);
    if (*p->line) strcpy(p->last_line, p->line);
    p->line_length = 0;
}

static void on_err(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    struct process *p = stream->data;
    for (ssize_t i = 0; i < count; i++) {
        char c = buffer->base[i];
        if (c == '\n')
            end_line(p);
        else if (c != '\r' && p->line_length + 1 < sizeof p->line)
            p->line[p->line_length++] = c;
    }
    free(buffer->base);
    if (count < 0) {
        end_line(p);
        close_pipe(&p->err, &p->err_open);
    }
}

static void on_exit_of(uv_process_t *handle, int64_t status, int signal_number) {
    struct process *p = handle->data;
    p->running = false;
    p->exit_status = status;
    p->term_signal = signal_number;
    uv_close((uv_handle_t *)handle, count_closed);
}

/* ---- life ---- */

static void open_pipe(struct process *p, uv_pipe_t *pipe, bool *open) {
    CHECK_OP(uv_pipe_init(&p->owner->loop, pipe, 0), ==, 0);
    pipe->data = p;
    *open = true;
    p->handles++;
}

static bool all_closed(void *context) {
    const struct process *p = context;
    return p->handles == 0;
}

static void close_pipes(struct process *p) {
    close_pipe(&p->in, &p->in_open);
    close_pipe(&p->out, &p->out_open);
    close_pipe(&p->err, &p->err_open);
}

int process_start(struct process *p, struct process_loop *l, char *const *args, const int *cpus,
                  size_t cpu_count) {
    memset(p, 0, sizeof *p);
    p->owner = l;
    open_pipe(p, &p->in, &p->in_open);
    open_pipe(p, &p->out, &p->out_open);
    open_pipe(p, &p->err, &p->err_open);
    p->handle.data = p;
    uv_stdio_container_t streams[3] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&p->in},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&p->out},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&p->err},
    };
    const uv_process_options_t options = {.exit_cb = on_exit_of,
                                          .file = args[0],
                                          .args = (char **)args,
                                          .flags = UV_PROCESS_DETACHED | UV_PROCESS_WINDOWS_HIDE,
                                          .stdio_count = 3,
                                          .stdio = streams};
    /* a child inherits the affinity of the thread that starts it, so it never runs elsewhere */
    if (cpu_count) p->pinned = os_cpus_restrict(cpus, cpu_count) == 0;
    int error = uv_spawn(&l->loop, &p->handle, &options);
    if (cpu_count) os_cpus_restrict(l->cpus, l->cpu_count);
    p->handles++; /* the process handle must be closed even if uv_spawn failed */
    if (error) {
        uv_close((uv_handle_t *)&p->handle, count_closed);
        close_pipes(p);
        process_wait(l, all_closed, p, KILL_AFTER_S, false);
        return error;
    }
    p->running = true;
    p->pid = uv_process_get_pid(&p->handle);
    os_guard_add(p->pid);
    CHECK_OP(uv_read_start((uv_stream_t *)&p->out, give_buffer, on_out), ==, 0);
    CHECK_OP(uv_read_start((uv_stream_t *)&p->err, give_buffer, on_err), ==, 0);
    return 0;
}

bool process_ended(void *context) {
    const struct process *p = context;
    return !p->running && !p->out_open && !p->err_open;
}

static void process_close_stdin(struct process *p) {
    close_pipe(&p->in, &p->in_open);
}

void process_end(struct process *p, double grace_s) {
    process_close_stdin(p);
    if (!process_wait(p->owner, process_ended, p, grace_s, false) && p->running) {
        p->forced = true;
        uv_process_kill(&p->handle, SIGTERM);
        process_wait(p->owner, process_ended, p, KILL_AFTER_S, false);
    }
    if (p->running) uv_process_kill(&p->handle, SIGKILL);
    close_pipes(p);
    /* SIGKILL cannot be ignored, but a process within a system call may take a while to end */
    CHECK(process_wait(p->owner, all_closed, p, 60, false));
}

/* uv_kill also succeeds for zombies in the group, hence the second check. */
static bool group_ended(void *context) {
    const struct process *p = context;
    return process_ended(context) && (uv_kill(-p->pid, 0) != 0 || !os_process_group_shared(p->pid));
}

void process_end_group(struct process *p) {
    process_close_stdin(p);
    p->forced = p->running;
    /* fails if the group is empty, or if the system has no groups; then signal the process alone */
    if (uv_kill(-p->pid, SIGTERM) != 0 && p->running) uv_process_kill(&p->handle, SIGTERM);
    for (double waited_s = 0; waited_s < KILL_AFTER_S; waited_s += GROUP_POLL_S)
        if (process_wait(p->owner, group_ended, p, GROUP_POLL_S, false)) break;
    uv_kill(-p->pid, SIGKILL);
    process_end(p, 0);
}

void process_free(struct process *p) {
    CHECK_OP(p->handles, ==, 0);
    os_guard_remove(p->pid);
    free(p->text);
    p->text = NULL;
}

void process_story(const struct process *p, char *text, size_t size) {
    if (p->running)
        snprintf(text, size, "still running");
    else if (p->term_signal && p->forced)
        snprintf(text, size, "did not end and was killed");
    else if (p->term_signal)
        snprintf(text, size, "killed by signal %d", p->term_signal);
    else if (p->overflow)
        snprintf(text, size, "printed more than %u MiB", TEXT_MAX >> 20);
    else if (*p->last_line) /* more helpful than the exit status */
        snprintf(text, size, "%s", p->last_line);
    else
        snprintf(text, size, "exit %d", (int)p->exit_status);
}
