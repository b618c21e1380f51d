/* session.h - what every command that measures does before its first slot.
 * Invariant: nothing is written before all of it was found good. */
#ifndef BENCH_SESSION_SESSION_H
#define BENCH_SESSION_SESSION_H

#include "bench/machine/doctor.h"
#include "bench/suite/models.h"
#include "bench/support/paths.h"
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Where the result goes: to the file that was `asked` for, or if that is NULL to
 * results/UTC-HOST-NAME.json. Returns false with "-o FILE: what is wrong" if it cannot be written.
 */
bool session_output(char path[PATH_SIZE], const struct paths *paths, const char *asked,
                    const char *name, struct reason *reason);

/* Adds to the facts about the machine what the servers say about it: whether io_uring works. */
void session_ask(struct doctor_facts *facts, const struct models *models);

/* What the doctor finds, owned by the caller; a problem is told on stderr, unless `quiet`, before
 * anybody waits for figures. Takes a quarter of a second. */
cJSON *session_examine(const char *command, const struct models *models, bool quiet);

#endif
