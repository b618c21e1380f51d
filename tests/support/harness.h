/* harness.h - runs the cases of the black-box tests and prints their outcome.
 * Invariant: each case prints exactly one line "ok", "not ok" or "skip" on stdout, and no process
 * that it started outlives it.
 *
 * If other work on the machine disturbed the measurements of a case, the case is run again, up to
 * TRIES times in all. If the last try is disturbed too, the case is skipped and the reason contains
 * the measured figure.
 *
 * Each case runs in its own process and process group with an alarm. A case that hangs fails, and
 * its processes are killed. A case that fails exits immediately and frees nothing. */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include "base/args.h"
#include "base/format.h"

#include <stdbool.h>

#define REQUIRE(condition, ...)                                                                    \
    do {                                                                                           \
        if (!(condition)) case_fail(__VA_ARGS__);                                                  \
    } while (0)

/* ---- within a case ---- */

/* End the case as failed or as skipped, with a reason. */
void case_fail(const char *format, ...) __attribute__((noreturn)) FORMAT_PRINTF(1, 2);
void case_skip(const char *format, ...) __attribute__((noreturn)) FORMAT_PRINTF(1, 2);

/* Records that other work on the machine disturbed the measurement; the text should contain the
 * measured figure. The case continues, and its other checks can still fail. At its end it is run
 * again, or skipped with the first recorded text as the reason. */
void case_spoilt(const char *format, ...) FORMAT_PRINTF(1, 2);

/* Ends the case as if its function had returned. */
void case_end(void) __attribute__((noreturn));

/* Sets what the case is waiting for; it is printed if the deadline passes. `what` is not copied. */
void case_doing(const char *what);

/* Sets a remark that is printed after "ok". */
void case_note(const char *format, ...) FORMAT_PRINTF(1, 2);

/* ---- outside of cases ---- */

/* Must be called before the first case. An interrupted program then also kills its current case. */
void harness_start(void);

/* Runs `body(argument)` as the case `label` ("conformance/epoll 1-byte"). Returns false if it
 * failed. */
bool harness_run(const char *label, void (*body)(const void *argument), const void *argument,
                 double deadline_s);

/* The reason why --skip NAME or --skip NAME=REASON excludes `name`; NULL if none does. */
const char *harness_skip_reason(const struct arg_texts *skipped, const char *name);

/* Until harness_unguard, a failure or the end of the deadline is reported as a failure of `label`
 * and ends the program. */
void harness_guard(const char *label, double deadline_s);
void harness_unguard(void);

/* The exit code for main: 1 if a case has failed, otherwise 0. */
int harness_exit_code(void);

#endif
