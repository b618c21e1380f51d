/* test_codes.c - the names of codes in code and schema, and the codes of a slot. Must run from the
 * top of the source tree, which contains the schemas. */
#include "bench/gate/gate_reason.h"
#include "bench/result/codes.h"
#include "bench/result/old_codes.h"
#include "bench/result/sample_facts.h"
#include "bench/support/json_file.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Expects that `list` has these names in this order, followed by null if `or_null`. */
static void expect_list(const cJSON *list, const char *const *names, int count, bool or_null) {
    assert_int_equal(cJSON_GetArraySize(list), count + or_null);
    for (int i = 0; i < count; i++)
        assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(list, i)), names[i]);
    if (or_null) assert_true(cJSON_IsNull(cJSON_GetArrayItem(list, count)));
}

static void the_schemas_list_every_code(void **state) {
    (void)state;
    struct reason why;
    cJSON *result = json_file_read("results/iobench-result.schema.json", &why);
    cJSON *gate = json_file_read("results/iobench-gate.schema.json", &why);
    assert_true(result && gate);
    expect_list(json_item(result, "$defs.validity_code.examples"), validity_names, VALIDITY_CODES,
                false);
    expect_list(json_item(gate, "$defs.validity_code_or_null.examples"), validity_names,
                VALIDITY_CODES, true);
    expect_list(json_item(result, "$defs.skip_code.examples"), skip_names, SKIP_CODES, false);
    expect_list(json_item(result, "$defs.uncounted_code_or_null.examples"), uncounted_names,
                UNCOUNTED_CODES, true);
    expect_list(json_item(gate, "$defs.code_or_null.examples"), gate_code_names + 1, GATE_CODES - 1,
                true);
    assert_null(gate_code_names[GATE_NO_REASON]);
    cJSON_Delete(result);
    cJSON_Delete(gate);
}

/* Reads the line of a file that starts with `start`. */
static void read_line(const char *path, const char *start, char *line, int size) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    bool found = false;
    while (!found && fgets(line, size, file)) found = strncmp(line, start, strlen(start)) == 0;
    fclose(file);
    if (!found) fail_msg("%s: no line '%s'", path, start);
}

static void the_documentation_has_the_cause_of_every_code(void **state) {
    (void)state;
    static const char *const rows[] = {[CAUSE_SERVER] = "| server | ",
                                       [CAUSE_MACHINE] = "| machine | ",
                                       [CAUSE_UNSURE] = "| unsure | ",
                                       [CAUSE_PLAN] = "| plan | "};
    for (int cause = CAUSE_SERVER; cause <= CAUSE_PLAN; cause++) {
        char line[1024], name[64];
        read_line("results/README.md", rows[cause], line, sizeof line);
        for (enum validity_code c = 0; c < VALIDITY_CODES; c++) {
            snprintf(name, sizeof name, "`%s`", validity_names[c]);
            bool named = strstr(line, name) != NULL;
            if (named != ((int)validity_cause(c) == cause))
                fail_msg("%s: %s", validity_names[c], line);
        }
    }
    assert_int_equal(validity_cause(VALIDITY_CODES), CAUSE_SERVER);
}

static void words_are_read_as_they_are_written(void **state) {
    (void)state;
    for (enum verdict_kind v = VERDICT_VALID; v < VERDICTS; v++)
        assert_int_equal(verdict_read(verdict_names[v]), v);
    assert_int_equal(verdict_read("good"), VERDICT_INVALID);
    assert_int_equal(verdict_read(NULL), VERDICT_INVALID);
    for (enum bound b = BOUND_NONE; b < BOUNDS; b++)
        assert_int_equal(bound_read(bound_names[b]), b);
    assert_int_equal(bound_read(NULL), BOUND_UNKNOWN);
    for (enum validity_code c = 0; c < VALIDITY_CODES; c++)
        assert_int_equal(validity_read(validity_names[c]), c);
    assert_int_equal(validity_read("bad"), VALIDITY_CODES);
    assert_int_equal(validity_read(NULL), VALIDITY_CODES);
}

static cJSON *parse(const char *text) {
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    return json;
}

static void a_slot_has_its_codes_whatever_the_texts(void **state) {
    (void)state;
    cJSON *slot = parse("{\"validity\":{\"verdict\":\"invalid\",\"codes\":[\"errors\",\"steal\"],"
                        "\"reasons\":[\"totals disagree: \",\"server died\"]},"
                        "\"loadgen\":{\"bound\":\"both\"}}");
    assert_int_equal(sample_verdict(slot), VERDICT_INVALID);
    assert_int_equal(sample_bound(slot), BOUND_BOTH);
    assert_int_equal(sample_reasons(slot), 2);
    assert_int_equal(sample_code(slot, 0), VALIDITY_ERRORS);
    assert_int_equal(sample_code(slot, 1), VALIDITY_STEAL);
    assert_int_equal(sample_code(slot, 2), VALIDITY_CODES);
    assert_null(sample_reason(slot, 2));
    cJSON_Delete(slot);
}

static void an_old_slot_has_the_codes_of_its_texts(void **state) {
    (void)state;
    cJSON *slot = parse("{\"validity\":{\"verdict\":\"suspect\",\"reasons\":["
                        "\"bound by the load generator: busy 96 %, server CPU 82 %\",\"strange\"]},"
                        "\"loadgen\":{\"bound\":null}}");
    assert_int_equal(sample_bound(slot), BOUND_UNKNOWN);
    assert_int_equal(sample_code(slot, 0), VALIDITY_BOUND_CLIENT);
    assert_int_equal(sample_code(slot, 1), VALIDITY_CODES);
    assert_int_equal(sample_code(slot, 2), VALIDITY_CODES);
    cJSON_Delete(slot);
}

/* The texts of schema 1.2. They must not be changed. */
static void every_old_text_is_known(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum validity_code code;
    } old[] = {
        {"server ended too early: killed by signal 9", VALIDITY_SERVER_DIED},
        {"server did not end and was killed", VALIDITY_SERVER_DIED},
        {"server failed at its end: exit 1; no figures: exit 1", VALIDITY_SERVER_DIED},
        {"the server printed no stats", VALIDITY_NO_STATS},
        {"1 wrong echoes", VALIDITY_WRONG_ECHO},
        {"100.00 % errors, more than 0.1 %", VALIDITY_ERRORS},
        {"3 of 50 connections were lost", VALIDITY_CONNECTIONS_LOST},
        {"totals disagree: 10 connections, the server accepted 11", VALIDITY_TOTALS_DISAGREE},
        {"window of 0.500 s, planned were 1.000 s", VALIDITY_SHORT_WINDOW},
        {"no message in the window", VALIDITY_NO_MESSAGE},
        {"saturated: 0.00 % of the offered load was answered in time", VALIDITY_SATURATED},
        {"2 of 40 newcomers got no answer", VALIDITY_NEWCOMERS_UNANSWERED},
        {"Little's law is off by 5.0 %, more than 2.1 %", VALIDITY_LITTLES_LAW},
        {"bound by the load generator: busy 96 %, server CPU 82 %", VALIDITY_BOUND_CLIENT},
        {"the load generator was busy 99 %, the server's CPU is not known", VALIDITY_LOADGEN_FULL},
        {"somebody else had the CPUs: busy 40 %, server CPU 40 % with 50 in flight",
         VALIDITY_CPUS_TAKEN},
        {"the load generator lost its CPU to others: busy 100 %, on the CPU 29 %",
         VALIDITY_LOADGEN_PREEMPTED},
        {"the windows of the threads began up to 20.0 ms apart", VALIDITY_WINDOWS_APART},
        {"sent late: p99 300 us, more than 100 us", VALIDITY_SENT_LATE},
        {"the hypervisor took 9.0 % of the CPU", VALIDITY_STEAL},
        {"the second half of the window had -52 % messages", VALIDITY_HALVES_DIFFER},
        {"76 messages, fewer than 1000", VALIDITY_FEW_MESSAGES},
        {"5 connections waited for more than half the window", VALIDITY_STARVED},
        {"server: no such file or directory", VALIDITY_SERVER_NOT_STARTED},
        {"no free port: address in use", VALIDITY_SERVER_NOT_STARTED},
        {"server not ready after 10 s", VALIDITY_SERVER_NOT_READY},
        {"server: its ready line is not understood", VALIDITY_SERVER_NOT_READY},
        {"server did not get ready: exit 1", VALIDITY_SERVER_NOT_READY},
        {"loadgen: no such file or directory", VALIDITY_LOADGEN_NOT_STARTED},
        {"loadgen: not done after 33 s", VALIDITY_LOADGEN_LATE},
        {"loadgen: its output is not an object", VALIDITY_LOADGEN_FAILED},
        {"no figures: loadgen: 127.0.0.1:1: Connection refused", VALIDITY_LOADGEN_FAILED},
        {"loadgen's figures.bytes: is 1, expected 2, messages x size_bytes",
         VALIDITY_FIGURES_REFUSED},
    };
    for (size_t i = 0; i < sizeof old / sizeof *old; i++) {
        if (old_code(old[i].text) != old[i].code) print_error("%s\n", old[i].text);
        assert_int_equal(old_code(old[i].text), old[i].code);
    }
    assert_int_equal(old_code("why the totals disagree: "), VALIDITY_CODES);
    assert_int_equal(old_code(""), VALIDITY_CODES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schemas_list_every_code),
        cmocka_unit_test(the_documentation_has_the_cause_of_every_code),
        cmocka_unit_test(words_are_read_as_they_are_written),
        cmocka_unit_test(a_slot_has_its_codes_whatever_the_texts),
        cmocka_unit_test(an_old_slot_has_the_codes_of_its_texts),
        cmocka_unit_test(every_old_text_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
