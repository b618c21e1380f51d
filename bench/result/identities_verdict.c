/* identities_verdict.c - decides the verdict of a sample anew; see identities_parts.h.
 * Invariant: a file is judged by the rules of its own version or not at all. */
#include "bench/result/codes.h"
#include "bench/result/identities_parts.h"
#include "bench/result/result_file.h"
#include "bench/result/sample_facts.h"
#include "bench/result/verdict.h"
#include "bench/result/verdict_figures.h"
#include "bench/support/json_path.h"

#include <math.h>

/* The first minor version whose verdicts follow today's rules. Raise it, and the version, when a
 * rule changes. */
#define RULES_SINCE 4

static const char *code_name(enum validity_code code) {
    return code == VALIDITY_CODES ? "unknown" : validity_names[code];
}

/* A sample without figures tells what failed: one code, after the death of the server if it died.
 */
static bool check_failed(const struct identities_place *p, const cJSON *sample) {
    int expected = json_text(sample, "server_died") ? 2 : 1, count = sample_reasons(sample);
    if (count != expected)
        return identities_fault(p, "validity.codes", "has %d codes, expected %d", count, expected);
    if (count == 2 && sample_code(sample, 0) != VALIDITY_SERVER_DIED)
        return identities_fault(p, "validity.codes", "does not begin with server_died");
    enum validity_code code = sample_code(sample, count - 1);
    return code >= VALIDITY_SERVER_NOT_STARTED ||
           identities_fault(p, "validity.codes", "has %s, but the slot has no figures",
                            code_name(code));
}

bool identities_check_verdict(const struct identities_slot *s) {
    const struct identities_place *p = s->place;
    const cJSON *sample = s->sample;
    double version = s->file->version_minor;
    if (version < RULES_SINCE || version > RESULT_VERSION_MINOR) return true;
    if (isnan(json_number(sample, "messages"))) return check_failed(p, sample);
    struct verdict_figures figures;
    struct verdict v;
    verdict_figures_read(&figures, s->file->env, s->scenario, sample);
    verdict_decide(&v, &figures);
    int count = sample_reasons(sample), same = 0;
    while (same < count && (size_t)same < v.reason_count &&
           sample_code(sample, same) == v.codes[same])
        same++;
    if ((size_t)same < v.reason_count)
        return identities_fault(p, "validity.codes", "lacks %s: %s", validity_names[v.codes[same]],
                                v.reasons[same]);
    if (same < count)
        return identities_fault(p, "validity.codes", "has %s, which the figures contradict",
                                code_name(sample_code(sample, same)));
    if (sample_verdict(sample) != v.kind)
        return identities_fault(p, "validity.verdict", "is %s, expected %s",
                                verdict_names[sample_verdict(sample)], verdict_names[v.kind]);
    enum bound bound = sample_bound(sample);
    return bound == v.bound || identities_fault(p, "loadgen.bound", "is %s, expected %s",
                                                bound_names[bound], bound_names[v.bound]);
}
