/* describe.c - the model's option table: read from the command line, printed by --describe.
 * Invariant: what --describe prints is one valid line of JSON whatever the texts hold. */
#include "servers/describe.h"

#include "base/args.h"
#include "base/check.h"
#include "base/line.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DIGITS_OF(number) #number
#define DIGITS(number) DIGITS_OF(number)

#ifdef __clang__
#define COMPILER                                                                                   \
    "clang " DIGITS(__clang_major__) "." DIGITS(__clang_minor__) "." DIGITS(__clang_patchlevel__)
#else
#define COMPILER "gcc " DIGITS(__GNUC__) "." DIGITS(__GNUC_MINOR__) "." DIGITS(__GNUC_PATCHLEVEL__)
#endif

/* ---- options ---- */

void options_default(const struct io_model *model, uint64_t values[MODEL_OPTIONS_MAX]) {
    size_t i = 0;
    for (const struct model_option *o = model->options; o && o->name; o++, i++) {
        CHECK_OP(i, <, MODEL_OPTIONS_MAX);
        values[i] = o->fallback;
    }
}

/* Length of the first word of "level|edge". */
static size_t word_length(const char *words) {
    return strcspn(words, "|");
}

/* Position of `word` among "level|edge", or -1. */
static int choice_index(const char *choices, const char *word) {
    int index = 0;
    for (const char *at = choices;; at++, index++) {
        size_t length = word_length(at);
        if (length == strlen(word) && memcmp(at, word, length) == 0) return index;
        at += length;
        if (!*at) return -1;
    }
}

static bool value_read(const struct io_model *model, const struct model_option *o, const char *text,
                       const char *value, uint64_t *number) {
    if (o->choices) {
        int index = choice_index(o->choices, value);
        if (index < 0) {
            line_print(stderr, "echo-%s: --option %s: not one of %s", model->name, text,
                       o->choices);
            return false;
        }
        *number = (uint64_t)index;
        return true;
    }
    if (!args_number(value, number) || *number < o->min || *number > o->max) {
        line_print(stderr, "echo-%s: --option %s: not a whole number from %" PRIu64 " to %" PRIu64,
                   model->name, text, o->min, o->max);
        return false;
    }
    return true;
}

bool options_read(const struct io_model *model, const char *text,
                  uint64_t values[MODEL_OPTIONS_MAX]) {
    size_t length = strcspn(text, "=");
    size_t i = 0;
    for (const struct model_option *o = model->options; o && o->name; o++, i++) {
        if (strlen(o->name) != length || memcmp(o->name, text, length) != 0) continue;
        return value_read(model, o, text, text[length] ? text + length + 1 : "", &values[i]);
    }
    char names[256] = "none";
    for (size_t j = 0, used = 0; j < i && used < sizeof names; j++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", j ? ", " : "",
                                 model->options[j].name);
    line_print(stderr, "echo-%s: --option %s: unknown option; this model has %s", model->name, text,
               names);
    return false;
}

/* ---- JSON ---- */

static void print_text(const char *text, size_t length) {
    putchar('"');
    for (const char *end = text + length; text < end;) {
        uint32_t c = 0;
        size_t bytes = utf8_next(text, end, &c);
        bool whole = bytes > 0 && bytes <= (size_t)(end - text);
        if (!whole)
            putchar('?');
        else if (c == '"' || c == '\\')
            printf("\\%c", *text);
        else if (c < 0x20)
            printf("\\u%04x", (unsigned)c);
        else
            printf("%.*s", (int)bytes, text);
        text += whole ? bytes : 1;
    }
    putchar('"');
}

void json_print_text(const char *text) {
    if (text)
        print_text(text, strlen(text));
    else
        fputs("null", stdout);
}

static void print_option(const struct model_option *o) {
    fputs("{\"name\":", stdout);
    json_print_text(o->name);
    if (o->choices) {
        fputs(",\"choices\":[", stdout);
        for (const char *at = o->choices;; at++) {
            print_text(at, word_length(at));
            at += word_length(at);
            if (!*at) break;
            putchar(',');
        }
        fputs("],\"default\":", stdout);
        print_text(o->choices, word_length(o->choices));
    } else {
        printf(",\"min\":%" PRIu64 ",\"max\":%" PRIu64 ",\"default\":%" PRIu64, o->min, o->max,
               o->fallback);
    }
    fputs(",\"help\":", stdout);
    json_print_text(o->help);
    putchar('}');
}

static void print_build(const struct io_model *model) {
    printf("\"build\":{\"compiler\":\"%s\",\"cflags\":", COMPILER);
    json_print_text(BUILD_CFLAGS);
    fputs(",\"build_type\":", stdout);
    json_print_text(BUILD_TYPE);
    fputs(",\"libraries\":{", stdout);
    if (model->library) {
        json_print_text(model->library);
        putchar(':');
        json_print_text(model->library_version());
    }
    fputs("}}", stdout);
}

void describe_print(const struct io_model *model, const char *unavailable, uint64_t threads_max) {
    static const char *const initiations[] = {"blocking", "nonblocking", "overlapped", "ring"};
    static const char *const notifications[] = {
        "return",          "readiness",       "event_object", "completion_routine",
        "completion_port", "completion_ring", "callback"};
    fputs("{\"describe\":{\"name\":", stdout);
    json_print_text(model->name);
    fputs(",\"summary\":", stdout);
    json_print_text(model->summary);
    printf(",\"initiation\":\"%s\",\"notification\":\"%s\",\"options\":[",
           initiations[model->initiation], notifications[model->notification]);
    for (const struct model_option *o = model->options; o && o->name; o++) {
        if (o != model->options) putchar(',');
        print_option(o);
    }
    fputs("],\"connections_limit\":", stdout);
    if (model->connections_limit)
        printf("%" PRIu32, model->connections_limit);
    else
        fputs("null", stdout);
    printf(",\"threads_max\":%" PRIu64 ",\"available\":%s,\"reason\":", threads_max,
           unavailable ? "false" : "true");
    json_print_text(unavailable);
    putchar(',');
    print_build(model);
    fputs("}}\n", stdout);
}
