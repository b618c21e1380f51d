/* losses.c - reads and counts the slots of both sides; see losses.h.
 * Invariant: a slot that lost time to the machine proves nothing, except by faults, which this loss
 * cannot cause. */
#include "bench/gate/losses.h"

#include "bench/gate/figures.h"
#include "bench/result/sample_facts.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <string.h>

#define STOPPED_SHARE 0.1 /* of the drain: a longer gap may leave messages without an answer */
#define FAULTS_ENOUGH 3   /* faults of a kind in a cell after which more slots tell nothing new */

const char *const gate_loss_names[LOSSES] = {
    [LOSS_FAILED] = "failed", [LOSS_SATURATED] = "saturated", [LOSS_DISTURBED] = "disturbed"};

/* ---- one slot ---- */

/* The index of the first reason with this code; -1 if there is none. */
static int find_code(const cJSON *sample, enum validity_code code) {
    for (int i = 0; i < sample_reasons(sample); i++)
        if (sample_code(sample, i) == code) return i;
    return -1;
}

/* Whether a reason has this cause. An unknown code counts only against a slot that is invalid. */
static bool has_cause(const cJSON *sample, int index, enum validity_cause cause) {
    enum validity_code code = sample_code(sample, index);
    bool known = code != VALIDITY_CODES || !sample_usable(sample);
    return known && validity_cause(code) == cause;
}

/* The index of the first reason with this cause; -1 if there is none. */
static int find_cause(const cJSON *sample, enum validity_cause cause) {
    for (int i = 0; i < sample_reasons(sample); i++)
        if (has_cause(sample, i, cause)) return i;
    return -1;
}

/* Notes a fault if the slot has one of two codes, or if `count` is positive; the first fault of a
 * slot explains it. VALIDITY_CODES: no code. */
static void note(struct gate_slot *slot, enum gate_fault fault, const cJSON *sample,
                 const enum validity_code codes[2], double count) {
    static const char *const titles[FAULTS] = {[FAULT_WRONG_ECHO] = "wrong echoes",
                                               [FAULT_CRASH] = "crashes",
                                               [FAULT_LOST_CONNECTION] = "lost connections",
                                               [FAULT_UNANSWERED] = "messages without an answer"};
    int at = -1;
    for (int i = 0; i < 2 && at < 0; i++)
        if (codes[i] != VALIDITY_CODES) at = find_code(sample, codes[i]);
    if (at < 0 && !(count > 0)) return;
    slot->faults[fault] = true;
    if (slot->loss == LOSS_FAILED) return;
    slot->loss = LOSS_FAILED;
    if (at >= 0)
        gate_quote(&slot->why, GATE_RELIABILITY, sample, at);
    else
        gate_reason_set(&slot->why, GATE_RELIABILITY, "%s: %.0f", titles[fault], count);
}

/* Whether connections arrive during the run. */
static bool has_arrivals(const cJSON *scenario) {
    const char *load = json_text(scenario, "load");
    return (load && strcmp(load, "churn") == 0) || json_number(scenario, "newcomers_per_s") > 0;
}

static bool is_saturating(const cJSON *scenario) {
    return cJSON_IsTrue(json_item(scenario, "saturating"));
}

/* Whether the load generator stood still for a good part of the drain. Then the server may have
 * been stopped, too, and messages may be left without an answer. */
static bool stood_still(const cJSON *scenario, const cJSON *sample) {
    return json_number(sample, "loadgen.gap_max_ns") >=
           STOPPED_SHARE * 1e9 * json_number(scenario, "drain_s");
}

static void note_faults(struct gate_slot *slot, const cJSON *scenario, const cJSON *sample) {
    /* arrivals may find a full queue, or end in it before the server accepts them */
    bool arrivals = has_arrivals(scenario);
    const enum validity_code wrong[2] = {VALIDITY_WRONG_ECHO,
                                         arrivals ? VALIDITY_CODES : VALIDITY_TOTALS_DISAGREE};
    const enum validity_code crash[2] = {VALIDITY_SERVER_DIED, VALIDITY_SERVER_NOT_READY};
    const enum validity_code lost[2] = {VALIDITY_CONNECTIONS_LOST, VALIDITY_CODES};
    const enum validity_code none[2] = {VALIDITY_CODES, VALIDITY_CODES};
    note(slot, FAULT_WRONG_ECHO, sample, wrong, json_number(sample, "errors.mismatch"));
    note(slot, FAULT_CRASH, sample, crash, NAN);
    double broken = json_number(sample, "errors.reset") + json_number(sample, "errors.short");
    if (broken > 0 || find_cause(sample, CAUSE_MACHINE) < 0)
        note(slot, FAULT_LOST_CONNECTION, sample, lost, broken);
    /* a saturated server leaves some messages */
    bool full = is_saturating(scenario) || find_code(sample, VALIDITY_SATURATED) >= 0;
    if (!arrivals && !full && !stood_still(scenario, sample))
        note(slot, FAULT_UNANSWERED, sample, none, json_number(sample, "errors.timeout"));
}

static double known(const cJSON *sample, const char *path) {
    double value = json_number(sample, path);
    return isfinite(value) ? value : 0;
}

/* Whether the machine took enough time to explain that messages were not answered in time: arrivals
 * during a stop are late at most. */
static bool explains_saturation(const cJSON *sample) {
    double taken =
        known(sample, "loadgen.gaps_total_ns") / (1e9 * json_number(sample, "window_s")) +
        known(sample, "steal_pct") / 100 + known(sample, "limits.throttled_pct") / 100;
    return 1 - json_number(sample, "loadgen.achieved_over_offered") <= taken; /* false for NAN */
}

/* Whether the machine may have caused a failure: a short stop is a cause of late answers only. */
static bool excuses_failure(const cJSON *scenario, const cJSON *sample) {
    for (int i = 0; i < sample_reasons(sample); i++) {
        bool frozen = sample_code(sample, i) == VALIDITY_LOADGEN_FROZEN;
        if (frozen ? stood_still(scenario, sample) : has_cause(sample, i, CAUSE_MACHINE))
            return true;
    }
    return false;
}

/* The index of the first reason that the server has caused, other than that it was too slow to
 * answer in time; -1 if there is none. */
static int find_failure(const cJSON *sample) {
    for (int i = 0; i < sample_reasons(sample); i++) {
        enum validity_code code = sample_code(sample, i);
        bool late = code == VALIDITY_SATURATED || code == VALIDITY_NO_MESSAGE;
        if (!late && has_cause(sample, i, CAUSE_SERVER)) return i;
    }
    return -1;
}

void gate_slot_read(struct gate_slot *slot, const cJSON *scenario, const cJSON *sample) {
    *slot = (struct gate_slot){.loss = LOSS_NONE};
    note_faults(slot, scenario, sample);
    if (slot->loss == LOSS_FAILED) return;
    int server = find_cause(sample, CAUSE_SERVER), machine = find_cause(sample, CAUSE_MACHINE);
    int saturated = find_code(sample, VALIDITY_SATURATED), failure = find_failure(sample), at = 0;
    bool usable = sample_usable(sample);
    if (usable && is_saturating(scenario)) return; /* as planned */
    if (saturated >= 0 && !(machine >= 0 && explains_saturation(sample))) {
        slot->loss = LOSS_SATURATED;
        at = saturated;
    } else if (!usable && failure >= 0 && !excuses_failure(scenario, sample)) {
        slot->loss = LOSS_FAILED;
        at = failure;
    } else if (machine >= 0 && !usable) {
        slot->loss = LOSS_DISTURBED;
        at = machine;
    } else if (machine < 0 && (server >= 0 || (!usable && sample_reasons(sample) == 0))) {
        slot->loss = LOSS_FAILED;
        at = server;
    } else if (!usable) {
        slot->loss = LOSS_DISTURBED;
    }
    static const enum gate_code codes[LOSSES] = {[LOSS_FAILED] = GATE_RELIABILITY,
                                                 [LOSS_SATURATED] = GATE_CAPACITY,
                                                 [LOSS_DISTURBED] = GATE_SLOT_INVALID};
    if (slot->loss != LOSS_NONE) gate_quote(&slot->why, codes[slot->loss], sample, at);
}

bool gate_slot_faulty(const struct gate_slot *slot) {
    for (int f = 0; f < FAULTS; f++)
        if (slot->faults[f]) return true;
    return false;
}

/* ---- counts ---- */

void gate_losses_add(struct gate_losses *losses, int side, const struct gate_slot *slot) {
    struct gate_count *count = &losses->sides[side];
    count->slots++;
    count->lost[slot->loss]++;
    for (int f = 0; f < FAULTS; f++) count->faults[f] += slot->faults[f];
    if (side == 1 && slot->loss != LOSS_NONE && losses->why[slot->loss].code == GATE_NO_REASON)
        losses->why[slot->loss] = slot->why;
}

struct gate_count gate_losses_sum(const struct gate_losses *losses, size_t count, int side) {
    struct gate_count sum = {0};
    for (size_t i = 0; i < count; i++) {
        const struct gate_count *one = &losses[i].sides[side];
        sum.slots += one->slots;
        for (int k = 0; k < LOSSES; k++) sum.lost[k] += one->lost[k];
        for (int f = 0; f < FAULTS; f++) sum.faults[f] += one->faults[f];
    }
    return sum;
}

struct stats_table gate_losses_table(const struct gate_losses *l, enum gate_loss loss) {
    return (struct stats_table){.left_hits = l->sides[0].lost[loss],
                                .left_trials = l->sides[0].slots,
                                .right_hits = l->sides[1].lost[loss],
                                .right_trials = l->sides[1].slots};
}

/* Slots that failed or were saturated. */
static struct stats_table table_of_both(const struct gate_losses *l) {
    struct stats_table failed = gate_losses_table(l, LOSS_FAILED),
                       full = gate_losses_table(l, LOSS_SATURATED);
    failed.left_hits += full.left_hits;
    failed.right_hits += full.right_hits;
    return failed;
}

/* Whether the candidate shows so many faults of a kind of which the baseline shows none. */
static bool shows_new_faults(const struct gate_losses *l, size_t faults) {
    for (int f = 0; f < FAULTS; f++)
        if (l->sides[1].faults[f] >= faults && !l->sides[0].faults[f]) return true;
    return false;
}

bool gate_losses_settled(const struct gate_losses *l) {
    struct stats_table both = table_of_both(l);
    return shows_new_faults(l, FAULTS_ENOUGH) || stats_hits_p(&both, 1) <= GATE_SETTLED_P;
}

bool gate_losses_open(const struct gate_losses *l) {
    struct stats_table both = table_of_both(l);
    return !gate_losses_settled(l) &&
           (shows_new_faults(l, 1) || stats_hits_p(&both, 1) <= GATE_OPEN_P);
}
