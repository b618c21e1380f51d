/* args.h - command lines from a table: parsing, range checks, one-line errors and --help.
 * Invariant: after ARGS_RUN every value lies in the range its row states. */
#ifndef BASE_ARGS_H
#define BASE_ARGS_H

#include <stddef.h>
#include <stdint.h>

enum arg_kind {
    ARG_FLAG,    /* --name             bool */
    ARG_COUNT,   /* --name 10          uint64_t, whole, min..max */
    ARG_REAL,    /* --name 0.5         double, min..max */
    ARG_TEXT,    /* --name TEXT        const char * */
    ARG_TEXTS,   /* --name TEXT ...    struct arg_texts, in order; may repeat */
    ARG_CHOICE,  /* --name open        const char *, one of `choices` ("closed|open") */
    ARG_DIVIDER, /* --name             positionals behind it go into this struct arg_texts */
};

/* The texts of a repeatable option or of the positional arguments; points into argv. */
struct arg_texts {
    const char **items; /* owned; freed by args_texts_free */
    size_t count;       /* how many */
};

struct arg {
    const char *name;        /* without dashes; one letter is written with one: -o FILE */
    enum arg_kind kind;      /* what follows it */
    void *value;             /* where it goes; holds the default before parsing */
    double min, max;         /* range of ARG_COUNT and ARG_REAL */
    const char *choices;     /* of ARG_CHOICE, separated by '|' */
    const char *placeholder; /* in --help, e.g. "HOST:PORT"; NULL for flags */
    const char *help; /* one line, with unit; the default is written by whoever writes this */
};

struct args_spec {
    const char *program;    /* "loadgen" or "iobench run": how errors and --help begin */
    const char *summary;    /* one line for --help */
    const char *positional; /* placeholder of positional arguments, e.g. "RESULT..."; or NULL */
    const char *example;    /* a command line for --help */
    const struct arg *args; /* rows, ended by one with name NULL */
    struct arg_texts *positionals; /* where they go; NULL if there are none */
};

enum args_outcome { ARGS_RUN, ARGS_HELP_SHOWN, ARGS_WRONG };

/* Parses argv[1..argc-1]: "--name value" and "--name=value". ARGS_HELP_SHOWN: --help was printed on
 * stdout, exit 0. ARGS_WRONG: one line "program: --name: reason" was printed on stderr, exit 2. */
enum args_outcome args_parse(const struct args_spec *spec, int argc, char **argv);

/* Reads a whole number in decimal digits, 0..UINT64_MAX. Returns 0, or -1 if it is not one. */
int args_number(const char *text, uint64_t *number);

void args_texts_free(struct arg_texts *texts);

#endif
