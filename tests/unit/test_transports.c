/* test_transports.c - the transports in suites, checked against the description of the load
 * generator. The descriptions are invented; no program is started. */
#include "bench/suite/transports.h"
#include "bench/support/reason.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define LOADGEN                                                                                    \
    "{\"transports\":[\"epoll\",\"libuv\"],\"transports_missing\":[{\"name\":\"ring\",\"reason\":" \
    "\"switched off\"},{\"name\":\"mute\"},5,{\"name\":\"two words\"}]}"

static cJSON *parse(const char *text) {
    cJSON *json = cJSON_Parse(text);
    if (!json) print_error("not JSON: %s\n", text);
    assert_non_null(json);
    return json;
}

/* The transports of a suite in which one load asks for `asked` and one for none; NULL with the
 * reason if it is refused. */
static char *resolve(const char *loadgen, const char *asked, struct reason *reason) {
    char text[512], *after = NULL;
    snprintf(text, sizeof text,
             "{\"phases\":[{\"loads\":[{}]},{\"loads\":[{},{\"transport\":%s}]}]}", asked);
    cJSON *suite = parse(text), *description = parse(loadgen);
    if (transports_resolve(suite, description, reason)) {
        const cJSON *loads = cJSON_GetArrayItem(cJSON_GetObjectItem(suite, "phases"), 1)->child;
        assert_null(loads->child->child);
        after = cJSON_PrintUnformatted(cJSON_GetObjectItem(loads->child->next, "transport"));
    }
    cJSON_Delete(description);
    cJSON_Delete(suite);
    return after;
}

static void names_are_spelt_out(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"\"auto\"", "[\"auto\"]"},
        {"\"epoll\"", "[\"epoll\"]"},
        {"[\"libuv\",\"auto\"]", "[\"libuv\",\"auto\"]"},
        {"\"ring\"", "[\"ring\"]"},
        {"\"*\"", "[\"epoll\",\"libuv\",\"ring\",\"mute\"]"},
        {"[\"auto\",\"*\"]", "[\"auto\",\"epoll\",\"libuv\",\"ring\",\"mute\"]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reason reason = {.text = ""};
        char *after = resolve(LOADGEN, cases[i][0], &reason);
        assert_string_equal(reason.text, "");
        assert_string_equal(after, cases[i][1]);
        cJSON_free(after);
    }
}

static void unknown_names_are_refused_with_those_there_are(void **state) {
    (void)state;
    static const char *const asked[] = {"\"pigeon\"", "[\"epoll\",\"pigeon\",\"dove\"]"};
    for (size_t i = 0; i < 2; i++) {
        struct reason reason;
        assert_null(resolve(LOADGEN, asked[i], &reason));
        assert_string_equal(reason.text, "transport pigeon: unknown to this load generator; "
                                         "there are auto, epoll, libuv, ring, mute");
    }
    struct reason reason;
    assert_null(resolve("{}", "\"*\"", &reason));
    assert_string_equal(reason.text, "transport *: unknown to this load generator; there are auto");
}

static void what_is_missing_has_a_reason(void **state) {
    (void)state;
    cJSON *loadgen = parse(LOADGEN), *older = parse("{\"transports\":[\"epoll\"]}");
    assert_null(transports_missing(loadgen, "epoll"));
    assert_null(transports_missing(loadgen, "auto"));
    assert_string_equal(transports_missing(loadgen, "ring"), "switched off");
    assert_string_equal(transports_missing(loadgen, "mute"), "not available here");
    assert_null(transports_missing(older, "ring"));
    assert_null(transports_missing(NULL, "ring"));
    cJSON_Delete(older);
    cJSON_Delete(loadgen);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_spelt_out),
        cmocka_unit_test(unknown_names_are_refused_with_those_there_are),
        cmocka_unit_test(what_is_missing_has_a_reason),
    };
    return cmocka_run_group_tests_name("transports", tests, NULL, NULL);
}
