/* sample_facts.c - see sample_facts.h. */
#include "bench/result/sample_facts.h"

#include "bench/result/old_codes.h"
#include "bench/support/json_path.h"

const char *const sample_measured[] = {
    "warmup_s", "window_s",  "messages",  "bytes",  "throughput_per_s", "errors",  "latency",
    "service",  "connect",   "newcomers", "totals", "server",           "loadgen", "limits",
    "fairness", "steal_pct", NULL};

const char *const sample_server_cpu[] = {"cpu_ns",          "cpu_user_s",       "cpu_sys_s",
                                         "cpu_ns_per_echo", "echoes_per_cpu_s", NULL};

const char *const sample_server_process[] = {"ctx_voluntary", "ctx_involuntary", "rss_bytes",
                                             "rss_per_connection_bytes", NULL};

const char *const sample_slice_columns[] = {
    "start_ns",      "length_ns",       "answered",     "server_cpu_ns",
    "ctx_voluntary", "ctx_involuntary", "ctx_answered", NULL};

enum verdict_kind sample_verdict(const cJSON *sample) {
    return verdict_read(json_text(sample, "validity.verdict"));
}

enum bound sample_bound(const cJSON *sample) {
    return bound_read(json_text(sample, "loadgen.bound"));
}

bool sample_usable(const cJSON *sample) {
    return sample_verdict(sample) != VERDICT_INVALID;
}

int sample_reasons(const cJSON *sample) {
    return cJSON_GetArraySize(json_item(sample, "validity.reasons"));
}

const char *sample_reason(const cJSON *sample, int index) {
    return cJSON_GetStringValue(cJSON_GetArrayItem(json_item(sample, "validity.reasons"), index));
}

enum validity_code sample_code(const cJSON *sample, int index) {
    const cJSON *codes = json_item(sample, "validity.codes");
    const char *reason = sample_reason(sample, index);
    if (codes) return validity_read(cJSON_GetStringValue(cJSON_GetArrayItem(codes, index)));
    return reason ? old_code(reason) : VALIDITY_CODES;
}
