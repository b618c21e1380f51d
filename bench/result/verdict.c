/* verdict.c - the rules by which a slot is valid, suspect or invalid.
 * Invariant: a rule only adds reasons; it does not depend on other rules. */
#include "bench/result/verdict.h"

#include "base/check.h"
#include "base/format.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ERROR_SHARE_MAX 0.001
#define WINDOW_SHARE_MIN 0.9
#define LITTLE_MAX 0.02
#define WINDOW_SPREAD_MAX 0.01
#define LAG_MIN_NS 100e3
#define LAG_SHARE 0.1
#define HALVES_MAX 0.1
#define MESSAGES_MIN 1000
#define FULL_PCT 95.0
#define BUSY_BELOW_PCT 90.0
#define IN_FLIGHT_FILLS 50 /* so many messages in flight keep one side busy */
#define FILLED_PCT 85.0
#define LOST_PCT_MAX 10.0

/* Adds a reason: its code, and a text for people. */
static void add(struct verdict *v, enum verdict_kind kind, enum validity_code code,
                const char *format, ...) FORMAT_PRINTF(4, 5);

static void add(struct verdict *v, enum verdict_kind kind, enum validity_code code,
                const char *format, ...) {
    CHECK_OP(v->reason_count, <, VERDICT_REASONS_MAX);
    if (kind > v->kind) v->kind = kind;
    v->codes[v->reason_count] = code;
    va_list rest;
    va_start(rest, format);
    vsnprintf(v->reasons[v->reason_count++], VERDICT_REASON_SIZE, format, rest);
    va_end(rest);
}

static void add_death(struct verdict *v, const char *died) {
    add(v, VERDICT_INVALID, VALIDITY_SERVER_DIED, "server %s", died);
}

/* Which program ran at its limit: full means FULL_PCT or more of its CPUs. */
static enum bound bound_of(const struct verdict_figures *f) {
    if (isnan(f->busy_pct) || isnan(f->server_cpu_pct)) return BOUND_UNKNOWN;
    bool server_full = f->server_cpu_pct >= FULL_PCT;
    if (f->busy_pct >= FULL_PCT) return server_full ? BOUND_BOTH : BOUND_CLIENT;
    if (server_full) return f->busy_pct < BUSY_BELOW_PCT ? BOUND_SERVER : BOUND_BOTH;
    return BOUND_NONE;
}

/* Whether two figures are known and differ. */
static bool differ(double left, double right) {
    return fabs(left - right) > 0;
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

static void judge_invalid(struct verdict *v, const struct verdict_figures *f) {
    if (f->died)
        add_death(v, f->died);
    else if (f->no_stats)
        add(v, VERDICT_INVALID, VALIDITY_NO_STATS, "the server printed no stats");
    if (f->mismatches > 0)
        add(v, VERDICT_INVALID, VALIDITY_WRONG_ECHO, "%.0f wrong echoes", f->mismatches);
    double share = f->errors / (f->messages + f->errors);
    if (share > ERROR_SHARE_MAX)
        add(v, VERDICT_INVALID, VALIDITY_ERRORS, "%.2f %% errors, more than %g %%", 100 * share,
            100 * ERROR_SHARE_MAX);
    if (f->lost > ERROR_SHARE_MAX * f->planned)
        add(v, VERDICT_INVALID, VALIDITY_CONNECTIONS_LOST, "%.0f of %.0f connections were lost",
            f->lost, f->planned);
    judge_totals(v, f);
    if (f->window_s < WINDOW_SHARE_MIN * f->duration_s)
        add(v, VERDICT_INVALID, VALIDITY_SHORT_WINDOW, "window of %.3f s instead of %.3f s",
            f->window_s, f->duration_s);
    if (f->messages == 0) add(v, VERDICT_INVALID, VALIDITY_NO_MESSAGE, "no message in the window");
    if (f->scheduled && !f->saturating && f->achieved_over_offered < SAMPLE_ACHIEVED_MIN)
        add(v, VERDICT_INVALID, VALIDITY_SATURATED,
            "saturated: %.2f %% of the offered load was answered in time",
            100 * f->achieved_over_offered);
    double unanswered = f->newcomers_offered - f->newcomers_answered;
    if (!f->saturating && unanswered > ERROR_SHARE_MAX * f->newcomers_offered)
        add(v, VERDICT_INVALID, VALIDITY_NEWCOMERS_UNANSWERED,
            "%.0f of %.0f newcomers got no answer", unanswered, f->newcomers_offered);
    double tolerance = LITTLE_MAX + f->connections * f->in_flight / f->messages;
    if (fabs(f->littles_law_ratio - 1) > tolerance)
        add(v, VERDICT_INVALID, VALIDITY_LITTLES_LAW,
            "Little's law is off by %.1f %%, more than %.1f %%",
            100 * fabs(f->littles_law_ratio - 1), 100 * tolerance);
}

static void judge_suspect(struct verdict *v, const struct verdict_figures *f) {
    if (v->bound == BOUND_CLIENT)
        add(v, VERDICT_SUSPECT, VALIDITY_BOUND_CLIENT,
            "bound by the load generator: busy %.0f %%, server CPU %.0f %%", f->busy_pct,
            f->server_cpu_pct);
    if (isnan(f->server_cpu_pct) && f->busy_pct >= FULL_PCT)
        add(v, VERDICT_SUSPECT, VALIDITY_LOADGEN_FULL,
            "the load generator was busy %.0f %%, the server's CPU use is unknown", f->busy_pct);
    if (f->must_fill >= IN_FLIGHT_FILLS && f->busy_pct < FILLED_PCT &&
        f->server_cpu_pct < FILLED_PCT)
        add(v, VERDICT_SUSPECT, VALIDITY_CPUS_TAKEN,
            "other processes used the CPUs: busy %.0f %%, server CPU %.0f %% with %.0f in flight",
            f->busy_pct, f->server_cpu_pct, f->must_fill);
    if (f->busy_pct - f->own_cpu_pct > LOST_PCT_MAX)
        add(v, VERDICT_SUSPECT, VALIDITY_LOADGEN_PREEMPTED,
            "other processes used the load generator's CPU: busy %.0f %%, on the CPU %.0f %%",
            f->busy_pct, f->own_cpu_pct);
    double lag_max = isnan(f->p99_ns) ? LAG_MIN_NS : fmax(LAG_MIN_NS, LAG_SHARE * f->p99_ns);
    if (f->window_spread_ns > WINDOW_SPREAD_MAX * f->window_s * 1e9)
        add(v, VERDICT_SUSPECT, VALIDITY_WINDOWS_APART,
            "the windows of the threads started up to %.1f ms apart", f->window_spread_ns / 1e6);
    if (f->send_lag_p99_ns > lag_max)
        add(v, VERDICT_SUSPECT, VALIDITY_SENT_LATE, "sent late: p99 %.0f us, more than %.0f us",
            f->send_lag_p99_ns / 1e3, lag_max / 1e3);
    if (f->steal_pct > SAMPLE_STEAL_PCT_MAX)
        add(v, VERDICT_SUSPECT, VALIDITY_STEAL, "the hypervisor took %.1f %% of the CPU",
            f->steal_pct);
    double mean = (f->first_half + f->second_half) / 2;
    double drift = (f->second_half - f->first_half) / mean;
    /* in a saturated slot the end of the drain decides which late arrivals are answered */
    if (!f->saturating && fabs(drift) > HALVES_MAX)
        add(v, VERDICT_SUSPECT, VALIDITY_HALVES_DIFFER,
            "messages changed by %+.0f %% from the first to the second half of the window",
            100 * drift);
    if (f->messages > 0 && f->messages < MESSAGES_MIN)
        add(v, VERDICT_SUSPECT, VALIDITY_FEW_MESSAGES, "%.0f messages, fewer than %d", f->messages,
            MESSAGES_MIN);
    if (f->starved > 0)
        add(v, VERDICT_SUSPECT, VALIDITY_STARVED,
            "%.0f connections waited for more than half the window", f->starved);
}

void verdict_decide(struct verdict *verdict, const struct verdict_figures *figures) {
    memset(verdict, 0, sizeof *verdict);
    verdict->bound = bound_of(figures);
    judge_invalid(verdict, figures);
    judge_suspect(verdict, figures);
}

void verdict_fail(struct verdict *verdict, const char *died, enum validity_code code,
                  const char *reason) {
    memset(verdict, 0, sizeof *verdict);
    verdict->bound = BOUND_UNKNOWN;
    if (died) add_death(verdict, died);
    add(verdict, VERDICT_INVALID, code, "%s", reason);
}
