/* hlog_result.c - the interval log of a result; see hlog.h.
 * Invariant: each line has one histogram of one slot, with all its messages: the readers'
 * percentiles are those of the result. Lines are sorted by time and follow all comments; readers
 * stop at a line that breaks this order. */
#include "base/check.h"
#include "base/json.h"
#include "base/memory.h"

#include "bench/result/hlog.h"
#include "bench/result/sample_facts.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"
#include "bench/support/version.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"latency", "service", "connect", "newcomers"};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct slot {
    const cJSON *sample;
    const char *cell; /* id of its cell */
    double start_s;   /* since the start of the session */
    double order;     /* position in the session */
};

/* ---- text ---- */

/* Appends a tag. A tag ends at a comma, and readers split lines at blanks. Therefore commas and all
 * bytes that are not visible ASCII are written as %XX. So is a '%' that is followed by a hex digit.
 */
static void append_tag(struct hlog *log, const char *cell, const char *kind) {
    text_add(&log->text, "Tag=");
    for (const char *c = cell; *c; c++) {
        bool taken = *c == '%' && c[1] && strchr("0123456789ABCDEFabcdef", c[1]);
        if (*c <= ' ' || *c > '~' || *c == ',' || taken)
            text_add(&log->text, "%%%02X", (unsigned)(unsigned char)*c);
        else
            text_add(&log->text, "%c", *c);
    }
    text_add(&log->text, "/%s,", kind);
}

/* ---- time ---- */

static int digits(const char *text, int count) {
    int value = 0;
    for (int i = 0; i < count; i++) value = value * 10 + (text[i] - '0');
    return value;
}

/* Seconds since 1970 of a time like "2026-11-24T20:28:00Z", which may have a fraction; NAN if the
 * text has another form. */
static double seconds_of(const char *utc) {
    static const char form[] = "0000-00-00T00:00:00";
    for (size_t i = 0; i < sizeof form - 1; i++)
        if (form[i] == '0' ? utc[i] < '0' || utc[i] > '9' : utc[i] != form[i]) return NAN;
    const char *end = utc + sizeof form - 1;
    if (*end == '.') end += 1 + strspn(end + 1, "0123456789");
    if (strcmp(end, "Z") != 0) return NAN;
    int year = digits(utc, 4), month = digits(utc + 5, 2), day = digits(utc + 8, 2);
    int hour = digits(utc + 11, 2), minute = digits(utc + 14, 2);
    double second = strtod(utc + 17, NULL);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
        second >= 61) /* 60 is a leap second */
        return NAN;
    /* count years from March, so that a leap day is the last day; 719468 days before 1970 */
    int years = month < 3 ? year - 1 : year, months = (month + 9) % 12;
    int days = years * 365 + years / 4 - years / 100 + years / 400 + (months * 153 + 2) / 5 + day -
               1 - 719468;
    return ((days * 24.0 + hour) * 60 + minute) * 60 + second;
}

/* ---- slots ---- */

static int by_time(const void *left, const void *right) {
    const struct slot *a = left, *b = right;
    if (a->start_s != b->start_s) return a->start_s > b->start_s ? 1 : -1;
    return (a->order > b->order) - (a->order < b->order);
}

/* The histogram `kind` of a sample; NULL if the log does not contain it. */
static const cJSON *hist_of(const cJSON *sample, const char *kind) {
    const char *basis = json_text(sample, "latency.basis");
    bool intended = basis && strcmp(basis, "intended") == 0;
    if (strcmp(kind, "service") == 0 && !intended) return NULL; /* same as the latency */
    const cJSON *hist = json_item(json_item(sample, kind), "hist");
    bool some = json_number(hist, "count") > 0 || json_number(hist, "overflow") > 0 ||
                json_number(hist, "unanswered") > 0;
    return some ? hist : NULL;
}

/* The usable slots, sorted by time; owned by the caller. */
static struct slot *find_slots(struct hlog *log, const cJSON *document, size_t *count) {
    const cJSON *cell, *sample, *cells = json_item(document, "cells");
    size_t room = 0;
    cJSON_ArrayForEach(cell, cells) room += (size_t)cJSON_GetArraySize(json_item(cell, "samples"));
    struct slot *slots = calloc(room + 1, sizeof *slots);
    MEMORY_CHECK(slots);
    *count = 0;
    cJSON_ArrayForEach(cell, cells) {
        cJSON_ArrayForEach(sample, json_item(cell, "samples")) {
            if (!sample_usable(sample)) {
                log->invalid++;
                continue;
            }
            slots[(*count)++] = (struct slot){sample, json_text(cell, "id"),
                                              json_number(sample, "started_offset_s"),
                                              json_number(sample, "order")};
            for (size_t k = 0; k < KINDS; k++) {
                const cJSON *hist = hist_of(sample, kinds[k]);
                if (!hist) continue;
                double unanswered = json_number(hist, "unanswered");
                log->overflow += json_number(hist, "overflow");
                if (unanswered > 0) log->unanswered += unanswered; /* absent before version 1.4 */
            }
        }
    }
    qsort(slots, *count, sizeof *slots, by_time);
    return slots;
}

/* Gives all messages that have no counted value the highest value, so that they rank above the
 * others. */
static void count_all(struct hist *h) {
    uint64_t without = h->overflow + h->unanswered;
    if (without == 0) return;
    h->counts[hist_index(HIST_HIGHEST)] += without;
    h->count += without;
    h->max = HIST_HIGHEST;
}

static void append_slot(struct hlog *log, const struct slot *slot, struct hist *h) {
    size_t before = log->histograms;
    for (size_t k = 0; k < KINDS; k++) {
        struct reason reason;
        const cJSON *json = hist_of(slot->sample, kinds[k]);
        if (!json) continue;
        CHECK(json_to_hist(json, h, reason.text, sizeof reason.text)); /* checked when read */
        count_all(h);
        char *histogram = hlog_histogram(h);
        append_tag(log, slot->cell, kinds[k]);
        /* fabs: readers do not accept -0 */
        text_add(&log->text, "%.6f,%.6f,%.6f,%s\n", fabs(slot->start_s),
                 fabs(json_number(slot->sample, "window_s")), (double)h->max / 1e6, histogram);
        free(histogram);
        log->histograms++;
    }
    log->slots += log->histograms > before;
}

static void append_header(struct hlog *log, double start_s, const char *started_utc) {
    text_add(&log->text, "#[Logged with iobench %s]\n#[Histogram log format version 1.3]\n",
             version_tool);
    text_add(&log->text, "#[BaseTime: %.3f (seconds since epoch)]\n", start_s);
    text_add(&log->text, "#[StartTime: %.3f (seconds since epoch), %.19sZ]\n", start_s,
             started_utc);
    if (log->invalid) text_add(&log->text, "#[Invalid slots left out: %zu]\n", log->invalid);
    if (log->overflow > 0)
        text_add(&log->text, "#[Values above 60 s, counted as 60 s: %.0f]\n", log->overflow);
    if (log->unanswered > 0)
        text_add(&log->text, "#[Messages without an answer, counted as 60 s: %.0f]\n",
                 log->unanswered);
    text_add(&log->text, "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
                         "\"Interval_Compressed_Histogram\"\n");
}

bool hlog_from_result(struct hlog *log, const cJSON *document, struct reason *reason) {
    *log = (struct hlog){0};
    const char *started_utc = json_text(document, "session.started_utc");
    double start_s = started_utc ? seconds_of(started_utc) : NAN;
    if (isnan(start_s))
        return reason_set(reason, "session.started_utc: not a time like 2026-11-24T20:28:00Z");
    size_t count;
    struct slot *slots = find_slots(log, document, &count);
    struct hist *h = malloc(sizeof *h);
    MEMORY_CHECK(h);
    append_header(log, start_s, started_utc);
    for (size_t i = 0; i < count; i++) append_slot(log, &slots[i], h);
    free(h);
    free(slots);
    return log->histograms > 0 ||
           reason_set(reason, "nothing to export: no slot is valid or suspect and has a histogram");
}

void hlog_clear(struct hlog *log) {
    free(log->text.data);
    *log = (struct hlog){0};
}
