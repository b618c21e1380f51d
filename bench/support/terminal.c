/* terminal.c - see terminal.h. */
#include "bench/support/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

bool terminal_is(int descriptor) {
    return uv_guess_handle(descriptor) == UV_TTY;
}

bool terminal_colour(int descriptor) {
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return terminal_is(descriptor) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}
