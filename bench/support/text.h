/* text.h - text that grows as it is written.
 * Invariant: `data` is NULL, while nothing was added, or NUL-terminated after `size` bytes. */
#ifndef BENCH_SUPPORT_TEXT_H
#define BENCH_SUPPORT_TEXT_H

#include "base/format.h"

#include <stddef.h>

/* Empty when all its bytes are 0. */
struct text {
    char *data;  /* the text; owned by who declared it, as malloc made it */
    size_t size; /* its length */
    size_t room; /* bytes that `data` has room for */
};

/* Appends. */
void text_add(struct text *text, const char *format, ...) FORMAT_PRINTF(2, 3);

#endif
