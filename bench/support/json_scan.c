/* json_scan.c - a scanner of JSON texts by recursive descent; see json_scan.h.
 * Invariant: only bytes below `end` are read, except by strtod, which stops at the NUL byte. */
#include "bench/support/json_scan.h"

#include "base/check.h"
#include "base/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 1000     /* the limit of cJSON */
#define NUMBER_SIZE_MAX 63 /* cJSON cuts longer numbers */
#define FIELDS_MAX 1000    /* of an object; lookup by key is linear */

struct scan {
    const char *at, *end; /* the rest of the text */
    const char **keys; /* keys of all open objects, outer ones first: their first quotes; owned */
    size_t key_count;  /* in use */
    size_t key_room;   /* allocated */
    unsigned depth;    /* open objects and arrays */
    const char *why;   /* what is wrong at `at`; NULL: nothing yet */
};

static bool value(struct scan *s);

/* Sets what is wrong at `at`. */
static bool wrong(struct scan *s, const char *at, const char *why) {
    s->at = at;
    s->why = at == s->end ? "unexpected end of text" : why;
    return false;
}

static bool invalid(struct scan *s) {
    return wrong(s, s->at, "not valid JSON");
}

/* The next byte; -1 at the end. */
static int peek(const struct scan *s) {
    return s->at < s->end ? (unsigned char)*s->at : -1;
}

/* Takes the next byte if it is this one. */
static bool take(struct scan *s, char byte) {
    if (peek(s) != (unsigned char)byte) return false;
    s->at++;
    return true;
}

static bool is_digit(int byte) {
    return byte >= '0' && byte <= '9';
}

static void skip_blanks(struct scan *s) {
    while (take(s, ' ') || take(s, '\t') || take(s, '\n') || take(s, '\r')) continue;
}

/* ---- strings ---- */

/* Reads four hexadecimal digits. */
static bool hex(struct scan *s, unsigned long *unit) {
    *unit = 0;
    for (int i = 0; i < 4; i++, s->at++) {
        static const char digits[] = "0123456789abcdefABCDEF";
        const char *digit = peek(s) > 0 ? strchr(digits, peek(s)) : NULL;
        if (!digit) return invalid(s);
        unsigned long n = (unsigned long)(digit - digits);
        *unit = *unit * 16 + (n < 16 ? n : n - 6);
    }
    return true;
}

/* Reads an escape; `at` stands behind the backslash. */
static bool escaped(struct scan *s, unsigned long *point) {
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *start = s->at - 1, *name = peek(s) > 0 ? strchr(names, peek(s)) : NULL;
    if (name) {
        s->at++;
        *point = (unsigned char)meant[name - names];
        return true;
    }
    if (!take(s, 'u')) return s->at == s->end ? invalid(s) : wrong(s, start, "not valid JSON");
    if (!hex(s, point)) return false;
    if (*point == 0) return wrong(s, start, "the character U+0000 is not supported");
    if (*point < 0xd800 || *point > 0xdfff) return true;
    unsigned long low = 0;
    bool pair = *point < 0xdc00 && take(s, '\\') && take(s, 'u') && hex(s, &low) && low >= 0xdc00 &&
                low <= 0xdfff;
    if (!pair) return wrong(s, s->at == s->end ? s->end : start, "half of a surrogate pair");
    *point = 0x10000 + (*point - 0xd800) * 0x400 + (low - 0xdc00);
    return true;
}

/* Reads one character of a string. */
static bool character(struct scan *s, unsigned long *point) {
    int byte = peek(s);
    if (byte == -1) return invalid(s);
    if (byte < ' ') return wrong(s, s->at, "a control character in a string");
    if (take(s, '\\')) return escaped(s, point);
    uint32_t decoded = 0;
    size_t length = utf8_next(s->at, s->end, &decoded);
    if (length == 0) return wrong(s, s->at, "not UTF-8");
    if (length > (size_t)(s->end - s->at)) return wrong(s, s->end, NULL);
    *point = decoded;
    s->at += length;
    return true;
}

static bool string(struct scan *s) {
    if (!take(s, '"')) return invalid(s);
    for (unsigned long point; !take(s, '"');)
        if (!character(s, &point)) return false;
    return true;
}

/* Whether two strings that were scanned mean the same, given their first quotes. */
static bool same(const struct scan *s, const char *left, const char *right) {
    struct scan a = {.at = left + 1, .end = s->end}, b = {.at = right + 1, .end = s->end};
    while (peek(&a) != '"' && peek(&b) != '"') {
        unsigned long x = 0, y = 0;
        CHECK(character(&a, &x) && character(&b, &y));
        if (x != y) return false;
    }
    return peek(&a) == peek(&b);
}

/* ---- numbers ---- */

static bool digits(struct scan *s) {
    if (!is_digit(peek(s))) return invalid(s);
    while (is_digit(peek(s))) s->at++;
    return true;
}

static bool number(struct scan *s) {
    const char *start = s->at;
    bool scaled = false;
    take(s, '-');
    const char *first = s->at;
    if (take(s, '0') && is_digit(peek(s))) return wrong(s, first, "a number with a leading zero");
    if (s->at == first && !digits(s)) return false;
    if (take(s, '.') && !digits(s)) return false;
    if (take(s, 'e') || take(s, 'E')) {
        scaled = true;
        if (!take(s, '-')) take(s, '+');
        if (!digits(s)) return false;
    }
    if (s->at - start > NUMBER_SIZE_MAX) return wrong(s, start, "a number that is too long");
    if (scaled && isinf(strtod(start, NULL))) return wrong(s, start, "a number that is too large");
    return true;
}

/* ---- objects and arrays ---- */

/* Reads a key that none of the keys from number `first` on equals, and its colon. */
static bool key(struct scan *s, size_t first) {
    const char *start = s->at;
    if (!string(s)) return false;
    for (size_t i = first; i < s->key_count; i++)
        if (same(s, s->keys[i], start)) return wrong(s, start, "a key that occurs twice");
    if (s->key_count - first == FIELDS_MAX) return wrong(s, start, "more than 1000 fields");
    if (s->key_count == s->key_room) {
        s->key_room = 2 * s->key_room + 16;
        const char **grown = realloc(s->keys, s->key_room * sizeof *grown);
        CHECK(grown);
        s->keys = grown;
    }
    s->keys[s->key_count++] = start;
    skip_blanks(s);
    return take(s, ':') || invalid(s);
}

/* Reads an object or array whose bracket was taken, up to `close`. */
static bool container(struct scan *s, char close) {
    size_t first = s->key_count;
    if (s->depth++ == DEPTH_MAX) return wrong(s, s->at - 1, "nested more than 1000 deep");
    skip_blanks(s);
    if (!take(s, close)) {
        do {
            skip_blanks(s);
            if (close == '}' && !key(s, first)) return false;
            if (!value(s)) return false;
        } while (take(s, ','));
        if (!take(s, close)) return invalid(s);
    }
    s->key_count = first;
    s->depth--;
    return true;
}

static bool word(struct scan *s, const char *letters) {
    for (; *letters; letters++)
        if (!take(s, *letters)) return invalid(s);
    return true;
}

static bool token(struct scan *s) {
    int byte = peek(s);
    if (take(s, '{')) return container(s, '}');
    if (take(s, '[')) return container(s, ']');
    if (byte == '"') return string(s);
    if (byte == '-' || is_digit(byte)) return number(s);
    return word(s, byte == 't' ? "true" : byte == 'f' ? "false" : "null");
}

/* Reads a value and the blanks around it. */
static bool value(struct scan *s) {
    skip_blanks(s);
    if (!token(s)) return false;
    skip_blanks(s);
    return true;
}

bool json_scan(const char *text, size_t size, struct reason *reason) {
    struct scan s = {.at = text, .end = text + size};
    bool fine = value(&s) && (s.at == s.end || invalid(&s));
    free(s.keys);
    if (fine) return true;
    size_t line = 1, column = 1;
    for (const char *c = text; c < s.at; c++) {
        column++;
        if (*c == '\n') {
            line++;
            column = 1;
        }
    }
    return reason_set(reason, "line %zu, column %zu: %s", line, column, s.why);
}
