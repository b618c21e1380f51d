/* refuse.h - how a command says that it does not do what was asked for. */
#ifndef BENCH_SUPPORT_REFUSE_H
#define BENCH_SUPPORT_REFUSE_H

#include "base/format.h"

/* Prints "COMMAND: why" on stderr as one line, for a command like "iobench run", and returns
 * EXIT_USAGE. */
int refuse(const char *command, const char *format, ...) FORMAT_PRINTF(2, 3);

#endif
