/* terminal.h - how to print on an output stream: whether it is a terminal, how wide, with colours.
 */
#ifndef BENCH_SUPPORT_TERMINAL_H
#define BENCH_SUPPORT_TERMINAL_H

#include <stdbool.h>

struct terminal {
    bool is;       /* it is a terminal */
    bool rewrites; /* a line may replace the one before: neither TERM=dumb nor a CI service */
    bool colour;   /* a terminal, NO_COLOR is not set and TERM is not "dumb" */
    int columns;   /* of the longest line that a table may have; 0: no limit */
};

/* Looks at a descriptor. A terminal has its own width at this moment, and everything else 80
 * columns; with `wide` there is no limit. The variable COLUMNS counts nowhere, because it is the
 * width that the terminal of a shell once had. */
struct terminal terminal_look(int descriptor, bool wide);

#endif
