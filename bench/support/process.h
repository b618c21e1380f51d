/* process.h - child processes over libuv, with pinned CPUs, captured output and deadlines. What
 * their children leave behind comes to iobench, where the system can do that.
 * Invariants: iobench only sleeps while a child runs; after process_end the child has exited and
 * all its handles are closed. */
#ifndef BENCH_SUPPORT_PROCESS_H
#define BENCH_SUPPORT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define PROCESS_CPUS_MAX 1024
#define PROCESS_LINE_SIZE 256
#define PROCESS_SIGNALS_MAX 8

/* The event loop that all children share. */
struct process_loop {
    uv_loop_t loop;
    uv_timer_t deadline;                      /* of the current process_wait */
    uv_signal_t signals[PROCESS_SIGNALS_MAX]; /* of OS_STOP_SIGNALS */
    uv_signal_t child;                        /* SIGCHLD: an adopted orphan may have ended */
    size_t orphans;                           /* adopted orphans that have ended */
    bool expired;                             /* the deadline has passed */
    bool interrupted;                         /* one of the signals arrived */
    int cpus[PROCESS_CPUS_MAX];               /* CPUs that iobench itself may use */
    size_t cpu_count;                         /* 0: the system has no such information */
};

struct process {
    struct process_loop *owner;
    uv_process_t handle;
    uv_pipe_t in, out, err;            /* iobench's ends of the child's streams */
    bool in_open, out_open, err_open;  /* the pipe is not closed yet */
    bool running;                      /* the child has not exited yet */
    int pid;                           /* process id and process group id */
    bool pinned;                       /* it started on the CPUs that were asked for */
    unsigned handles;                  /* libuv handles that are not closed yet */
    int64_t exit_status;               /* valid once `running` is false */
    int term_signal;                   /* signal that ended the child; 0: none */
    char *text;                        /* stdout so far, NUL-terminated; owned */
    size_t size, room;                 /* bytes used and allocated in `text` */
    bool discard;                      /* drop stdout; set by the caller after process_start */
    bool overflow;                     /* stdout was too long and was cut */
    bool forced;                       /* process_end had to send a signal */
    char last_line[PROCESS_LINE_SIZE]; /* last non-empty line of stderr, cleaned */
    char line[PROCESS_LINE_SIZE];      /* current, incomplete line of stderr */
    size_t line_length;                /* bytes used in `line` */
};

/* Initialises a loop. With `catch_signals`, those of OS_STOP_SIGNALS set `interrupted` instead of
 * ending iobench. Returns 0 or a libuv error. Returns UV_EMFILE if the limit of open files is so
 * low that libuv would abort. */
int process_loop_open(struct process_loop *l, bool catch_signals);
void process_loop_close(struct process_loop *l);

/* Text of a libuv error, with the limits of this process that it may be about; valid until the next
 * call. */
const char *process_error_text(int error);

/* Starts `args[0]` with its NULL-terminated arguments in a new process group, on `cpus` if
 * cpu_count > 0 and the system permits it. The child's stdin stays open until process_end. Returns
 * 0 or a libuv error; after an error, do not call process_end. */
int process_start(struct process *p, struct process_loop *l, char *const *args, const int *cpus,
                  size_t cpu_count);

/* Sleeps until done(context) returns true, for at most `seconds`. With `heed_interrupt` it also
 * returns when the loop was interrupted. Returns the last result of done(). */
bool process_wait(struct process_loop *l, bool (*done)(void *context), void *context,
                  double seconds, bool heed_interrupt);

/* For process_wait: whether the process `context` has exited and its output is complete. */
bool process_ended(void *context);

/* Ends the process if it still runs: closes its stdin, sends SIGTERM after `grace_s` and SIGKILL 2
 * s later. Closes all handles. text, last_line and exit_status stay valid until process_free. */
void process_end(struct process *p, double grace_s);

/* Ends a process that does not exit at the end of its stdin, and all processes in its group, even
 * if the process itself has exited: SIGTERM, then SIGKILL after 2 s. Otherwise like process_end. */
void process_end_group(struct process *p);

void process_free(struct process *p);

/* Describes how the process ended: "killed by signal 9", or its last line on stderr, or "exit 3".
 */
void process_story(const struct process *p, char *text, size_t size);

#endif
