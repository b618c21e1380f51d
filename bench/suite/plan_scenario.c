/* plan_scenario.c - makes the scenario of a cell for the result file.
 * Invariant: the scenario is complete: it is enough to run the cell again. */
#include "base/json.h"

#include "bench/suite/plan.h"
#include "bench/support/json_clean.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Converts "trigger=edge" to "trigger":"edge". Options with numeric values become numbers. */
static cJSON *options_json(const struct server_spec *server) {
    cJSON *options = cJSON_CreateObject();
    for (size_t i = 0; i < server->option_count; i++) {
        char name[sizeof server->options[0]];
        memcpy(name, server->options[i], sizeof name);
        char *value = strchr(name, '=');
        *value++ = '\0';
        char *end;
        double number = strtod(value, &end);
        bool choice = *end != '\0'; /* in case the model does not describe itself */
        const cJSON *o;
        cJSON_ArrayForEach(o, cJSON_GetObjectItemCaseSensitive(server->describe, "options")) {
            const char *known = json_text(o, "name");
            if (known && strcmp(known, name) == 0)
                choice = cJSON_GetObjectItemCaseSensitive(o, "choices") != NULL;
        }
        json_add_item(options, name,
                      choice ? cJSON_CreateString(value) : cJSON_CreateNumber(number));
    }
    return options;
}

static cJSON *placement_json(const struct placement *p) {
    cJSON *json = cJSON_CreateObject();
    json_add_item(json, "server", cJSON_CreateIntArray(p->server, (int)p->server_count));
    json_add_item(json, "loadgen", cJSON_CreateIntArray(p->loadgen, (int)p->loadgen_count));
    json_add_item(json, "separate", cJSON_CreateBool(p->separate));
    return json;
}

cJSON *plan_scenario(const struct cell *c) {
    cJSON *s = cJSON_CreateObject();
    json_add_item(s, "phase", cJSON_CreateString(c->phase));
    cJSON *server = cJSON_CreateObject();
    json_add_item(s, "server", server);
    json_add_item(server, "model", cJSON_CreateString(c->server->program->name));
    json_add_item(server, "options", options_json(c->server));
    json_add_count(server, "threads", c->server_threads);
    json_add_count(server, "burn_ns", c->burn_ns);
    const char *foreign = server_kind_names[c->server->program->kind];
    json_add_item(server, "foreign", foreign ? cJSON_CreateString(foreign) : NULL);
    json_add_item(server, "command",
                  foreign ? cJSON_CreateString(c->server->program->command) : NULL);
    if (c->server->arm) json_add_item(server, "arm", cJSON_CreateString(c->server->arm));
    bool closed = c->load == CELL_CLOSED, open = c->load == CELL_OPEN,
         churn = c->load == CELL_CHURN;
    json_add_item(s, "load", cJSON_CreateString(cell_load_names[c->load]));
    json_add_count(s, "connections", c->connections);
    json_add_count(s, "idle", c->idle);
    json_add_real(s, "newcomers_per_s", c->newcomers_per_s);
    json_add_item(s, "depth", closed ? cJSON_CreateNumber(c->depth) : NULL);
    json_add_item(s, "churn_echoes", churn ? cJSON_CreateNumber(c->churn_echoes) : NULL);
    json_add_real(s, "rate_pct", c->rate_pct);
    json_add_real(s, "rate_per_s", closed ? NAN : c->rate_per_s);
    json_add_item(s, "arrival", closed ? NULL : cJSON_CreateString(c->arrival));
    json_add_item(s, "outstanding", open ? cJSON_CreateNumber(c->outstanding) : NULL);
    json_add_count(s, "size_bytes", c->size_bytes);
    json_add_real(s, "warmup_s", c->warmup_s);
    json_add_real(s, "duration_s", c->duration_s);
    json_add_real(s, "drain_s", c->drain_s);
    json_add_item(s, "saturating", cJSON_CreateBool(c->saturating));
    if (c->counted) json_add_item(s, "counted", cJSON_CreateBool(true));
    if (c->turns) json_add_count(s, "turns", c->turns);
    cJSON *loadgen = cJSON_CreateObject();
    json_add_item(s, "loadgen", loadgen);
    json_add_item(loadgen, "transport", cJSON_CreateString(c->transport));
    json_add_count(loadgen, "threads", c->loadgen_threads);
    json_add_item(s, "placement", placement_json(&c->placement));
    return json_clean(s);
}
