/* exit_code.h - the exit codes of iobench; docs/contributing.md has the table. */
#ifndef BENCH_SUPPORT_EXIT_CODE_H
#define BENCH_SUPPORT_EXIT_CODE_H

enum exit_code {
    EXIT_FINE = 0,
    EXIT_WRONG_ECHO = 1,
    EXIT_REGRESSED = 1, /* compare, ab */
    EXIT_USAGE = 2,     /* wrong arguments, unreadable or invalid file; nothing was written */
    EXIT_NOTHING = 3,   /* no trustworthy measurement, or none possible on this machine */
    EXIT_INTERRUPTED = 130,
};

#endif
