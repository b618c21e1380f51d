/* conformance.h - types for all cases of the conformance suite.
 * Invariant: a case uses only the server's command line, stdin, stdout and TCP. Therefore the suite
 * can test any echo server that follows the contract, also through a launcher. */
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
    char choices[DESCRIBE_CHOICES_MAX][DESCRIBE_WORD_MAX]; /* words; empty for a number */
    size_t choice_count;
    uint64_t min, max; /* range of a number */
};

/* The part of --describe that cases need. */
struct described {
    char name[DESCRIBE_WORD_MAX];         /* "epoll" */
    char notification[DESCRIBE_WORD_MAX]; /* "readiness" */
    struct described_option options[DESCRIBE_OPTIONS_MAX];
    size_t option_count;
    uint64_t connections_limit; /* 0: none */
    uint64_t threads_max;       /* 1: the model does not support --threads */
    bool available;             /* this machine can run the model */
    char reason[256];           /* why it cannot */
};

/* The parameters of a case. */
struct setup {
    char **command;             /* command line of the server, ended by NULL */
    const char *observer;       /* command that prints descriptors and memory; NULL: use /proc */
    struct described described; /* output of --describe */
    char option[VARIANT_MAX];   /* "NAME=VALUE" for --option; empty: defaults */
    uint64_t seed;              /* for payloads and random orders */
    uint32_t connections;       /* connections of "thousands" before limits apply */
    uint32_t wave;              /* connections per wave of "fd-reuse" */
    double timeout_scale;       /* factor for all deadlines */
};

struct conformance_case {
    const char *name;                       /* as printed, and for --only */
    void (*run)(const struct setup *setup); /* returns if the server passed */
    uint32_t deadline_s;                    /* for the whole case, before scaling */
    bool basic;                             /* also run with each value of each option */
};

/* Tables in the cases_*.c files; the last entry has the name NULL. */
extern const struct conformance_case cases_bytes[];
extern const struct conformance_case cases_close[];
extern const struct conformance_case cases_many[];
extern const struct conformance_case cases_limits[];
extern const struct conformance_case cases_signals[];

/* Runs the command with --describe and reads its output. Ends the case on failure. */
void describe_read(char **command, const char *option, struct described *described);

#endif
