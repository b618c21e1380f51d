/* args.c - one table drives parsing, range checks and --help. */
#include "base/args.h"

#include "base/check.h"
#include "base/format.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int args_number(const char *text, uint64_t *number) {
    if (text[0] < '0' || text[0] > '9') return -1; /* strtoull would take "-1" and " 1" */
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (errno || *end) return -1;
    *number = n;
    return 0;
}

static const char *dashes(const struct arg *a) {
    return a->name[1] ? "--" : "-";
}

static enum args_outcome wrong(const struct args_spec *spec, const struct arg *a,
                               const char *format, ...) FORMAT_PRINTF(3, 4);

/* Prints why the value of option `a` (NULL: what is no option) is refused. */
static enum args_outcome wrong(const struct args_spec *spec, const struct arg *a,
                               const char *format, ...) {
    va_list rest;
    fprintf(stderr, "%s: ", spec->program);
    if (a) fprintf(stderr, "%s%s: ", dashes(a), a->name);
    va_start(rest, format);
    vfprintf(stderr, format, rest);
    va_end(rest);
    fputc('\n', stderr);
    return ARGS_WRONG;
}

static void print_help(const struct args_spec *spec) {
    printf("%s - %s\n\nusage: %s [options]%s%s\n\n", spec->program, spec->summary, spec->program,
           spec->positional ? " " : "", spec->positional ? spec->positional : "");
    for (const struct arg *a = spec->args; a->name; a++) {
        char left[64];
        const char *what = a->kind == ARG_CHOICE ? a->choices : a->placeholder;
        snprintf(left, sizeof left, "%s%s%s%s", dashes(a), a->name, what ? " " : "",
                 what ? what : "");
        printf("  %-32s %s\n", left, a->help);
    }
    printf("  %-32s %s\n\nexample: %s\n", "--help", "this text", spec->example);
}

static void texts_add(struct arg_texts *texts, const char *text) {
    const char **grown = realloc(texts->items, (texts->count + 1) * sizeof *grown);
    CHECK(grown);
    texts->items = grown;
    grown[texts->count++] = text;
}

void args_texts_free(struct arg_texts *texts) {
    free(texts->items);
    *texts = (struct arg_texts){0};
}

static bool is_choice(const char *choices, const char *text) {
    size_t length = strcspn(text, "|");
    if (text[length]) return false;
    for (const char *at = choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (strncmp(at, text, length) == 0 && (at[length] == '|' || !at[length])) return length > 0;
    return false;
}

static enum args_outcome set_count(const struct args_spec *spec, const struct arg *a,
                                   const char *text) {
    uint64_t n;
    if (args_number(text, &n) != 0 || (double)n < a->min || (double)n > a->max)
        return wrong(spec, a, "'%s': not a whole number from %.0f to %.0f", text, a->min, a->max);
    *(uint64_t *)a->value = n;
    return ARGS_RUN;
}

static enum args_outcome set_real(const struct args_spec *spec, const struct arg *a,
                                  const char *text) {
    char *end;
    double x = strtod(text, &end);
    /* the first character rules out "inf", "nan" and leading blanks; 1e999 is above every max */
    if (!strchr("0123456789.", text[0]) || end == text || *end || x < a->min || x > a->max)
        return wrong(spec, a, "'%s': not a number from %g to %g", text, a->min, a->max);
    *(double *)a->value = x;
    return ARGS_RUN;
}

static enum args_outcome set_value(const struct args_spec *spec, const struct arg *a,
                                   const char *text) {
    switch (a->kind) {
    case ARG_FLAG:
    case ARG_DIVIDER:
        break; /* take no value; never come here */
    case ARG_COUNT:
        return set_count(spec, a, text);
    case ARG_REAL:
        return set_real(spec, a, text);
    case ARG_TEXT:
        if (!*text) return wrong(spec, a, "the value is empty");
        *(const char **)a->value = text;
        break;
    case ARG_TEXTS:
        if (!*text) return wrong(spec, a, "the value is empty");
        texts_add(a->value, text);
        break;
    case ARG_CHOICE:
        if (!is_choice(a->choices, text))
            return wrong(spec, a, "'%s': not one of %s", text, a->choices);
        *(const char **)a->value = text;
        break;
    }
    return ARGS_RUN;
}

static const struct arg *find(const struct args_spec *spec, const char *name, size_t length) {
    for (const struct arg *a = spec->args; a->name; a++)
        if (strlen(a->name) == length && strncmp(a->name, name, length) == 0) return a;
    return NULL;
}

enum args_outcome args_parse(const struct args_spec *spec, int argc, char **argv) {
    struct arg_texts *positionals = spec->positionals;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--help") == 0) {
            print_help(spec);
            return ARGS_HELP_SHOWN;
        }
        if (word[0] != '-' || !word[1]) {
            if (!positionals) return wrong(spec, NULL, "%s: unexpected argument; try --help", word);
            texts_add(positionals, word);
            continue;
        }
        const char *name = word[1] == '-' ? word + 2 : word[2] ? "" : word + 1;
        size_t length = strcspn(name, "=");
        const struct arg *a = find(spec, name, length);
        if (a && (length == 1) != (word[1] != '-')) a = NULL;
        if (!a) return wrong(spec, NULL, "%s: unknown option; try --help", word);
        if (a->kind == ARG_FLAG || a->kind == ARG_DIVIDER) {
            if (name[length]) return wrong(spec, a, "takes no value");
            if (a->kind == ARG_FLAG)
                *(bool *)a->value = true;
            else
                positionals = a->value;
            continue;
        }
        if (!name[length] && i + 1 >= argc) return wrong(spec, a, "value missing");
        const char *text = name[length] ? name + length + 1 : argv[++i];
        enum args_outcome outcome = set_value(spec, a, text);
        if (outcome != ARGS_RUN) return outcome;
    }
    return ARGS_RUN;
}
