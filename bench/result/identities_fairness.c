/* identities_fairness.c - echoes per connection: which sums and which index minimum, median and
 * maximum allow; see identities_parts.h. */
#include "bench/result/identities_parts.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <string.h>

#define NEAR 1e-9

/* n numbers in ascending order: the first is `least`, number (n - 1) / 2 from 0 is `median`, the
 * last is `most`. `low` of the others lie up to the median, `high` from it. */
struct spread {
    double n, least, median, most, sum;
    double low, high;
    double fixed, fixed_squares; /* of least, median and most, each number once */
};

static struct spread spread_of(double n, double least, double median, double most, double sum) {
    struct spread s = {.n = n, .least = least, .median = median, .most = most, .sum = sum};
    double at = floor((n - 1) / 2); /* place of the median */
    s.fixed = most + (n > 1 ? least : 0) + (at > 0 ? median : 0);
    s.fixed_squares = most * most + (n > 1 ? least * least : 0) + (at > 0 ? median * median : 0);
    s.low = at > 0 ? at - 1 : 0;
    s.high = n > 1 ? n - 2 - at : 0;
    return s;
}

/* The smallest sum of squares: the free numbers are as equal as their halves allow. */
static double squares_least(const struct spread *s) {
    double rest = s->sum - s->fixed, low = s->low, high = s->high;
    if (low + high <= 0) return s->fixed_squares;
    double a = rest / (low + high), b = a; /* a number of each half */
    if (a > s->median && low > 0) {
        a = s->median;
        b = high > 0 ? (rest - low * a) / high : a;
    } else if (b < s->median && high > 0) {
        b = s->median;
        a = low > 0 ? (rest - high * b) / low : b;
    }
    return s->fixed_squares + low * a * a + high * b * b;
}

/* An upper bound of the sum of squares: as many numbers as the sum allows lie at the far end of
 * their half, the upper half first, because a step there adds more. */
static double squares_most(const struct spread *s) {
    double spare = s->sum - s->fixed - s->low * s->least - s->high * s->median;
    double up = fmin(spare, s->high * (s->most - s->median));
    return s->fixed_squares + s->low * s->least * s->least + s->high * s->median * s->median +
           up * (s->most + s->median) + (spare - up) * (s->median + s->least);
}

static bool check_sum(const struct identities_place *p, const struct spread *s) {
    if (s->sum < s->fixed + s->low * s->least + s->high * s->median ||
        s->sum > s->fixed + s->low * s->median + s->high * s->most)
        return identities_fault(p, "fairness",
                                "%.17g messages on %.17g connections cannot have this minimum, "
                                "median and maximum",
                                s->sum, s->n);
    if ((s->n <= 2 && s->median != s->least) || (s->n == 1 && s->most != s->least))
        return identities_fault(p, "fairness", "has more numbers than connections");
    return true;
}

static bool check_jain(const struct identities_place *p, const struct spread *s, double jain) {
    double squares = s->sum * s->sum / (s->n * jain);
    if (!(squares >= squares_least(s) * (1 - NEAR) && squares <= squares_most(s) * (1 + NEAR)))
        return identities_fault(p, "fairness.jain",
                                "is %.17g, which minimum, median, maximum and sum do not allow",
                                jain);
    /* the sum of squares is whole, and odd if the sum is; beyond, rounding hides that */
    double half = (squares - fmod(s->sum, 2)) / 2;
    if (squares < 1e12 && fabs(half - round(half)) > 0.01)
        return identities_fault(p, "fairness.jain", "is %.17g, which no whole numbers give", jain);
    return true;
}

bool identities_check_fairness(const struct identities_slot *slot) {
    const struct identities_place *p = slot->place;
    const cJSON *f = json_item(slot->sample, "fairness");
    double least = json_number(f, "echoes_min"), median = json_number(f, "echoes_median"),
           most = json_number(f, "echoes_max"), jain = json_number(f, "jain");
    double n = json_number(slot->scenario, "connections"),
           sum = json_number(slot->sample, "messages");
    bool churn = strcmp(json_text(slot->scenario, "load"), "churn") == 0;
    if (least > median || median > most) /* false for NAN */
        return identities_fault(p, "fairness",
                                "echoes_min, echoes_median, echoes_max do not increase");
    if (jain > 1 + NEAR) return identities_fault(p, "fairness.jain", "is above 1");
    if (slot->file->version_minor < IDENTITIES_SINCE) return true;
    if (cJSON_IsObject(f) == churn)
        return identities_fault(p, "fairness", "must be null if and only if load is churn");
    if (churn) return true;
    if (isnan(least + median + most))
        return identities_fault(p, "fairness", "has a null, but every connection is counted");
    if (!isnan(jain) == (sum == 0))
        return identities_fault(p, "fairness.jain",
                                "must be null if and only if there is no message");
    const struct spread s = spread_of(n, least, median, most, sum);
    return check_sum(p, &s) && (sum == 0 || check_jain(p, &s, jain));
}
