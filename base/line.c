/* line.c - see line.h.
 * Source: GitHub's "Workflow commands for GitHub Actions", and ActionCommand.cs of its runner: it
 * removes white space of Unicode before it looks for "::". */
#include "base/line.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 9216 /* two paths and a message; longer lines are cut */

const char *line_guard(const char *text) {
    const char *actions = getenv("GITHUB_ACTIONS");
    if (!actions || strcmp(actions, "true") != 0) return "";
    /* a search that obeys rules of languages may ignore characters between the colons, too */
    while (*text == ' ' || (unsigned char)*text >= 0x80) text++;
    return *text == ':' ? "> " : "";
}

void line_print(FILE *out, const char *format, ...) {
    char line[LINE_SIZE];
    va_list rest;
    va_start(rest, format);
    vsnprintf(line, sizeof line, format, rest);
    va_end(rest);
    utf8_clean(line);
    fprintf(out, "%s%s\n", line_guard(line), line);
}
