/* describe.h - the model's option table: read from the command line, printed by --describe.
 * Invariant: an option value that passed is within the range its row states. */
#ifndef SERVERS_DESCRIBE_H
#define SERVERS_DESCRIBE_H

#include "servers/model.h"

#include <stdbool.h>

/* Fills `values` with the defaults of the model's options. */
void options_default(const struct io_model *model, uint64_t values[MODEL_OPTIONS_MAX]);

/* Reads one "NAME=VALUE" into `values`. Returns false after one line on stderr. */
bool options_read(const struct io_model *model, const char *text,
                  uint64_t values[MODEL_OPTIONS_MAX]);

/* Prints the one line of --describe on stdout. `unavailable` is why this machine cannot run the
 * model, or NULL. */
void describe_print(const struct io_model *model, const char *unavailable, uint64_t threads_max);

/* Prints `text` on stdout as a JSON string, or null if it is NULL. */
void json_print_text(const char *text);

#endif
