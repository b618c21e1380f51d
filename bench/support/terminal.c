/* terminal.c - see terminal.h. */
#include "bench/support/terminal.h"

#include "base/os.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define COLUMNS_UNKNOWN 80

static bool is_set(const char *name) {
    const char *value = getenv(name);
    return value && *value;
}

struct terminal terminal_look(int descriptor, bool wide) {
    const char *term = getenv("TERM"), *ci = getenv("CI");
    struct terminal t = {.is = uv_guess_handle(descriptor) == UV_TTY, .columns = COLUMNS_UNKNOWN};
    bool plain = !t.is || (term && strcmp(term, "dumb") == 0);
    t.rewrites = !plain && !(ci && *ci && strcmp(ci, "false") != 0);
    t.colour = !plain && !is_set("NO_COLOR");
    int columns = t.is ? os_terminal_columns(descriptor) : 0;
    /* some terminals go to the next line when the last column is filled */
    if (columns > 0) t.columns = columns > 1 ? columns - 1 : 1;
    if (wide) t.columns = 0;
    return t;
}
