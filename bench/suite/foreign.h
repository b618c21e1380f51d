/* foreign.h - reads the specs of foreign servers: commands to start, and addresses of servers that
 * run already.
 * Invariant: no function starts a process or opens a connection. */
#ifndef BENCH_SUITE_FOREIGN_H
#define BENCH_SUITE_FOREIGN_H

#include "bench/suite/models.h"
#include "bench/support/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOREIGN_WORDS_MAX 40
#define FOREIGN_COMMAND_SIZE 1024

/* The words of a command. Do not copy it: it contains pointers into itself. */
struct foreign_words {
    char texts[FOREIGN_COMMAND_SIZE];   /* all words */
    char *words[FOREIGN_WORDS_MAX + 1]; /* into texts, ended by NULL */
    size_t count;
};

/* Splits a command into words at blanks. Single and double quotes enclose words with blanks; no
 * other character is special. Replaces every {port} by `port`. Returns false and the reason if a
 * quote is not closed, a word or {port} is missing, or the command is too long. */
bool foreign_split(struct foreign_words *words, const char *command, uint16_t port,
                   struct reason *reason);

/* Finds the program that `word` names: a path, or a file in one of the directories of `search`
 * ("/a:/b"). Returns false and the reason if there is none. */
bool foreign_find_program(char path[PATH_SIZE], const char *word, const char *search,
                          struct reason *reason);

/* Whether `file` is the program of a command or named by one of its words. */
bool foreign_uses(const char *command, const char *file);

/* Makes a unique model name from the last part of `path`. Replaces characters that are unsafe in
 * ids, and appends "#2" and so on if the name is taken. */
void foreign_name(char name[MODEL_NAME_SIZE], const char *path, const struct models *m);

/* Adds a foreign server to the models and makes its spec. `text` is the value of --server-cmd or
 * --server-at and must outlive both. Returns false and "--option: ..." on failure. */
bool foreign_spec_read(struct server_spec *spec, enum server_kind kind, const char *text,
                       struct models *m, struct reason *reason);

#endif
