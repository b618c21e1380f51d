/* test_suite.c - suite files: errors and their paths, and overrides. Must run from the top of the
 * source tree, which contains the suites. */
#include "bench/suite/suite.h"
#include "bench/support/json_file.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct paths here = {.suites = "bench/suites"};

#define HEAD                                                                                       \
    "\"schema\":{\"name\":\"iobench-suite\",\"version_major\":1,\"version_minor\":0},"             \
    "\"name\":\"n\",\"description\":\"d\","
#define SUITE(load)                                                                                \
    "{" HEAD "\"servers\":[\"*\"],\"phases\":[{\"name\":\"p\",\"loads\":[{\"load\":\"closed\"},"   \
    "{" load "}]}]}"

#define PCT(phase, more)                                                                           \
    "{" HEAD "\"servers\":[\"*\"],\"phases\":[{\"name\":\"p\",\"loads\":[{\"load\":\"closed\"}]}," \
    "{\"name\":\"later\",\"loads\":[{\"load\":\"open\",\"rate_pct\":[10,110],\"of_phase\":"        \
    "\"" phase "\"" more "}]}]}"

#define CHURN_PCT(more)                                                                            \
    "{" HEAD "\"servers\":[\"*\"],\"phases\":[{\"name\":\"p\",\"loads\":[{\"load\":\"closed\"}]}," \
    "{\"name\":\"later\",\"loads\":[{\"load\":\"churn\",\"rate_pct\":2,\"of_phase\":\"p\"" more    \
    "}]}]}"

static cJSON *parse(const char *text) {
    cJSON *json = cJSON_Parse(text);
    if (!json) print_error("not JSON: %s\n", text);
    assert_non_null(json);
    return json;
}

static cJSON *read_schema(void) {
    struct reason reason;
    cJSON *schema = json_file_read("bench/suites/iobench-suite.schema.json", &reason);
    assert_non_null(schema);
    return schema;
}

/* A suite and the expected error; NULL: none. */
struct judged {
    const char *suite, *reason;
};

static void judge(const struct judged *cases, size_t count) {
    cJSON *schema = read_schema();
    for (size_t i = 0; i < count; i++) {
        struct reason reason = {.text = ""};
        cJSON *suite = parse(cases[i].suite);
        bool fine = suite_check(schema, suite, &reason);
        bool expected = cases[i].reason ? !fine && strcmp(reason.text, cases[i].reason) == 0 : fine;
        if (!expected)
            print_error("%s: expected '%s', found '%s'\n", cases[i].suite,
                        cases[i].reason ? cases[i].reason : "fine", fine ? "fine" : reason.text);
        assert_true(expected);
        cJSON_Delete(suite);
    }
    cJSON_Delete(schema);
}

#define JUDGE(cases) judge(cases, sizeof(cases) / sizeof *(cases))

/* ---- loading ---- */

static void suites_that_come_along_are_fine(void **state) {
    (void)state;
    char *names[SUITES_MAX];
    struct reason reason = {.text = ""};
    size_t count = suite_names(&here, names);
    assert_true(count >= 2);
    for (size_t i = 0; i < count; i++) {
        cJSON *suite = suite_load(&here, names[i], &reason);
        if (!suite) print_error("%s\n", reason.text);
        assert_non_null(suite);
        assert_string_equal(cJSON_GetObjectItem(suite, "name")->valuestring, names[i]);
        assert_true(i == 0 || strcmp(names[i - 1], names[i]) < 0);
        cJSON_Delete(suite);
    }
    for (size_t i = 0; i < count; i++) free(names[i]);
}

/* A fixed rate is too high for some machine. */
static void rates_follow_from_the_capacity(void **state) {
    (void)state;
    char *names[SUITES_MAX];
    struct reason reason = {.text = ""};
    size_t count = suite_names(&here, names), scheduled = 0;
    for (size_t i = 0; i < count; i++) {
        cJSON *suite = suite_load(&here, names[i], &reason);
        const cJSON *phase, *load;
        cJSON_ArrayForEach(phase, cJSON_GetObjectItem(suite, "phases")) {
            cJSON_ArrayForEach(load, cJSON_GetObjectItem(phase, "loads")) {
                const char *kind = cJSON_GetObjectItem(load, "load")->valuestring;
                /* the gate needs to know the number of arrivals beforehand */
                bool fixed = strcmp(names[i], "ci-full") == 0 && strcmp(kind, "churn") == 0;
                if (strcmp(kind, "closed") == 0 || fixed) continue;
                if (!cJSON_GetObjectItem(load, "rate_pct") ||
                    cJSON_GetObjectItem(load, "rate_per_s"))
                    fail_msg("suite %s: a fixed rate of load %s", names[i], kind);
                scheduled++;
            }
        }
        cJSON_Delete(suite);
        free(names[i]);
    }
    assert_true(scheduled >= 7);
}

static void an_unknown_name_is_answered_with_names(void **state) {
    (void)state;
    struct reason reason;
    assert_null(suite_load(&here, "quikc", &reason));
    assert_string_equal(reason.text, "quikc: no such suite; did you mean \"quick\"?");
    assert_null(suite_load(&here, "zzzzzz", &reason));
    assert_non_null(strstr(reason.text, "zzzzzz: no such suite; there are "));
    assert_non_null(strstr(reason.text, "connections, "));
    assert_null(suite_load(&here, "/nonexistent/a.json", &reason));
    assert_string_equal(reason.text, "/nonexistent/a.json: no such file or directory");
}

/* A name that is longer than a reason is cut and does not overflow. */
static void an_endless_name_is_cut(void **state) {
    (void)state;
    char name[3000];
    struct reason *reason = test_malloc(sizeof *reason);
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_null(suite_load(&here, name, reason));
    assert_non_null(strstr(reason->text, "aaa: no such suite; there are "));
    test_free(reason);
}

static void a_file_is_named_in_what_is_wrong_with_it(void **state) {
    (void)state;
    static const struct judged cases[] = {
        {SUITE("\"load\":\"closed\""), NULL},
        {SUITE("\"load\":\"closed\",\"conections\":3"),
         "phases[0].loads[1].conections: unknown field; did you mean \"connections\"?"},
        {"{\n  \"schema\": oops\n}", "line 2, column 13: not valid JSON"},
        {"", "line 1, column 1: unexpected end of text"},
        {SUITE("\"load\":\"closed\"") "}", NULL}, /* text after the end */
    };
    char path[] = "/tmp/unit-suite-XXXXXX.json";
    int file = mkstemps(path, 5);
    assert_true(file >= 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[REASON_SIZE];
        struct reason reason = {.text = ""};
        size_t length = strlen(cases[i].suite);
        assert_int_equal(ftruncate(file, 0), 0);
        assert_int_equal(pwrite(file, cases[i].suite, length, 0), length);
        cJSON *suite = suite_load(&here, path, &reason);
        assert_int_equal(suite != NULL, i == 0);
        cJSON_Delete(suite);
        snprintf(expected, sizeof expected, "%s: %s", path, cases[i].reason);
        if (cases[i].reason) assert_string_equal(reason.text, expected);
    }
    close(file);
    unlink(path);
}

static void heads_are_checked(void **state) {
    (void)state;
#define PHASES "\"phases\":[{\"name\":\"p\",\"loads\":[{\"load\":\"closed\"}]}]"
    static const struct judged cases[] = {
        {"{" HEAD "\"servers\":[\"a\"],\"repeats\":1000," PHASES "}", NULL},
        {"{" HEAD "\"servers\":[\"a\"],\"repeats\":0," PHASES "}", "repeats: 0 is below 1"},
        {"{" HEAD "\"servers\":[\"a\"],\"repeats\":1001," PHASES "}",
         "repeats: 1001 is above 1000"},
        {"{" HEAD "\"servers\":[\"a\"],\"budget_s\":1800," PHASES "}", NULL},
        {"{" HEAD "\"servers\":[\"a\"],\"budget_s\":0," PHASES "}", "budget_s: 0 is below 1"},
        {"{" HEAD "\"servers\":[\"a\"],\"budget_s\":86401," PHASES "}",
         "budget_s: 86401 is above 86400"},
        {"{" HEAD "\"servers\":[\"a\"],\"repeats\":1.5," PHASES "}",
         "repeats: not of type integer"},
        {"{" HEAD "\"servers\":[]," PHASES "}", "servers: 0 items, fewer than 1"},
        {"{" HEAD "\"servers\":\"*\"," PHASES "}", "servers: not of type array"},
        {"{" HEAD "\"servers\":[3]," PHASES "}", "servers[0]: not of type string"},
        {"{" HEAD PHASES "}", "\"servers\" is missing"},
        {"{" HEAD "\"servers\":[\"a\"],\"phases\":[]}", "phases: 0 items, fewer than 1"},
        {"{" HEAD "\"servers\":[\"a\"],\"server\":1," PHASES "}",
         "server: unknown field; did you mean \"servers\"?"},
        {"{\"\":1," HEAD "\"servers\":[\"a\"]," PHASES "}", "unknown field"},
        {"[]", "not of type object"},
        {"{\"schema\":{\"name\":\"iobench-suite\",\"version_major\":2,\"version_minor\":0},"
         "\"name\":\"n\",\"description\":\"d\",\"servers\":[\"a\"]," PHASES "}",
         "schema.version_major: not 1"},
    };
    JUDGE(cases);
}

static void loads_are_checked(void **state) {
    (void)state;
#define AT "phases[0].loads[1]."
#define NO_NAME "not \"*\" or 1 to 32 letters, digits, '-' and '_'"
#define CLOSED(field) SUITE("\"load\":\"closed\"," field)
#define CHURN(field) SUITE("\"load\":\"churn\",\"rate_per_s\":100," field)
#define OPEN(field) SUITE("\"load\":\"open\",\"rate_per_s\":100," field)
    static const struct judged cases[] = {
        {CLOSED("\"connections\":[1,1000000],\"depth\":65536,\"size_bytes\":1"), NULL},
        {CLOSED("\"connections\":0"), AT "connections: 0 is below 1"},
        {CLOSED("\"connections\":[1,1000001]"), AT "connections[1]: 1000001 is above 1000000"},
        {CLOSED("\"connections\":[]"), AT "connections: 0 items, fewer than 1"},
        {CLOSED("\"connections\":\"5\""), AT "connections: not of type integer or array"},
        {CLOSED("\"depth\":65537"), AT "depth: 65537 is above 65536"},
        {CLOSED("\"warmup_s\":-1"), AT "warmup_s: -1 is below 0"},
        {CLOSED("\"duration_s\":0.009"), AT "duration_s: 0.009 is below 0.01"},
        {CLOSED("\"drain_s\":61"), AT "drain_s: 61 is above 60"},
        {CLOSED("\"server_threads\":[1,257]"), AT "server_threads[1]: 257 is above 256"},
        {CLOSED("\"burn_ns\":null"), AT "burn_ns: not of type integer or array"},
        {CLOSED("\"depth\":1,\"depth\":2"), AT "depth: given twice"},
        {SUITE("\"load\":\"half\""), AT "load: not one of closed, open or churn"},
        {SUITE("\"depth\":1"), "phases[0].loads[1]: \"load\" is missing"},
        {OPEN("\"arrival\":\"constant\",\"outstanding\":[1,4],\"saturating\":true"), NULL},
        {OPEN("\"arrival\":\"uniform\""), AT "arrival: not one of poisson or constant"},
        {SUITE("\"load\":\"open\",\"rate_per_s\":0"), AT "rate_per_s: 0 is below 0.001"},
        {SUITE("\"load\":\"open\""), "phases[0].loads[1]: \"rate_per_s\" is missing"},
        {OPEN("\"depth\":1"), AT "depth: not allowed with load \"open\""},
        {CLOSED("\"rate_per_s\":1"), AT "rate_per_s: not allowed with load \"closed\""},
        {CLOSED("\"arrival\":\"poisson\""), AT "arrival: not allowed with load \"closed\""},
        {CLOSED("\"outstanding\":1"), AT "outstanding: not allowed with load \"closed\""},
        {CLOSED("\"saturating\":true"), AT "saturating: not allowed with load \"closed\""},
        {CLOSED("\"idle\":[0,1000000],\"newcomers_per_s\":[0,0.5]"), NULL},
        {CLOSED("\"idle\":-1"), AT "idle: -1 is below 0"},
        {CLOSED("\"newcomers_per_s\":1000001"), AT "newcomers_per_s: 1000001 is above 1000000"},
        {CLOSED("\"churn_echoes\":1"), AT "churn_echoes: not allowed with load \"closed\""},
        {CHURN("\"churn_echoes\":[1,10],\"arrival\":\"constant\",\"saturating\":true"), NULL},
        {CHURN("\"newcomers_per_s\":1"), AT "newcomers_per_s: not allowed with load \"churn\""},
        {CHURN("\"outstanding\":1"), AT "outstanding: not allowed with load \"churn\""},
        {CLOSED("\"transport\":\"io_uring\""), NULL},
        {CLOSED("\"transport\":[\"auto\",\"*\",\"a-B_9\"]"), NULL},
        {CLOSED("\"transport\":[]"), AT "transport: 0 items, fewer than 1"},
        {CLOSED("\"transport\":5"), AT "transport: not of type string or array"},
        {CLOSED("\"transport\":[\"a\",5]"), AT "transport[1]: not of type string"},
        {CLOSED("\"transport\":\"\""), AT "transport: " NO_NAME},
        {CLOSED("\"transport\":[\"a\",\"a/b\"]"), AT "transport[1]: " NO_NAME},
        {CLOSED("\"transport\":\"a23456789012345678901234567890123\",\"idle\":1"),
         AT "transport: " NO_NAME},
        {SUITE("\"load\":\"churn\""), "phases[0].loads[1]: \"rate_per_s\" is missing"},
        {PCT("p", ""), NULL},
        {PCT("q", ""), "phases[1].loads[0].of_phase: no earlier phase is called \"q\""},
        {PCT("later", ""), "phases[1].loads[0].of_phase: no earlier phase is called \"later\""},
        {PCT("p", ",\"rate_per_s\":1"), "phases[1].loads[0].rate_per_s: not allowed with rate_pct"},
        {PCT("p", ",\"saturating\":true"),
         "phases[1].loads[0].saturating: not allowed with rate_pct"},
        {CHURN_PCT(""), NULL},
        {CHURN_PCT(",\"saturating\":true"), NULL},
        {CHURN_PCT(",\"rate_per_s\":1"),
         "phases[1].loads[0].rate_per_s: not allowed with rate_pct"},
        {OPEN("\"of_phase\":\"p\""), "phases[0].loads[1]: \"rate_pct\" is missing"},
        {SUITE("\"load\":\"open\",\"rate_pct\":5"), "phases[0].loads[1]: \"of_phase\" is missing"},
    };
    JUDGE(cases);
}

/* ---- overrides ---- */

static void overrides_replace_what_the_suite_says(void **state) {
    (void)state;
    const char *servers[] = {"epoll", "poll"};
    struct arg_texts texts = {servers, 2}, none = {NULL, 0};
    struct suite_overrides o = {.servers = &none};
    struct reason reason = {.text = ""};
    cJSON *schema = read_schema(), *suite = parse(SUITE("\"load\":\"closed\",\"connections\":7"));
    cJSON *before = cJSON_Duplicate(suite, true);
    assert_true(suite_override(suite, &o, &reason));
    assert_true(cJSON_Compare(suite, before, true)); /* no overrides, no changes */
    o = (struct suite_overrides){&texts, 3, 0.25, "1,50,1000000", "epoll,*", "rotation"};
    assert_true(suite_override(suite, &o, &reason));
    assert_true(suite_check(schema, suite, &reason));
    cJSON *expected =
        parse("{" HEAD "\"servers\":[\"epoll\",\"poll\"],\"measure\":\"rotation\",\"repeats\":3,"
              "\"phases\":[{\"name\":\"p\","
              "\"loads\":[{\"load\":\"closed\",\"duration_s\":0.25,\"connections\":[1,50,1000000],"
              "\"transport\":[\"epoll\",\"*\"]},{\"load\":\"closed\",\"duration_s\":0.25,"
              "\"connections\":[1,50,1000000],\"transport\":[\"epoll\",\"*\"]}]}]}");
    assert_true(cJSON_Compare(suite, expected, true));
    cJSON_Delete(expected);
    cJSON_Delete(before);
    cJSON_Delete(suite);
    cJSON_Delete(schema);
}

static void connections_are_whole_numbers(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "0",
                                      "1,",
                                      ",1",
                                      "1,,2",
                                      "a",
                                      "-1",
                                      "1.5",
                                      "1,1000001",
                                      "1 ",
                                      "1;2",
                                      "1,0x5",
                                      "00000000000000000000001000"};
    struct arg_texts none = {NULL, 0};
    cJSON *suite = parse(SUITE("\"load\":\"closed\",\"connections\":7"));
    cJSON *before = cJSON_Duplicate(suite, true);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct suite_overrides o = {.servers = &none, .connections = bad[i]};
        char expected[REASON_SIZE];
        struct reason reason = {.text = ""};
        if (suite_override(suite, &o, &reason)) print_error("'%s'\n", bad[i]);
        snprintf(expected, sizeof expected,
                 "--connections: '%s': not whole numbers from 1 to 1000000, separated by commas",
                 bad[i]);
        assert_string_equal(reason.text, expected);
    }
    assert_true(cJSON_Compare(suite, before, true));
    cJSON_Delete(before);
    cJSON_Delete(suite);
}

static void transports_are_names(void **state) {
    (void)state;
    static const char *const bad[] = {
        "", "a,", ",a", "a,,b", "a b", "a ", "a/b", "**", "é", "a23456789012345678901234567890123"};
    struct arg_texts none = {NULL, 0};
    cJSON *suite = parse(SUITE("\"load\":\"closed\",\"transport\":\"x\""));
    cJSON *before = cJSON_Duplicate(suite, true);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct suite_overrides o = {.servers = &none, .connections = "5", .transports = bad[i]};
        char expected[REASON_SIZE];
        struct reason reason = {.text = ""};
        if (suite_override(suite, &o, &reason)) print_error("'%s'\n", bad[i]);
        snprintf(expected, sizeof expected,
                 "--transport: '%s': not names of transports, separated by commas", bad[i]);
        assert_string_equal(reason.text, expected);
    }
    assert_true(cJSON_Compare(suite, before, true));
    cJSON_Delete(before);
    cJSON_Delete(suite);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suites_that_come_along_are_fine),
        cmocka_unit_test(rates_follow_from_the_capacity),
        cmocka_unit_test(an_unknown_name_is_answered_with_names),
        cmocka_unit_test(an_endless_name_is_cut),
        cmocka_unit_test(a_file_is_named_in_what_is_wrong_with_it),
        cmocka_unit_test(heads_are_checked),
        cmocka_unit_test(loads_are_checked),
        cmocka_unit_test(overrides_replace_what_the_suite_says),
        cmocka_unit_test(connections_are_whole_numbers),
        cmocka_unit_test(transports_are_names),
    };
    return cmocka_run_group_tests_name("suite", tests, NULL, NULL);
}
