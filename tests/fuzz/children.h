/* children.h - access to parsers of child output that are static functions. Each such file is
 * included by one file of the target only, so that static names do not collide. */
#ifndef TESTS_FUZZ_CHILDREN_H
#define TESTS_FUZZ_CHILDREN_H

#include <stddef.h>

/* Parses `text` as the output of `echo-x --describe`, and prints it as `iobench list` does. */
void fuzz_describe(char *text, size_t size);

#endif
