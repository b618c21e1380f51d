/* test_frame.c - the template of the page: checks of placeholders, and their order. */
#include "bench/report/frame.h"
#include "tests/unit/unit.h"

#include <string.h>

#define ALL_BUT_PLOTS "<a>{{style}}{{slots}}{{unusable}}{{cards}}{{figures}}{{skipped}}{{models}}"

static void expect_refusal(const char *html, const char *expected) {
    struct reason reason;
    assert_false(report_frame_check(html, &reason));
    assert_string_equal(reason.text, expected);
}

static void every_part_has_one_placeholder(void **state) {
    (void)state;
    struct reason reason;
    assert_true(report_frame_check(ALL_BUT_PLOTS "{{plots}}", &reason));
    assert_true(report_frame_check("{{plots}}" ALL_BUT_PLOTS "{ } {x}", &reason));
    expect_refusal(ALL_BUT_PLOTS, "the placeholder {{plots}} is missing");
    expect_refusal("", "the placeholder {{style}} is missing");
    expect_refusal(ALL_BUT_PLOTS "{{plots}}{{plots}}", "the placeholder {{plots}} occurs twice");
    expect_refusal(ALL_BUT_PLOTS "{{plot}}", "{{plot}} is not a known placeholder");
    expect_refusal(ALL_BUT_PLOTS "{{plots", "{{plots is not a known placeholder");
    expect_refusal("{{", "{{ is not a known placeholder");
}

static void parts_stand_where_the_frame_says(void **state) {
    (void)state;
    enum report_part part;
    size_t length;
    const char *at = report_frame_next("ab{{plots}}c{{style}}", &length, &part);
    assert_int_equal(length, 2);
    assert_int_equal(part, REPORT_PLOTS);
    at = report_frame_next(at, &length, &part);
    assert_int_equal(length, 1);
    assert_int_equal(part, REPORT_STYLE);
    at = report_frame_next(at, &length, &part);
    assert_int_equal(length, 0);
    assert_int_equal(part, REPORT_PARTS);
    assert_string_equal(at, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_has_one_placeholder),
        cmocka_unit_test(parts_stand_where_the_frame_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
