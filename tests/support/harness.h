/* harness.h - how the black-box test programs run a case and say how it went.
 * Invariant: every case ends with exactly one line "ok", "not ok" or "skip" on stdout, and nothing
 * that it started outlives it.
 *
 * A case that finds its figures spoilt by other work on the machine is run again, TRIES times in
 * all; if the last try is spoilt too, the case is skipped with the measured figure as the reason.
 *
 * A case runs in a process and a process group of its own under an alarm: one that hangs fails, and
 * what it started is killed. A case that fails therefore just ends: nothing is freed on the way
 * out. */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include "base/args.h"
#include "base/format.h"

#include <stdbool.h>

#define REQUIRE(condition, ...)                                                                    \
    do {                                                                                           \
        if (!(condition)) case_fail(__VA_ARGS__);                                                  \
    } while (0)

/* ---- in a case ---- */

/* Ends the case as failed, or as skipped, with the reason. */
void case_fail(const char *format, ...) __attribute__((noreturn)) FORMAT_PRINTF(1, 2);
void case_skip(const char *format, ...) __attribute__((noreturn)) FORMAT_PRINTF(1, 2);

/* Notes that other work on the machine spoilt what this case measured, with the measured figure.
 * The case goes on: what the machine cannot spoil is still checked, and can still fail. At its end
 * it is run again, or skipped with the first note as the reason. */
void case_spoilt(const char *format, ...) FORMAT_PRINTF(1, 2);

/* Ends the case as if its function had returned. */
void case_end(void) __attribute__((noreturn));

/* Says what the case waits for now; named if its deadline passes. `what` is not copied. */
void case_doing(const char *what);

/* A remark printed behind "ok". */
void case_note(const char *format, ...) FORMAT_PRINTF(1, 2);

/* ---- around cases ---- */

/* Call once, before the first case: an interrupted program takes its case with it. */
void harness_start(void);

/* Runs `body(argument)` as the case `label` ("conformance/epoll 1-byte"). Returns false if it
 * failed. */
bool harness_run(const char *label, void (*body)(const void *argument), const void *argument,
                 double deadline_s);

/* Why `name` is left out: what --skip NAME or --skip NAME=REASON said; NULL if it is not among
 * them.
 */
const char *harness_skip_reason(const struct arg_texts *skipped, const char *name);

/* Until harness_unguard a failure here, or the deadline, is that of `label` and ends the program.
 */
void harness_guard(const char *label, double deadline_s);
void harness_unguard(void);

/* Whether a case has failed so far: 1, else 0; what main returns. */
int harness_exit_code(void);

#endif
