/* test_unanswered.c - messages of the window without an answer: what the load generator counts, and
 * samples of which each single change is refused. */
#include "base/json.h"

#include "bench/result/identities_parts.h"
#include "bench/result/result_file.h"
#include "bench/support/reason.h"
#include "loadgen/account.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the load generator's account ---- */

/* A window from 1000 to 2000. */
static struct account *new_account(void) {
    struct account *a = test_malloc(sizeof *a);
    account_init(a, 2, 500, true);
    a->t0_ns = 1000;
    a->t1_ns = 2000;
    return a;
}

static void the_oldest_in_flight_is_told(void **state) {
    (void)state;
    struct account *a = new_account(), *other = new_account();
    account_age(a, 1990, 1999); /* answered in the window */
    account_age(a, 2000, 2500); /* sent after it */
    assert_int_equal(a->oldest_in_flight_ns, 0);
    account_age(a, 1990, 2000); /* answered at its end, or later */
    assert_int_equal(a->oldest_in_flight_ns, 10);
    account_age(a, 900, 2001); /* sent in the warm-up */
    account_age(a, 1500, 9000);
    assert_int_equal(a->oldest_in_flight_ns, 1100);
    account_age(other, 1000, 2000);
    account_merge(a, other);
    assert_int_equal(a->oldest_in_flight_ns, 1100);
    account_merge(other, a);
    assert_int_equal(other->oldest_in_flight_ns, 1100);
    a->t0_ns = a->t1_ns = NOT_YET; /* during warm-up nothing is at the end */
    a->oldest_in_flight_ns = 0;
    account_age(a, 1000, 2000);
    assert_int_equal(a->oldest_in_flight_ns, 0);
    test_free(a);
    test_free(other);
}

/* ---- identities ---- */

#define HIST(count, overflow, unanswered)                                                          \
    "{\"hist\":{\"count\":" #count ",\"overflow\":" #overflow ",\"unanswered\":" #unanswered "}}"
#define TIMES(latency, service, connect, newcomers)                                                \
    "\"latency\":" latency ",\"service\":" service ",\"connect\":" connect                         \
    ",\"newcomers\":" newcomers ","
#define ERRORS(connect, timeout)                                                                   \
    "\"errors\":{\"connect\":" #connect ",\"reset\":0,\"timeout\":" #timeout                       \
    ",\"short\":0,\"mismatch\":0},"
#define LOADGEN(offered, unsent, newcomers, answered, oldest)                                      \
    "\"loadgen\":{\"gap_max_ns\":0,\"offered\":" #offered ",\"unsent\":" #unsent                   \
    ",\"newcomers_offered\":" #newcomers ",\"newcomers_answered\":" #answered                      \
    ",\"oldest_in_flight_ns\":" #oldest "}}"

/* 1000 messages: 980 counted, 5 above 60 s, 6 without an answer, 9 unsent. */
static const char open_text[] =
    "{\"messages\":985," TIMES(HIST(980, 5, 15), HIST(980, 5, 6), "null", "null") ERRORS(0, 6)
        LOADGEN(1000, 9, null, null, null);

/* Two of ten connections are silent at the end. */
static const char closed_text[] =
    "{\"messages\":985," TIMES(HIST(985, 0, 2), HIST(985, 0, 2), "null", "null") ERRORS(0, 2)
        LOADGEN(null, 0, null, null, 5);

/* Of 100 connections 90 connect, 4 do not, 6 are never begun; 80 get an echo. */
static const char churn_text[] =
    "{\"messages\":80," TIMES(HIST(80, 0, 10), HIST(80, 0, 10), HIST(90, 0, 4), HIST(79, 1, 20))
        ERRORS(4, 10) LOADGEN(100, 6, 100, 80, 5);

static const char *const scenarios[] = {
    "{\"load\":\"open\",\"connections\":10,\"outstanding\":1,\"newcomers_per_s\":0}",
    "{\"load\":\"closed\",\"connections\":10,\"depth\":1,\"newcomers_per_s\":0}",
    "{\"load\":\"churn\",\"connections\":10,\"newcomers_per_s\":0}"};
static const char *const samples[] = {open_text, closed_text, churn_text};
enum load { OPEN, CLOSED, CHURN };

static cJSON *parse(const char *text) {
    cJSON *json = cJSON_Parse(text);
    if (!json) fail_msg("not JSON: %s", text);
    return json;
}

/* Sets the item at a path like "latency.hist.count"; removes it if `value` is NULL. */
static void change(cJSON *object, const char *path, const char *value) {
    char key[64];
    const char *dot = strchr(path, '.');
    while (dot) {
        snprintf(key, sizeof key, "%.*s", (int)(dot - path), path);
        object = cJSON_GetObjectItem(object, key);
        assert_non_null(object);
        path = dot + 1;
        dot = strchr(path, '.');
    }
    if (value)
        assert_true(cJSON_ReplaceItemInObject(object, path, parse(value)));
    else
        cJSON_DeleteItemFromObject(object, path);
}

static bool check(double version, const char *scenario_text, const cJSON *sample,
                  struct reason *reason) {
    const struct identities_place place = {.path = "s", .reason = reason};
    const struct identities_file file = {.version_minor = version};
    cJSON *scenario = parse(scenario_text);
    bool fine =
        identities_check_unanswered(&(struct identities_slot){&place, &file, scenario, sample});
    cJSON_Delete(scenario);
    return fine;
}

static void samples_are_fine_as_they_are(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct reason reason = {.text = ""};
        cJSON *sample = parse(samples[i]);
        if (!check(RESULT_VERSION_MINOR, scenarios[i], sample, &reason))
            fail_msg("%s", reason.text);
        cJSON_Delete(sample);
    }
}

/* Each change contradicts what stays. */
static void every_change_is_refused(void **state) {
    (void)state;
    static const struct {
        enum load load;
        const char *path, *value, *reason;
    } changes[] = {
        {OPEN, "loadgen.offered", "1001", "s.loadgen.offered: is 1001, expected 1000"},
        {OPEN, "messages", "984", "s.loadgen.offered: is 1000, expected 999"},
        {OPEN, "latency.hist.unanswered", "14", "s.loadgen.offered: is 1000, expected 999"},
        {OPEN, "loadgen.unsent", "8", "s.latency.hist.unanswered: is 15, expected 14"},
        {OPEN, "service.hist.unanswered", "7", "s.latency.hist.unanswered: is 15, expected 16"},
        {OPEN, "service.hist.count", "981", "s.messages: is 985, expected 986"},
        {OPEN, "service.hist.overflow", "4", "s.messages: is 985, expected 984"},
        {OPEN, "errors.timeout", "7", "s.errors.timeout: is 7, expected 6"},
        {OPEN, "loadgen.oldest_in_flight_ns", "5", "s.loadgen.oldest_in_flight_ns: is not null"},
        {OPEN, "latency.hist.unanswered", NULL, "s.latency: has no hist.unanswered"},
        {OPEN, "service.hist.unanswered", NULL, "s.service: has no hist.unanswered"},
        {CLOSED, "latency.hist.unanswered", "3", "s.errors.timeout: is 2, expected 3"},
        {CLOSED, "latency.hist.unanswered", "11", "s.latency.hist.unanswered: is above"},
        {CLOSED, "errors.timeout", "0", "s.errors.timeout: is 0, expected 2"},
        {CLOSED, "loadgen.unsent", "1", "s.loadgen.unsent: is 1, expected 0"},
        {CLOSED, "loadgen.oldest_in_flight_ns", "null", "s.loadgen.oldest_in_flight_ns: is not a"},
        {CLOSED, "loadgen.oldest_in_flight_ns", NULL, "s.loadgen.oldest_in_flight_ns: is not a"},
        {CHURN, "loadgen.newcomers_offered", "101", "s.loadgen.newcomers_offered: is 101"},
        {CHURN, "newcomers.hist.unanswered", "21", "s.loadgen.newcomers_offered: is 100"},
        {CHURN, "newcomers.hist.overflow", "2", "s.loadgen.newcomers_offered: is 100"},
        {CHURN, "connect.hist.unanswered", "3", "s.loadgen.newcomers_offered: is 100"},
        {CHURN, "connect.hist.count", "91", "s.loadgen.newcomers_offered: is 100, expected 101"},
        {CHURN, "loadgen.unsent", "7", "s.loadgen.newcomers_offered: is 100, expected 101"},
        {CHURN, "errors.timeout", "15", "s.errors.timeout: exceeds"},
        {CHURN, "loadgen.newcomers_answered", "85", "s.errors.timeout: exceeds"},
        {CHURN, "connect.hist.unanswered", NULL, "s.connect: has no hist.unanswered"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct reason reason = {.text = ""};
        cJSON *sample = parse(samples[changes[i].load]);
        change(sample, changes[i].path, changes[i].value);
        bool fine = check(RESULT_VERSION_MINOR, scenarios[changes[i].load], sample, &reason);
        if (fine || strncmp(reason.text, changes[i].reason, strlen(changes[i].reason)) != 0)
            fail_msg("%s = %s: expected '%s', found '%s'", changes[i].path, changes[i].value,
                     changes[i].reason, fine ? "fine" : reason.text);
        /* a file of an earlier version has other rules */
        assert_true(check(3, scenarios[changes[i].load], sample, &reason));
        cJSON_Delete(sample);
    }
}

/* In a closed loop messages of broken connections have no answer either, and no timeout. */
static void broken_connections_leave_messages(void **state) {
    (void)state;
    struct reason reason = {.text = ""};
    cJSON *sample = parse(closed_text);
    change(sample, "errors.reset", "1");
    change(sample, "latency.hist.unanswered", "3");
    assert_true(check(RESULT_VERSION_MINOR, scenarios[CLOSED], sample, &reason));
    change(sample, "errors.timeout", "4");
    assert_false(check(RESULT_VERSION_MINOR, scenarios[CLOSED], sample, &reason));
    cJSON_Delete(sample);
}

/* Newcomers beside a load have timeouts of their own. */
static void newcomers_may_time_out_too(void **state) {
    (void)state;
    static const char scenario[] =
        "{\"load\":\"open\",\"connections\":10,\"outstanding\":1,\"newcomers_per_s\":5}";
    struct reason reason = {.text = ""};
    cJSON *sample = parse(open_text);
    change(sample, "newcomers", HIST(3, 0, 4));
    change(sample, "connect", HIST(5, 0, 1));
    change(sample, "loadgen.newcomers_offered", "7");
    change(sample, "loadgen.newcomers_answered", "3");
    change(sample, "errors.timeout", "10");
    assert_true(check(RESULT_VERSION_MINOR, scenario, sample, &reason));
    change(sample, "errors.timeout", "5");
    assert_false(check(RESULT_VERSION_MINOR, scenario, sample, &reason));
    change(sample, "errors.timeout", "11"); /* 6 messages and 4 newcomers lack an answer */
    assert_false(check(RESULT_VERSION_MINOR, scenario, sample, &reason));
    change(sample, "errors.timeout", "6");
    change(sample, "connect.hist.count", "7");
    assert_false(check(RESULT_VERSION_MINOR, scenario, sample, &reason));
    cJSON_Delete(sample);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_in_flight_is_told),
        cmocka_unit_test(samples_are_fine_as_they_are),
        cmocka_unit_test(every_change_is_refused),
        cmocka_unit_test(broken_connections_leave_messages),
        cmocka_unit_test(newcomers_may_time_out_too),
    };
    return cmocka_run_group_tests_name("unanswered", tests, NULL, NULL);
}
