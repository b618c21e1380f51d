/* identities_counts.c - the window of a slot, and what was offered, answered and lost in it; see
 * identities_parts.h.
 * Invariant: a figure that an older load generator did not print is absent, hence NAN, and passes.
 */
#include "base/hist.h"

#include "bench/result/identities_parts.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <string.h>

#define ROUNDING_NS 1.0 /* times of the load generator are whole ns */
#define BUSY_PCT_MAX 100.5

/* The counts of a slot. */
struct counts {
    bool closed, churn, newcomers; /* newcomers: beside another load */
    double messages, offered, answered, unsent;
    double visits, visited;                     /* newcomers_offered, newcomers_answered */
    double connect, reset, timeout, cut, wrong; /* errors */
    double errors;                              /* sum of all errors */
};

static double of_load(const struct identities_slot *s, const char *path) {
    return json_number(s->scenario, path);
}

static struct counts read_counts(const struct identities_slot *s) {
    const char *load = json_text(s->scenario, "load");
    struct counts c = {.closed = strcmp(load, "closed") == 0,
                       .churn = strcmp(load, "churn") == 0,
                       .newcomers = of_load(s, "newcomers_per_s") > 0,
                       .messages = identities_figure(s, "messages"),
                       .offered = identities_figure(s, "loadgen.offered"),
                       .answered = identities_figure(s, "loadgen.answered"),
                       .unsent = identities_figure(s, "loadgen.unsent"),
                       .visits = identities_figure(s, "loadgen.newcomers_offered"),
                       .visited = identities_figure(s, "loadgen.newcomers_answered"),
                       .connect = identities_figure(s, "errors.connect"),
                       .reset = identities_figure(s, "errors.reset"),
                       .timeout = identities_figure(s, "errors.timeout"),
                       .cut = identities_figure(s, "errors.short"),
                       .wrong = identities_figure(s, "errors.mismatch")};
    c.errors = c.connect + c.reset + c.timeout + c.cut + c.wrong;
    return c;
}

/* Whether no figure of these is null, and all of those are. A figure that is absent is neither. */
static bool check_nulls(const struct identities_slot *s, const struct counts *c) {
    static const char *const known[] = {"warmup_s",
                                        "window_s",
                                        "bytes",
                                        "loadgen.threads",
                                        "loadgen.busy_pct",
                                        "loadgen.window_spread_ns",
                                        "loadgen.answered",
                                        "loadgen.unsent",
                                        "series",
                                        "loadgen.starved_connections"};
    static const char *const scheduled[] = {"offered", "achieved_over_offered", "send_lag_p99_ns",
                                            "arrival_lag_p99_ns", "arrival_lag_max_ns"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (cJSON_IsNull(json_item(s->sample, known[i])))
            return identities_fault(s->place, known[i], "is null, but always known");
    const cJSON *loadgen = json_item(s->sample, "loadgen");
    for (size_t i = 0; i < sizeof scheduled / sizeof *scheduled; i++)
        if (c->closed && cJSON_IsNumber(json_item(loadgen, scheduled[i])))
            return identities_fault(s->place, "loadgen", "%s must be null in a closed loop",
                                    scheduled[i]);
    bool visits = c->churn || c->newcomers;
    if (!isnan(c->visits) != visits || !isnan(c->visited) != visits)
        return identities_fault(s->place, "loadgen",
                                "newcomers_offered and newcomers_answered must be null if and only "
                                "if nothing connects");
    if (!c->closed && isnan(c->offered))
        return identities_fault(s->place, "loadgen.offered", "is null in a load that is scheduled");
    return true;
}

/* The window is as long as planned, unless all connections broke. The warm-up may be longer. */
static bool check_times(const struct identities_slot *s, const struct counts *c) {
    double window_ns = identities_figure(s, "window_s") * 1e9,
           planned_ns = of_load(s, "duration_s") * 1e9;
    double warmup_ns = identities_figure(s, "warmup_s") * 1e9,
           least_ns = of_load(s, "warmup_s") * 1e9;
    if (window_ns > planned_ns + ROUNDING_NS ||
        (c->errors == 0 && window_ns < planned_ns - ROUNDING_NS))
        return identities_fault(s->place, "window_s", "is %.17g, but scenario.duration_s is %.17g",
                                window_ns / 1e9, planned_ns / 1e9);
    if (c->errors == 0 && warmup_ns < least_ns - ROUNDING_NS)
        return identities_fault(s->place, "warmup_s", "is %.17g, but scenario.warmup_s is %.17g",
                                warmup_ns / 1e9, least_ns / 1e9);
    return true;
}

/* Arrivals of a schedule: 6 standard deviations of a Poisson process, and some for a short one, or
 * one per thread of the load generator and slice. */
static bool check_schedule(const struct identities_slot *s, const char *field, double count,
                           double rate, bool poisson) {
    double expected = rate * identities_figure(s, "window_s");
    double slices = fmax(1, of_load(s, "turns")); /* 1 for NAN */
    double off = poisson ? 6 * sqrt(expected) + 12 : (of_load(s, "loadgen.threads") + 1) * slices;
    if (fabs(count - expected) > off)
        return identities_fault(s->place, field, "is %.17g, but the schedule has %.17g +- %.3g",
                                count, expected, off);
    return true;
}

/* The part of the offered load that was answered in the window is a whole number. */
static bool check_achieved(const struct identities_slot *s, const struct counts *c) {
    static const char field[] = "loadgen.achieved_over_offered";
    double ratio = identities_figure(s, field), achieved = ratio * c->offered;
    if (c->closed) return true;
    if (!isnan(ratio) == (c->offered == 0))
        return identities_fault(s->place, field, "must be null if and only if nothing was offered");
    if (fabs(achieved - round(achieved)) > fmax(1e-6, achieved * 1e-14))
        return identities_fault(s->place, field, "times offered is %.17g, not whole", achieved);
    achieved = round(achieved);
    double most = c->churn ? c->visited : fmin(c->messages, c->answered);
    if (achieved > c->offered || achieved > most)
        return identities_fault(s->place, field, "means %.17g answers, more than the %.17g counted",
                                achieved, fmin(c->offered, most));
    return true;
}

/* The schedule decides how much is offered. In churn that is connections. */
static bool check_offered(const struct identities_slot *s, const struct counts *c) {
    bool poisson = strcmp(json_text(s->scenario, "arrival"), "poisson") == 0;
    if (c->errors == 0 &&
        !check_schedule(s, "loadgen.offered", c->offered, of_load(s, "rate_per_s"), poisson))
        return false;
    return !c->churn || identities_equal(s->place, "loadgen.offered", c->offered, c->visits,
                                         "loadgen.newcomers_offered");
}

/* Each visit of the window is answered, an error, or never started. */
static bool check_visits(const struct identities_slot *s, const struct counts *c) {
    double started =
        identities_figure(s, "connect.hist.count") + identities_figure(s, "connect.hist.overflow");
    double least = c->visited, lost = c->errors + (c->churn ? c->unsent : 0);
    if (!c->churn && !c->newcomers) return true;
    if (c->newcomers && c->errors == 0 &&
        !check_schedule(s, "loadgen.newcomers_offered", c->visits, of_load(s, "newcomers_per_s"),
                        true))
        return false;
    double unsent = c->churn ? c->unsent : 0; /* never started, so not answered */
    if (c->visits < started || c->visits < least + unsent || c->visits > least + lost)
        return identities_fault(s->place, "loadgen.newcomers_offered",
                                "is %.17g, but %.17g connected, %.17g were answered and %.17g "
                                "failed",
                                c->visits, started, least, lost);
    return true;
}

/* Answers within the window: those of the messages, and of newcomers. */
static bool check_answered(const struct identities_slot *s, const struct counts *c) {
    double echoes = identities_figure(s, "totals.bytes_received") / of_load(s, "size_bytes");
    if ((c->closed || c->churn) && !c->newcomers &&
        !identities_equal(s->place, "loadgen.answered", c->answered, c->messages, "messages"))
        return false;
    if (c->closed && c->answered < c->messages)
        return identities_fault(s->place, "loadgen.answered", "is %.17g, less than %.17g messages",
                                c->answered, c->messages);
    return identities_at_most(s->place, "messages", c->messages, echoes,
                              "the echoes of totals.bytes_received") &&
           identities_at_most(s->place, "loadgen.answered", c->answered, echoes,
                              "the echoes of totals.bytes_received");
}

/* Bytes and connections of the whole run. */
static bool check_totals(const struct identities_slot *s, const struct counts *c) {
    double sent = identities_figure(s, "totals.bytes_sent"), size = of_load(s, "size_bytes");
    double received = identities_figure(s, "totals.bytes_received"),
           made = identities_figure(s, "totals.connections");
    double planned = (c->churn ? 0 : of_load(s, "connections")) + of_load(s, "idle");
    bool visits = c->churn || c->newcomers;
    if (fmod(sent, size) != 0)
        return identities_fault(s->place, "totals.bytes_sent", "is %.17g, not whole messages",
                                sent);
    if (c->wrong == 0 &&
        !identities_at_most(s->place, "totals.bytes_received", received, sent, "totals.bytes_sent"))
        return false;
    if (c->errors == 0 && c->closed && !visits &&
        !identities_equal(s->place, "totals.bytes_received", received, sent, "totals.bytes_sent"))
        return false;
    double connected = identities_figure(s, "connect.hist.count"), least = planned - c->connect;
    if (visits)
        return least + connected <= made ||
               identities_fault(s->place, "totals.connections",
                                "is %.17g, but %.17g stood and %.17g came", made, least, connected);
    return identities_equal(s->place, "totals.connections", made, least,
                            "the planned connections less errors.connect");
}

/* Where all was answered, every arrival has a lag, and its latency contains it. Some have a lag of
 * their send. */
static bool check_lags(const struct identities_slot *s, const struct counts *c) {
    static const char *const keys[] = {"send_lag_p99_ns", "arrival_lag_p99_ns",
                                       "arrival_lag_max_ns"};
    const cJSON *loadgen = json_item(s->sample, "loadgen");
    bool enough = c->offered >= 100 * HIST_BEYOND;
    bool overflow = identities_figure(s, "latency.hist.overflow") > 0 ||
                    identities_figure(s, "newcomers.hist.overflow") > 0;
    bool all = c->errors + c->unsent == 0 && !overflow;
    double longest = identities_figure(s, c->churn ? "newcomers.max_ns" : "latency.max_ns");
    for (size_t i = 0; i < sizeof keys / sizeof *keys && !c->closed; i++) {
        const cJSON *lag = json_item(loadgen, keys[i]);
        bool known = i == 2 ? c->offered > 0 : enough;
        if (!known && cJSON_IsNumber(lag))
            return identities_fault(s->place, "loadgen", "%s is not null with %.17g arrivals",
                                    keys[i], c->offered);
        if (!all) continue;
        if (known && i > 0 && cJSON_IsNull(lag))
            return identities_fault(s->place, "loadgen", "%s is null with %.17g arrivals", keys[i],
                                    c->offered);
        if (json_number(loadgen, keys[i]) > longest)
            return identities_fault(s->place, "loadgen", "%s is above %.17g, the longest latency",
                                    keys[i], longest);
    }
    return true;
}

/* Shares of the load generator's own time. */
static bool check_loadgen(const struct identities_slot *s, const struct counts *c) {
    double threads = identities_figure(s, "loadgen.threads"),
           busy = identities_figure(s, "loadgen.busy_pct");
    if (!isnan(threads) &&
        !identities_equal(s->place, "loadgen.threads", threads, of_load(s, "loadgen.threads"),
                          "scenario.loadgen.threads"))
        return false;
    if (!identities_at_most(s->place, "loadgen.busy_pct", busy, BUSY_PCT_MAX, "all of the window"))
        return false;
    if (c->messages > 0 && busy == 0)
        return identities_fault(s->place, "loadgen.busy_pct", "is 0 with %.17g messages",
                                c->messages);
    bool exact = json_number(s->file->env, "clock.cpu_resolution_ns") == 1;
    if (exact && c->messages > 0 && c->errors == 0 &&
        !(identities_figure(s, "loadgen.cpu_pct") > 0))
        return identities_fault(s->place, "loadgen.cpu_pct", "is 0 or null with %.17g messages",
                                c->messages);
    if (threads == 1 && identities_figure(s, "loadgen.window_spread_ns") > 0)
        return identities_fault(s->place, "loadgen.window_spread_ns", "is not 0 with one thread");
    return identities_at_most(s->place, "loadgen.starved_connections",
                              identities_figure(s, "loadgen.starved_connections"),
                              c->churn ? 0 : of_load(s, "connections"), "scenario.connections");
}

bool identities_check_counts(const struct identities_slot *s) {
    if (s->file->version_minor < IDENTITIES_SINCE) return true;
    struct counts c = read_counts(s);
    return check_nulls(s, &c) && check_times(s, &c) && (c.closed || check_offered(s, &c)) &&
           check_achieved(s, &c) && check_visits(s, &c) && check_answered(s, &c) &&
           check_totals(s, &c) && check_lags(s, &c) && check_loadgen(s, &c);
}
