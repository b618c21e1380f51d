/* text.h - a string buffer that grows.
 * Invariant: `data` is NULL until something was added; then data[size] is a NUL byte. */
#ifndef BENCH_SUPPORT_TEXT_H
#define BENCH_SUPPORT_TEXT_H

#include "base/format.h"

#include <stddef.h>

/* Initialised with {0}. The owner of the struct frees `data`. */
struct text {
    char *data;  /* allocated with malloc */
    size_t size; /* length of the text */
    size_t room; /* bytes allocated */
};

void text_add(struct text *text, const char *format, ...) FORMAT_PRINTF(2, 3);

#endif
