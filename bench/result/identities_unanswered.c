/* identities_unanswered.c - every message of the window has one end; see identities_parts.h.
 * Invariant: counts that the load generator keeps apart from each other are compared. */
#include "bench/result/identities_parts.h"
#include "bench/result/result_file.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <string.h>

bool identities_has_unanswered(const struct identities_file *file, const cJSON *latency) {
    return file->version_minor >= IDENTITIES_SINCE && json_item(latency, "hist.unanswered");
}

/* All messages of a histogram. */
static double messages_of(const cJSON *hist) {
    return json_number(hist, "count") + json_number(hist, "overflow") +
           json_number(hist, "unanswered");
}

/* Newcomers of the window that did not get all their echoes; 0 without newcomers. */
static double missing_newcomers(const cJSON *sample) {
    double missing = json_number(sample, "loadgen.newcomers_offered") -
                     json_number(sample, "loadgen.newcomers_answered");
    return isnan(missing) ? 0 : missing;
}

/* Timeouts are those of the load, of which `unanswered` messages may have had one, at least `least`
 * of them, and those of newcomers. */
static bool check_timeouts(const struct identities_place *p, const cJSON *sample, double least,
                           double unanswered) {
    double timeouts = json_number(sample, "errors.timeout");
    double most = unanswered + missing_newcomers(sample);
    return (timeouts >= least && timeouts <= most) ||
           identities_fault(p, "errors.timeout",
                            "is %.17g, expected %.17g to %.17g: messages and "
                            "newcomers without an answer",
                            timeouts, least, most);
}

/* Open loop: what was scheduled was answered, or sent without an answer, or not sent. */
static bool check_open(const struct identities_place *p, const cJSON *sample) {
    double messages = json_number(sample, "messages");
    double unanswered = json_number(sample, "latency.hist.unanswered");
    double lost = json_number(sample, "service.hist.unanswered");
    return identities_equal(p, "loadgen.offered", json_number(sample, "loadgen.offered"),
                            messages + unanswered, "messages + latency.hist.unanswered") &&
           identities_equal(p, "latency.hist.unanswered", unanswered,
                            lost + json_number(sample, "loadgen.unsent"),
                            "service.hist.unanswered + loadgen.unsent") &&
           identities_equal(p, "messages", messages,
                            messages_of(json_item(sample, "service.hist")) - lost,
                            "service.hist.count + overflow") &&
           check_timeouts(p, sample, lost, lost);
}

/* Closed loop: messages without an answer are those in flight at the end of the drain, and those of
 * connections that broke. No connection has more than `depth` of them. */
static bool check_closed(const struct identities_place *p, const cJSON *scenario,
                         const cJSON *sample) {
    double unanswered = json_number(sample, "latency.hist.unanswered");
    double broken = json_number(sample, "errors.reset") + json_number(sample, "errors.short") +
                    json_number(sample, "errors.mismatch");
    if (unanswered > json_number(scenario, "connections") * json_number(scenario, "depth"))
        return identities_fault(p, "latency.hist.unanswered", "is above connections x depth");
    return identities_equal(p, "loadgen.unsent", json_number(sample, "loadgen.unsent"), 0,
                            "as the load is closed") &&
           check_timeouts(p, sample, broken > 0 ? 0 : unanswered, unanswered);
}

/* Every connection of the schedule got its first echo or did not. In churn it was begun or is
 * unsent. */
static bool check_arrivals(const struct identities_place *p, bool churn, const cJSON *sample) {
    double offered = json_number(sample, "loadgen.newcomers_offered");
    double begun = messages_of(json_item(sample, "connect.hist"));
    double unsent = json_number(sample, "loadgen.unsent");
    if (!identities_equal(p, "loadgen.newcomers_offered", offered,
                          messages_of(json_item(sample, "newcomers.hist")),
                          "newcomers.hist.count + overflow + unanswered"))
        return false;
    if (!churn)
        return begun <= offered || identities_fault(p, "connect.hist",
                                                    "has more connects than "
                                                    "loadgen.newcomers_offered");
    if (!identities_equal(p, "loadgen.newcomers_offered", offered, begun + unsent,
                          "connect.hist.count + overflow + unanswered + loadgen.unsent"))
        return false;
    return json_number(sample, "errors.timeout") + unsent <= missing_newcomers(sample) ||
           identities_fault(p, "errors.timeout",
                            "exceeds the connections that were begun and not answered");
}

bool identities_loadgen_is_earlier(const cJSON *sample) {
    return !json_item(sample, "loadgen.gap_max_ns");
}

bool identities_check_unanswered(const struct identities_slot *s) {
    const struct identities_place *p = s->place;
    const struct identities_file *file = s->file;
    const cJSON *sample = s->sample;
    static const char *const kinds[] = {"latency", "service", "connect", "newcomers"};
    bool ours =
        file->version_minor >= IDENTITIES_SINCE && file->version_minor <= RESULT_VERSION_MINOR;
    if (identities_loadgen_is_earlier(sample)) return true;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const cJSON *latency = json_item(sample, kinds[i]);
        if (!cJSON_IsObject(latency) || identities_has_unanswered(file, latency)) continue;
        return !ours || identities_fault(p, kinds[i], "has no hist.unanswered");
    }
    const char *load = json_text(s->scenario, "load");
    bool open = strcmp(load, "open") == 0, churn = strcmp(load, "churn") == 0;
    const cJSON *oldest = json_item(sample, "loadgen.oldest_in_flight_ns");
    if (!oldest || cJSON_IsNumber(oldest) == open)
        return identities_fault(p, "loadgen.oldest_in_flight_ns",
                                open ? "is not null in an open loop" : "is not a number");
    if (cJSON_IsObject(json_item(sample, "newcomers")) && !check_arrivals(p, churn, sample))
        return false;
    return churn || (open ? check_open(p, sample) : check_closed(p, s->scenario, sample));
}
