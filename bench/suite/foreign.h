/* foreign.h - servers that are not iobench's: a command that it starts, or an address where one
 * runs already. Invariant: nothing is started and nobody is connected to here. */
#ifndef BENCH_SUITE_FOREIGN_H
#define BENCH_SUITE_FOREIGN_H

#include "bench/suite/models.h"
#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOREIGN_WORDS_MAX 40
#define FOREIGN_COMMAND_SIZE 1024

/* A command as words. Not to be copied: it points into itself. */
struct foreign_words {
    char texts[FOREIGN_COMMAND_SIZE];   /* of all words, one after the other */
    char *words[FOREIGN_WORDS_MAX + 1]; /* into texts, ended by NULL */
    size_t count;                       /* how many */
};

/* Splits a command: blanks separate words, '...' and "..." keep together what they enclose, and
 * nothing else is special. `port` takes the place of every {port}. Returns false with the reason: a
 * quote without its pair, no word, no {port}, too much of it. */
bool foreign_split(struct foreign_words *words, const char *command, uint16_t port,
                   struct reason *reason);

/* Finds the file that a command's first word starts: a path, or a name in one of the directories
 * `search` ("/a:/b"). Returns false with the reason. */
bool foreign_find_program(char path[PATH_SIZE], const char *word, const char *search,
                          struct reason *reason);

/* Makes a name that no model has from the last part of `path`: of characters that are safe in ids,
 * with "#2" and so on behind it if it is taken. */
void foreign_name(char name[MODEL_NAME_SIZE], const char *path, const struct models *m);

/* Adds a foreign server to the models and makes the spec that runs it. `text` is the value of
 * --server-cmd or --server-at; it outlives both. Returns false with "--option: ..." as the reason.
 */
bool foreign_spec_read(struct server_spec *spec, enum server_kind kind, const char *text,
                       struct models *m, struct reason *reason);

#endif
