/* process.h - child processes with deadlines: started on given CPUs, fed an open stdin, their
 * output kept within bounds, ended for certain. On libuv, so that it is the same on every system.
 * Invariant: between process_start and process_end iobench itself only sleeps; after process_end
 * the child is gone and all its handles are closed. */
#ifndef BENCH_SUPPORT_PROCESS_H
#define BENCH_SUPPORT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define PROCESS_CPUS_MAX 1024
#define PROCESS_LINE_SIZE 256

/* The event loop that all children share, and what interrupts it. */
struct process_loop {
    uv_loop_t loop;             /* libuv's */
    uv_timer_t deadline;        /* of the wait that goes on */
    uv_signal_t signals[3];     /* SIGINT, SIGTERM, SIGHUP */
    bool expired;               /* the deadline has passed */
    bool interrupted;           /* one of the signals came */
    int cpus[PROCESS_CPUS_MAX]; /* where iobench may run; children start elsewhere if told so */
    size_t cpu_count;           /* how many; 0: the system does not tell */
};

struct process {
    struct process_loop *owner;        /* runs it */
    uv_process_t handle;               /* libuv's */
    uv_pipe_t in, out, err;            /* our ends of its streams */
    bool in_open, out_open, err_open;  /* not closed yet */
    bool running;                      /* not exited yet */
    int pid;                           /* its id, and that of its process group */
    unsigned handles;                  /* handles not closed yet */
    int64_t exit_status;               /* valid once not running */
    int term_signal;                   /* signal that ended it; 0 if none */
    char *text;                        /* its stdout so far, NUL-terminated; owned */
    size_t size, room;                 /* bytes in text, and allocated */
    bool discard;                      /* stdout is read and thrown away; set after process_start */
    bool overflow;                     /* stdout was longer than is kept */
    bool forced;                       /* process_end had to send it a signal */
    char last_line[PROCESS_LINE_SIZE]; /* last full line of stderr that is not empty */
    char line[PROCESS_LINE_SIZE];      /* line of stderr that is being received */
    size_t line_length;                /* bytes in it */
};

/* Readies a loop. With `catch_signals` SIGINT, SIGTERM and SIGHUP set `interrupted` instead of
 * ending iobench. Returns 0 or a libuv error, UV_EMFILE also where the limit of descriptors is so
 * low that libuv would abort. */
int process_loop_open(struct process_loop *l, bool catch_signals);
void process_loop_close(struct process_loop *l);

/* Starts `args[0]` with its arguments (ended by NULL), in a process group of its own, on `cpus` (if
 * cpu_count > 0). Its stdin stays open until process_end. Returns 0 or a libuv error; then
 * there is nothing to end. */
int process_start(struct process *p, struct process_loop *l, char *const *args, const int *cpus,
                  size_t cpu_count);

/* Sleeps until done(context), at most `seconds`. Returns what done() says last; false early when
 * the loop was interrupted and `heed_interrupt`. */
bool process_wait(struct process_loop *l, bool (*done)(void *context), void *context,
                  double seconds, bool heed_interrupt);

/* For process_wait: the process in `context` has exited and its output is complete. */
bool process_ended(void *context);

/* Ends the process if it still runs: end of stdin, after `grace_s` SIGTERM, after 2 s SIGKILL.
 * Closes all handles; text, last_line and the exit status stay until process_free. */
void process_end(struct process *p, double grace_s);

/* Ends a process that does not heed the end of stdin, and all that it started and that stayed in
 * its process group, also if it is gone itself: SIGTERM, after 2 s SIGKILL. Else as process_end. */
void process_end_group(struct process *p);

void process_free(struct process *p);

/* How it ended, for people: "killed by signal 9", else its last line on stderr, else "exit 3". */
void process_story(const struct process *p, char *text, size_t size);

#endif
