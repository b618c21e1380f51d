/* test_repository.c - what iobench advises when git does not know a revision, and how it quotes
 * commands. */
#include "bench/ab/repository.h"
#include "bench/support/paths.h"
#include "tests/unit/unit.h"

#include <string.h>

#define SHA "0123456789abcdef0123456789abcdef01234567"

static void check(const struct repository_unknown *unknown, const char *expected) {
    char text[2048];
    repository_advice(text, sizeof text, unknown);
    assert_string_equal(text, expected);
}

/* A name in a shallow clone of a repository whose "main" and "HEAD" are here. */
static void advises(const char *name, const char *expected) {
    bool start_known =
        strncmp(name, "main", 4) == 0 || strncmp(name, "HEAD", 4) == 0 || *name == '@';
    struct repository_unknown unknown = {
        .name = name, .remote = "origin", .start_known = start_known, .shallow = true};
    check(&unknown, expected);
}

#define FETCH "unknown here; fetch it: git fetch "
#define REST                                                                                       \
    "not in the part of the history that is here; fetch the rest: git fetch --unshallow origin"

static void a_shallow_clone_fetches_what_it_lacks(void **state) {
    (void)state;
    advises("HEAD~1", REST);
    advises("HEAD^", REST);
    advises("main~2^2", REST);
    advises("@~1", REST);
    advises("main@{3}", REST);
    advises("0123456", REST);
    advises("next", FETCH "--depth=1 origin next:refs/remotes/origin/next");
    advises("origin/next", FETCH "--depth=1 origin next:refs/remotes/origin/next");
    advises("refs/remotes/origin/next", FETCH "--depth=1 origin next:refs/remotes/origin/next");
    advises("next~2", FETCH "--unshallow origin next:refs/remotes/origin/next");
    advises("origin/next^", FETCH "--unshallow origin next:refs/remotes/origin/next");
    advises("feature/a", FETCH "--depth=1 origin feature/a:refs/remotes/origin/feature/a");
    advises("refs/heads/next", FETCH "--depth=1 origin refs/heads/next:refs/heads/next");
    advises("refs/tags/v1", FETCH "--depth=1 origin refs/tags/v1:refs/tags/v1");
    advises("origins/x", FETCH "--depth=1 origin origins/x:refs/remotes/origin/origins/x");
    advises(SHA, FETCH "--depth=1 origin " SHA);
}

/* --depth would cut off the history that a clone has. */
static void a_whole_clone_stays_whole(void **state) {
    (void)state;
    struct repository_unknown unknown = {.name = "next", .remote = "up"};
    check(&unknown, FETCH "up next:refs/remotes/up/next");
    unknown.name = "up/next";
    check(&unknown, FETCH "up next:refs/remotes/up/next");
    unknown.name = SHA;
    check(&unknown, FETCH "up " SHA);
    unknown.name = "0123456";
    check(&unknown, "unknown here");
    unknown.name = "HEAD~99";
    unknown.start_known = true;
    check(&unknown, "unknown here");
    unknown.remote = NULL;
    check(&unknown, "unknown here, and the repository has no remote to fetch it from");
}

/* The command can be typed as it is printed, and never fetches what git could not have. */
static void names_are_quoted_or_left_out(void **state) {
    (void)state;
    advises("a;b", FETCH "--depth=1 origin 'a;b:refs/remotes/origin/a;b'");
    advises("$(x)", FETCH "--depth=1 origin '$(x):refs/remotes/origin/$(x)'");
    advises("it's", FETCH "--depth=1 origin 'it'\\''s:refs/remotes/origin/it'\\''s'");
    advises("two words", "unknown here");
    advises("a..b", "unknown here");
    advises("a*", "unknown here");
    advises("+main", "unknown here");
    advises("FETCH_HEAD", "unknown here");
    advises("new\nline", "unknown here");
}

static void words_of_a_shell(void **state) {
    (void)state;
    static const char *const pairs[][2] = {{"/a/b-c_1.x", "/a/b-c_1.x"},
                                           {"", "''"},
                                           {"a b", "'a b'"},
                                           {"it's", "'it'\\''s'"},
                                           {"$HOME", "'$HOME'"},
                                           {"\xed\x95\x9c", "'\xed\x95\x9c'"},
                                           {"~", "'~'"}};
    char word[64];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        paths_word(word, sizeof word, pairs[i][0]);
        assert_string_equal(word, pairs[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shallow_clone_fetches_what_it_lacks),
        cmocka_unit_test(a_whole_clone_stays_whole),
        cmocka_unit_test(names_are_quoted_or_left_out),
        cmocka_unit_test(words_of_a_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
