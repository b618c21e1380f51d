/* terminal.h - whether an output stream is a terminal, and may use colours. */
#ifndef BENCH_SUPPORT_TERMINAL_H
#define BENCH_SUPPORT_TERMINAL_H

#include <stdbool.h>

bool terminal_is(int descriptor);

/* Whether a descriptor is a terminal, NO_COLOR is not set and TERM is not "dumb". */
bool terminal_colour(int descriptor);

#endif
