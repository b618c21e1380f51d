/* conformance.h - what every case of the conformance suite may use.
 * Invariant: a case knows its server only through its command line, stdin, stdout and TCP, so any
 * echo server that keeps the contract can be tested, whatever starts it. */
#ifndef TESTS_CONFORMANCE_H
#define TESTS_CONFORMANCE_H

#include "tests/support/harness.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DESCRIBE_OPTIONS_MAX 8
#define DESCRIBE_CHOICES_MAX 8
#define DESCRIBE_WORD_MAX 32
#define VARIANT_MAX (2 * DESCRIBE_WORD_MAX)

/* One --option of the server. */
struct described_option {
    char name[DESCRIBE_WORD_MAX];                          /* "trigger" */
    char choices[DESCRIBE_CHOICES_MAX][DESCRIBE_WORD_MAX]; /* words; none if it is a number */
    size_t choice_count;                                   /* how many words */
    uint64_t min, max;                                     /* range if it is a number */
};

/* What --describe said, as far as cases need it. */
struct described {
    char name[DESCRIBE_WORD_MAX];                          /* "epoll" */
    char notification[DESCRIBE_WORD_MAX];                  /* "readiness" */
    struct described_option options[DESCRIBE_OPTIONS_MAX]; /* its knobs */
    size_t option_count;                                   /* how many */
    uint64_t connections_limit;                            /* 0: none */
    uint64_t threads_max;                                  /* 1: --threads is not for it */
    bool available;                                        /* this machine can run it */
    char reason[256];                                      /* why not */
};

/* What a case is run with. */
struct setup {
    char **command;             /* the server's command line, NULL at its end */
    const char *observer;       /* command that tells what a process holds; NULL: /proc does */
    struct described described; /* what it says of itself */
    char option[VARIANT_MAX];   /* "NAME=VALUE" for --option; empty: defaults */
    uint64_t seed;              /* of payloads and orders */
    uint32_t connections;       /* how many "thousands" opens, before limits */
    uint32_t wave;              /* connections of each wave of "fd-reuse" */
    double timeout_scale;       /* multiplies every deadline */
};

struct conformance_case {
    const char *name;                       /* as printed and as --only takes it */
    void (*run)(const struct setup *setup); /* returns if the server passed */
    uint32_t deadline_s;                    /* for the whole case, before scaling */
    bool basic;                             /* also run with every value of every option */
};

/* Tables of the cases_*.c files, ended by one with name NULL. */
extern const struct conformance_case cases_bytes[];
extern const struct conformance_case cases_close[];
extern const struct conformance_case cases_many[];
extern const struct conformance_case cases_limits[];

/* Reads what --describe prints, or ends the case. */
void describe_read(char **command, const char *option, struct described *described);

#endif
