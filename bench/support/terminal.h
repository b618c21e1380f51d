/* terminal.h - what a stream can show to a person. */
#ifndef BENCH_SUPPORT_TERMINAL_H
#define BENCH_SUPPORT_TERMINAL_H

#include <stdbool.h>

/* Whether a descriptor is a terminal. */
bool terminal_is(int descriptor);

/* Whether a descriptor is a terminal on which colours are welcome (NO_COLOR, TERM). */
bool terminal_colour(int descriptor);

#endif
