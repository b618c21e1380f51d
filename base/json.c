/* json.c - figures and histograms as cJSON items. */
#include "base/json.h"

#include "base/check.h"
#include "base/format.h"
#include "base/memory.h"
#include "base/os.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void json_guard_memory(void) {
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = memory_malloc, .free_fn = free});
}

void json_add_item(cJSON *object, const char *key, cJSON *item) {
    CHECK(cJSON_AddItemToObject(object, key, item ? item : cJSON_CreateNull()));
}

void json_add_count(cJSON *object, const char *key, uint64_t value) {
    json_add_item(object, key, value == OS_UNKNOWN ? NULL : cJSON_CreateNumber((double)value));
}

void json_add_real(cJSON *object, const char *key, double value) {
    json_add_item(object, key, isfinite(value) ? cJSON_CreateNumber(value) : NULL);
}

cJSON *json_from_hist(const struct hist *h) {
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "layout", "hdr");
    cJSON_AddStringToObject(json, "unit", "ns");
    json_add_count(json, "lowest", HIST_LOWEST);
    json_add_count(json, "highest", HIST_HIGHEST);
    json_add_count(json, "digits", HIST_DIGITS);
    json_add_count(json, "count", h->count);
    json_add_real(json, "sum_ns", hist_sum(h));
    json_add_count(json, "min", h->count ? h->min : OS_UNKNOWN);
    json_add_count(json, "max", h->count ? h->max : OS_UNKNOWN);
    json_add_count(json, "overflow", h->overflow);
    json_add_count(json, "unanswered", h->unanswered);
    cJSON *deltas = cJSON_AddArrayToObject(json, "index_delta");
    cJSON *counts = cJSON_AddArrayToObject(json, "counts");
    CHECK(deltas && counts);
    uint32_t last = 0;
    for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
        if (!h->counts[i]) continue;
        cJSON_AddItemToArray(deltas, cJSON_CreateNumber(i - last));
        cJSON_AddItemToArray(counts, cJSON_CreateNumber((double)h->counts[i]));
        last = i;
    }
    return json;
}

static bool refuse(char *reason, size_t size, const char *format, ...) FORMAT_PRINTF(3, 4);

static bool refuse(char *reason, size_t size, const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    vsnprintf(reason, size, format, rest);
    va_end(rest);
    return false;
}

/* Whether an item is a whole number in 0..most. */
static bool is_whole(const cJSON *item, double most) {
    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble <= most &&
           floor(item->valuedouble) == item->valuedouble;
}

/* A whole number in 0..2^53, or -1. */
static double whole(const cJSON *item) {
    return is_whole(item, 0x1p53) ? item->valuedouble : -1;
}

static bool read_fields(const cJSON *json, struct hist *h, char *reason, size_t reason_size) {
    const struct {
        const char *key;
        uint64_t *value;
        enum { NEEDED, NULLABLE, ABSENT } without; /* which keeps what hist_reset gave */
    } fields[] = {{"count", &h->count, NEEDED},
                  {"min", &h->min, NULLABLE},
                  {"max", &h->max, NULLABLE},
                  {"overflow", &h->overflow, NEEDED},
                  {"unanswered", &h->unanswered, ABSENT}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, fields[i].key);
        if (fields[i].without == NULLABLE && cJSON_IsNull(item)) continue;
        if (fields[i].without == ABSENT && !item) continue; /* before version 1.4 */
        double x = whole(item);
        if (x < 0)
            return refuse(reason, reason_size, "%s: not a whole number from 0 to 2^53",
                          fields[i].key);
        *fields[i].value = (uint64_t)x;
    }
    const cJSON *sum = cJSON_GetObjectItemCaseSensitive(json, "sum_ns");
    if (!is_whole(sum, 0x1p90)) /* 2^53 values of up to 60 s */
        return refuse(reason, reason_size, "sum_ns: not a whole number from 0 to 2^90");
    hist_set_sum(h, sum->valuedouble);
    return true;
}

static bool read_buckets(const cJSON *json, struct hist *h, char *reason, size_t reason_size) {
    const cJSON *delta = cJSON_GetObjectItemCaseSensitive(json, "index_delta");
    const cJSON *count = cJSON_GetObjectItemCaseSensitive(json, "counts");
    if (!cJSON_IsArray(delta) || !cJSON_IsArray(count))
        return refuse(reason, reason_size, "index_delta, counts: not two arrays");
    double index = 0;
    bool first = true;
    for (delta = delta->child, count = count->child; delta && count;
         delta = delta->next, count = count->next) {
        double step = whole(delta), n = whole(count);
        index += step;
        if (step < 0 || (step < 1 && !first) || index >= HIST_BUCKETS)
            return refuse(reason, reason_size, "index_delta: does not rise within 0..%d",
                          HIST_BUCKETS - 1);
        if (n < 1) return refuse(reason, reason_size, "counts: not all whole and above 0");
        h->counts[(uint32_t)index] = (uint64_t)n;
        first = false;
    }
    if (delta || count)
        return refuse(reason, reason_size, "index_delta, counts: of different length");
    return true;
}

bool json_to_hist(const cJSON *json, struct hist *h, char *reason, size_t reason_size) {
    hist_reset(h);
    const cJSON *layout = cJSON_GetObjectItemCaseSensitive(json, "layout");
    const cJSON *unit = cJSON_GetObjectItemCaseSensitive(json, "unit");
    if (!cJSON_IsString(layout) || strcmp(layout->valuestring, "hdr") != 0 ||
        !cJSON_IsString(unit) || strcmp(unit->valuestring, "ns") != 0 ||
        whole(cJSON_GetObjectItemCaseSensitive(json, "lowest")) != HIST_LOWEST ||
        whole(cJSON_GetObjectItemCaseSensitive(json, "highest")) != (double)HIST_HIGHEST ||
        whole(cJSON_GetObjectItemCaseSensitive(json, "digits")) != HIST_DIGITS)
        return refuse(reason, reason_size,
                      "layout: not hdr in ns, lowest %u, highest %.0f, %d digits", HIST_LOWEST,
                      (double)HIST_HIGHEST, HIST_DIGITS);
    return read_fields(json, h, reason, reason_size) && read_buckets(json, h, reason, reason_size);
}

static uint64_t quantile_or_unknown(const struct hist *h, double q) {
    return hist_tells(h, q) ? hist_quantile(h, q) : OS_UNKNOWN;
}

cJSON *json_from_latency(const char *basis, const struct hist *h) {
    cJSON *json = cJSON_CreateObject();
    json_add_item(json, "basis", basis ? cJSON_CreateString(basis) : NULL);
    json_add_count(json, "p50_ns", quantile_or_unknown(h, 0.5));
    json_add_count(json, "p90_ns", quantile_or_unknown(h, 0.9));
    json_add_count(json, "p99_ns", quantile_or_unknown(h, 0.99));
    json_add_count(json, "p999_ns", quantile_or_unknown(h, 0.999));
    json_add_count(json, "p9999_ns", quantile_or_unknown(h, 0.9999));
    bool max_counted = h->count && hist_place(h, 1) == HIST_COUNTED;
    json_add_count(json, "max_ns", max_counted ? h->max : OS_UNKNOWN);
    json_add_real(json, "mean_ns", h->count ? hist_mean(h) : NAN);
    json_add_item(json, "hist", json_from_hist(h));
    return json;
}
