/* children.h - the readers of children's output, which are private to their files.
 * Invariant: each file is included by one target file, so that its own names stay apart. */
#ifndef TESTS_FUZZ_CHILDREN_H
#define TESTS_FUZZ_CHILDREN_H

#include <stddef.h>

/* Has what `echo-x --describe` printed read, and listed. */
void fuzz_describe(char *text, size_t size);

#endif
