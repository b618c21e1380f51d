/* test_foreign.c - splitting of commands into words, search in PATH, names of foreign servers. No
 * program is started. */
#include "bench/suite/foreign.h"
#include "bench/support/json_path.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct foreign_words words;
static struct reason reason;

/* The words separated by '|'; "" if the command is refused, with the reason set. */
static const char *split(const char *command) {
    static char joined[2048];
    *joined = *reason.text = '\0';
    if (!foreign_split(&words, command, 7000, &reason)) return joined;
    assert_null(words.words[words.count]);
    for (size_t i = 0; i < words.count; i++) {
        if (i) strcat(joined, "|");
        strcat(joined, words.words[i]);
    }
    return joined;
}

static void words_are_separated_by_blanks(void **state) {
    (void)state;
    assert_string_equal(split("serve {port}"), "serve|7000");
    assert_string_equal(split("  serve\t--port\n {port}  "), "serve|--port|7000");
    assert_string_equal(split("a $HOME *.c `b` \\{port} ~ ;&|<> {port}"),
                        "a|$HOME|*.c|`b`|\\7000|~|;&|<>|7000");
}

static void quotes_keep_together(void **state) {
    (void)state;
    assert_string_equal(split("sh -c 'a  b {port}'"), "sh|-c|a  b 7000");
    assert_string_equal(split("a \"b 'c' d\" 'e \"f\" g' {port}"), "a|b 'c' d|e \"f\" g|7000");
    assert_string_equal(split("a'b c'\"d e\"f{port}"), "ab cd ef7000");
    assert_string_equal(split("a '' \"\" {port}"), "a|||7000");
    assert_int_equal(words.count, 4);
}

static void port_stands_anywhere(void **state) {
    (void)state;
    assert_string_equal(split("s -l127.0.0.1:{port},x {port}{port}"),
                        "s|-l127.0.0.1:7000,x|70007000");
    assert_string_equal(split("s {po'rt'}"), "s|7000");
    assert_string_equal(split("s {{port}} {Port} {port"), "s|{7000}|{Port}|{port");
    assert_true(foreign_split(&words, "s {port}", 65535, &reason));
    assert_string_equal(words.words[1], "65535");
    assert_true(foreign_split(&words, "s {port}", 1, &reason));
    assert_string_equal(words.words[1], "1");
}

static void refusals_say_why(void **state) {
    (void)state;
    static const struct {
        const char *command;
        const char *why; /* part of the reason */
    } cases[] = {
        {"", "no program"},
        {" \t ", "no program"},
        {"'' {port}", "no program"},
        {"serve", "serve: no {port}"},
        {"serve {PORT}", "no {port}"},
        {"serve '{port}", "the quote ' is not closed"},
        {"serve \"{port} 'x'", "the quote \" is not closed"},
        {"a\nb", "a b: no {port}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(split(cases[i].command), "");
        assert_non_null(strstr(reason.text, cases[i].why));
        assert_null(strchr(reason.text, '\n'));
    }
}

static void sizes_are_bounded(void **state) {
    (void)state;
    char command[FOREIGN_COMMAND_SIZE + 8] = "{port}";
    for (int i = 1; i < FOREIGN_WORDS_MAX; i++) strcat(command, " a");
    split(command);
    assert_int_equal(words.count, FOREIGN_WORDS_MAX);
    strcat(command, " a");
    assert_string_equal(split(command), "");
    assert_non_null(strstr(reason.text, "more than 40 words"));
    memset(command, 'a', sizeof command);
    memcpy(command, "s {port} ", 9);
    command[FOREIGN_COMMAND_SIZE - 1] = '\0';
    assert_true(strlen(split(command)) > FOREIGN_COMMAND_SIZE - 10);
    command[FOREIGN_COMMAND_SIZE - 1] = 'a';
    command[FOREIGN_COMMAND_SIZE] = '\0';
    assert_string_equal(split(command), "");
    assert_non_null(strstr(reason.text, "longer than 1023 bytes"));
}

static void files_are_the_last_part_of_a_path(void **state) {
    (void)state;
    assert_string_equal(paths_file("a"), "a");
    assert_string_equal(paths_file("/a"), "a");
    assert_string_equal(paths_file("a/b/c.json"), "c.json");
    assert_string_equal(paths_file("a/"), "");
    assert_string_equal(paths_file(""), "");
}

static void programs_are_found_in_path(void **state) {
    (void)state;
    char path[PATH_SIZE];
    assert_true(foreign_find_program(path, "sh", "/nosuch::/bin", &reason));
    assert_string_equal(path, "/bin/sh");
    assert_true(foreign_find_program(path, "/bin/sh", "", &reason));
    assert_string_equal(path, "/bin/sh");
    assert_false(foreign_find_program(path, "sh", "/nosuch", &reason));
    assert_string_equal(reason.text, "sh: no such program in PATH");
    assert_false(foreign_find_program(path, "sh", "", &reason));
    assert_false(foreign_find_program(path, "bin", "/", &reason)); /* a directory */
    assert_false(foreign_find_program(path, "/etc/passwd", "/bin", &reason));
    assert_string_equal(reason.text, "/etc/passwd: not executable");
}

static void names_are_safe_and_unique(void **state) {
    (void)state;
    static struct models m;
    static const char *const paths[][2] = {
        {"python3", "python3"},
        {"/usr/bin/python3", "python3#2"},
        {"./python3", "python3#3"},
        {"bin/my server (1)", "my_server__1_"},
        {"x/\303\251cho", "__cho"},
        {"at-[::1]:7", "at-[::1]:7"},
        {"epoll:trigger", "epoll:trigger"},
        {"a#2", "a_2"},
    };
    memset(&m, 0, sizeof m);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        foreign_name(m.servers[m.count].name, paths[i][0], &m);
        assert_string_equal(m.servers[m.count++].name, paths[i][1]);
    }
    char longest[200];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    for (int i = 0; i < 20; i++) {
        foreign_name(m.servers[m.count].name, longest, &m);
        for (size_t k = 0; k < m.count; k++)
            assert_string_not_equal(m.servers[k].name, m.servers[m.count].name);
        m.count++;
    }
}

static void specs_join_the_models(void **state) {
    (void)state;
    static struct models m;
    static struct server_spec specs[4];
    memset(&m, 0, sizeof m);
    assert_true(foreign_spec_read(&specs[0], SERVER_COMMAND, "/bin/sh -c x {port}", &m, &reason));
    assert_true(foreign_spec_read(&specs[1], SERVER_AT, "[::1]:70", &m, &reason));
    assert_true(foreign_spec_read(&specs[2], SERVER_AT, "example.org:70", &m, &reason));
    assert_int_equal(m.count, 3);
    assert_string_equal(specs[0].text, "sh");
    assert_string_equal(specs[0].program->path, "/bin/sh");
    assert_string_equal(specs[0].program->command, "/bin/sh -c x {port}");
    assert_string_equal(specs[1].text, "at-[::1]:70");
    assert_string_equal(specs[1].program->path, "");
    assert_string_equal(specs[2].text, "at-example.org:70");
    assert_string_equal(json_text(specs[0].describe, "summary"), "/bin/sh -c x {port}");
    assert_null(json_text(specs[0].describe, "initiation"));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(specs[0].describe, "available")));
    assert_false(foreign_spec_read(&specs[3], SERVER_AT, "[::1]:70", &m, &reason));
    assert_string_equal(reason.text, "--server-at: [::1]:70: given twice");
    assert_false(foreign_spec_read(&specs[3], SERVER_AT, "h:0", &m, &reason));
    assert_false(foreign_spec_read(&specs[3], SERVER_COMMAND, "/bin/sh", &m, &reason));
    assert_string_equal(reason.text,
                        "--server-cmd: /bin/sh: no {port}; write it in place of the port");
    assert_int_equal(m.count, 3);
    for (int i = 0; i < 3; i++) server_spec_free(&specs[i]);
    models_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_separated_by_blanks),
        cmocka_unit_test(quotes_keep_together),
        cmocka_unit_test(port_stands_anywhere),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(files_are_the_last_part_of_a_path),
        cmocka_unit_test(programs_are_found_in_path),
        cmocka_unit_test(names_are_safe_and_unique),
        cmocka_unit_test(specs_join_the_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
