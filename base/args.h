/* args.h - command lines from a table: parsing, range checks, one-line errors and --help.
 * Invariant: after ARGS_RUN every value lies in the range its row states. */
#ifndef BASE_ARGS_H
#define BASE_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The texts of a repeatable option or of the positional arguments; points into argv. */
struct arg_texts {
    const char **items; /* owned; freed by args_texts_free */
    size_t count;
};

/* One option. Exactly one of the destinations is set, and it decides what follows the name. A
 * destination holds the default before parsing.
 *     {"port", "PORT", "TCP port; 0 takes a free one (0)", .count = {&port, 0, 65535}} */
struct arg {
    const char *name;        /* without dashes; one letter is written with one: -o FILE */
    const char *placeholder; /* of its value in --help, e.g. "HOST:PORT"; NULL if there is none */
    const char *help;        /* with unit and default: --help prints nothing else about them */

    bool *flag; /* --name: becomes true */
    struct {
        uint64_t *to;
        double min, max;
    } count; /* --name 10: a whole number, min..max */
    struct {
        double *to;
        double min, max;
    } real;            /* --name 0.5: a number, min..max */
    const char **text; /* --name TEXT */
    struct {
        const char **to;
        const char *words;     /* separated by '|'; they are the placeholder, too */
    } choice;                  /* --name open: one of `words` */
    struct arg_texts *texts;   /* --name TEXT: in order; may repeat */
    struct arg_texts *divider; /* --name: positional arguments after it go here */
};

struct args_spec {
    const char *program;    /* "loadgen" or "iobench run": how errors and --help begin */
    const char *summary;    /* one sentence for --help */
    const char *positional; /* placeholder of positional arguments, e.g. "RESULT..."; or NULL */
    const char *example;    /* a command line for --help */
    const struct arg *args; /* rows, ended by one with name NULL */
    struct arg_texts *positionals; /* where they go; NULL if there are none */
};

enum args_outcome { ARGS_RUN, ARGS_HELP_SHOWN, ARGS_WRONG };

/* Parses argv[1..argc-1]: "--name value" and "--name=value". ARGS_HELP_SHOWN: --help was printed on
 * stdout, exit 0. ARGS_WRONG: one line "program: --name: reason" was printed on stderr, exit 2. */
enum args_outcome args_parse(const struct args_spec *spec, int argc, char **argv);

/* Reads a whole number in decimal digits, 0..UINT64_MAX. Returns false if it is not one. */
bool args_number(const char *text, uint64_t *number);

void args_texts_free(struct arg_texts *texts);

/* Flushes standard output. Returns false if anything that `program` printed did not arrive; then it
 * has said so on stderr. */
bool args_output_written(const char *program);

#endif
