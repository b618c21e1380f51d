/* test_os_limits.c - error texts name the limit of this process that they are about. */
#include "base/os.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Sets the soft limit; returns the one before. A macro, because the type of the resource is an
 * enumeration in glibc, and int elsewhere. */
#define SET_LIMIT(resource, value, before)                                                         \
    do {                                                                                           \
        struct rlimit limit;                                                                       \
        assert_int_equal(getrlimit(resource, &limit), 0);                                          \
        *(before) = limit.rlim_cur;                                                                \
        limit.rlim_cur = value;                                                                    \
        assert_int_equal(setrlimit(resource, &limit), 0);                                          \
    } while (0)

static rlim_t set_limit(int resource, rlim_t value) {
    rlim_t before = 0;
    if (resource == RLIMIT_NOFILE)
        SET_LIMIT(RLIMIT_NOFILE, value, &before);
    else if (resource == RLIMIT_MEMLOCK)
        SET_LIMIT(RLIMIT_MEMLOCK, value, &before);
    else
        SET_LIMIT(RLIMIT_STACK, value, &before);
    return before;
}

/* Whether the text of the error has `part` under this limit. */
static bool says(int resource, rlim_t value, int error, const char *part) {
    rlim_t before = set_limit(resource, value);
    bool found = strstr(os_error_text(error), part) != NULL;
    set_limit(resource, before);
    return found;
}

static void an_error_names_its_limits(void **state) {
    (void)state;
    assert_true(says(RLIMIT_NOFILE, 37, EMFILE, " (raise ulimit -n, which is 37)"));
    assert_true(says(RLIMIT_NOFILE, 37, EMFILE, strerror(EMFILE)));
    assert_int_equal(says(RLIMIT_MEMLOCK, 0, ENOMEM, "raise ulimit -l, which is 0"),
                     os_counts_locked_memory());
    assert_true(says(RLIMIT_STACK, (rlim_t)8 << 20, EAGAIN, "or the limit of threads of") ||
                says(RLIMIT_STACK, (rlim_t)8 << 20, EAGAIN, "(raise the limit of threads of"));
    assert_false(says(RLIMIT_STACK, (rlim_t)8 << 20, EAGAIN, "ulimit -s"));
}

static void other_errors_name_none(void **state) {
    (void)state;
    const int errors[] = {ECONNREFUSED, EINVAL, ENFILE, ENOSPC};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        assert_string_equal(os_limits_hint(errors[i]), "");
        assert_string_equal(os_error_text(errors[i]), strerror(errors[i]));
    }
}

static void a_spare_descriptor_is_found_or_missed(void **state) {
    (void)state;
    int lowest = dup(STDIN_FILENO);
    assert_true(lowest >= 0);
    close(lowest);
    assert_int_equal(os_descriptor_spare(), 0);
    rlim_t before = set_limit(RLIMIT_NOFILE, (rlim_t)lowest);
    int error = os_descriptor_spare();
    set_limit(RLIMIT_NOFILE, (rlim_t)lowest + 1);
    int enough = os_descriptor_spare(), again = os_descriptor_spare();
    set_limit(RLIMIT_NOFILE, before);
    assert_int_equal(error, EMFILE);
    assert_int_equal(enough, 0);
    assert_int_equal(again, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_names_its_limits),
        cmocka_unit_test(other_errors_name_none),
        cmocka_unit_test(a_spare_descriptor_is_found_or_missed),
    };
    os_init();
    return cmocka_run_group_tests_name("os_limits", tests, NULL, NULL);
}
