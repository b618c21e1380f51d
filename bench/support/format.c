/* format.c - number formats and HTML escapes; see format.h.
 * Invariant: no function writes beyond its buffer; texts that do not fit are cut. */
#include "bench/support/format.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char dash[] = "\u2013";

static char *unknown(char text[FORMAT_SIZE]) {
    return strcpy(text, dash);
}

/* `value` with three significant digits, no trailing zeros after the point. */
static void three_digits(char text[FORMAT_SIZE], double value, const char *unit) {
    int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    bool plain = value < 1e15;
    char number[FORMAT_SIZE];
    snprintf(number, sizeof number, plain ? "%.*f" : "%.*g", plain ? decimals : 3, value);
    if (plain && strchr(number, '.')) {
        size_t end = strlen(number);
        while (number[end - 1] == '0') number[--end] = '\0';
        if (number[end - 1] == '.') number[end - 1] = '\0';
    }
    snprintf(text, FORMAT_SIZE, "%.20s%s", number, unit);
}

char *format_count(char text[FORMAT_SIZE], double value) {
    if (!isfinite(value)) return unknown(text);
    if (fabs(value) >= 1e15) {
        snprintf(text, FORMAT_SIZE, "%.3g", value);
        return text;
    }
    char digits[24];
    snprintf(digits, sizeof digits, "%.0f", value);
    size_t used = 0, length = strlen(digits);
    for (size_t i = 0; i < length && used + 4 < FORMAT_SIZE; i++) {
        bool first = i == 0 || digits[i - 1] == '-';
        if (!first && (length - i) % 3 == 0) {
            memcpy(text + used, "\u2009", 3); /* thin space, three bytes in UTF-8 */
            used += 3;
        }
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

char *format_short(char text[FORMAT_SIZE], double value) {
    if (!isfinite(value)) return unknown(text);
    if (value >= 999.5e3)
        three_digits(text, value / 1e6, "M");
    else if (value >= 999.5)
        three_digits(text, value / 1e3, "k");
    else
        three_digits(text, value, "");
    return text;
}

char *format_duration(char text[FORMAT_SIZE], double ns) {
    if (!isfinite(ns)) return unknown(text);
    if (ns >= 999.5e6)
        three_digits(text, ns / 1e9, "\u00a0s");
    else if (ns >= 999.5e3)
        three_digits(text, ns / 1e6, "\u00a0ms");
    else if (ns >= 999.5)
        three_digits(text, ns / 1e3, "\u00a0\u00b5s");
    else
        three_digits(text, ns, "\u00a0ns");
    return text;
}

char *format_bytes(char text[FORMAT_SIZE], double bytes) {
    if (!isfinite(bytes)) return unknown(text);
    if (bytes >= 1024.0 * 1024)
        three_digits(text, bytes / (1024.0 * 1024), "\u00a0MiB");
    else if (bytes >= 1024)
        three_digits(text, bytes / 1024, "\u00a0KiB");
    else
        three_digits(text, bytes, "\u00a0B");
    return text;
}

char *format_ratio(char text[FORMAT_SIZE], double value) {
    if (!isfinite(value)) return unknown(text);
    snprintf(text, FORMAT_SIZE, value < 0.9995 ? "%.3f" : "%.4f", value);
    return text;
}

char *format_times(char text[FORMAT_SIZE], double value) {
    if (!isfinite(value)) return unknown(text);
    snprintf(text, FORMAT_SIZE, "%.2f", value);
    return text;
}

char *format_small(char text[FORMAT_SIZE], double value) {
    if (!isfinite(value) || value >= 1) return format_short(text, value);
    snprintf(text, FORMAT_SIZE, "%.3g", value); /* format_short would print 0.003 as 0 */
    return text;
}

struct format_pair format_apart(double left, double right, int decimals) {
    struct format_pair pair;
    bool plain = fmax(fabs(left), fabs(right)) < 1e15;
    for (; plain && decimals <= 9; decimals++) {
        snprintf(pair.left, sizeof pair.left, "%.*f", decimals, left);
        snprintf(pair.right, sizeof pair.right, "%.*f", decimals, right);
        double difference = strtod(pair.left, NULL) - strtod(pair.right, NULL);
        if (left > right ? difference > 0 : left < right ? difference < 0 : true) return pair;
    }
    snprintf(pair.left, sizeof pair.left, "%.17g", left);
    snprintf(pair.right, sizeof pair.right, "%.17g", right);
    return pair;
}

void format_html(FILE *out, const char *text) {
    for (const char *c = text ? text : dash; *c != '\0'; c++) {
        switch (*c) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc(*c, out);
        }
    }
}

void format_trim(char *text) {
    size_t end = strlen(text), length = end;
    while (end > 0 && ((unsigned char)text[end - 1] & 0xc0) == 0x80) end--;
    if (end == 0 || (unsigned char)text[end - 1] < 0xc0) return;
    unsigned char first = (unsigned char)text[end - 1];
    size_t whole = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length - (end - 1) < whole) text[end - 1] = '\0';
}

void format_append(char *line, size_t size, const char *format, ...) {
    size_t used = strlen(line);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + used, size - used, format, arguments);
    va_end(arguments);
    if (strlen(line) + 1 == size) format_trim(line);
}
