/* args.c - one table drives parsing, range checks and --help. */
#include "base/args.h"

#include "base/check.h"
#include "base/format.h"
#include "base/line.h"
#include "base/memory.h"
#include "base/os.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns of --help. A longer option has a line of its own above its text; on a narrow terminal all
 * have. */
#define HELP_LINE 79
#define HELP_LINE_NARROW 60
#define HELP_INDENT 2
#define HELP_OPTION_MAX 28

bool args_number(const char *text, uint64_t *number) {
    if (text[0] < '0' || text[0] > '9') return false; /* strtoull would take "-1" and " 1" */
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (errno || *end) return false;
    *number = n;
    return true;
}

static const char *dashes(const struct arg *a) {
    return a->name[1] ? "--" : "-";
}

static enum args_outcome wrong(const struct args_spec *spec, const struct arg *a,
                               const char *format, ...) FORMAT_PRINTF(3, 4);

/* Prints why the value of option `a` (NULL: what is no option) is refused. */
static enum args_outcome wrong(const struct args_spec *spec, const struct arg *a,
                               const char *format, ...) {
    char why[4096];
    va_list rest;
    va_start(rest, format);
    vsnprintf(why, sizeof why, format, rest);
    va_end(rest);
    line_print(stderr, "%s: %s%s%s%s", spec->program, a ? dashes(a) : "", a ? a->name : "",
               a ? ": " : "", why);
    return ARGS_WRONG;
}

/* ---- --help ---- */

/* Writes option and placeholder as they are typed; returns the length. */
static int format_option(char *text, size_t size, const struct arg *a) {
    const char *value = a->choice.to ? a->choice.words : a->placeholder;
    return snprintf(text, size, "%s%s%s%s", dashes(a), a->name, value ? " " : "",
                    value ? value : "");
}

static int help_line(void) {
    int columns = os_terminal_columns(1);
    return columns > 0 && columns <= HELP_LINE ? columns - 1 : HELP_LINE;
}

/* Prints `text`, broken at blanks so that no line passes the terminal or HELP_LINE, with `indent`
 * blanks before each line but the first, which begins at column `column`. */
static void print_wrapped(const char *text, int column, int indent) {
    int line = help_line();
    for (bool first = true; *text; first = false) {
        int length = (int)strcspn(text, " ");
        if (!first && column + 1 + length > line) {
            printf("\n%*s", indent, "");
            column = indent;
        } else if (!first) {
            putchar(' ');
            column++;
        }
        printf("%.*s", length, text);
        column += length;
        text += length;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_row(const char *option, const char *help, int width) {
    int indent = HELP_INDENT + width + 2;
    if ((int)strlen(option) <= width) {
        printf("%*s%-*s  ", HELP_INDENT, "", width, option);
    } else {
        printf("%*s%s\n%*s", HELP_INDENT, "", option, indent, "");
    }
    print_wrapped(help, indent, indent);
}

static void print_help(const struct args_spec *spec) {
    char option[128];
    int width = (int)strlen("--help");
    int longest = help_line() < HELP_LINE_NARROW ? 0 : HELP_OPTION_MAX;
    printf("%s - ", spec->program);
    print_wrapped(spec->summary, (int)strlen(spec->program) + 3, HELP_INDENT);
    printf("\nusage: %s [options]%s%s\n\n", spec->program, spec->positional ? " " : "",
           spec->positional ? spec->positional : "");
    for (const struct arg *a = spec->args; a->name; a++) {
        int length = format_option(option, sizeof option, a);
        if (length > width && length <= longest) width = length;
    }
    for (const struct arg *a = spec->args; a->name; a++) {
        format_option(option, sizeof option, a);
        print_row(option, a->help, width);
    }
    print_row("--help", "this text", width);
    printf("\nexample: %s\n", spec->example);
}

/* ---- values ---- */

static void texts_add(struct arg_texts *texts, const char *text) {
    const char **grown = realloc(texts->items, (texts->count + 1) * sizeof *grown);
    MEMORY_CHECK(grown);
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
    if (!args_number(text, &n) || (double)n < a->count.min || (double)n > a->count.max)
        return wrong(spec, a, "'%s': not a whole number from %.0f to %.0f", text, a->count.min,
                     a->count.max);
    *a->count.to = n;
    return ARGS_RUN;
}

static enum args_outcome set_real(const struct args_spec *spec, const struct arg *a,
                                  const char *text) {
    char *end;
    double x = strtod(text, &end);
    /* the first character rules out "inf", "nan" and leading blanks; 1e999 is above every max */
    if (!strchr("0123456789.", text[0]) || strpbrk(text, "xX") || end == text || *end ||
        x < a->real.min || x > a->real.max)
        return wrong(spec, a, "'%s': not a number from %g to %g", text, a->real.min, a->real.max);
    *a->real.to = x;
    return ARGS_RUN;
}

static enum args_outcome set_value(const struct args_spec *spec, const struct arg *a,
                                   const char *text) {
    if (a->count.to) return set_count(spec, a, text);
    if (a->real.to) return set_real(spec, a, text);
    if (a->choice.to) {
        if (!is_choice(a->choice.words, text))
            return wrong(spec, a, "'%s': not one of %s", text, a->choice.words);
        *a->choice.to = text;
        return ARGS_RUN;
    }
    if (!*text) return wrong(spec, a, "the value is empty");
    if (a->text) {
        *a->text = text;
    } else {
        texts_add(a->texts, text);
    }
    return ARGS_RUN;
}

/* ---- parsing ---- */

static void check_rows(const struct args_spec *spec) {
    for (const struct arg *a = spec->args; a->name; a++)
        CHECK_OP(!!a->flag + !!a->count.to + !!a->real.to + !!a->text + !!a->choice.to +
                     !!a->texts + !!a->divider,
                 ==, 1);
}

static const struct arg *find(const struct args_spec *spec, const char *name, size_t length) {
    for (const struct arg *a = spec->args; a->name; a++)
        if (strlen(a->name) == length && strncmp(a->name, name, length) == 0) return a;
    return NULL;
}

enum args_outcome args_parse(const struct args_spec *spec, int argc, char **argv) {
    struct arg_texts *positionals = spec->positionals;
    check_rows(spec);
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
        if (a->flag || a->divider) {
            if (name[length]) return wrong(spec, a, "takes no value");
            if (a->flag) *a->flag = true;
            if (a->divider) positionals = a->divider;
            continue;
        }
        if (!name[length] && i + 1 >= argc) return wrong(spec, a, "value missing");
        const char *text = name[length] ? name + length + 1 : argv[++i];
        enum args_outcome outcome = set_value(spec, a, text);
        if (outcome != ARGS_RUN) return outcome;
    }
    return ARGS_RUN;
}

bool args_output_written(const char *program) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return true;
    fprintf(stderr, "%s: standard output: cannot write%s%s\n", program, errno ? ": " : "",
            errno ? strerror(errno) : "");
    return false;
}
