/* reason.c - error texts; see reason.h. */
#include "bench/support/reason.h"

#include <stdio.h>
#include <string.h>

void reason_clean(char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f) *text = '?';
}

bool reason_set(struct reason *reason, const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    vsnprintf(reason->text, sizeof reason->text, format, rest);
    va_end(rest);
    reason_clean(reason->text);
    return false;
}

bool reason_add_list(struct reason *reason, const char *format, va_list rest) {
    size_t used = strlen(reason->text);
    vsnprintf(reason->text + used, sizeof reason->text - used, format, rest);
    reason_clean(reason->text + used);
    return false;
}

bool reason_add(struct reason *reason, const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    reason_add_list(reason, format, rest);
    va_end(rest);
    return false;
}
