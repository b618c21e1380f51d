/* line.h - lines for a terminal or a log that contain text from outside.
 * Invariant: no such text ends a line, controls the terminal, or becomes a command of the CI system
 * that reads the log. */
#ifndef BASE_LINE_H
#define BASE_LINE_H

#include "base/format.h"

#include <stdio.h>

/* Prints one cleaned line, and the end of the line. */
void line_print(FILE *out, const char *format, ...) FORMAT_PRINTF(2, 3);

/* What to print before a cleaned text that begins a line; often "". GitHub takes a line as a
 * command if its first characters other than blanks are "::". If GITHUB_ACTIONS is "true" and the
 * text begins so, this is "> ". */
const char *line_guard(const char *text);

#endif
