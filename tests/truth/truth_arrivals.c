/* truth_arrivals.c - what the server sees come: a Poisson process where one was asked for, and
 * connections that are drawn one by one. Invariant: every check has to refuse what is not so, too.
 */
#include "tests/truth/truth.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define RATE 1000.0 /* arrivals per second */
/* Of gaps from the exponential distribution: noise is below, every other schedule above. */
#define DISTANCE_MAX 0.25
#define LOST_MAX 0.02 /* of a CPU: so much moves that many arrivals together */
#define CONNECTIONS 8

/* What came at the server. */
struct arrivals {
    size_t count;         /* entries */
    double *at_s;         /* times since the first, ascending; owned */
    uint64_t *connection; /* on which; owned */
};

static struct arrivals record_load(struct outcome *o, const struct truth *truth,
                                   const char *arrival) {
    char args[160];
    /* many may be in flight, so that nothing on the wire waits for an answer */
    snprintf(args, sizeof args,
             "--connections %d --rate %.0f --outstanding 64 --duration 1.2 --arrival %s",
             CONNECTIONS, RATE, arrival);
    load_fault_server(o, truth, "--record", args);
    const cJSON *at = value_at(o->stats, "record.arrival_ns"), *item;
    const cJSON *connection = value_at(o->stats, "record.arrival_connection");
    size_t n = (size_t)cJSON_GetArraySize(at);
    REQUIRE((double)n > RATE / 2 && n == (size_t)cJSON_GetArraySize(connection),
            "%zu arrivals recorded", n);
    struct arrivals a = {.at_s = calloc(n, sizeof *a.at_s),
                         .connection = calloc(n, sizeof *a.connection)};
    REQUIRE(a.at_s && a.connection, "no memory");
    cJSON_ArrayForEach(item, at) a.at_s[a.count++] = item->valuedouble / 1e9;
    n = 0;
    cJSON_ArrayForEach(item, connection) a.connection[n++] = (uint64_t)item->valuedouble;
    return a;
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Kolmogorov and Smirnov's: the largest distance between the distribution of the gaps between times
 * and the exponential one with the nominal rate. */
static double distance(const double *at_s, size_t count) {
    size_t n = count - 1;
    double *gaps = calloc(n, sizeof *gaps), largest = 0;
    REQUIRE(gaps, "no memory");
    for (size_t i = 0; i < n; i++) gaps[i] = at_s[i + 1] - at_s[i];
    qsort(gaps, n, sizeof *gaps, compare);
    for (size_t i = 0; i < n; i++) {
        double expected = 1 - exp(-gaps[i] * RATE);
        largest = fmax(largest, expected - (double)i / (double)n);
        largest = fmax(largest, (double)(i + 1) / (double)n - expected);
    }
    free(gaps);
    return largest;
}

/* The distance if every arrival had come at the next tick of a timer of `tick_s`. */
static double distance_of_ticks(const struct arrivals *a, double tick_s) {
    REQUIRE(a->count > 0, "no arrivals");
    double *at_s = calloc(a->count, sizeof *at_s);
    REQUIRE(at_s, "no memory");
    for (size_t i = 0; i < a->count; i++) at_s[i] = ceil(a->at_s[i] / tick_s) * tick_s;
    double result = distance(at_s, a->count);
    free(at_s);
    return result;
}

static void poisson_on_the_wire(const struct truth *truth) {
    struct outcome of_poisson, of_constant;
    struct arrivals poisson = record_load(&of_poisson, truth, "poisson");
    struct arrivals constant = record_load(&of_constant, truth, "constant");
    double seen = distance(poisson.at_s, poisson.count);
    double ticks = distance_of_ticks(&poisson, 0.001), bursts = distance_of_ticks(&poisson, 0.02);
    double even = distance(constant.at_s, constant.count);
    char what[160];
    snprintf(what, sizeof what,
             "gaps between arrivals are not exponential: distance %.3f, allowed are %.3f", seen,
             DISTANCE_MAX);
    require_unless_busy(&of_poisson, seen <= DISTANCE_MAX, LOST_MAX, what);
    require_unless_busy(&of_poisson, ticks > DISTANCE_MAX, LOST_MAX,
                        "the check takes a timer of 1 ms for a Poisson process");
    require_unless_busy(&of_poisson, bursts > DISTANCE_MAX, LOST_MAX,
                        "the check takes bursts every 20 ms for a Poisson process");
    require_unless_busy(&of_constant, even > DISTANCE_MAX, LOST_MAX,
                        "the check takes a constant schedule for a Poisson process");
    case_note("distance %.3f; 1 ms timers %.3f, bursts %.3f, constant %.3f", seen, ticks, bursts,
              even);
}

/* Pearson's statistic of how often one connection follows another, against what it would be if they
 * were drawn each time anew: (CONNECTIONS - 1)^2 degrees of freedom. */
static double followers(const uint64_t *connection, size_t count) {
    double seen[CONNECTIONS][CONNECTIONS] = {{0}}, before[CONNECTIONS] = {0},
           after[CONNECTIONS] = {0}, sum = 0, pairs = (double)(count - 1);
    for (size_t i = 0; i + 1 < count; i++) {
        seen[connection[i]][connection[i + 1]]++;
        before[connection[i]]++;
        after[connection[i + 1]]++;
    }
    for (size_t i = 0; i < CONNECTIONS; i++) {
        for (size_t j = 0; j < CONNECTIONS; j++) {
            double expected = before[i] * after[j] / pairs;
            REQUIRE(expected > 5, "connection %zu or %zu came too seldom", i, j);
            sum += (seen[i][j] - expected) * (seen[i][j] - expected) / expected;
        }
    }
    return sum;
}

/* Five standard deviations above the mean of a chi-square distribution. */
static double chi_square_max(double freedom) {
    return freedom + 5 * sqrt(2 * freedom);
}

/* In which order connections get arrivals is drawn by the seed: none follows another more often
 * than by chance, in turns or in bursts. */
static void connections_drawn(const struct truth *truth) {
    struct outcome o;
    struct arrivals a = record_load(&o, truth, "poisson");
    double freedom = (CONNECTIONS - 1) * (CONNECTIONS - 1);
    double chi_square = followers(a.connection, a.count), marginal = 0;
    double limit = chi_square_max(freedom), expected = (double)a.count / CONNECTIONS;
    REQUIRE(chi_square <= limit, "connections follow each other: chi-square %.1f of %.0f degrees",
            chi_square, freedom);
    double counts[CONNECTIONS] = {0};
    for (size_t i = 0; i < a.count; i++) counts[a.connection[i]]++;
    for (size_t i = 0; i < CONNECTIONS; i++)
        marginal += (counts[i] - expected) * (counts[i] - expected) / expected;
    REQUIRE(marginal <= chi_square_max(CONNECTIONS - 1),
            "connections get unequal shares: chi-square %.1f", marginal);
    for (size_t i = 0; i < a.count; i++) a.connection[i] = i % CONNECTIONS;
    REQUIRE(followers(a.connection, a.count) > limit, "the check finds nothing in taking turns");
    for (size_t i = 0; i < a.count; i++) a.connection[i] = i / 2 * 5 % CONNECTIONS;
    REQUIRE(followers(a.connection, a.count) > limit, "the check finds nothing in bursts of two");
    case_note("chi-square %.1f of %.0f degrees", chi_square, freedom);
}

const struct truth_case truth_arrivals[] = {
    {"poisson-on-the-wire", poisson_on_the_wire, 40, NEEDS_SPEED | TIMED},
    {"connections-drawn", connections_drawn, 20, ONCE},
    {NULL, NULL, 0, 0},
};
