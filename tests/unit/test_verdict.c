/* test_verdict.c - each rule of docs/method.md on both sides of its limit. Each test starts with
 * valid figures and changes only the inputs of its rule. */
#include "bench/result/verdict.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

static struct verdict_figures good_closed(void) {
    return (struct verdict_figures){.duration_s = 1,
                                    .window_s = 1,
                                    .connections = 10,
                                    .in_flight = 1,
                                    .messages = 100000,
                                    .sent = 6400000,
                                    .received = 6400000,
                                    .connected = 10,
                                    .stats_in = 6400000,
                                    .stats_out = 6400000,
                                    .stats_accepted = 10,
                                    .achieved_over_offered = NAN,
                                    .must_fill = NAN,
                                    .planned = 10,
                                    .newcomers_offered = NAN,
                                    .newcomers_answered = NAN,
                                    .littles_law_ratio = 1,
                                    .busy_pct = 50,
                                    .own_cpu_pct = 100,
                                    .server_cpu_pct = 50,
                                    .send_lag_p99_ns = NAN,
                                    .arrival_lag_p99_ns = NAN,
                                    .arrival_lag_max_ns = NAN,
                                    .p99_ns = 50e3,
                                    .first_half = 50000,
                                    .second_half = 50000};
}

static struct verdict_figures good_open(void) {
    struct verdict_figures f = good_closed();
    f.scheduled = true;
    f.achieved_over_offered = 1;
    f.send_lag_p99_ns = 1e3;
    f.arrival_lag_p99_ns = 1e3;
    f.arrival_lag_max_ns = 1e6;
    return f;
}

static void expect_valid_at(const struct verdict_figures *f, int line) {
    struct verdict v;
    verdict_decide(&v, f);
    if (v.reason_count) print_error("line %d: %s\n", line, v.reasons[0]);
    assert_int_equal(v.kind, VERDICT_VALID);
    assert_int_equal(v.reason_count, 0);
}

/* Expects a single reason with this code and a text that begins with `reason`. */
static void expect_at(const struct verdict_figures *f, enum verdict_kind kind,
                      enum validity_code code, const char *reason, int line) {
    struct verdict v;
    verdict_decide(&v, f);
    bool fine = v.kind == kind && v.reason_count == 1 && v.codes[0] == code &&
                strncmp(v.reasons[0], reason, strlen(reason)) == 0;
    if (!fine)
        print_error("line %d: expected %s, '%s'; found %s, %d reasons, '%s'\n", line,
                    verdict_names[kind], reason, verdict_names[v.kind], (int)v.reason_count,
                    v.reasons[0]);
    assert_true(fine);
}

#define EXPECT_VALID(f) expect_valid_at(&(f), __LINE__)
#define EXPECT_INVALID(f, code, reason)                                                            \
    expect_at(&(f), VERDICT_INVALID, VALIDITY_##code, reason, __LINE__)
#define EXPECT_SUSPECT(f, code, reason)                                                            \
    expect_at(&(f), VERDICT_SUSPECT, VALIDITY_##code, reason, __LINE__)

/* ---- invalid ---- */

static void good_figures_are_valid(void **state) {
    (void)state;
    struct verdict_figures closed = good_closed(), open = good_open();
    EXPECT_VALID(closed);
    EXPECT_VALID(open);
}

static void a_dead_server_is_invalid(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.died = "ended too early: signal 11";
    EXPECT_INVALID(f, SERVER_DIED, "server ended too early: signal 11");
}

static void a_server_without_stats_is_invalid(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.stats_in = f.stats_out = f.stats_accepted = NAN;
    f.no_stats = true;
    EXPECT_INVALID(f, NO_STATS, "the server printed no stats");
    f.died = "ended too early: signal 11"; /* explains the missing statistics */
    EXPECT_INVALID(f, SERVER_DIED, "server ended too early: signal 11");
}

static void one_wrong_echo_is_invalid(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.mismatches = 1;
    EXPECT_INVALID(f, WRONG_ECHO, "1 wrong echoes");
}

static void errors_above_a_thousandth_are_invalid(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.messages = 99900;
    f.errors = 100;
    EXPECT_VALID(f);
    f.errors = 101;
    EXPECT_INVALID(f, ERRORS, "0.101 % errors, more than 0.100 %");
}

static void nothing_but_errors_is_invalid(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    struct verdict v;
    f.messages = 0;
    f.errors = 10;
    verdict_decide(&v, &f);
    assert_int_equal(v.kind, VERDICT_INVALID);
    assert_int_equal(v.reason_count, 2);
    assert_string_equal(v.reasons[0], "100.00 % errors, more than 0.10 %");
    assert_string_equal(v.reasons[1], "no message in the window");
}

static void totals_must_agree_to_the_byte(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.stats_in--;
    EXPECT_INVALID(f, TOTALS_DISAGREE,
                   "totals disagree: 6400000 bytes sent, the server received 6399999");
    f = good_closed();
    f.stats_out++;
    EXPECT_INVALID(f, TOTALS_DISAGREE,
                   "totals disagree: 6400000 bytes received, the server sent 6400001");
    f = good_closed();
    f.stats_accepted = 11;
    EXPECT_INVALID(f, TOTALS_DISAGREE, "totals disagree: 10 connections, the server accepted 11");
}

static void totals_are_in_doubt_after_an_error(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.errors = 1;
    f.stats_in -= 64;
    f.stats_out -= 64;
    f.stats_accepted--;
    EXPECT_VALID(f);
}

static void a_window_under_nine_tenths_is_invalid(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.duration_s = 2;
    f.window_s = 1.8;
    EXPECT_VALID(f);
    f.window_s = 1.799;
    EXPECT_INVALID(f, SHORT_WINDOW, "window of 1.799 s, less than 1.800 s");
}

static void an_empty_window_is_invalid(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.messages = f.first_half = f.second_half = 0;
    f.littles_law_ratio = NAN;
    EXPECT_INVALID(f, NO_MESSAGE, "no message in the window");
}

static void an_open_loop_must_keep_up(void **state) {
    (void)state;
    struct verdict_figures f = good_open();
    f.achieved_over_offered = 0.99;
    EXPECT_VALID(f);
    f.achieved_over_offered = 0.9899;
    EXPECT_INVALID(f, SATURATED, "saturated: 98.99 % of the offered load");
    f.saturating = true;
    EXPECT_VALID(f);
    f.saturating = f.scheduled = false; /* has no meaning in a closed loop */
    EXPECT_VALID(f);
}

static void newcomers_must_be_answered(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.newcomers_offered = 1000;
    f.newcomers_answered = 999;
    EXPECT_VALID(f);
    f.newcomers_answered = 998;
    EXPECT_INVALID(f, NEWCOMERS_UNANSWERED, "2 of 1000 newcomers got no answer");
    f.saturating = true; /* connections that arrive too fast must wait */
    EXPECT_SUSPECT(f, NEWCOMERS_UNANSWERED, "2 of 1000 newcomers got no answer");
    f.newcomers_answered = 999;
    EXPECT_VALID(f);
}

static void scheduled_messages_must_be_answered(void **state) {
    (void)state;
    struct verdict_figures f = good_open();
    f.messages = 99900;
    f.unanswered = 100;
    EXPECT_VALID(f);
    f.unanswered = 101;
    EXPECT_SUSPECT(f, UNANSWERED, "0.101 % of the messages got no answer, more than 0.100 %");
    f.messages = 99000;
    f.unanswered = 1000;
    EXPECT_SUSPECT(f, UNANSWERED, "1.00 % of the messages got no answer, more than 0.10 %");
    f.unanswered = 1001;
    EXPECT_INVALID(f, UNANSWERED, "1.001 % of the messages got no answer, more than 1.000 %");
    f.saturating = true;
    f.unanswered = 99000;
    EXPECT_SUSPECT(f, UNANSWERED, "50.00 % of the messages got no answer, more than 1.00 %");
}

/* A silent connection of a closed loop costs one message, however long it is silent. */
static void a_silent_connection_of_a_closed_loop_is_invalid(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.unanswered = 1;
    EXPECT_INVALID(f, UNANSWERED,
                   "10.00 % of the messages in flight got no answer, more than 1.00 %");
    f.connections = f.planned = f.connected = f.stats_accepted = 200;
    f.in_flight = 4;
    f.unanswered = 8;
    EXPECT_SUSPECT(f, UNANSWERED,
                   "1.00 % of the messages in flight got no answer, more than 0.10 %");
    f.unanswered = 9;
    EXPECT_INVALID(f, UNANSWERED, "1.12 % of the messages in flight got no answer");
    f.in_flight = 5;
    f.unanswered = 1; /* one in a thousand */
    EXPECT_VALID(f);
}

/* What is late in a slot that is meant to saturate is no error; a broken connection is one. */
static void timeouts_of_a_saturating_slot_are_no_errors(void **state) {
    (void)state;
    struct verdict_figures f = good_open();
    f.errors = f.timeouts = 1000;
    EXPECT_INVALID(f, ERRORS, "0.99 % errors, more than 0.10 %");
    f.saturating = true;
    EXPECT_VALID(f);
    f.errors = 1200;
    EXPECT_INVALID(f, ERRORS, "0.20 % errors, more than 0.10 %");
}

/* The tolerance is 2 % plus the messages in flight at the edges: 10 x 1 of 100000, or 50 x 16 of
 * 32000. */
static void littles_law_is_held_to_its_tolerance(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    static const double inside[] = {1.02009, 0.97991}, outside[] = {1.02011, 0.97989};
    for (int i = 0; i < 2; i++) {
        f.littles_law_ratio = inside[i];
        EXPECT_VALID(f);
        f.littles_law_ratio = outside[i];
        EXPECT_INVALID(f, LITTLES_LAW, "Little's law is off by 2.011 %, more than 2.010 %");
    }
    f.connections = 50;
    f.in_flight = 16;
    f.messages = 32000;
    f.littles_law_ratio = 1.0449;
    EXPECT_VALID(f);
    f.littles_law_ratio = 1.0451;
    EXPECT_INVALID(f, LITTLES_LAW, "Little's law is off by 4.51 %, more than 4.50 %");
}

/* The parts of messages at the edges are counted, so few messages excuse little. */
static void littles_law_is_held_by_few_messages(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.connections = 10000;
    static const double messages[] = {20000, 10000, 1000};
    for (int i = 0; i < 3; i++) {
        f.messages = messages[i];
        f.littles_law_ratio = 1.0499;
        EXPECT_VALID(f);
        f.littles_law_ratio = 1.0501;
        EXPECT_INVALID(f, LITTLES_LAW, "Little's law is off by 5.01 %, more than 5.00 %");
        f.littles_law_ratio = 0.5;
        EXPECT_INVALID(f, LITTLES_LAW, "Little's law is off by 50.0 %, more than 5.0 %");
    }
}

/* Sums above 10^15 are rounded when they are written. */
static void totals_of_days_agree_as_far_as_they_are_written(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.sent = f.received = 0x1p53;
    f.stats_in = f.stats_out = 0x1p53 - 8;
    EXPECT_VALID(f);
    f.stats_in = 0x1p53 - 64;
    EXPECT_INVALID(f, TOTALS_DISAGREE,
                   "totals disagree: 9007199254740992 bytes sent, the server "
                   "received 9007199254740928");
}

static void littles_law_must_be_known(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.littles_law_ratio = NAN;
    EXPECT_SUSPECT(f, LITTLES_LAW_UNKNOWN,
                   "there are messages, but Little's law could not be checked");
}

/* ---- suspect ---- */

static void connections_must_last(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.planned = 1000;
    f.lost = f.errors = 1;
    EXPECT_VALID(f);
    f.lost = f.errors = 2; /* few compared with 100000 messages, but not with 1000 connections */
    EXPECT_INVALID(f, CONNECTIONS_LOST,
                   "2 connections were lost, more than 0.1 % of the 1000 that");
    f.planned = NAN;
    EXPECT_VALID(f);
}

static void a_full_generator_is_told_without_the_server(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.server_cpu_pct = NAN;
    f.busy_pct = 94;
    EXPECT_VALID(f);
    f.busy_pct = 95;
    EXPECT_SUSPECT(f, LOADGEN_FULL,
                   "the load generator was busy 95 %, the server's CPU use is unknown");
}

static void a_closed_loop_fills_one_side(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.busy_pct = 84;
    f.server_cpu_pct = 60;
    f.must_fill = 49;
    EXPECT_VALID(f);
    f.must_fill = 50;
    EXPECT_SUSPECT(f, CPUS_TAKEN,
                   "other processes used the CPUs: busy 84 %, server CPU 60 % with 50 in flight");
    f.busy_pct = 85;
    EXPECT_VALID(f);
    f.busy_pct = 60;
    f.server_cpu_pct = 85;
    EXPECT_VALID(f);
    f.server_cpu_pct = NAN;
    EXPECT_VALID(f);
}

static void lost_cpu_is_suspect(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.busy_pct = 93;
    f.server_cpu_pct = 11;
    f.must_fill = 50;
    f.own_cpu_pct = 83;
    EXPECT_VALID(f);
    f.own_cpu_pct = 11;
    EXPECT_SUSPECT(f, LOADGEN_PREEMPTED,
                   "other processes used the load generator's CPU: busy for 82 % of the window");
    f.own_cpu_pct = NAN;
    EXPECT_VALID(f);
}

static void windows_apart_are_suspect(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.window_spread_ns = 0.01 * f.window_s * 1e9;
    EXPECT_VALID(f);
    f.window_spread_ns = 25e6;
    EXPECT_SUSPECT(f, WINDOWS_APART, "the windows of the threads started up to 25.0 ms apart");
}

static void late_sends_are_suspect(void **state) {
    (void)state;
    struct verdict_figures f = good_open();
    f.send_lag_p99_ns = 100e3; /* p99 is 50 us, so the minimum limit of 100 us applies */
    EXPECT_VALID(f);
    f.send_lag_p99_ns = 100e3 + 1;
    EXPECT_SUSPECT(f, SENT_LATE, "sent late: p99 100.001 us, more than 100.000 us");
    f.p99_ns = NAN; /* too few messages for a p99 */
    EXPECT_SUSPECT(f, SENT_LATE, "sent late");
    f.p99_ns = 5e6; /* the limit is a tenth of it */
    f.send_lag_p99_ns = 500e3;
    EXPECT_VALID(f);
    f.send_lag_p99_ns = 501e3;
    EXPECT_SUSPECT(f, SENT_LATE, "sent late: p99 501 us, more than 500 us");
}

/* Arrivals that had to wait for their connection count as well. */
static void arrivals_taken_late_are_suspect(void **state) {
    (void)state;
    struct verdict_figures f = good_open();
    f.arrival_lag_p99_ns = 100e3;
    EXPECT_VALID(f);
    f.arrival_lag_p99_ns = 200e3;
    EXPECT_SUSPECT(f, SENT_LATE, "sent late: p99 200 us, more than 100 us");
    f.p99_ns = 2e6;
    EXPECT_VALID(f);
    f.send_lag_p99_ns = 201e3;
    EXPECT_SUSPECT(f, SENT_LATE, "sent late: p99 201 us, more than 200 us");
}

/* A freeze of 300 ms ruins p99, a tenth of which must not excuse it. */
static void a_frozen_generator_is_suspect(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.gap_max_ns = f.gaps_total_ns = 10e6; /* 1 % of the window */
    EXPECT_VALID(f);
    f.gap_max_ns = f.gaps_total_ns = 300e6;
    f.p99_ns = 10e9;
    EXPECT_SUSPECT(f, LOADGEN_FROZEN,
                   "the load generator stood still for 300.0 ms, more than 10.0 ms");
    f.window_s = f.duration_s = 30;
    f.gap_max_ns = f.gaps_total_ns = 300e6;
    EXPECT_VALID(f);
    f.gap_max_ns = 301e6;
    EXPECT_SUSPECT(f, LOADGEN_FROZEN,
                   "the load generator stood still for 301.0 ms, more than 300.0 ms");
    f.window_s = f.duration_s = 0.05; /* the minimum limit of 1 ms applies */
    f.gap_max_ns = f.gaps_total_ns = 1e6;
    EXPECT_VALID(f);
    f.gap_max_ns = 1.1e6;
    EXPECT_SUSPECT(f, LOADGEN_FROZEN, "the load generator stood still for 1.1 ms, more than 1.0");
}

static void many_short_gaps_are_suspect(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.gap_max_ns = 9e6;
    f.gaps_total_ns = 50e6;
    EXPECT_VALID(f);
    f.gaps_total_ns = 51e6;
    EXPECT_SUSPECT(f, LOADGEN_FROZEN,
                   "the load generator stood still for 51.0 ms in all, more than 50.0 ms");
}

static void one_arrival_taken_far_too_late_is_suspect(void **state) {
    (void)state;
    struct verdict_figures f = good_open();
    f.p99_ns = 10e9;
    f.arrival_lag_max_ns = 10e6;
    EXPECT_VALID(f);
    f.arrival_lag_max_ns = 10.1e6;
    EXPECT_SUSPECT(f, SENT_LATE, "sent late: up to 10.1 ms, more than 10.0 ms");
}

static void steal_above_five_percent_is_suspect(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.steal_pct = 5;
    EXPECT_VALID(f);
    f.steal_pct = 5.1;
    EXPECT_SUSPECT(f, STEAL, "the hypervisor took 5.1 % of the CPU");
}

static void work_out_of_turn_is_suspect(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.waiting_cpu_pct = f.rivals_cpu_pct = 1;
    EXPECT_VALID(f);
    f.waiting_cpu_pct = 1.1;
    EXPECT_SUSPECT(f, OUT_OF_TURN, "the server used 1.1 % of a CPU out of its turns");
    f.waiting_cpu_pct = NAN;
    f.rivals_cpu_pct = 38;
    EXPECT_SUSPECT(f, OUT_OF_TURN, "another server used 38 % of a CPU in the turns of this one");
}

static void drift_between_the_halves_is_suspect(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.first_half = 47500;
    f.second_half = 52500;
    EXPECT_VALID(f);
    f.second_half = 52600;
    EXPECT_SUSPECT(f, HALVES_DIFFER,
                   "the halves of the window differ by more than 10 %: 47500 messages, then 52600");
    f.first_half = 60000;
    f.second_half = 0;
    EXPECT_SUSPECT(f, HALVES_DIFFER,
                   "the halves of the window differ by more than 10 %: 60000 messages, then 0");
    f.saturating = true;
    EXPECT_VALID(f);
}

static void few_messages_are_suspect(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.messages = 1000;
    EXPECT_VALID(f);
    f.messages = 999;
    EXPECT_SUSPECT(f, FEW_MESSAGES, "999 messages, fewer than 1000");
}

static void a_starved_connection_is_suspect(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.starved = 1;
    EXPECT_SUSPECT(f, STARVED, "1 connections waited for more than half the window");
}

static void times_beyond_the_histogram_are_suspect(void **state) {
    (void)state;
    struct verdict_figures f = good_open();
    f.overflow = 1;
    EXPECT_SUSPECT(f, OVERFLOW, "1 times were longer than 60 s");
    f.saturating = true;
    EXPECT_SUSPECT(f, OVERFLOW, "1 times were longer than 60 s");
}

/* A stall over the end of the window shows only in what is in flight then. A slow server has old
 * messages in flight, too, but none older than its latencies. */
static void a_stall_over_the_end_is_suspect(void **state) {
    (void)state;
    struct verdict_figures f = good_closed();
    f.longest_ns = 5e6;
    f.oldest_in_flight_ns = 300e6;
    EXPECT_SUSPECT(
        f, IN_FLIGHT_AT_END,
        "a message was in flight for 300.0 ms at the end of the window, more than 10.0 ms");
    f.oldest_in_flight_ns = 10e6; /* 1 % of the window */
    EXPECT_VALID(f);
    f.oldest_in_flight_ns = 10.1e6;
    EXPECT_SUSPECT(f, IN_FLIGHT_AT_END, "a message was in flight for ");
    f.window_s = f.duration_s = 0.05;
    f.longest_ns = 50e3;
    f.oldest_in_flight_ns = 1e6; /* at least 1 ms */
    EXPECT_VALID(f);
    f.oldest_in_flight_ns = 1.1e6;
    EXPECT_SUSPECT(f, IN_FLIGHT_AT_END, "a message was in flight for ");
    f = good_closed();
    f.longest_ns = 501e6; /* a server that always takes 500 ms */
    f.oldest_in_flight_ns = 600e6;
    EXPECT_VALID(f);
    f.oldest_in_flight_ns = 800e6;
    EXPECT_SUSPECT(f, IN_FLIGHT_AT_END, "a message was in flight for ");
}

/* ---- bound ---- */

static void bound_names_what_was_full(void **state) {
    (void)state;
    static const struct {
        double busy, server; /* percent */
        enum bound bound;    /* expected */
    } cases[] = {{0, 0, BOUND_NONE},     {94.9, 94.9, BOUND_NONE}, {95, 94.9, BOUND_CLIENT},
                 {100, 0, BOUND_CLIENT}, {89.9, 95, BOUND_SERVER}, {0, 100, BOUND_SERVER},
                 {90, 95, BOUND_BOTH},   {94.9, 95, BOUND_BOTH},   {95, 95, BOUND_BOTH},
                 {100, 100, BOUND_BOTH}, {89.9, 94.9, BOUND_NONE}, {100, 94.9, BOUND_CLIENT}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct verdict_figures f = good_closed();
        struct verdict v;
        f.busy_pct = cases[i].busy;
        f.server_cpu_pct = cases[i].server;
        verdict_decide(&v, &f);
        assert_int_equal(v.bound, cases[i].bound);
        if (cases[i].bound == BOUND_CLIENT)
            EXPECT_SUSPECT(f, BOUND_CLIENT, "bound by the load generator: busy ");
        else
            EXPECT_VALID(f);
    }
}

static void bound_is_unknown_without_both_figures(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct verdict_figures f = good_closed();
        struct verdict v;
        f.busy_pct = i ? 100 : NAN;
        f.server_cpu_pct = i ? NAN : 100;
        verdict_decide(&v, &f);
        assert_int_equal(v.bound, BOUND_UNKNOWN);
        if (!i) EXPECT_VALID(f);
    }
}

/* ---- together ---- */

static void an_unknown_figure_never_condemns(void **state) {
    (void)state;
    static const size_t figures[] = {offsetof(struct verdict_figures, window_s),
                                     offsetof(struct verdict_figures, messages),
                                     offsetof(struct verdict_figures, mismatches),
                                     offsetof(struct verdict_figures, errors),
                                     offsetof(struct verdict_figures, sent),
                                     offsetof(struct verdict_figures, received),
                                     offsetof(struct verdict_figures, connected),
                                     offsetof(struct verdict_figures, stats_in),
                                     offsetof(struct verdict_figures, stats_out),
                                     offsetof(struct verdict_figures, stats_accepted),
                                     offsetof(struct verdict_figures, achieved_over_offered),
                                     offsetof(struct verdict_figures, busy_pct),
                                     offsetof(struct verdict_figures, own_cpu_pct),
                                     offsetof(struct verdict_figures, server_cpu_pct),
                                     offsetof(struct verdict_figures, send_lag_p99_ns),
                                     offsetof(struct verdict_figures, arrival_lag_p99_ns),
                                     offsetof(struct verdict_figures, arrival_lag_max_ns),
                                     offsetof(struct verdict_figures, gap_max_ns),
                                     offsetof(struct verdict_figures, gaps_total_ns),
                                     offsetof(struct verdict_figures, p99_ns),
                                     offsetof(struct verdict_figures, waiting_cpu_pct),
                                     offsetof(struct verdict_figures, rivals_cpu_pct),
                                     offsetof(struct verdict_figures, steal_pct),
                                     offsetof(struct verdict_figures, first_half),
                                     offsetof(struct verdict_figures, second_half),
                                     offsetof(struct verdict_figures, timeouts),
                                     offsetof(struct verdict_figures, unanswered),
                                     offsetof(struct verdict_figures, overflow),
                                     offsetof(struct verdict_figures, longest_ns),
                                     offsetof(struct verdict_figures, oldest_in_flight_ns),
                                     offsetof(struct verdict_figures, starved)};
    const double unknown = NAN;
    struct verdict_figures all = good_open();
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        struct verdict_figures f = good_open();
        memcpy((char *)&f + figures[i], &unknown, sizeof unknown);
        EXPECT_VALID(f);
        memcpy((char *)&all + figures[i], &unknown, sizeof unknown);
    }
    EXPECT_VALID(all);
}

/* A slot that breaks all rules: every reason is kept, and invalid outweighs suspect. */
static void all_reasons_are_kept_and_the_worst_decides(void **state) {
    (void)state;
    struct verdict_figures f = good_open();
    struct verdict v;
    char died[2 * VERDICT_REASON_SIZE];
    memset(died, 'x', sizeof died - 1);
    died[sizeof died - 1] = '\0';
    f.died = died;
    f.mismatches = 1;
    f.stats_in = f.stats_out = f.stats_accepted = 0;
    f.window_s = 0.5;
    f.messages = 1;
    f.achieved_over_offered = 0;
    f.littles_law_ratio = 100;
    f.busy_pct = 100;
    f.own_cpu_pct = 0;
    f.send_lag_p99_ns = 1e9;
    f.gap_max_ns = 1e9;
    f.steal_pct = 50;
    f.first_half = 1;
    f.second_half = 0;
    f.starved = 5;
    f.newcomers_offered = 5;
    f.newcomers_answered = 0;
    f.unanswered = 99;
    f.overflow = 1;
    f.longest_ns = 1e6;
    f.oldest_in_flight_ns = 1e9;
    verdict_decide(&v, &f);
    assert_int_equal(v.kind, VERDICT_INVALID);
    assert_int_equal(v.reason_count, 20);
    for (size_t i = 0; i < v.reason_count; i++)
        assert_in_range(strlen(v.reasons[i]), 10, VERDICT_REASON_SIZE - 1);
    assert_memory_equal(v.reasons[0], "server xxx", 10);
    assert_memory_equal(v.reasons[17], "5 connections waited", 20);
    assert_int_equal(v.codes[0], VALIDITY_SERVER_DIED);
    assert_int_equal(v.codes[17], VALIDITY_STARVED);
    assert_int_equal(v.codes[19], VALIDITY_IN_FLIGHT_AT_END);
}

static void a_slot_without_figures_is_invalid(void **state) {
    (void)state;
    struct verdict v;
    verdict_fail(&v, NULL, VALIDITY_LOADGEN_LATE, "loadgen: not done after 9 s");
    assert_int_equal(v.kind, VERDICT_INVALID);
    assert_int_equal(v.bound, BOUND_UNKNOWN);
    assert_int_equal(v.reason_count, 1);
    assert_int_equal(v.codes[0], VALIDITY_LOADGEN_LATE);
    assert_string_equal(v.reasons[0], "loadgen: not done after 9 s");
    verdict_fail(&v, "killed by signal 9", VALIDITY_LOADGEN_FAILED, "no figures: exit 3");
    assert_int_equal(v.reason_count, 2); /* the cause first */
    assert_int_equal(v.codes[0], VALIDITY_SERVER_DIED);
    assert_string_equal(v.reasons[0], "server killed by signal 9");
    assert_int_equal(v.codes[1], VALIDITY_LOADGEN_FAILED);
    assert_string_equal(v.reasons[1], "no figures: exit 3");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_figures_are_valid),
        cmocka_unit_test(a_dead_server_is_invalid),
        cmocka_unit_test(a_server_without_stats_is_invalid),
        cmocka_unit_test(one_wrong_echo_is_invalid),
        cmocka_unit_test(errors_above_a_thousandth_are_invalid),
        cmocka_unit_test(nothing_but_errors_is_invalid),
        cmocka_unit_test(totals_must_agree_to_the_byte),
        cmocka_unit_test(totals_are_in_doubt_after_an_error),
        cmocka_unit_test(a_window_under_nine_tenths_is_invalid),
        cmocka_unit_test(an_empty_window_is_invalid),
        cmocka_unit_test(an_open_loop_must_keep_up),
        cmocka_unit_test(newcomers_must_be_answered),
        cmocka_unit_test(scheduled_messages_must_be_answered),
        cmocka_unit_test(a_silent_connection_of_a_closed_loop_is_invalid),
        cmocka_unit_test(timeouts_of_a_saturating_slot_are_no_errors),
        cmocka_unit_test(littles_law_is_held_to_its_tolerance),
        cmocka_unit_test(littles_law_is_held_by_few_messages),
        cmocka_unit_test(totals_of_days_agree_as_far_as_they_are_written),
        cmocka_unit_test(littles_law_must_be_known),
        cmocka_unit_test(connections_must_last),
        cmocka_unit_test(a_full_generator_is_told_without_the_server),
        cmocka_unit_test(a_closed_loop_fills_one_side),
        cmocka_unit_test(lost_cpu_is_suspect),
        cmocka_unit_test(windows_apart_are_suspect),
        cmocka_unit_test(late_sends_are_suspect),
        cmocka_unit_test(arrivals_taken_late_are_suspect),
        cmocka_unit_test(a_frozen_generator_is_suspect),
        cmocka_unit_test(many_short_gaps_are_suspect),
        cmocka_unit_test(one_arrival_taken_far_too_late_is_suspect),
        cmocka_unit_test(steal_above_five_percent_is_suspect),
        cmocka_unit_test(work_out_of_turn_is_suspect),
        cmocka_unit_test(drift_between_the_halves_is_suspect),
        cmocka_unit_test(few_messages_are_suspect),
        cmocka_unit_test(a_starved_connection_is_suspect),
        cmocka_unit_test(times_beyond_the_histogram_are_suspect),
        cmocka_unit_test(a_stall_over_the_end_is_suspect),
        cmocka_unit_test(bound_names_what_was_full),
        cmocka_unit_test(bound_is_unknown_without_both_figures),
        cmocka_unit_test(an_unknown_figure_never_condemns),
        cmocka_unit_test(all_reasons_are_kept_and_the_worst_decides),
        cmocka_unit_test(a_slot_without_figures_is_invalid),
    };
    return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
