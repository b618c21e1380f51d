/* harness.c - runs each case as a child process, whose exit code is the outcome; see harness.h. */
#include "tests/support/harness.h"

#include "base/check.h"
#include "base/format.h"

#include <sys/types.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_PASSED = 0, EXIT_FAILED = 1, EXIT_SKIPPED = 77, EXIT_SPOILT = 78, TRIES = 3 };

/* ---- inside a case's process ---- */

static const char *doing_what = "starting";
static char case_label[160];
static char note_text[256];   /* " # ..." or empty */
static char spoilt_text[512]; /* why this try does not count, or empty */
static bool last_try;         /* a disturbed case is not run again */

static void case_print(const char *outcome, const char *format, va_list rest) FORMAT_PRINTF(2, 0);

static void case_print(const char *outcome, const char *format, va_list rest) {
    printf("%s %s # ", outcome, case_label);
    vprintf(format, rest);
    putchar('\n');
    fflush(stdout);
}

void case_fail(const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    case_print("not ok", format, rest);
    va_end(rest);
    _exit(EXIT_FAILED);
}

void case_skip(const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    case_print("skip", format, rest);
    va_end(rest);
    _exit(EXIT_SKIPPED);
}

void case_spoilt(const char *format, ...) {
    va_list rest;
    if (spoilt_text[0]) return;
    va_start(rest, format);
    vsnprintf(spoilt_text, sizeof spoilt_text, format, rest);
    va_end(rest);
}

void case_end(void) {
    if (spoilt_text[0] && last_try) case_skip("%s; tried %d times", spoilt_text, TRIES);
    if (spoilt_text[0]) _exit(EXIT_SPOILT);
    printf("ok %s%s\n", case_label, note_text);
    fflush(stdout);
    _exit(EXIT_PASSED);
}

void case_doing(const char *what) {
    doing_what = what;
}

void case_note(const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    int n = snprintf(note_text, sizeof note_text, " # ");
    vsnprintf(note_text + n, sizeof note_text - (size_t)n, format, rest);
    va_end(rest);
}

static void write_text(const char *text) {
    ssize_t ignored = write(STDOUT_FILENO, text, strlen(text));
    (void)ignored; /* a failure cannot be handled */
}

static void deadline_passed(int signal_number) {
    (void)signal_number;
    write_text("not ok ");
    write_text(case_label);
    write_text(" # deadline passed while ");
    write_text(doing_what);
    write_text("\n");
    _exit(EXIT_FAILED);
}

void harness_guard(const char *label, double deadline_s) {
    snprintf(case_label, sizeof case_label, "%s", label);
    fflush(stdout);
    signal(SIGALRM, deadline_passed);
    alarm((unsigned)ceil(deadline_s));
}

void harness_unguard(void) {
    alarm(0);
}

/* ---- around it ---- */

static volatile sig_atomic_t running_group; /* process group of the current case; 0: none */
static bool any_failed;

static void interrupted(int signal_number) {
    if (running_group) kill(-(pid_t)running_group, SIGKILL);
    _exit(128 + signal_number);
}

void harness_start(void) {
    signal(SIGTERM, interrupted);
    signal(SIGINT, interrupted);
}

/* The whole life of a case's process. */
static _Noreturn void case_live(const char *label, void (*body)(const void *argument),
                                const void *argument, double deadline_s) {
    setpgid(0, 0);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    harness_guard(label, deadline_s);
    body(argument);
    case_end();
}

/* Runs a case once. Returns its exit code. */
static int case_try(const char *label, void (*body)(const void *argument), const void *argument,
                    double deadline_s) {
    fflush(stdout);
    pid_t pid = fork();
    CHECK_OP(pid, >=, 0);
    if (pid == 0) case_live(label, body, argument, deadline_s);
    setpgid(pid, pid);
    running_group = pid;
    int status;
    while (waitpid(pid, &status, 0) < 0) CHECK_OP(errno, ==, EINTR);
    kill(-pid, SIGKILL); /* remaining processes of the case */
    running_group = 0;
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    printf("not ok %s # the test itself ended by signal %d\n", label, WTERMSIG(status));
    return EXIT_FAILED;
}

bool harness_run(const char *label, void (*body)(const void *argument), const void *argument,
                 double deadline_s) {
    int code = EXIT_SPOILT;
    for (int i = 1; i <= TRIES && code == EXIT_SPOILT; i++) {
        last_try = i == TRIES;
        code = case_try(label, body, argument, deadline_s);
    }
    bool passed = code == EXIT_PASSED || code == EXIT_SKIPPED;
    any_failed |= !passed;
    return passed;
}

const char *harness_skip_reason(const struct arg_texts *skipped, const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; i < skipped->count; i++) {
        const char *item = skipped->items[i];
        if (strncmp(item, name, length) != 0) continue;
        if (item[length] == '=') return item + length + 1;
        if (!item[length]) return "by --skip";
    }
    return NULL;
}

int harness_exit_code(void) {
    return any_failed;
}
