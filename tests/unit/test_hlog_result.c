/* test_hlog_result.c - the interval log of a result: its slots, histograms, order and tags. The
 * documents contain only the fields that the log uses. */
#include "base/json.h"

#include "bench/result/hlog.h"
#include "bench/support/reason.h"
#include "bench/support/version.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- documents ---- */

static cJSON *new_document(const char *started_utc) {
    cJSON *document = cJSON_Parse("{\"session\":{},\"cells\":[]}");
    cJSON_AddStringToObject(cJSON_GetObjectItem(document, "session"), "started_utc", started_utc);
    return document;
}

static cJSON *add_cell(cJSON *document, const char *id) {
    cJSON *cell = cJSON_CreateObject();
    cJSON_AddStringToObject(cell, "id", id);
    cJSON_AddItemToArray(cJSON_GetObjectItem(document, "cells"), cell);
    return cJSON_AddArrayToObject(cell, "samples");
}

static cJSON *add_sample(cJSON *samples, const char *verdict, double start_s) {
    cJSON *sample = cJSON_Parse("{\"order\":0,\"window_s\":0.5,\"latency\":null,\"service\":null,"
                                "\"connect\":null,\"newcomers\":null}");
    cJSON_AddNumberToObject(sample, "started_offset_s", start_s);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(sample, "validity"), "verdict", verdict);
    cJSON_AddItemToArray(samples, sample);
    return sample;
}

/* Gives the sample a histogram with one value, or an empty one if the value is 0. */
static void set_latency(cJSON *sample, const char *kind, const char *basis, uint64_t value) {
    struct hist *h = test_malloc(sizeof *h);
    hist_reset(h);
    if (value) hist_record(h, value);
    cJSON_ReplaceItemInObject(sample, kind, json_from_latency(basis, h));
    test_free(h);
}

/* ---- logs ---- */

/* Makes the log and removes the encoded histograms, which test_hlog.c tests. */
static void make_log(cJSON *document, struct hlog *log) {
    struct reason reason = {.text = ""};
    bool made = hlog_from_result(log, document, &reason);
    if (!made) fail_msg("%s", reason.text);
    assert_int_equal(strlen(log->text.data), log->text.size);
    cJSON_Delete(document);
    char *to = log->text.data;
    for (const char *from = log->text.data; *from;) {
        if (strncmp(from, "HISTFAAA", 8) == 0)
            from += strcspn(from, "\n");
        else
            *to++ = *from++;
    }
    *to = '\0';
}

#define COLUMNS                                                                                    \
    "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","                                     \
    "\"Interval_Compressed_Histogram\"\n"

static void assert_lines(const struct hlog *log, const char *lines) {
    const char *columns = strstr(log->text.data, COLUMNS);
    assert_non_null(columns);
    assert_string_equal(columns + strlen(COLUMNS), lines);
}

static void the_header_tells_what_is_left_out(void **state) {
    (void)state;
    struct hlog log;
    char expected[600];
    cJSON *document = new_document("2026-11-24T16:35:58Z");
    cJSON *samples = add_cell(document, "a/closed"), *sample = add_sample(samples, "valid", 1);
    set_latency(sample, "latency", "service", 5);
    cJSON *hist = cJSON_GetObjectItem(cJSON_GetObjectItem(sample, "latency"), "hist");
    cJSON_SetNumberValue(cJSON_GetObjectItem(hist, "overflow"), 7);
    cJSON_SetNumberValue(cJSON_GetObjectItem(hist, "unanswered"), 9);
    set_latency(add_sample(samples, "invalid", 2), "latency", "service", 5);
    add_sample(samples, "invalid", 3);
    make_log(document, &log);
    snprintf(expected, sizeof expected,
             "#[Logged with iobench %s]\n#[Histogram log format version 1.3]\n"
             "#[BaseTime: 1795538158.000 (seconds since epoch)]\n"
             "#[StartTime: 1795538158.000 (seconds since epoch), 2026-11-24T16:35:58Z]\n"
             "#[Invalid slots left out: 2]\n#[Values above 60 s, counted as 60 s: 7]\n"
             "#[Messages without an answer, counted as 60 s: 9]\n" COLUMNS
             "Tag=a/closed/latency,1.000000,0.500000,60000.000000,\n",
             version_tool);
    assert_string_equal(log.text.data, expected);
    assert_int_equal(log.histograms, 1);
    assert_int_equal(log.slots, 1);
    assert_int_equal(log.invalid, 2);
    hlog_clear(&log);
}

/* Every message is counted, so that percentiles of the log are those of the result: who got no
 * answer ranks above all others. */
static void messages_without_a_value_are_60_s(void **state) {
    (void)state;
    struct hlog log;
    struct reason reason;
    struct hist *h = test_malloc(sizeof *h), *counted = test_malloc(sizeof *counted);
    cJSON *document = new_document("2026-11-24T16:35:58Z");
    cJSON *sample = add_sample(add_cell(document, "a"), "suspect", 1);
    hist_reset(h);
    hist_reset(counted);
    for (int i = 0; i < 98; i++) {
        hist_record(h, 700);
        hist_record(counted, 700);
    }
    h->overflow = 1;
    h->unanswered = 1;
    for (int i = 0; i < 2; i++) hist_record(counted, HIST_HIGHEST);
    cJSON_ReplaceItemInObject(sample, "latency", json_from_latency("service", h));
    hist_reset(h);
    h->unanswered = 2; /* nothing but silence is in the log, too */
    cJSON_ReplaceItemInObject(sample, "newcomers", json_from_latency("intended", h));
    assert_true(hlog_from_result(&log, document, &reason));
    char *expected = hlog_histogram(counted);
    assert_non_null(strstr(log.text.data, expected));
    assert_non_null(strstr(log.text.data, "Tag=a/newcomers,1.000000,0.500000,60000.000000,"));
    free(expected);
    hlog_clear(&log);
    cJSON_Delete(document);
    test_free(h);
    test_free(counted);
}

static void slots_are_in_the_order_of_time(void **state) {
    (void)state;
    struct hlog log;
    cJSON *document = new_document("2026-11-24T16:35:58Z");
    cJSON *a = add_cell(document, "a"), *b = add_cell(document, "b");
    set_latency(add_sample(a, "valid", 1.25), "latency", "service", 1000001);
    set_latency(add_sample(a, "valid", 30), "latency", "service", 2);
    set_latency(add_sample(b, "suspect", -0.0), "latency", "service", HIST_HIGHEST);
    set_latency(add_sample(b, "valid", 20), "latency", "service", 4);
    make_log(document, &log);
    assert_lines(&log, "Tag=b/latency,0.000000,0.500000,60000.000000,\n"
                       "Tag=a/latency,1.250000,0.500000,1.000001,\n"
                       "Tag=b/latency,20.000000,0.500000,0.000004,\n"
                       "Tag=a/latency,30.000000,0.500000,0.000002,\n");
    assert_int_equal(log.slots, 4);
    hlog_clear(&log);
}

static void only_what_tells_something_is_in_it(void **state) {
    (void)state;
    struct hlog log;
    cJSON *document = new_document("2026-11-24T16:35:58Z");
    cJSON *closed = add_sample(add_cell(document, "closed"), "valid", 1);
    set_latency(closed, "latency", "service", 1);
    set_latency(closed, "service", "service", 1); /* same as the latency */
    cJSON *open = add_sample(add_cell(document, "open"), "valid", 2);
    set_latency(open, "latency", "intended", 2);
    set_latency(open, "service", "service", 1);
    set_latency(open, "connect", "service", 3);
    set_latency(open, "newcomers", "intended", 0); /* no newcomer was answered */
    cJSON *churn = add_sample(add_cell(document, "churn"), "valid", 3);
    set_latency(churn, "latency", "service", 0);
    set_latency(churn, "newcomers", "intended", 4);
    add_sample(add_cell(document, "none"), "valid", 4);
    make_log(document, &log);
    assert_lines(&log, "Tag=closed/latency,1.000000,0.500000,0.000001,\n"
                       "Tag=open/latency,2.000000,0.500000,0.000002,\n"
                       "Tag=open/service,2.000000,0.500000,0.000001,\n"
                       "Tag=open/connect,2.000000,0.500000,0.000003,\n"
                       "Tag=churn/newcomers,3.000000,0.500000,0.000004,\n");
    assert_int_equal(log.histograms, 5);
    assert_int_equal(log.slots, 3);
    hlog_clear(&log);
}

/* Each pair would have the same tag if forbidden characters were just removed. */
static void tags_are_one_word_and_differ(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"epoll:a=1,b=2/open/r75%/k1", "epoll:a=1%2Cb=2/open/r75%/k1"},
        {"a,", "a%2C"},
        {",", "%2C"},
        {"%2c", "%252c"},
        {"%%2C", "%%252C"},
        {"a b\tc\nd\re", "a%20b%09c%0Ad%0De"},
        {"\x01\x7f", "%01%7F"},
        {"\xc3\xa9\xc2\xa0", "%C3%A9%C2%A0"},
        {"%", "%"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct hlog log;
        char expected[200];
        cJSON *document = new_document("2026-11-24T16:35:58Z");
        set_latency(add_sample(add_cell(document, pairs[i][0]), "valid", 1), "latency", "service",
                    1);
        make_log(document, &log);
        snprintf(expected, sizeof expected, "Tag=%s/latency,1.000000,0.500000,0.000001,\n",
                 pairs[i][1]);
        assert_lines(&log, expected);
        hlog_clear(&log);
    }
}

/* ---- start times ---- */

static bool make_dated(struct hlog *log, const char *started_utc, struct reason *reason) {
    cJSON *document = new_document(started_utc);
    set_latency(add_sample(add_cell(document, "a"), "valid", 1), "latency", "service", 1);
    bool made = hlog_from_result(log, document, reason);
    cJSON_Delete(document);
    return made;
}

/* Expected values are from `date -u -d TIME +%s`. */
static void dates_are_seconds_since_1970(void **state) {
    (void)state;
    static const char *const dates[][2] = {
        {"1970-01-01T00:00:00Z", "0.000"},
        {"1999-12-31T23:59:59Z", "946684799.000"},
        {"2000-02-29T00:00:00Z", "951782400.000"},
        {"2000-03-01T00:00:00Z", "951868800.000"},
        {"2024-12-31T12:30:00.25Z", "1735648200.250"},
        {"2026-11-24T16:35:58Z", "1795538158.000"},
        {"2100-03-01T00:00:00Z", "4107542400.000"},
        {"9999-12-31T23:59:59.Z", "253402300799.000"},
    };
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        struct hlog log;
        char line[200];
        struct reason reason;
        assert_true(make_dated(&log, dates[i][0], &reason));
        snprintf(line, sizeof line, "#[StartTime: %s (seconds since epoch), %.19sZ]\n", dates[i][1],
                 dates[i][0]);
        if (!strstr(log.text.data, line)) fail_msg("%s: %.300s", line, log.text.data);
        hlog_clear(&log);
    }
}

static void other_dates_are_refused(void **state) {
    (void)state;
    static const char *const dates[] = {"",
                                        "yesterday",
                                        "2026-11-24",
                                        "2026-11-24T16:35:58",
                                        "2026-11-24T16:35:58+01:00",
                                        "2026-11-24T16:35:58Z ",
                                        "2026-11-24 16:35:58Z",
                                        "2026-13-24T16:35:58Z",
                                        "2026-00-24T16:35:58Z",
                                        "2026-11-32T16:35:58Z",
                                        "2026-11-24T24:35:58Z",
                                        "2026-11-24T16:60:58Z",
                                        "2026-11-24T16:35:61Z",
                                        "1969-12-31T23:59:59Z",
                                        "+026-11-24T16:35:58Z",
                                        "2026-11-24T16:35:5"};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        struct hlog log;
        struct reason reason = {.text = ""};
        if (make_dated(&log, dates[i], &reason)) fail_msg("\"%s\" was taken", dates[i]);
        assert_string_equal(reason.text,
                            "session.started_utc: not a time like 2026-11-24T20:28:00Z");
        hlog_clear(&log);
    }
}

static void without_usable_slots_there_is_no_log(void **state) {
    (void)state;
    struct hlog log;
    struct reason reason = {.text = ""};
    cJSON *document = new_document("2026-11-24T16:35:58Z");
    set_latency(add_sample(add_cell(document, "a"), "invalid", 1), "latency", "service", 1);
    assert_false(hlog_from_result(&log, document, &reason));
    assert_string_equal(reason.text,
                        "nothing to export: no slot is valid or suspect and has a histogram");
    hlog_clear(&log);
    cJSON_Delete(document);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_tells_what_is_left_out),
        cmocka_unit_test(messages_without_a_value_are_60_s),
        cmocka_unit_test(slots_are_in_the_order_of_time),
        cmocka_unit_test(only_what_tells_something_is_in_it),
        cmocka_unit_test(tags_are_one_word_and_differ),
        cmocka_unit_test(dates_are_seconds_since_1970),
        cmocka_unit_test(other_dates_are_refused),
        cmocka_unit_test(without_usable_slots_there_is_no_log),
    };
    return cmocka_run_group_tests_name("hlog_result", tests, NULL, NULL);
}
