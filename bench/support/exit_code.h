/* exit_code.h - how iobench ends; docs/contributing.md has the table. */
#ifndef BENCH_SUPPORT_EXIT_CODE_H
#define BENCH_SUPPORT_EXIT_CODE_H

enum exit_code {
    EXIT_FINE = 0,
    EXIT_WRONG_ECHO = 1,
    EXIT_REGRESSED = 1, /* compare, ab */
    EXIT_USAGE = 2,     /* usage, file or schema; nothing was written */
    EXIT_NOTHING = 3,   /* nothing trustworthy was measured, or can be measured here */
    EXIT_INTERRUPTED = 130,
};

#endif
