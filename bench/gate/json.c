/* json.c - writes a comparison as JSON; results/iobench-gate.schema.json is its schema.
 * Invariant: every key is always present; a value that is unknown or absent is null. */
#include "base/json.h"

#include "base/check.h"

#include "bench/gate/output.h"
#include "bench/gate/words.h"

#include <math.h>
#include <string.h>

enum { VERSION_MAJOR = 1, VERSION_MINOR = 2 };

static cJSON *new_object(void) {
    cJSON *object = cJSON_CreateObject();
    CHECK(object);
    return object;
}

static cJSON *text_or_null(const char *text) {
    return *text ? cJSON_CreateString(text) : NULL;
}

/* Adds the text of a reason as `key`, and its code as `code_key`. */
static void add_reason(cJSON *object, const char *key, const char *code_key,
                       const struct gate_reason *reason) {
    const char *code = gate_code_names[reason->code];
    json_add_item(object, key, text_or_null(reason->text));
    json_add_item(object, code_key, code ? cJSON_CreateString(code) : NULL);
}

/* The code of the slot itself, if the reason comes from a slot; otherwise NULL. */
static cJSON *slot_code(const struct gate_reason *reason) {
    static const enum gate_code of_slots[] = {GATE_SLOT_INVALID, GATE_BROKEN, GATE_RELIABILITY,
                                              GATE_CAPACITY};
    bool of_slot = false;
    for (size_t i = 0; i < sizeof of_slots / sizeof *of_slots; i++)
        of_slot = of_slot || reason->code == of_slots[i];
    return of_slot && reason->slot < VALIDITY_CODES
               ? cJSON_CreateString(validity_names[reason->slot])
               : NULL;
}

static cJSON *from_stage(const double *differences, size_t count) {
    cJSON *stage = new_object(), *list = cJSON_AddArrayToObject(stage, "differences");
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateNumber(differences[i]));
    return stage;
}

static cJSON *from_slots(const size_t slots[2]) {
    cJSON *object = new_object();
    json_add_count(object, "baseline", slots[0]);
    json_add_count(object, "candidate", slots[1]);
    return object;
}

static cJSON *from_row(const struct gate_row *row, bool paired) {
    cJSON *object = new_object();
    cJSON_AddStringToObject(object, "cell", row->cell);
    cJSON_AddStringToObject(object, "metric", metrics[row->metric].key);
    cJSON_AddBoolToObject(object, "gated", row->gated);
    json_add_real(object, "tau", metrics[row->metric].limit);
    json_add_real(object, "baseline", row->baseline);
    json_add_real(object, "candidate", row->candidate);
    json_add_real(object, "change", gate_change(row->metric, row->effect));
    json_add_real(object, "effect", row->effect);
    json_add_real(object, "low", row->low);
    json_add_real(object, "high", row->high);
    json_add_real(object, "p_worse", row->p_worse);
    json_add_real(object, "p_better", row->p_better);
    json_add_real(object, "adjusted_worse", row->adjusted_worse);
    json_add_real(object, "adjusted_better", row->adjusted_better);
    json_add_real(object, "smallest", row->smallest);
    json_add_item(object, "stage1", paired ? from_stage(row->differences, row->stage1) : NULL);
    json_add_item(object, "stage2",
                  paired ? from_stage(row->differences + row->stage1, row->stage2) : NULL);
    json_add_item(object, "slots", paired ? NULL : from_slots(row->slots));
    cJSON_AddStringToObject(object, "verdict", gate_verdict_names[row->verdict]);
    add_reason(object, "reason", "code", &row->reason);
    json_add_item(object, "slot_code", slot_code(&row->reason));
    return object;
}

static cJSON *from_count(const struct gate_count *count) {
    cJSON *object = new_object();
    json_add_count(object, "slots", count->slots);
    for (int k = LOSS_NONE + 1; k < LOSSES; k++)
        json_add_count(object, gate_loss_names[k], count->lost[k]);
    return object;
}

static cJSON *from_losses(const struct gate_report *report) {
    cJSON *object = new_object(), *cells = cJSON_CreateArray();
    json_add_real(object, "p_failed", report->p_failed);
    json_add_real(object, "p_saturated", report->p_saturated);
    json_add_item(object, "cells", cells);
    for (size_t i = 0; i < report->loss_count; i++) {
        const struct gate_losses *l = &report->losses[i];
        cJSON *cell = new_object();
        cJSON_AddStringToObject(cell, "cell", l->cell);
        json_add_item(cell, "baseline", from_count(&l->sides[0]));
        json_add_item(cell, "candidate", from_count(&l->sides[1]));
        CHECK(cJSON_AddItemToArray(cells, cell));
    }
    return object;
}

cJSON *gate_json(const struct gate_report *report, int exit_code, const char *why) {
    bool paired = gate_is_paired(report);
    cJSON *document = new_object(), *schema = cJSON_AddObjectToObject(document, "schema");
    cJSON_AddStringToObject(schema, "name", "iobench-gate");
    cJSON_AddNumberToObject(schema, "version_major", VERSION_MAJOR);
    cJSON_AddNumberToObject(schema, "version_minor", VERSION_MINOR);
    cJSON_AddStringToObject(document, "command", report->command);
    cJSON_AddStringToObject(document, "baseline", report->baseline);
    cJSON_AddStringToObject(document, "candidate", report->candidate);
    json_add_real(document, "seed", paired ? (double)report->seed : NAN);
    json_add_real(document, "duration_s", report->duration_s);
    json_add_real(document, "budget_s", report->budget_s);
    json_add_item(document, "result", text_or_null(report->result));
    add_reason(document, "note", "note_code", &report->note);
    cJSON_AddBoolToObject(document, "advisory", report->advisory);
    cJSON_AddBoolToObject(document, "invalid", report->invalid);
    add_reason(document, "reason", "code", &report->reason);
    cJSON_AddNumberToObject(document, "exit_code", exit_code);
    json_add_item(document, "why", text_or_null(why));
    json_add_item(document, "losses", from_losses(report));
    cJSON *rows = cJSON_AddArrayToObject(document, "rows");
    for (size_t i = 0; i < report->row_count; i++)
        cJSON_AddItemToArray(rows, from_row(&report->rows[i], paired));
    json_add_item(document, "control",
                  report->has_control ? from_row(&report->control, paired) : NULL);
    return document;
}
