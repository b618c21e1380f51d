/* refuse.h - prints why a command cannot do what the user asked for. */
#ifndef BENCH_SUPPORT_REFUSE_H
#define BENCH_SUPPORT_REFUSE_H

#include "base/format.h"

/* Prints "COMMAND: message" on stderr as one line; `command` is for example "iobench run". Returns
 * EXIT_USAGE. */
int refuse(const char *command, const char *format, ...) FORMAT_PRINTF(2, 3);

#endif
