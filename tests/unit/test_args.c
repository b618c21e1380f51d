/* test_args.c - parsing of command lines: each kind of option, both ends of each range, and one
 * line per error. */
#include "base/args.h"

#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 8

/* The values and the output after parsing. */
struct parsed {
    bool flag;                   /* --flag */
    uint64_t count;              /* --count, 1..100 */
    double real;                 /* --real, 0.5..2 */
    const char *text;            /* --text */
    const char *file;            /* -o */
    const char *choice;          /* --choice */
    const char *long_choice;     /* --long-choice */
    struct arg_texts many;       /* --many */
    struct arg_texts plain;      /* positional arguments */
    struct arg_texts behind;     /* positional arguments after --to */
    enum args_outcome outcome;   /* result of args_parse */
    char out[2048], error[2048]; /* output on stdout and stderr */
};

/* Redirects a stream to a file. Returns a descriptor for restore(). */
static int divert(FILE *stream, FILE *to) {
    fflush(stream);
    int before = dup(fileno(stream));
    assert_true(before >= 0);
    assert_true(dup2(fileno(to), fileno(stream)) >= 0);
    return before;
}

static void restore(FILE *stream, int before, FILE *from, char *text, size_t size) {
    fflush(stream);
    dup2(before, fileno(stream));
    close(before);
    rewind(from);
    text[fread(text, 1, size - 1, from)] = '\0';
    fclose(from);
}

/* Parses `words`, which end with NULL. */
static struct parsed parse(bool positionals, const char *const *words) {
    struct parsed p = {.count = 7, .real = 1, .text = "preset", .choice = "closed"};
    const struct arg rows[] = {
        {"flag", NULL, "a flag", .flag = &p.flag},
        {"count", "N", "a count (7)", .count = {&p.count, 1, 100}},
        {"real", "S", "a real (1)", .real = {&p.real, 0.5, 2}},
        {"text", "TEXT", "a text (preset)", .text = &p.text},
        {"o", "FILE", "a file", .text = &p.file},
        {"choice", NULL, "a choice (closed)", .choice = {&p.choice, "closed|open"}},
        {"long-choice", NULL, "a choice whose words are long, with a text that takes two lines",
         .choice = {&p.long_choice, "regression|inconclusive|never"}},
        {"many", "TEXT", "texts", .texts = &p.many},
        {"to", "FILE...", "more files", .divider = &p.behind},
        {.name = NULL}};
    const struct args_spec spec = {.program = "program",
                                   .summary = "parses",
                                   .positional = positionals ? "FILE..." : NULL,
                                   .example = "program --count 3",
                                   .args = rows,
                                   .positionals = positionals ? &p.plain : NULL};
    char *argv[WORDS_MAX + 2] = {"program"};
    int argc = 1;
    for (; words[argc - 1]; argc++) {
        assert_in_range(argc, 1, WORDS_MAX);
        argv[argc] = (char *)words[argc - 1];
    }
    FILE *out = tmpfile(), *error = tmpfile();
    assert_true(out && error);
    int old_out = divert(stdout, out), old_error = divert(stderr, error);
    p.outcome = args_parse(&spec, argc, argv);
    restore(stderr, old_error, error, p.error, sizeof p.error);
    restore(stdout, old_out, out, p.out, sizeof p.out);
    return p;
}

#define PARSE(...) parse(false, (const char *const[]){__VA_ARGS__, NULL})
#define PARSE_PLAIN(...) parse(true, (const char *const[]){__VA_ARGS__, NULL})

static void expect_run(const struct parsed *p) {
    if (p->outcome != ARGS_RUN) print_error("%s", p->error);
    assert_int_equal(p->outcome, ARGS_RUN);
    assert_string_equal(p->error, "");
    assert_string_equal(p->out, "");
}

/* Expects an error with exactly this line. */
static void expect_wrong(const struct parsed *p, const char *line) {
    assert_int_equal(p->outcome, ARGS_WRONG);
    size_t length = strlen(p->error);
    assert_true(length > 0 && p->error[length - 1] == '\n');
    char text[sizeof p->error];
    snprintf(text, sizeof text, "%.*s", (int)length - 1, p->error);
    assert_string_equal(text, line);
    assert_string_equal(p->out, "");
}

static void nothing_given_keeps_the_defaults(void **state) {
    (void)state;
    struct parsed p = parse(false, (const char *const[]){NULL});
    expect_run(&p);
    assert_false(p.flag);
    assert_int_equal(p.count, 7);
    assert_true(p.real == 1);
    assert_string_equal(p.text, "preset");
    assert_null(p.file);
    assert_string_equal(p.choice, "closed");
    assert_int_equal(p.many.count, 0);
}

static void every_kind_takes_its_value(void **state) {
    (void)state;
    struct parsed p = PARSE("--flag", "--count", "12", "--real", "0.75", "--choice", "open");
    expect_run(&p);
    assert_true(p.flag);
    assert_int_equal(p.count, 12);
    assert_true(p.real == 0.75);
    assert_string_equal(p.choice, "open");
    p = PARSE("--text", "a b", "-o", "out.json");
    expect_run(&p);
    assert_string_equal(p.text, "a b");
    assert_string_equal(p.file, "out.json");
}

static void an_equals_sign_joins_name_and_value(void **state) {
    (void)state;
    struct parsed p = PARSE("--count=12", "--real=1.5", "--choice=open", "--text=a=b", "--flag");
    expect_run(&p);
    assert_int_equal(p.count, 12);
    assert_true(p.real == 1.5);
    assert_string_equal(p.choice, "open");
    assert_string_equal(p.text, "a=b");
    assert_true(p.flag);
}

static void the_last_one_counts_but_texts_add_up(void **state) {
    (void)state;
    struct parsed p = PARSE("--count", "3", "--many", "x", "--count", "4", "--many=y");
    expect_run(&p);
    assert_int_equal(p.count, 4);
    assert_int_equal(p.many.count, 2);
    assert_string_equal(p.many.items[0], "x");
    assert_string_equal(p.many.items[1], "y");
    args_texts_free(&p.many);
    assert_null(p.many.items);
    assert_int_equal(p.many.count, 0);
}

static void counts_are_whole_and_in_range(void **state) {
    (void)state;
    static const char *const bad[] = {"0",   "101", "-1", "+5",  "5.0", "1e1",
                                      "0x5", " 5",  "5 ", "5,6", "x",   "18446744073709551617"};
    struct parsed p = PARSE("--count", "1");
    expect_run(&p);
    assert_int_equal(p.count, 1);
    p = PARSE("--count", "100");
    expect_run(&p);
    assert_int_equal(p.count, 100);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char line[128];
        snprintf(line, sizeof line, "program: --count: '%s': not a whole number from 1 to 100",
                 bad[i]);
        p = PARSE("--count", bad[i]);
        expect_wrong(&p, line);
        assert_int_equal(p.count, 7);
    }
    p = PARSE("--count=");
    expect_wrong(&p, "program: --count: '': not a whole number from 1 to 100");
}

static void reals_are_finite_and_in_range(void **state) {
    (void)state;
    static const char *const bad[] = {"0.49", "2.01", "-1", "nan", "inf", "1e999",
                                      " 1",   "1 ",   "1s", ".",   "",    "x"};
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0.5", 0.5}, {"2", 2}, {".75", 0.75}, {"1e0", 1}, {"150e-2", 1.5}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct parsed p = PARSE("--real", good[i].text);
        expect_run(&p);
        assert_true(p.real == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char line[128];
        snprintf(line, sizeof line, "program: --real: '%s': not a number from 0.5 to 2", bad[i]);
        struct parsed p = PARSE("--real", bad[i]);
        expect_wrong(&p, line);
        assert_true(p.real == 1);
    }
}

static void a_choice_is_one_of_its_words(void **state) {
    (void)state;
    static const char *const bad[] = {"", "ope", "opened", "closed|open", "|", "OPEN", "|open"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char line[128];
        snprintf(line, sizeof line, "program: --choice: '%s': not one of closed|open", bad[i]);
        struct parsed p = PARSE("--choice", bad[i]);
        expect_wrong(&p, line);
    }
}

static void texts_are_not_empty(void **state) {
    (void)state;
    struct parsed p = PARSE("--text", "");
    expect_wrong(&p, "program: --text: the value is empty");
    p = PARSE("--many=");
    expect_wrong(&p, "program: --many: the value is empty");
    p = PARSE("-o", "");
    expect_wrong(&p, "program: -o: the value is empty");
}

static void a_missing_value_is_named(void **state) {
    (void)state;
    static const char *const names[] = {"--count", "--real", "--text", "-o", "--choice", "--many"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char line[64];
        snprintf(line, sizeof line, "program: %s: value missing", names[i]);
        struct parsed p = PARSE("--flag", names[i]);
        expect_wrong(&p, line);
    }
}

static void a_flag_takes_no_value(void **state) {
    (void)state;
    struct parsed p = PARSE("--flag=1");
    expect_wrong(&p, "program: --flag: takes no value");
    assert_false(p.flag);
}

static void what_is_unknown_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"--cound", "--coun", "--counts=3", "--", "-x",
                                      "--o",     "-flag",  "-oFILE",     "-f"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char line[64];
        snprintf(line, sizeof line, "program: %s: unknown option; try --help", bad[i]);
        struct parsed p = PARSE(bad[i], "3");
        expect_wrong(&p, line);
    }
    struct parsed p = PARSE("--flag", "stray");
    expect_wrong(&p, "program: stray: unexpected argument; try --help");
}

static void positionals_keep_their_order(void **state) {
    (void)state;
    struct parsed p = PARSE_PLAIN("b.json", "--count", "3", "a.json", "-");
    expect_run(&p);
    assert_int_equal(p.count, 3);
    assert_int_equal(p.plain.count, 3);
    assert_string_equal(p.plain.items[0], "b.json");
    assert_string_equal(p.plain.items[1], "a.json");
    assert_string_equal(p.plain.items[2], "-");
    args_texts_free(&p.plain);
}

static void a_divider_parts_positionals(void **state) {
    (void)state;
    struct parsed p = PARSE_PLAIN("a", "b", "--to", "c", "--count", "3", "d");
    expect_run(&p);
    assert_int_equal(p.plain.count, 2);
    assert_int_equal(p.behind.count, 2);
    assert_string_equal(p.plain.items[1], "b");
    assert_string_equal(p.behind.items[0], "c");
    assert_string_equal(p.behind.items[1], "d");
    args_texts_free(&p.plain);
    args_texts_free(&p.behind);
    p = PARSE("--to=c");
    expect_wrong(&p, "program: --to: takes no value");
}

static void help_is_in_two_columns(void **state) {
    (void)state;
    struct parsed p = PARSE_PLAIN("--count", "3", "--help", "--nonsense");
    assert_int_equal(p.outcome, ARGS_HELP_SHOWN);
    assert_string_equal(p.error, "");
    assert_string_equal(
        p.out, "program - parses\n"
               "\n"
               "usage: program [options] FILE...\n"
               "\n"
               "  --flag                a flag\n"
               "  --count N             a count (7)\n"
               "  --real S              a real (1)\n"
               "  --text TEXT           a text (preset)\n"
               "  -o FILE               a file\n"
               "  --choice closed|open  a choice (closed)\n"
               "  --long-choice regression|inconclusive|never\n"
               "                        a choice whose words are long, with a text that takes\n"
               "                        two lines\n"
               "  --many TEXT           texts\n"
               "  --to FILE...          more files\n"
               "  --help                this text\n"
               "\n"
               "example: program --count 3\n");
    p = PARSE("--help");
    assert_non_null(strstr(p.out, "usage: program [options]\n"));
}

static void numbers_are_decimal_digits(void **state) {
    (void)state;
    static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "0x1", "1.0", "1e3", "x"};
    uint64_t n;
    assert_true(args_number("0", &n));
    assert_true(n == 0);
    assert_true(args_number("007", &n));
    assert_true(n == 7);
    assert_true(args_number("18446744073709551615", &n));
    assert_true(n == UINT64_MAX);
    assert_false(args_number("18446744073709551616", &n));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(args_number(bad[i], &n));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_given_keeps_the_defaults),
        cmocka_unit_test(every_kind_takes_its_value),
        cmocka_unit_test(an_equals_sign_joins_name_and_value),
        cmocka_unit_test(the_last_one_counts_but_texts_add_up),
        cmocka_unit_test(counts_are_whole_and_in_range),
        cmocka_unit_test(reals_are_finite_and_in_range),
        cmocka_unit_test(a_choice_is_one_of_its_words),
        cmocka_unit_test(texts_are_not_empty),
        cmocka_unit_test(a_missing_value_is_named),
        cmocka_unit_test(a_flag_takes_no_value),
        cmocka_unit_test(what_is_unknown_is_refused),
        cmocka_unit_test(positionals_keep_their_order),
        cmocka_unit_test(a_divider_parts_positionals),
        cmocka_unit_test(help_is_in_two_columns),
        cmocka_unit_test(numbers_are_decimal_digits),
    };
    return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}
