/* reason.c - error texts; see reason.h. */
#include "bench/support/reason.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

bool reason_set(struct reason *reason, const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    vsnprintf(reason->text, sizeof reason->text, format, rest);
    va_end(rest);
    utf8_clean(reason->text);
    return false;
}

bool reason_add_list(struct reason *reason, const char *format, va_list rest) {
    size_t used = strlen(reason->text);
    vsnprintf(reason->text + used, sizeof reason->text - used, format, rest);
    utf8_clean(reason->text);
    return false;
}

bool reason_add(struct reason *reason, const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    reason_add_list(reason, format, rest);
    va_end(rest);
    return false;
}
