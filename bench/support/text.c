/* text.c - a string buffer that grows; see text.h.
 * Invariant: the room at least doubles, so appending n bytes in all copies O(n) bytes. */
#include "bench/support/text.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void text_add(struct text *text, const char *format, ...) {
    for (;;) {
        va_list rest;
        va_start(rest, format);
        int length = vsnprintf(text->data ? text->data + text->size : NULL, text->room - text->size,
                               format, rest);
        va_end(rest);
        CHECK_OP(length, >=, 0);
        if ((size_t)length < text->room - text->size) {
            text->size += (size_t)length;
            return;
        }
        text->room = text->room * 2 + (size_t)length + 1;
        char *grown = realloc(text->data, text->room);
        MEMORY_CHECK(grown);
        text->data = grown;
    }
}
