/* verdict.c - the rules by which a slot is valid, suspect or invalid.
 * Invariant: a rule only adds reasons; it does not depend on other rules. */
#include "bench/result/verdict.h"

#include "base/check.h"
#include "base/format.h"
#include "base/hist.h"

#include "bench/support/format.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ERROR_SHARE_MAX 0.001
#define WINDOW_SHARE_MIN 0.9
#define LITTLE_MAX 0.02
#define LITTLE_MOST 0.05 /* however few messages there are */
#define WINDOW_SPREAD_MAX 0.01
#define LAG_MIN_NS 100e3
#define LAG_SHARE 0.1
#define GAP_MIN_NS 1e6
#define GAP_SHARE 0.01
#define GAPS_SHARE 0.05
#define HALVES_MAX 0.1
#define MESSAGES_MIN 1000
#define FULL_PCT 95.0
#define BUSY_BELOW_PCT 90.0
#define IN_FLIGHT_FILLS 50 /* so many messages in flight keep one side busy */
#define FILLED_PCT 85.0
#define LOST_PCT_MAX 10.0
#define UNANSWERED_SUSPECT 0.001
#define UNANSWERED_INVALID 0.01
#define IN_FLIGHT_MIN_NS 1e6
#define IN_FLIGHT_SHARE 0.01
#define IN_FLIGHT_LONGER 1.5
#define THROTTLED_PCT_MAX 1.0
#define FIGURE_MAX 0x1p90 /* the largest sum that the schema allows */

/* Adds a reason: its code, and a text for people. A rule compares figures in the unit of its text,
 * and format_apart prints them, so that a text never denies its rule. */
static void add(struct verdict *v, enum verdict_kind kind, enum validity_code code,
                const char *format, ...) FORMAT_PRINTF(4, 5);

static void add(struct verdict *v, enum verdict_kind kind, enum validity_code code,
                const char *format, ...) {
    CHECK_OP(v->reason_count, <, VERDICT_REASONS_MAX);
    if (kind > v->kind) v->kind = kind;
    v->codes[v->reason_count] = code;
    va_list rest;
    va_start(rest, format);
    char *reason = v->reasons[v->reason_count++];
    vsnprintf(reason, VERDICT_REASON_SIZE, format, rest);
    format_trim(reason); /* the text of another program may be longer */
    va_end(rest);
}

static void add_death(struct verdict *v, const char *died) {
    add(v, VERDICT_INVALID, VALIDITY_SERVER_DIED, "server %s", died);
}

/* Which program ran at its limit: full means FULL_PCT or more of its CPUs. Shared CPUs are full if
 * both together fill them. */
static enum bound bound_of(const struct verdict_figures *f) {
    if (f->shared_pct >= FULL_PCT) return BOUND_BOTH;
    if (isnan(f->busy_pct) || isnan(f->server_cpu_pct)) return BOUND_UNKNOWN;
    bool server_full = f->server_cpu_pct >= FULL_PCT;
    if (f->busy_pct >= FULL_PCT) return server_full ? BOUND_BOTH : BOUND_CLIENT;
    if (server_full) return f->busy_pct < BUSY_BELOW_PCT ? BOUND_SERVER : BOUND_BOTH;
    return BOUND_NONE;
}

/* Whether two sums are known and differ. */
static bool differ(double left, double right) {
    return fabs(left - right) > SAMPLE_ROUNDED * fmax(left, right);
}

static void judge_totals(struct verdict *v, const struct verdict_figures *f) {
    if (f->errors > 0) return; /* messages that were in flight at an error would not match */
    if (differ(f->sent, f->stats_in))
        add(v, VERDICT_INVALID, VALIDITY_TOTALS_DISAGREE,
            "totals disagree: %.0f bytes sent, the server received %.0f", f->sent, f->stats_in);
    if (differ(f->received, f->stats_out))
        add(v, VERDICT_INVALID, VALIDITY_TOTALS_DISAGREE,
            "totals disagree: %.0f bytes received, the server sent %.0f", f->received,
            f->stats_out);
    if (differ(f->connected, f->stats_accepted))
        add(v, VERDICT_INVALID, VALIDITY_TOTALS_DISAGREE,
            "totals disagree: %.0f connections, the server accepted %.0f", f->connected,
            f->stats_accepted);
}

/* What got no answer is in no latency. A closed loop waits for it, so few messages can be missing,
 * however long a connection is silent: there the share is one of what is in flight. */
static void judge_unanswered(struct verdict *v, const struct verdict_figures *f) {
    double newcomers = f->newcomers_offered - f->newcomers_answered;
    if (newcomers > ERROR_SHARE_MAX * f->newcomers_offered)
        add(v, f->saturating ? VERDICT_SUSPECT : VERDICT_INVALID, VALIDITY_NEWCOMERS_UNANSWERED,
            "%.0f of %.0f newcomers got no answer", newcomers, f->newcomers_offered);
    double all = f->scheduled ? f->messages + f->unanswered : f->connections * f->in_flight;
    double pct = 100 * f->unanswered / all;
    if (pct > 100) pct = 100;
    bool many = pct > 100 * UNANSWERED_INVALID;
    struct format_pair pair =
        format_apart(pct, 100 * (many ? UNANSWERED_INVALID : UNANSWERED_SUSPECT), 2);
    if (pct > 100 * UNANSWERED_SUSPECT)
        add(v, many && !f->saturating ? VERDICT_INVALID : VERDICT_SUSPECT, VALIDITY_UNANSWERED,
            "%s %% of the messages%s got no answer, more than %s %%", pair.left,
            f->scheduled ? "" : " in flight", pair.right);
}

static void judge_invalid(struct verdict *v, const struct verdict_figures *f) {
    if (f->died)
        add_death(v, f->died);
    else if (f->no_stats)
        add(v, VERDICT_INVALID, VALIDITY_NO_STATS, "the server printed no stats");
    if (f->mismatches > 0)
        add(v, VERDICT_INVALID, VALIDITY_WRONG_ECHO, "%.0f wrong echoes", f->mismatches);
    /* a server that is meant to be saturated may be late with some */
    double errors = f->saturating ? fmax(0, f->errors - f->timeouts) : f->errors;
    double errors_pct = 100 * errors / (f->messages + errors);
    struct format_pair pair = format_apart(errors_pct, 100 * ERROR_SHARE_MAX, 2);
    if (errors_pct > 100 * ERROR_SHARE_MAX)
        add(v, VERDICT_INVALID, VALIDITY_ERRORS, "%s %% errors, more than %s %%", pair.left,
            pair.right);
    /* newcomers may be lost, too: more than were planned to stay */
    if (f->lost > ERROR_SHARE_MAX * f->planned)
        add(v, VERDICT_INVALID, VALIDITY_CONNECTIONS_LOST,
            "%.0f connections were lost, more than %g %% of the %.0f that were planned", f->lost,
            100 * ERROR_SHARE_MAX, f->planned);
    judge_totals(v, f);
    double window_min_s = WINDOW_SHARE_MIN * f->duration_s;
    pair = format_apart(f->window_s, window_min_s, 3);
    if (f->window_s < window_min_s)
        add(v, VERDICT_INVALID, VALIDITY_SHORT_WINDOW,
            "window of %s s, less than %s s, which is %g %% of the plan", pair.left, pair.right,
            100 * WINDOW_SHARE_MIN);
    if (f->messages == 0) add(v, VERDICT_INVALID, VALIDITY_NO_MESSAGE, "no message in the window");
    double achieved_pct = 100 * f->achieved_over_offered;
    pair = format_apart(achieved_pct, 100 * SAMPLE_ACHIEVED_MIN, 2);
    if (f->scheduled && !f->saturating && achieved_pct < 100 * SAMPLE_ACHIEVED_MIN)
        add(v, VERDICT_INVALID, VALIDITY_SATURATED,
            "saturated: %s %% of the offered load was answered in time, less than %s %%", pair.left,
            pair.right);
    judge_unanswered(v, f);
    double edges = f->connections * f->in_flight / f->messages;
    double off_pct = 100 * fabs(f->littles_law_ratio - 1);
    double off_max_pct = 100 * fmin(LITTLE_MAX + edges, LITTLE_MOST);
    pair = format_apart(off_pct, off_max_pct, 1);
    if (off_pct > off_max_pct)
        add(v, VERDICT_INVALID, VALIDITY_LITTLES_LAW,
            "Little's law is off by %s %%, more than %s %%", pair.left, pair.right);
}

static void judge_times(struct verdict *v, const struct verdict_figures *f) {
    double apart_ms = f->window_spread_ns / 1e6,
           apart_max_ms = WINDOW_SPREAD_MAX * f->window_s * 1e3;
    struct format_pair pair = format_apart(apart_ms, apart_max_ms, 1);
    if (apart_ms > apart_max_ms)
        add(v, VERDICT_SUSPECT, VALIDITY_WINDOWS_APART,
            "the windows of the threads started up to %s ms apart, more than %s ms", pair.left,
            pair.right);
}

/* Whether the load generator did not run when it should have. The limits must not depend on the
 * latencies, which the same gaps make longer. */
static void judge_gaps(struct verdict *v, const struct verdict_figures *f) {
    double window_ms = f->window_s * 1e3,
           gap_max_ms = fmax(GAP_MIN_NS / 1e6, GAP_SHARE * window_ms);
    double gap_ms = f->gap_max_ns / 1e6, gaps_ms = f->gaps_total_ns / 1e6;
    double gaps_max_ms = GAPS_SHARE * window_ms;
    struct format_pair gap = format_apart(gap_ms, gap_max_ms, 1);
    struct format_pair gaps = format_apart(gaps_ms, gaps_max_ms, 1);
    if (gap_ms > gap_max_ms)
        add(v, VERDICT_SUSPECT, VALIDITY_LOADGEN_FROZEN,
            "the load generator stood still for %s ms, more than %s ms", gap.left, gap.right);
    else if (gaps_ms > gaps_max_ms)
        add(v, VERDICT_SUSPECT, VALIDITY_LOADGEN_FROZEN,
            "the load generator stood still for %s ms in all, more than %s ms", gaps.left,
            gaps.right);
    double lag_us = fmax(f->send_lag_p99_ns, f->arrival_lag_p99_ns) / 1e3; /* ignores NAN */
    double lag_max_us =
        (isnan(f->p99_ns) ? LAG_MIN_NS : fmax(LAG_MIN_NS, LAG_SHARE * f->p99_ns)) / 1e3;
    double latest_ms = f->arrival_lag_max_ns / 1e6;
    struct format_pair lag = format_apart(lag_us, lag_max_us, 0);
    struct format_pair latest = format_apart(latest_ms, gap_max_ms, 1);
    if (lag_us > lag_max_us)
        add(v, VERDICT_SUSPECT, VALIDITY_SENT_LATE, "sent late: p99 %s us, more than %s us",
            lag.left, lag.right);
    else if (latest_ms > gap_max_ms)
        add(v, VERDICT_SUSPECT, VALIDITY_SENT_LATE, "sent late: up to %s ms, more than %s ms",
            latest.left, latest.right);
}

/* Whether the load never lets the shared CPUs rest. If there is one, a single message is enough. */
static bool fills_shared(const struct verdict_figures *f) {
    return f->must_fill >= (f->shared_cpus <= 1 ? 1 : IN_FLIGHT_FILLS) && f->shared_cpus > 0;
}

static void judge_shared(struct verdict *v, const struct verdict_figures *f) {
    char cpus[FORMAT_SIZE];
    const char *plural = f->shared_cpus > 1 ? "s" : "";
    double taken_pct = 100 - f->shared_pct, taken_max_pct = 100 - FILLED_PCT;
    struct format_pair used = format_apart(f->shared_pct, FULL_PCT, 0);
    struct format_pair taken = format_apart(taken_pct, taken_max_pct, 0);
    format_small(cpus, f->shared_cpus);
    if (f->shared_pct >= FULL_PCT || (f->shared_pct >= 0 && fills_shared(f)))
        add(v, VERDICT_SUSPECT, VALIDITY_SHARED_CPUS_FULL,
            "server and load generator compete for %s CPU%s, and used %s %% together", cpus, plural,
            used.left);
    else if (f->shared_cpus > 0 && !f->scheduled && isnan(f->shared_pct))
        add(v, VERDICT_SUSPECT, VALIDITY_SHARED_CPUS_FULL,
            "server and load generator compete for %s CPU%s, the server's CPU use is unknown", cpus,
            plural);
    if (fills_shared(f) && taken_pct > taken_max_pct)
        add(v, VERDICT_SUSPECT, VALIDITY_CPUS_TAKEN,
            "other processes used %s %% of the CPUs of server and load generator", taken.left);
}

/* Rules about CPUs that are not a side's own. */
static void judge_limits(struct verdict *v, const struct verdict_figures *f) {
    struct format_pair stopped = format_apart(f->throttled_pct, THROTTLED_PCT_MAX, 1);
    judge_shared(v, f);
    if (f->throttled_pct > THROTTLED_PCT_MAX)
        add(v, VERDICT_SUSPECT, VALIDITY_THROTTLED,
            "a CPU quota stopped the processes for %s %% of the window, more than %s %%",
            stopped.left, stopped.right);
    if (f->server_moved || f->loadgen_moved)
        add(v, VERDICT_SUSPECT, VALIDITY_AFFINITY_CHANGED,
            "at the end of the window the CPUs of %s were not those of the plan",
            !f->loadgen_moved  ? "the server"
            : !f->server_moved ? "the load generator"
                               : "server and load generator");
    if (f->not_pinned)
        add(v, VERDICT_SUSPECT, VALIDITY_NOT_PINNED,
            "the system refused to keep server and load generator on separate CPUs");
    struct format_pair pair = format_apart(f->waiting_cpu_pct, SAMPLE_WAITING_CPU_PCT_MAX, 0);
    if (f->waiting_cpu_pct > SAMPLE_WAITING_CPU_PCT_MAX)
        add(v, VERDICT_SUSPECT, VALIDITY_OUT_OF_TURN,
            "the server used %s %% of a CPU out of its turns, more than %s %%; that is not counted",
            pair.left, pair.right);
    pair = format_apart(f->rivals_cpu_pct, SAMPLE_WAITING_CPU_PCT_MAX, 0);
    if (f->rivals_cpu_pct > SAMPLE_WAITING_CPU_PCT_MAX)
        add(v, VERDICT_SUSPECT, VALIDITY_OUT_OF_TURN,
            "another server used %s %% of a CPU in the turns of this one, more than %s %%",
            pair.left, pair.right);
}

static void judge_suspect(struct verdict *v, const struct verdict_figures *f) {
    if (f->messages > 0 && isnan(f->littles_law_ratio))
        add(v, VERDICT_SUSPECT, VALIDITY_LITTLES_LAW_UNKNOWN,
            "there are messages, but Little's law could not be checked");
    struct format_pair pair = format_apart(f->server_cpu_pct, FULL_PCT, 0);
    if (v->bound == BOUND_CLIENT)
        add(v, VERDICT_SUSPECT, VALIDITY_BOUND_CLIENT,
            "bound by the load generator: busy %.0f %%, server CPU %s %%", f->busy_pct, pair.left);
    if (isnan(f->server_cpu_pct) && f->busy_pct >= FULL_PCT)
        add(v, VERDICT_SUSPECT, VALIDITY_LOADGEN_FULL,
            "the load generator was busy %.0f %%, the server's CPU use is unknown", f->busy_pct);
    pair = format_apart(f->busy_pct, FILLED_PCT, 0);
    struct format_pair server = format_apart(f->server_cpu_pct, FILLED_PCT, 0);
    if (f->must_fill >= IN_FLIGHT_FILLS && !(f->shared_cpus > 0) && f->busy_pct < FILLED_PCT &&
        f->server_cpu_pct < FILLED_PCT)
        add(v, VERDICT_SUSPECT, VALIDITY_CPUS_TAKEN,
            "other processes used the CPUs: busy %s %%, server CPU %s %% with %.0f in flight",
            pair.left, server.left, f->must_fill);
    double lost_pct = f->busy_pct - f->own_cpu_pct;
    pair = format_apart(lost_pct, LOST_PCT_MAX, 0);
    if (lost_pct > LOST_PCT_MAX)
        add(v, VERDICT_SUSPECT, VALIDITY_LOADGEN_PREEMPTED,
            "other processes used the load generator's CPU: busy for %s %% of the window without "
            "it, more than %s %%",
            pair.left, pair.right);
    judge_times(v, f);
    judge_gaps(v, f);
    pair = format_apart(f->steal_pct, SAMPLE_STEAL_PCT_MAX, 0);
    if (f->steal_pct > SAMPLE_STEAL_PCT_MAX)
        add(v, VERDICT_SUSPECT, VALIDITY_STEAL,
            "the hypervisor took %s %% of the CPU, more than %s %%", pair.left, pair.right);
    double mean = (f->first_half + f->second_half) / 2;
    /* in a saturated slot the end of the drain decides which late arrivals are answered */
    if (!f->saturating && fabs(f->second_half - f->first_half) > HALVES_MAX * mean)
        add(v, VERDICT_SUSPECT, VALIDITY_HALVES_DIFFER,
            "the halves of the window differ by more than %g %%: %.0f messages, then %.0f",
            100 * HALVES_MAX, f->first_half, f->second_half);
    if (f->messages > 0 && f->messages < MESSAGES_MIN)
        add(v, VERDICT_SUSPECT, VALIDITY_FEW_MESSAGES, "%.0f messages, fewer than %d", f->messages,
            MESSAGES_MIN);
    if (f->starved > 0)
        add(v, VERDICT_SUSPECT, VALIDITY_STARVED,
            "%.0f connections waited for more than half the window", f->starved);
    if (f->overflow > 0)
        add(v, VERDICT_SUSPECT, VALIDITY_OVERFLOW, "%.0f times were longer than %.0f s",
            f->overflow, HIST_HIGHEST / 1e9);
    double oldest_ms = f->oldest_in_flight_ns / 1e6, longest_ms = f->longest_ns / 1e6;
    double oldest_max_ms = fmax(fmax(IN_FLIGHT_MIN_NS / 1e6, IN_FLIGHT_SHARE * f->window_s * 1e3),
                                IN_FLIGHT_LONGER * longest_ms);
    pair = format_apart(oldest_ms, oldest_max_ms, 1);
    if (oldest_ms > oldest_max_ms && !isnan(longest_ms))
        add(v, VERDICT_SUSPECT, VALIDITY_IN_FLIGHT_AT_END,
            "a message was in flight for %s ms at the end of the window, more than %s ms and "
            "longer than any answer took",
            pair.left, pair.right);
}

/* A figure that no measurement can have is unknown. A share above the whole is the whole: clocks
 * are not read at the same moment. */
static void clean(struct verdict_figures *f) {
    for (size_t at = VERDICT_FIGURES_START; at < sizeof *f; at += sizeof(double)) {
        double figure;
        memcpy(&figure, (char *)f + at, sizeof figure);
        figure = figure >= 0 && figure <= FIGURE_MAX ? fabs(figure) : NAN; /* fabs: -0 */
        memcpy((char *)f + at, &figure, sizeof figure);
    }
    double *shares[] = {&f->busy_pct, &f->own_cpu_pct, &f->steal_pct, &f->shared_pct,
                        &f->throttled_pct};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        if (*shares[i] > 100) *shares[i] = 100;
}

void verdict_decide(struct verdict *verdict, const struct verdict_figures *figures) {
    struct verdict_figures f = *figures;
    clean(&f);
    memset(verdict, 0, sizeof *verdict);
    verdict->bound = bound_of(&f);
    judge_invalid(verdict, &f);
    judge_suspect(verdict, &f);
    judge_limits(verdict, &f);
}

void verdict_fail(struct verdict *verdict, const char *died, enum validity_code code,
                  const char *reason) {
    memset(verdict, 0, sizeof *verdict);
    verdict->bound = BOUND_UNKNOWN;
    if (died) add_death(verdict, died);
    add(verdict, VERDICT_INVALID, code, "%s", reason);
}
