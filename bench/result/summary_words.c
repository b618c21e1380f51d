/* summary_words.c - see summary_words.h. */
#include "bench/result/summary_words.h"

#include "bench/support/format.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char dot[] = " \u00b7 ";

static void add_part(char *line, size_t size, const char *before, const char *text) {
    if (!text || *text == '\0') return;
    format_append(line, size, "%s%s%s", *line != '\0' ? dot : "", before, text);
}

/* Writes a list of CPUs: "0" or "0,1". */
static void cpu_list(char *text, size_t size, const cJSON *cpus) {
    *text = '\0';
    const cJSON *cpu;
    cJSON_ArrayForEach(cpu, cpus)
        format_append(text, size, "%s%d", *text ? "," : "", cpu->valueint);
}

/* Adds the placement if all cells have the same one. */
static void add_placement(char *line, size_t size, const cJSON *file) {
    const cJSON *cells = json_item(file, "cells"), *cell = cJSON_GetArrayItem(cells, 0), *other;
    const cJSON *placement = json_item(cell, "scenario.placement");
    cJSON_ArrayForEach(other, cells) {
        const cJSON *there = json_item(other, "scenario.placement");
        if (!cJSON_Compare(placement, there, true)) return;
    }
    char server[64], loadgen[64], text[192];
    cpu_list(server, sizeof server, json_item(placement, "server"));
    cpu_list(loadgen, sizeof loadgen, json_item(placement, "loadgen"));
    const char *old = json_text(file, "env.cpu.placement"); /* before version 1.4 */
    if (cJSON_IsFalse(json_item(file, "env.cpu.pinning")) ||
        (old && strcmp(old, "not available") == 0))
        add_part(line, size, "", "processes not pinned to CPUs");
    if (*server == '\0' || *loadgen == '\0') return;
    snprintf(text, sizeof text, "server on CPU %s, load generator on CPU %s", server, loadgen);
    add_part(line, size, "", text);
}

void summary_environment(char *line, size_t size, const struct summary_result *result) {
    const cJSON *file = result->json;
    char text[128];
    *line = '\0';
    add_part(line, size, "", json_text(file, "env.cpu.model"));
    double logical = json_number(file, "env.cpu.logical");
    if (isfinite(logical)) {
        snprintf(text, sizeof text, "%.0f CPU%s", logical, logical > 1 ? "s" : "");
        add_part(line, size, "", text);
    }
    add_part(line, size, "", json_text(file, "env.host.os_version"));
    add_part(line, size, "kernel ", json_text(file, "env.host.kernel"));
    add_part(line, size, "hypervisor ", json_text(file, "env.host.hypervisor"));
    add_part(line, size, "EMULATED: ", json_text(file, "env.host.emulator"));
    add_placement(line, size, file);
    const char *version = json_text(file, "tool.version");
    const char *commit = json_text(file, "tool.git_commit");
    const cJSON *dirty = json_item(file, "tool.git_dirty");
    snprintf(text, sizeof text, "iobench %s%s%.10s%s", version ? version : "", commit ? " " : "",
             commit ? commit : "",
             cJSON_IsTrue(dirty)             ? "+changes"
             : commit && cJSON_IsNull(dirty) ? ", changes unknown"
                                             : "");
    add_part(line, size, "", text);
    const char *started = json_text(file, "session.started_utc");
    snprintf(text, sizeof text, "%.10s", started ? started : "");
    add_part(line, size, "", text);
}

/* How a number of the scenario is described. */
struct number {
    const char *key;               /* path in the scenario */
    const char *before;            /* text before the number */
    const char *singular, *plural; /* text after a number up to 1, and after a larger one */
};

static void add_number(char *line, size_t size, const cJSON *scenario, struct number words) {
    double value = json_number(scenario, words.key);
    char number[FORMAT_SIZE], text[96];
    if (!isfinite(value)) return;
    snprintf(text, sizeof text, "%s%s", format_count(number, value),
             value > 1 ? words.plural : words.singular);
    add_part(line, size, words.before, text);
}

static void add_rate(char *line, size_t size, const struct summary_cell *cell,
                     const cJSON *scenario) {
    char number[FORMAT_SIZE], text[96];
    double pct = json_number(scenario, "rate_pct");
    if (isfinite(pct)) {
        snprintf(text, sizeof text, "%s%.15g %% of the best capacity",
                 cell->kind == LOAD_CHURN ? "connections per second: " : "", pct);
        add_part(line, size, "", text);
    } else if (isfinite(cell->offered_per_s)) {
        snprintf(text, sizeof text, "%s%s/s", format_count(number, cell->offered_per_s),
                 cell->kind == LOAD_CHURN ? " connections" : "");
        add_part(line, size, "", text);
    }
}

static void add_schedule(char *line, size_t size, const struct summary_cell *cell,
                         const cJSON *scenario, bool rate) {
    if (rate) add_rate(line, size, cell, scenario);
    const char *arrival = json_text(scenario, "arrival");
    add_part(line, size, "", arrival);
    if (arrival) format_append(line, size, " arrivals");
    if (json_number(scenario, "outstanding") > 1)
        add_number(line, size, scenario,
                   (struct number){"outstanding", "", " outstanding", " outstanding"});
    add_number(line, size, scenario,
               (struct number){"churn_echoes", "", " echo each", " echoes each"});
}

void summary_load(char *line, size_t size, const struct summary_cell *cell,
                  enum summary_part left_out) {
    static const char *const kinds[] = {"closed loop", "open loop", "churn"};
    const cJSON *scenario = json_item(cell->json, "scenario");
    bool churn = cell->kind == LOAD_CHURN;
    *line = '\0';
    add_part(line, size, "", kinds[cell->kind]);
    if (left_out != SUMMARY_NO_CONNECTIONS)
        add_number(line, size, scenario,
                   (struct number){"connections", churn ? "at most " : "",
                                   churn ? " connection at once" : " connection",
                                   churn ? " connections at once" : " connections"});
    if (cell->kind == LOAD_CLOSED)
        add_number(line, size, scenario, (struct number){"depth", "depth ", "", ""});
    else
        add_schedule(line, size, cell, scenario, left_out != SUMMARY_NO_RATE);
    add_number(line, size, scenario,
               (struct number){"size_bytes", "", "-byte messages", "-byte messages"});
    if (cell->idle > 0 && left_out != SUMMARY_NO_IDLE)
        add_number(line, size, scenario,
                   (struct number){"idle", "", " idle connection", " idle connections"});
    if (cell->newcomers_per_s > 0)
        add_number(line, size, scenario,
                   (struct number){"newcomers_per_s", "", " newcomer/s", " newcomers/s"});
    add_number(line, size, scenario,
               (struct number){"server.threads", "", " server thread", " server threads"});
    if (json_number(scenario, "server.burn_ns") > 0)
        add_number(line, size, scenario,
                   (struct number){"server.burn_ns", "", "", " ns of added work per echo"});
    const char *transport = json_text(scenario, "loadgen.transport");
    if (transport && strcmp(transport, "auto") != 0) add_part(line, size, "transport ", transport);
}

char *summary_figure(char text[FORMAT_SIZE], const struct summary_cell *cell, enum metric metric) {
    switch (cell->places[metric]) {
    case HIST_OVERFLOWED:
        snprintf(text, FORMAT_SIZE, ">\u00a0%.0f\u00a0s", HIST_HIGHEST / 1e9);
        return text;
    case HIST_UNANSWERED:
        return strcpy(text, "no answer");
    case HIST_COUNTED:
        break;
    }
    return metrics[metric].format(text, cell->figures[metric].median);
}

/* Adds "37 % of 12 345 messages took more than 60 s". */
static void add_share(char *line, size_t size, double part, double all, const char *what) {
    char number[FORMAT_SIZE], share[FORMAT_SIZE];
    double pct = 100 * part / all;
    if (!(part > 0)) return;
    snprintf(share, sizeof share, "%.2g", pct);
    format_append(line, size, "%s%s %% of %s %s", *line ? "; " : "",
                  pct < 1 ? share : format_apart(pct, 100, 1).left, format_count(number, all),
                  what);
}

void summary_losses(char *line, size_t size, const struct summary_cell *cell) {
    const struct summary_losses *m = &cell->messages, *n = &cell->newcomers;
    char text[FORMAT_SIZE];
    *line = '\0';
    add_share(line, size, m->unanswered, m->messages, "messages got no answer");
    add_share(line, size, m->overflow, m->messages, "messages took more than 60 s");
    add_share(line, size, n->unanswered, n->messages, "newcomers got no answer");
    add_share(line, size, n->overflow, n->messages, "newcomers took more than 60 s");
    if (isfinite(cell->in_flight_ns))
        format_append(line, size, "%sa message was in flight for %s at the end", *line ? "; " : "",
                      format_duration(text, cell->in_flight_ns));
}
