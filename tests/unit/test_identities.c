/* test_identities.c - a consistent result, and changes that make it inconsistent. The document is
 * accepted before each change, and refused after it because of the changed field. Must run from the
 * top of the source tree, which contains the schema. */
#include "base/json.h"

#include "bench/result/result_file.h"
#include "bench/support/json_file.h"
#include "bench/support/reason.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a document ---- */

static const char document_text[] =
    "{\"schema\":{\"name\":\"iobench-result\",\"version_major\":1,\"version_minor\":0},"
    "\"tool\":{\"version\":\"0\",\"git_commit\":null,\"git_dirty\":null},"
    "\"session\":{\"id\":\"x\",\"started_utc\":\"2000-01-01T00:00:00Z\",\"duration_s\":5,"
    "\"complete\":true,\"mode\":\"run\",\"suite\":{\"name\":\"s\",\"description\":\"\"},"
    "\"command\":[\"iobench\"],\"seed\":1,\"order\":[3,0,2,1],\"models\":[]},"
    "\"env\":{\"host\":{\"os\":null,\"os_version\":null,\"kernel\":null,\"arch\":null,"
    "\"hypervisor\":null,\"container\":null,\"emulator\":null,\"boot_id\":null},"
    "\"cpu\":{\"model\":null,\"logical\":null,\"physical\":null,\"smt\":null,\"governor\":null,"
    "\"turbo\":null,\"mitigations\":null,\"steal_pct\":null},\"mem_bytes\":null,"
    "\"load_1min\":null,\"clock\":{\"source\":null,\"resolution_ns\":null},"
    "\"net\":{\"path\":null,\"mtu\":null,\"congestion_control\":null},"
    "\"limits\":{\"nofile_soft\":null,\"nofile_hard\":null,\"somaxconn\":null,"
    "\"port_range\":null,\"io_uring_disabled\":null},\"ci\":{\"provider\":null,\"image\":null},"
    "\"floor\":{\"roundtrip_ns\":null,\"syscall_ns\":null,\"clock_ns\":null},\"findings\":[]},"
    "\"builds\":[],\"cells\":[]}";

static const char scenario_text[] =
    "{\"phase\":\"p\",\"server\":{\"model\":\"epoll\",\"options\":{},\"threads\":1,\"burn_ns\":0,"
    "\"foreign\":null,\"command\":null},"
    "\"load\":\"closed\",\"connections\":2,\"idle\":0,\"newcomers_per_s\":0,\"depth\":1,"
    "\"churn_echoes\":null,\"rate_pct\":null,\"rate_per_s\":null,\"arrival\":null,"
    "\"outstanding\":null,\"size_bytes\":64,\"warmup_s\":0,\"duration_s\":0.5,\"drain_s\":1,"
    "\"saturating\":false,\"loadgen\":{\"transport\":\"auto\",\"threads\":1},"
    "\"placement\":{\"server\":[0],\"loadgen\":[1],\"separate\":true}}";

static const char sample_text[] =
    "{\"build\":\"echo-1\",\"order\":0,\"started_offset_s\":0,\"warmup_s\":0.1,\"window_s\":0.3,"
    "\"messages\":1000,\"bytes\":64000,\"throughput_per_s\":3333.3333333333335,"
    "\"errors\":{\"connect\":0,\"reset\":0,\"timeout\":0,\"short\":0,\"mismatch\":0},"
    "\"connect\":null,\"newcomers\":null,"
    "\"totals\":{\"bytes_sent\":70400,\"bytes_received\":70400,\"connections\":2},"
    "\"server\":{\"pid_scope\":\"process\",\"cpu_ns\":40000000,\"cpu_user_s\":0.03,"
    "\"cpu_sys_s\":0.01,\"cpu_ns_per_echo\":40000,\"echoes_per_cpu_s\":25000,"
    "\"ctx_voluntary\":1,\"ctx_involuntary\":1,\"rss_bytes\":1,\"rss_per_connection_bytes\":1,"
    "\"stats\":{\"accepted\":2,\"closed_clean\":2,\"closed_reset\":0,\"closed_error\":0,"
    "\"bytes_in\":70400,\"bytes_out\":70400,\"receives\":1,\"sends\":1,\"waits\":1,\"events\":1,"
    "\"sends_partial\":0,\"accept_errors\":0}},"
    "\"loadgen\":{\"build\":\"loadgen-1\",\"transport\":\"epoll\",\"threads\":1,\"cpu_pct\":50,"
    "\"busy_pct\":50,\"send_lag_p99_ns\":null,\"offered\":null,\"achieved_over_offered\":null,"
    "\"answered\":1000,\"unsent\":0,\"newcomers_offered\":null,\"newcomers_answered\":null,"
    "\"littles_law_ratio\":1,\"starved_connections\":0,\"bound\":"
    "\"none\"},"
    "\"fairness\":{\"echoes_min\":490,\"echoes_median\":500,\"echoes_max\":510,\"jain\":0.9996},"
    "\"steal_pct\":0,\"validity\":{\"verdict\":\"valid\",\"reasons\":[]},"
    "\"series\":[{\"t_s\":0.15,\"messages\":400,\"mean_ns\":1,\"max_ns\":1},"
    "{\"t_s\":0.3,\"messages\":600,\"mean_ns\":1,\"max_ns\":1}]}";

static const char failed_text[] =
    "{\"build\":\"echo-1\",\"order\":0,\"started_offset_s\":0,\"warmup_s\":null,\"window_s\":null,"
    "\"messages\":null,\"bytes\":null,\"throughput_per_s\":null,\"errors\":null,\"latency\":null,"
    "\"service\":null,\"connect\":null,\"newcomers\":null,\"totals\":null,\"server\":null,"
    "\"loadgen\":null,\"fairness\":null,\"steal_pct\":null,"
    "\"validity\":{\"verdict\":\"invalid\",\"reasons\":[\"no server\"]},\"series\":null}";

static cJSON *parse(const char *text) {
    cJSON *json = cJSON_Parse(text);
    if (!json) print_error("not JSON: %s\n", text);
    assert_non_null(json);
    return json;
}

/* 998 values from 20 us to 1.02 ms, one of 30 ms, and one above the range, of which an old file
 * does not have more than the number. */
static cJSON *make_latency(void) {
    struct hist *h = test_malloc(sizeof *h);
    hist_reset(h);
    for (uint64_t i = 0; i < 998; i++) hist_record(h, 20000 + 1003 * i);
    hist_record(h, 30000000);
    cJSON *json = json_from_latency("service", h), *hist = cJSON_GetObjectItem(json, "hist");
    cJSON_SetNumberValue(cJSON_GetObjectItem(hist, "overflow"), 1);
    cJSON_DeleteItemFromObject(hist, "unanswered");
    test_free(h);
    return json;
}

/* Appends a sample to a cell. If `text` is NULL, it is a valid one. */
static void add_sample(cJSON *cell, int order, const char *text) {
    cJSON *sample = parse(text ? text : sample_text);
    if (!text) {
        cJSON_AddItemToObject(sample, "latency", make_latency());
        cJSON_AddItemToObject(sample, "service", make_latency());
    }
    cJSON_SetNumberValue(cJSON_GetObjectItem(sample, "order"), order);
    cJSON_AddItemToArray(cJSON_GetObjectItem(cell, "samples"), sample);
}

static cJSON *add_cell(cJSON *document, const char *id) {
    cJSON *cell = cJSON_CreateObject();
    cJSON_AddStringToObject(cell, "id", id);
    cJSON_AddItemToObject(cell, "scenario", parse(scenario_text));
    cJSON_AddItemToArray(cJSON_GetObjectItem(document, "cells"), cell);
    return cell;
}

/* A closed cell with two slots, a skipped cell, and an open cell whose second slot failed. The
 * slots ran in the order 3, 0, 2, 1. */
static cJSON *make_document(void) {
    static const char *const builds[] = {"echo-1", "loadgen-1"};
    cJSON *document = parse(document_text);
    for (int i = 0; i < 2; i++) {
        cJSON *build = parse("{\"program\":\"p\",\"compiler\":null,\"cflags\":null,"
                             "\"build_type\":null,\"sha256\":null,\"libraries\":{}}");
        cJSON_AddStringToObject(build, "id", builds[i]);
        cJSON_AddItemToArray(cJSON_GetObjectItem(document, "builds"), build);
    }
    cJSON *closed = add_cell(document, "closed"), *skipped = add_cell(document, "skipped"),
          *open = add_cell(document, "open");
    cJSON_AddArrayToObject(closed, "samples");
    add_sample(closed, 1, NULL);
    add_sample(closed, 3, NULL);
    cJSON_AddItemToObject(skipped, "skipped", parse("{\"reason\":\"not here\"}"));
    cJSON *scenario = cJSON_GetObjectItem(open, "scenario");
    cJSON_ReplaceItemInObject(scenario, "load", cJSON_CreateString("open"));
    cJSON_ReplaceItemInObject(scenario, "depth", cJSON_CreateNull());
    cJSON_ReplaceItemInObject(scenario, "rate_per_s", cJSON_CreateNumber(100));
    cJSON_ReplaceItemInObject(scenario, "arrival", cJSON_CreateString("poisson"));
    cJSON_ReplaceItemInObject(scenario, "outstanding", cJSON_CreateNumber(1));
    cJSON_AddArrayToObject(open, "samples");
    add_sample(open, 2, NULL);
    add_sample(open, 0, failed_text);
    return document;
}

/* ---- changes ---- */

/* Replaces the item at a path like "cells[0].samples[1].bytes". Removes it if `value` is NULL. */
static void change(cJSON *document, const char *path, const char *value) {
    cJSON *parent = NULL, *at = document;
    const char *c = path;
    while (at && *c) {
        char key[64];
        parent = at;
        if (*c == '[') {
            at = cJSON_GetArrayItem(parent, atoi(c + 1));
            c = strchr(c, ']') + 1;
        } else {
            size_t length = strcspn(c, ".[");
            snprintf(key, sizeof key, "%.*s", (int)length, c);
            at = cJSON_GetObjectItemCaseSensitive(parent, key);
            c += length;
            if (!at && value && !*c) at = cJSON_AddNullToObject(parent, key);
        }
        if (*c == '.') c++;
    }
    if (!parent || !at) {
        fail_msg("no such path: %s", path);
        return;
    }
    if (value && at->string)
        assert_true(cJSON_ReplaceItemInObjectCaseSensitive(parent, at->string, parse(value)));
    else if (value)
        assert_true(cJSON_ReplaceItemViaPointer(parent, at, parse(value)));
    else
        cJSON_Delete(cJSON_DetachItemViaPointer(parent, at));
}

/* A changed path, its new value (NULL: removed), and the start of the expected error (NULL: none).
 */
struct changed {
    const char *path, *value, *reason;
};

/* Tries each change separately, or, with `together`, all changes at once. */
static void try_changes(const struct changed *changes, size_t count, bool together) {
    struct reason reason;
    cJSON *schema = json_file_read("results/iobench-result.schema.json", &reason);
    assert_non_null(schema);
    for (size_t i = 0; i < count; i++) {
        cJSON *document = make_document();
        change(document, changes[i].path, changes[i].value);
        for (; together && i + 1 < count; i++)
            change(document, changes[i + 1].path, changes[i + 1].value);
        *reason.text = '\0';
        bool fine = result_file_check(schema, document, &reason);
        const char *expected = changes[i].reason;
        bool good =
            expected ? !fine && strncmp(reason.text, expected, strlen(expected)) == 0 : fine;
        if (!good)
            print_error("%s = %s: expected '%s', found '%s'\n", changes[i].path, changes[i].value,
                        expected ? expected : "fine", fine ? "fine" : reason.text);
        assert_true(good);
        cJSON_Delete(document);
    }
    cJSON_Delete(schema);
}

#define TRY(changes) try_changes(changes, sizeof(changes) / sizeof *(changes), false)
#define TRY_TOGETHER(changes) try_changes(changes, sizeof(changes) / sizeof *(changes), true)

/* ---- tests ---- */

static void the_document_is_fine_and_may_grow(void **state) {
    (void)state;
    static const struct changed changes[] = {
        {"session.seed", "2", NULL},
        {"session.later", "\"added\"", NULL},
        {"cells[0].samples[0].later", "{}", NULL},
        {"session.order", "[3,0,2,1,4]", NULL}, /* interrupted: one slot did not run */
    };
    TRY(changes);
}

static void other_documents_are_refused_first(void **state) {
    (void)state;
    static const struct changed changes[] = {
        {"schema.version_major", "2", "schema.version_major: is 2; this iobench reads 1"},
        {"schema.name", "\"other\"", "schema.name: not \"iobench-result\""},
        {"schema", NULL, "schema.name: not \"iobench-result\""},
    };
    TRY(changes);
}

static void a_cell_is_skipped_or_measured(void **state) {
    (void)state;
    static const struct changed changes[] = {
        {"cells[0].skipped", "{\"reason\":\"\"}", "cells[0]: must be exactly one of "},
        {"cells[0].samples", NULL, "cells[0]: must be exactly one of "},
        {"cells[1].skipped", NULL, "cells[1]: must be exactly one of "},
        {"cells[0].samples", "[]", "cells[0].samples: 0 items, fewer than 1"},
    };
    TRY(changes);
}

static void ids_are_unique_and_references_lead_somewhere(void **state) {
    (void)state;
    static const struct changed changes[] = {
        {"cells[2].id", "\"closed\"", "cells: the id \"closed\" occurs twice"},
        {"builds[1].id", "\"echo-1\"", "builds: the id \"echo-1\" occurs twice"},
        {"cells[0].samples[1].build", "\"x\"", "cells[0].samples[1].build: \"x\" is not in builds"},
        {"cells[2].samples[0].loadgen.build", "\"y\"",
         "cells[2].samples[0].loadgen.build: \"y\" is not in builds"},
    };
    TRY(changes);
}

#define LOADGEN "cells[0].samples[0].loadgen."

static void lost_time_agrees_with_itself(void **state) {
    (void)state;
    static const struct changed fine[] = {
        {LOADGEN "gap_max_ns", "2000000", NULL},
        {LOADGEN "gaps_total_ns", "3000000", NULL},
        {LOADGEN "arrival_lag_p99_ns", "null", NULL},
        {LOADGEN "arrival_lag_max_ns", "null", NULL},
    };
    static const struct changed short_one[] = {
        {LOADGEN "gaps_total_ns", "999999", NULL},
        {LOADGEN "gap_max_ns", "999999", "cells[0].samples[0].loadgen.gap_max_ns: is 999999, b"},
    };
    static const struct changed less[] = {
        {LOADGEN "gaps_total_ns", "2000000", NULL},
        {LOADGEN "gap_max_ns", "2000001",
         "cells[0].samples[0].loadgen.gaps_total_ns: is 2000000, the longest gap 2000001"},
    };
    static const struct changed none[] = {
        {LOADGEN "gaps_total_ns", "2000000", NULL},
        {LOADGEN "gap_max_ns", "0", "cells[0].samples[0].loadgen.gaps_total_ns: is 2000000"},
    };
    static const struct changed closed[] = {
        {LOADGEN "arrival_lag_max_ns", "5",
         "cells[0].samples[0].loadgen.arrival_lag_max_ns: is not null in a closed loop"}};
#undef LOADGEN
#define LOADGEN "cells[2].samples[0].loadgen."
    static const struct changed open[] = {
        {LOADGEN "arrival_lag_max_ns", "5", NULL},
        {LOADGEN "arrival_lag_p99_ns", "6",
         "cells[2].samples[0].loadgen.arrival_lag_p99_ns: is above arrival_lag_max_ns"},
    };
    TRY_TOGETHER(fine);
    TRY_TOGETHER(short_one);
    TRY_TOGETHER(less);
    TRY_TOGETHER(none);
    TRY(closed);
    TRY_TOGETHER(open);
}

static void what_iobench_starts_is_on_this_machine(void **state) {
    (void)state;
#define ADDRESS "cells[0].samples[0].loadgen.address"
    static const struct changed here[] = {{ADDRESS, "\"127.0.0.1\"", NULL}};
    static const struct changed second[] = {{ADDRESS, "\"::1\"", NULL}};
    static const struct changed elsewhere[] = {
        {ADDRESS, "\"192.0.2.1\"", ADDRESS ": is 192.0.2.1, but iobench started the server"}};
    TRY_TOGETHER(here);
    TRY_TOGETHER(second);
    TRY(elsewhere);
}

static void the_order_is_a_permutation(void **state) {
    (void)state;
#define NOT_PERMUTED "session.order: is not a permutation of 0..3: position "
    static const struct changed changes[] = {
        {"session.order[0]", "4", NOT_PERMUTED "0 holds 4"},
        {"session.order[2]", "0", NOT_PERMUTED "2 holds 0"},
        {"session.order[1]", "9007199254740992", NOT_PERMUTED "1 holds"},
        {"session.order[1]", "0.5", "session.order[1]: not of type integer"},
        {"session.order[1]", "-1", "session.order[1]: -1 is below 0"},
        {"session.order", "[]", "cells[0].samples[0].order: is 1, but session.order has 0 slots"},
        {"cells[0].samples[1].order", "1",
         "cells[0].samples[1].order: is 1, slot 0, but slot numbers must increase"},
        {"cells[2].samples[0].order", "3",
         "cells[2].samples[0].order: is 3, slot 1, but slot numbers must increase"},
        {"cells[0].samples[0].order", "4",
         "cells[0].samples[0].order: is 4, but session.order has 4"},
        {"cells[0].samples[0].order", "0",
         "cells[0].samples[1].order: is 3, slot 1, but slot numbers must increase"},
    };
    TRY(changes);
}

static void a_loop_has_its_own_fields(void **state) {
    (void)state;
    static const struct changed changes[] = {
        {"cells[0].scenario.depth", "null",
         "cells[0].scenario: depth must be null if and only if load is"},
        {"cells[2].scenario.depth", "1",
         "cells[2].scenario: depth must be null if and only if load is"},
        {"cells[0].scenario.rate_per_s", "5", "cells[0].scenario: rate_per_s must be null"},
        {"cells[1].scenario.arrival", "\"poisson\"", "cells[1].scenario: arrival must be null"},
        {"cells[2].scenario.outstanding", "null", "cells[2].scenario: outstanding must be null"},
        {"cells[0].scenario.load", "\"open\"",
         "cells[0].scenario: depth must be null if and only if"},
        {"cells[0].scenario.churn_echoes", "1", "cells[0].scenario: churn_echoes must be null"},
        {"cells[0].scenario.rate_pct", "50", "cells[0].scenario.rate_pct: cannot be used with"},
        {"cells[2].scenario.rate_pct", "50", NULL},
        {"cells[2].scenario.rate_per_s", "null", "cells[2].scenario: rate_per_s must be null"},
    };
    TRY(changes);
    /* a rate in percent whose capacity was never measured */
    static const struct changed unresolved[] = {{"cells[1].scenario.load", "\"open\"", NULL},
                                                {"cells[1].scenario.depth", "null", NULL},
                                                {"cells[1].scenario.arrival", "\"poisson\"", NULL},
                                                {"cells[1].scenario.outstanding", "1", NULL},
                                                {"cells[1].scenario.rate_pct", "5", NULL}};
    TRY_TOGETHER(unresolved);
}

#define NO_TIMES                                                                                   \
    "{\"basis\":\"service\",\"p50_ns\":null,\"p90_ns\":null,\"p99_ns\":null,\"p999_ns\":null,"     \
    "\"p9999_ns\":null,\"max_ns\":null,\"mean_ns\":null,\"hist\":{\"layout\":\"hdr\",\"unit\":"    \
    "\"ns\","                                                                                      \
    "\"lowest\":1,\"highest\":60000000000,\"digits\":3,\"count\":0,\"sum_ns\":0,\"min\":null,"     \
    "\"max\":null,\"overflow\":0,\"index_delta\":[],\"counts\":[]}}"

static void newcomers_are_counted(void **state) {
    (void)state;
#define NEW(loadgen_answered, why)                                                                 \
    {                                                                                              \
        {"cells[0].scenario.newcomers_per_s", "1", NULL},                                          \
            {"cells[0].samples[0].newcomers", NO_TIMES, NULL},                                     \
            {"cells[0].samples[0].connect", NO_TIMES, NULL},                                       \
            {"cells[0].samples[0].loadgen.newcomers_offered", "3", NULL},                          \
            {"cells[0].samples[0].loadgen.newcomers_answered", loadgen_answered, NULL},            \
            {"cells[0].samples[1].newcomers", NO_TIMES, NULL},                                     \
            {"cells[0].samples[1].connect", NO_TIMES, NULL},                                       \
            {"cells[0].samples[1].loadgen.newcomers_offered", "0", NULL},                          \
            {"cells[0].samples[1].loadgen.newcomers_answered", "0", why},                          \
    }
    static const struct changed none[] = NEW("0", NULL);
    static const struct changed lost[] =
        NEW("1",
            "cells[0].samples[0].newcomers.hist: has 0 values, but 1 of 3 newcomers were answered");
    static const struct changed unknown[] =
        NEW("null", "cells[0].samples[0].newcomers.hist: has 0 values");
    TRY_TOGETHER(none);
    TRY_TOGETHER(lost);
    TRY_TOGETHER(unknown);
    static const struct changed unasked[] = {
        {"cells[0].samples[0].newcomers", NO_TIMES,
         "cells[0].samples[0].newcomers: and connect must be null if and only if"},
        {"cells[0].scenario.newcomers_per_s", "1",
         "cells[0].samples[0].newcomers: and connect must be null if and only if"}};
    TRY(unasked);
}

#define S "cells[0].samples[1]."

static void counts_bytes_and_rates_agree(void **state) {
    (void)state;
    static const struct changed changes[] = {
        {S "messages", "1001", S "messages: is 1001, expected 1000, latency.hist.count + overflow"},
        {S "bytes", "64001", S "bytes: is 64001, expected 64000, messages x size_bytes"},
        {"cells[0].scenario.size_bytes", "65",
         "cells[0].samples[0].bytes: is 64000, expected 65000"},
        {S "throughput_per_s", "3333.3334", S "throughput_per_s: is 3333.3334"},
        {S "throughput_per_s", "3333.333333", NULL}, /* within 1e-9 */
        {S "throughput_per_s", "null", S "throughput_per_s: is nan"},
        {S "window_s", "0.31", S "throughput_per_s: is "},
        {S "series[1].messages", "601", S "messages: is 1000, expected 1001, the sum of series[]"},
        {S "series[1].t_s", "0.15", S "series: t_s does not increase"},
        {S "series[0]", NULL, S "messages: is 1000, expected 600, the sum of series[]"},
        {S "server.cpu_ns", "40000001", S "server.cpu_ns: is 40000001, expected 40000000"},
        {S "server.cpu_sys_s", "0.02", S "server.cpu_ns: is 40000000, expected 50000000"},
        {S "server.cpu_ns_per_echo", "40001", S "server.cpu_ns_per_echo: is 40001"},
        {S "server.echoes_per_cpu_s", "25001", S "server.echoes_per_cpu_s: is 25001"},
        {S "fairness.echoes_min", "501", S "fairness: echoes_min, echoes_median, echoes_max"},
        {S "fairness.echoes_max", "499", S "fairness: echoes_min, echoes_median, echoes_max"},
        {S "fairness.jain", "1.01", S "fairness.jain: is above 1"},
    };
    TRY(changes);
}

static void latencies_follow_from_the_histogram(void **state) {
    (void)state;
#define L S "latency."
    static const struct changed changes[] = {
        {L "hist.count", "998", L "hist.count: is 998, expected 999, the sum of counts[]"},
        {L "hist.counts[0]", "2", L "hist.count: is 999, expected 1000, the sum of counts[]"},
        {L "hist.overflow", "0", S "messages: is 1000, expected 999, latency.hist.count"},
        {L "hist.min", "19000", L "hist.min: is 19000, not in the lowest bucket"},
        {L "hist.max", "31000000", L "hist.max: is 31000000, not in the highest bucket"},
        {L "hist.max", "9007199254740992", L "hist.max: is 9007199254740992, not in"},
        {L "hist.sum_ns", "5", L "hist.sum_ns: implies a mean outside of min..max"},
        {L "hist.index_delta[3]", "0", L "hist: index_delta: does not rise"},
        {L "hist.counts[3]", NULL, L "hist: index_delta, counts: of different length"},
        {L "hist.digits", "2", L "hist: layout: not hdr in ns"},
        {L "p50_ns", "520000", L "p50_ns: is 520000, expected 5"},
        {L "p90_ns", "5", L "p90_ns: is 5, expected 9"},
        {L "p50_ns", "null", L "p50_ns: is null with 999 values"},
        {L "p99_ns", "5", L "p99_ns: is not null with 999 values"},
        {L "p999_ns", "5", L "p999_ns: is not null with 999 values"},
        {L "p9999_ns", "5", L "p9999_ns: is not null with 999 values"},
        {L "max_ns", "30000001", L "max_ns: is 30000001, expected 30000000, hist.max"},
        {L "mean_ns", "550000", L "mean_ns: is 550000, expected 5"},
        {L "mean_ns", "null", L "mean_ns: is nan"},
        {S "service.p50_ns", "5", S "service.p50_ns: is 5, expected 5"},
        {S "service.hist.counts[0]", "2", S "service.hist.count: is 999, expected 1000"},
    };
    TRY(changes);
}

static void totals_equal_what_the_server_counted(void **state) {
    (void)state;
    static const struct changed changes[] = {
        {S "totals.bytes_sent", "70401", S "totals.bytes_sent: is 70401, expected 70400, server"},
        {S "server.stats.bytes_in", "0", S "totals.bytes_sent: is 70400, expected 0, server"},
        {S "totals.bytes_received", "1", S "totals.bytes_received: is 1, expected 70400, server"},
        {S "server.stats.accepted", "3", S "totals.connections: is 2, expected 3, server"},
        {S "server.stats", "null", S "server.stats: is null in a slot that is not invalid"},
    };
    static const struct changed no_stats_with_error[] = {{S "server.stats", "null", NULL},
                                                         {S "errors.timeout", "1", NULL}};
    static const struct changed no_stats_invalid[] = {
        {S "server.stats", "null", NULL},
        {S "validity", "{\"verdict\":\"invalid\",\"reasons\":[\"no stats\"]}", NULL}};
    static const struct changed with_error[] = {{S "totals.bytes_sent", "70401", NULL},
                                                {S "errors.timeout", "1", NULL}};
    static const struct changed invalid[] = {
        {S "totals.bytes_sent", "70401", NULL},
        {S "validity", "{\"verdict\":\"invalid\",\"reasons\":[\"totals disagree\"]}", NULL}};
    /* above 10^15 numbers are rounded when they are written */
    static const struct changed rounded[] = {
        {S "totals.bytes_sent", "9007199254740992", NULL},
        {S "server.stats.bytes_in", "9.00719925474099e+15", NULL}};
    static const struct changed unequal[] = {
        {S "totals.bytes_sent", "9007199254740992", NULL},
        {S "server.stats.bytes_in", "9.00719925474089e+15",
         S "totals.bytes_sent: is 9007199254740992, expected 9007199254740890, server"}};
    TRY(changes);
    TRY_TOGETHER(rounded);
    TRY_TOGETHER(unequal);
    TRY_TOGETHER(with_error);
    TRY_TOGETHER(invalid);
    TRY_TOGETHER(no_stats_with_error);
    TRY_TOGETHER(no_stats_invalid);
}

static void verdicts_have_reasons_and_figures(void **state) {
    (void)state;
#define FAILED "cells[2].samples[1]."
    static const struct changed changes[] = {
        {S "validity.verdict", "\"suspect\"", S "validity: is suspect with 0 reasons"},
        {S "validity.reasons", "[\"why\"]", S "validity: is valid with 1 reasons"},
        {S "validity.codes", "[\"errors\"]", S "validity.codes: has 1 codes for 0 reasons"},
        {FAILED "validity.codes", "[]", FAILED "validity.codes: has 0 codes for 1 reasons"},
        {FAILED "validity.codes", "[\"bad\"]", "cells: "},
        {FAILED "validity.codes", "[\"loadgen_late\"]", NULL},
        {S "validity.verdict", "\"good\"", S "validity.verdict: not one of valid, suspect or"},
        {FAILED "validity.verdict", "\"suspect\"", FAILED "messages: is null in a slot that is"},
        {S "latency", "null", S "latency: is null although messages is not"},
        {S "totals", "null", S "totals: is null although messages is not"},
        {S "window_s", "null", S "window_s: is null although messages is not"},
        {S "messages", NULL, "cells[0].samples[1]: \"messages\" is missing"},
    };
    TRY(changes);
}

static void changes_without_a_commit_are_no_fact(void **state) {
    (void)state;
    static const struct {
        const char *commit, *dirty, *fault;
    } cases[] = {{"\"0123\"", "true", NULL},
                 {"\"0123\"", "null", NULL}, /* git did not tell */
                 {"null", "null", NULL},
                 {"null", "false", "tool: git_dirty must be null if git_commit is"}};
    struct reason reason;
    cJSON *schema = json_file_read("results/iobench-result.schema.json", &reason);
    cJSON *sample = json_file_read("results/samples/every-load-2cpu.json", &reason);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *document = cJSON_Duplicate(sample, true);
        change(document, "tool.git_commit", cases[i].commit);
        change(document, "tool.git_dirty", cases[i].dirty);
        *reason.text = '\0';
        assert_int_equal(result_file_check(schema, document, &reason), !cases[i].fault);
        if (cases[i].fault) assert_string_equal(reason.text, cases[i].fault);
        cJSON_Delete(document);
    }
    cJSON_Delete(sample);
    cJSON_Delete(schema);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_is_fine_and_may_grow),
        cmocka_unit_test(changes_without_a_commit_are_no_fact),
        cmocka_unit_test(other_documents_are_refused_first),
        cmocka_unit_test(a_cell_is_skipped_or_measured),
        cmocka_unit_test(ids_are_unique_and_references_lead_somewhere),
        cmocka_unit_test(lost_time_agrees_with_itself),
        cmocka_unit_test(what_iobench_starts_is_on_this_machine),
        cmocka_unit_test(the_order_is_a_permutation),
        cmocka_unit_test(a_loop_has_its_own_fields),
        cmocka_unit_test(newcomers_are_counted),
        cmocka_unit_test(counts_bytes_and_rates_agree),
        cmocka_unit_test(latencies_follow_from_the_histogram),
        cmocka_unit_test(totals_equal_what_the_server_counted),
        cmocka_unit_test(verdicts_have_reasons_and_figures),
    };
    return cmocka_run_group_tests_name("identities", tests, NULL, NULL);
}
