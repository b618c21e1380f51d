/* test_words.c - texts for people, for figures that are drawn: odd ones, and those that lie just
 * beyond a limit. Whatever the figures are, no text says what cannot be true. */
#include "base/rng.h"

#include "bench/gate/words.h"
#include "bench/machine/doctor.h"
#include "bench/result/verdict.h"
#include "bench/support/format.h"
#include "tests/unit/unit.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- figures ---- */

enum kind { COUNT, REAL };

static const struct {
    size_t offset;
    enum kind kind;
} figures[] = {
#define FIGURE(name, kind)                                                                         \
    { offsetof(struct verdict_figures, name), kind }
    FIGURE(duration_s, REAL),
    FIGURE(window_s, REAL),
    FIGURE(connections, COUNT),
    FIGURE(in_flight, COUNT),
    FIGURE(must_fill, COUNT),
    FIGURE(messages, COUNT),
    FIGURE(mismatches, COUNT),
    FIGURE(errors, COUNT),
    FIGURE(timeouts, COUNT),
    FIGURE(planned, COUNT),
    FIGURE(lost, COUNT),
    FIGURE(sent, COUNT),
    FIGURE(received, COUNT),
    FIGURE(connected, COUNT),
    FIGURE(stats_in, COUNT),
    FIGURE(stats_out, COUNT),
    FIGURE(stats_accepted, COUNT),
    FIGURE(achieved_over_offered, REAL),
    FIGURE(newcomers_offered, COUNT),
    FIGURE(newcomers_answered, COUNT),
    FIGURE(unanswered, COUNT),
    FIGURE(overflow, COUNT),
    FIGURE(longest_ns, REAL),
    FIGURE(oldest_in_flight_ns, REAL),
    FIGURE(littles_law_ratio, REAL),
    FIGURE(busy_pct, REAL),
    FIGURE(own_cpu_pct, REAL),
    FIGURE(server_cpu_pct, REAL),
    FIGURE(window_spread_ns, REAL),
    FIGURE(gap_max_ns, REAL),
    FIGURE(gaps_total_ns, REAL),
    FIGURE(send_lag_p99_ns, REAL),
    FIGURE(arrival_lag_p99_ns, REAL),
    FIGURE(arrival_lag_max_ns, REAL),
    FIGURE(p99_ns, REAL),
    FIGURE(shared_cpus, REAL),
    FIGURE(shared_pct, REAL),
    FIGURE(throttled_pct, REAL),
    FIGURE(waiting_cpu_pct, REAL),
    FIGURE(rivals_cpu_pct, REAL),
    FIGURE(steal_pct, REAL),
    FIGURE(first_half, COUNT),
    FIGURE(second_half, COUNT),
    FIGURE(starved, COUNT),
};
enum { FIGURES = sizeof figures / sizeof *figures };

static double any_of(struct rng *random, const double *values, size_t count) {
    return values[rng_below(random, count)];
}
#define ANY(random, ...)                                                                           \
    any_of(random, (const double[]){__VA_ARGS__},                                                  \
           sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

/* A factor near 1: the neighbour of 1, or further away. */
static double about_one(struct rng *random) {
    double away = ANY(random, 0, DBL_EPSILON, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 0.01);
    return rng_below(random, 2) ? 1 + away : 1 - away;
}

static double draw(struct rng *random, enum kind kind) {
    double value = exp(rng_below(random, 2) ? (double)rng_below(random, 60) - 20
                                            : (double)rng_below(random, 8));
    if (rng_below(random, 3) == 0)
        value = ANY(random, NAN, (double)INFINITY, (double)-INFINITY, 0.0, -0.0, -1, -1e300,
                    DBL_MIN, -DBL_MIN, 1e-300, DBL_MAX, 1e300, 0x1p53, 0x1p64, 0x1p90, 1);
    else if (rng_below(random, 2))
        value = about_one(random) * ANY(random, 0.99, 5, 10, 15, 50, 85, 90, 95, 100, 1000, 1e5);
    return kind == COUNT && fabs(value) < 0x1p53 ? floor(value) : value;
}

static double rounded(struct rng *random, double count) {
    return rng_below(random, 2) ? ceil(count) : floor(count);
}

/* Puts the figures of one rule next to its limit, which depends on other figures. */
static void approach_limit(struct rng *random, struct verdict_figures *f) {
    double factor = about_one(random);
    switch (rng_below(random, 13)) {
    case 0:
        f->errors = rounded(random, f->messages / 999 * factor);
        break;
    case 1:
        f->lost = rounded(random, f->planned / 1000 * factor);
        break;
    case 2:
        f->window_s = 0.9 * f->duration_s * factor;
        break;
    case 3:
        f->littles_law_ratio =
            1 + ANY(random, -1, 1) * factor *
                    fmin(0.05, 0.02 + f->connections * f->in_flight / f->messages);
        break;
    case 4:
        f->window_spread_ns = 0.01 * f->window_s * 1e9 * factor;
        break;
    case 5:
        f->send_lag_p99_ns = fmax(1e5, 0.1 * f->p99_ns) * factor;
        break;
    case 6:
        f->second_half = rounded(random, f->first_half * (1 + ANY(random, 0.1, -0.1) * factor));
        break;
    case 7:
        f->own_cpu_pct = f->busy_pct - 10 * factor;
        break;
    case 8:
        f->gap_max_ns = fmax(1e6, 0.01 * f->window_s * 1e9) * factor;
        break;
    case 9:
        f->unanswered = rounded(random, f->messages * ANY(random, 0.001, 0.01) * factor);
        break;
    case 10:
        f->oldest_in_flight_ns =
            fmax(1.5 * f->longest_ns, fmax(1e6, 0.01 * f->window_s * 1e9)) * factor;
        break;
    case 11:
        f->waiting_cpu_pct = factor;
        break;
    default:
        f->stats_in = rounded(random, f->sent * factor);
    }
}

static void draw_figures(struct rng *random, struct verdict_figures *f) {
    static const struct verdict_figures good = {.duration_s = 1,
                                                .window_s = 1,
                                                .connections = 100,
                                                .in_flight = 1,
                                                .must_fill = 100,
                                                .messages = 100000,
                                                .planned = 100,
                                                .littles_law_ratio = 1,
                                                .busy_pct = 90,
                                                .own_cpu_pct = 90,
                                                .server_cpu_pct = 90,
                                                .p99_ns = 50e3,
                                                .longest_ns = 1e5,
                                                .achieved_over_offered = 1,
                                                .newcomers_offered = 2000,
                                                .newcomers_answered = 2000,
                                                .first_half = 50000,
                                                .second_half = 50000};
    *f = good;
    f->scheduled = rng_below(random, 2);
    f->saturating = rng_below(random, 4) == 0;
    f->not_pinned = rng_below(random, 4) == 0;
    f->server_moved = rng_below(random, 4) == 0;
    f->loadgen_moved = rng_below(random, 4) == 0;
    uint64_t often = 1 + rng_below(random, 10);
    for (size_t i = 0; i < FIGURES; i++) {
        double value = draw(random, figures[i].kind);
        if (rng_below(random, often) == 0)
            memcpy((char *)f + figures[i].offset, &value, sizeof value);
    }
    for (uint64_t n = rng_below(random, 4); n > 0; n--) approach_limit(random, f);
}

/* ---- texts ---- */

/* Whether a text has the word of something that is no number, or -0. */
static bool has_no_number(const char *text) {
    for (const char *c = text; *c; c++) {
        bool starts = c == text || !isalpha((unsigned char)c[-1]);
        if (starts && (strncmp(c, "nan", 3) == 0 || strncmp(c, "inf", 3) == 0) &&
            !isalpha((unsigned char)c[3]))
            return true;
        if (strncmp(c, "-0", 2) == 0 && strtod(c, NULL) >= 0) return true;
    }
    return false;
}

/* What is wrong with the text of a verdict; NULL: nothing. */
static const char *fault_of(enum validity_code code, const char *text) {
    if (strlen(text) + 1 >= VERDICT_REASON_SIZE) return "is cut";
    if (has_no_number(text)) return "has no number";
    double numbers[8] = {0}, before = 0;
    size_t count = 0;
    for (const char *c = text; *c;) {
        if (c[0] == '-' && isdigit((unsigned char)c[1])) return "has a minus";
        for (int word = 0; word < 3; word++) {
            static const char *const words[] = {", more than ", ", less than ", ", fewer than "};
            if (strncmp(c, words[word], strlen(words[word])) != 0) continue;
            double limit = strtod(c + strlen(words[word]), NULL);
            if (word == 0 ? before <= limit : before >= limit) return "denies itself";
        }
        if (!isdigit((unsigned char)*c)) {
            c++;
            continue;
        }
        char *end;
        before = strtod(c, &end);
        /* the last is of one CPU, and a server may have several */
        if (code != VALIDITY_LITTLES_LAW && code != VALIDITY_OUT_OF_TURN &&
            strncmp(end, " %", 2) == 0 && before > 100)
            return "has more than the whole";
        if (count < 8) numbers[count++] = before;
        c = end;
    }
    switch (code) {
    case VALIDITY_HALVES_DIFFER:
        return fabs(numbers[1] - numbers[2]) > 0.05 * (numbers[1] + numbers[2])
                   ? NULL
                   : "has equal halves";
    case VALIDITY_TOTALS_DISAGREE:
        return numbers[0] != numbers[1] ? NULL : "has equal totals";
    case VALIDITY_NEWCOMERS_UNANSWERED:
        return numbers[0] > 0 && numbers[0] <= numbers[1] ? NULL : "has more than all";
    case VALIDITY_BOUND_CLIENT:
        return numbers[0] >= 95 && numbers[1] < 95 ? NULL : "is not bound by the client";
    case VALIDITY_CPUS_TAKEN:
        if (count == 1) return numbers[0] > 15 ? NULL : "is little"; /* shared CPUs */
        return numbers[0] < 85 && numbers[1] < 85 && numbers[2] >= 50 ? NULL : "is full";
    case VALIDITY_LOADGEN_FULL:
        return numbers[0] >= 95 ? NULL : "is not full";
    case VALIDITY_WRONG_ECHO:
    case VALIDITY_OVERFLOW:
    case VALIDITY_STARVED:
        return numbers[0] > 0 ? NULL : "has none";
    default:
        return NULL;
    }
}

static void no_text_says_what_cannot_be_true(void **state) {
    (void)state;
    struct rng random;
    size_t seen[VALIDITY_CODES] = {0};
    rng_seed(&random, 1, 0);
    for (int i = 0; i < 60000; i++) {
        struct verdict_figures f;
        struct verdict v;
        draw_figures(&random, &f);
        verdict_decide(&v, &f);
        for (size_t r = 0; r < v.reason_count; r++) {
            const char *fault = fault_of(v.codes[r], v.reasons[r]);
            if (fault) fail_msg("draw %d: '%s' %s", i, v.reasons[r], fault);
            seen[v.codes[r]]++;
        }
    }
    for (int code = VALIDITY_WRONG_ECHO; code < VALIDITY_SERVER_NOT_STARTED; code++)
        if (!seen[code]) fail_msg("%s was never drawn", validity_names[code]);
}

/* The text of another program may be longer than a reason: it is cut between two characters. */
static void a_long_text_is_cut_between_characters(void **state) {
    (void)state;
    for (size_t before = 0; before < 4; before++) {
        char text[2 * VERDICT_REASON_SIZE] = "";
        struct verdict v;
        memset(text, 'x', before);
        while (strlen(text) + 4 < sizeof text) strcat(text, "\u20ac");
        verdict_fail(&v, text, VALIDITY_LOADGEN_FAILED, text);
        for (int r = 0; r < 2; r++) {
            const char *found = v.reasons[r];
            size_t length = strlen(found);
            assert_in_range(length, VERDICT_REASON_SIZE - 3, VERDICT_REASON_SIZE - 1);
            assert_memory_equal(found + (r ? 0 : strlen("server ")), text,
                                length - (r ? 0 : strlen("server ")));
            assert_memory_equal(found + length - 3, "\u20ac", 3);
        }
    }
}

/* A fact of a machine: a number near a limit, or unknown. */
static double draw_fact(struct rng *random) {
    if (rng_below(random, 4) == 0) return NAN;
    return about_one(random) *
           ANY(random, 0, 0.15, 1, 2, 3, 5, 25, 64, 100.5, 200, 512, 2.5e6, 1e9);
}

static void the_doctor_does_not_deny_itself(void **state) {
    (void)state;
    struct rng random;
    rng_seed(&random, 2, 0);
    for (int i = 0; i < 20000; i++) {
        struct doctor_facts m = doctor_unknown();
        double *const facts[] = {&m.quota_cpus,    &m.busy_cpus,   &m.steal_pct,
                                 &m.load_1min,     &m.clock_ns,    &m.available_bytes,
                                 &m.swapped_per_s, &m.descriptors, &m.somaxconn,
                                 &m.ports,         &m.wait_ns};
        m.cpus = m.machine_cpus = (double)(1 + rng_below(&random, 128));
        for (size_t f = 0; f < sizeof facts / sizeof *facts; f++) *facts[f] = draw_fact(&random);
        if (rng_below(&random, 2)) m.quota_cpus = m.cpus * about_one(&random);
        if (rng_below(&random, 2)) m.load_1min = m.cpus * about_one(&random);
        if (rng_below(&random, 2)) m.steal_pct = 5 * about_one(&random);
        cJSON *finding, *findings = doctor_findings(&m);
        cJSON_ArrayForEach(finding, findings) {
            const char *id = cJSON_GetObjectItem(finding, "id")->valuestring;
            const char *found = cJSON_GetObjectItem(finding, "found")->valuestring;
            bool problem = !strcmp(cJSON_GetObjectItem(finding, "level")->valuestring, "problem");
            double figure = strtod(found + strcspn(found, "0123456789"), NULL);
            bool fine = !has_no_number(found);
            if (!strcmp(id, "quota")) fine = fine && figure < m.cpus;
            if (!strcmp(id, "busy")) fine = fine && figure <= m.cpus;
            if (!strcmp(id, "load")) fine = fine && figure > m.cpus;
            if (!strcmp(id, "steal")) fine = fine && figure <= 100 && problem == (figure > 5);
            if (!fine) fail_msg("draw %d: %s", i, found);
        }
        cJSON_Delete(findings);
    }
}

/* A figure, an effect or a p value. */
static double draw_any(struct rng *random) {
    double x = exp((double)rng_below(random, 120) - 70);
    if (rng_below(random, 3) == 0)
        x = ANY(random, NAN, (double)INFINITY, 0.0, 0.05, 0.0005, 1e-300, 1e300, DBL_MAX, 1e15);
    return x;
}

static void a_comparison_has_numbers_or_dashes(void **state) {
    (void)state;
    struct rng random;
    struct gate_report *report = test_calloc(1, sizeof *report);
    struct gate_row *row = test_calloc(1, sizeof *row);
    rng_seed(&random, 3, 0);
    for (int i = 0; i < 20000; i++) {
        struct gate_words words;
        report->command = i % 2 ? "ab" : "compare";
        row->metric = (enum metric)rng_below(&random, METRICS);
        row->verdict = i % 3 ? GATE_INCONCLUSIVE : GATE_REGRESSED;
        double *const shares[] = {&row->p_worse, &row->p_better, &row->adjusted_worse,
                                  &row->adjusted_better};
        for (size_t f = 0; f < 4; f++)
            *shares[f] = rng_below(&random, 3) ? fmin(draw_any(&random), 1) : NAN;
        row->baseline = draw_any(&random);
        row->candidate = draw_any(&random);
        row->smallest = draw_any(&random);
        double *const effects[] = {&row->effect, &row->low, &row->high};
        for (size_t f = 0; f < 3; f++) *effects[f] = ANY(&random, -1, 1) * draw_any(&random);
        gate_words(&words, report, row);
        const char *const texts[] = {words.baseline, words.candidate, words.change, words.interval,
                                     words.p,        words.p_marked,  words.remark};
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
            if (has_no_number(texts[t])) fail_msg("draw %d: %s", i, texts[t]);
    }
    test_free(row);
    test_free(report);
}

/* Each text means its value to three digits, however large it is. */
static void a_figure_is_not_cut(void **state) {
    (void)state;
    struct rng random;
    rng_seed(&random, 4, 0);
    for (int i = 0; i < 20000; i++) {
        char text[FORMAT_SIZE];
        double value = exp((double)rng_below(&random, 7000) / 10 - 20);
        format_short(text, value);
        char *unit;
        double found = strtod(text, &unit) * (*unit == 'M' ? 1e6 : *unit == 'k' ? 1e3 : 1);
        if (value > 1 && !(fabs(found / value - 1) < 0.006)) fail_msg("%g is %s", value, text);
        if (value >= 1e15) {
            format_count(text, value);
            if (!(fabs(strtod(text, NULL) / value - 1) < 0.006)) fail_msg("%g is %s", value, text);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_says_what_cannot_be_true),
        cmocka_unit_test(the_doctor_does_not_deny_itself),
        cmocka_unit_test(a_comparison_has_numbers_or_dashes),
        cmocka_unit_test(a_figure_is_not_cut),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
