/* format.c - numbers, environments and loads in words; see format.h.
 * Invariant: every text fits its buffer; what does not is cut, never overrun. */
#include "bench/support/format.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

static const char dash[] = "\u2013";
static const char dot[] = " \u00b7 ";

static char *unknown(char text[FORMAT_SIZE]) {
    return strcpy(text, dash);
}

/* `value` with three significant digits, no trailing zeros after the point. */
static void three_digits(char text[FORMAT_SIZE], double value, const char *unit) {
    int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    char number[FORMAT_SIZE];
    snprintf(number, sizeof number, "%.*f", decimals, value);
    if (strchr(number, '.') != NULL) {
        size_t end = strlen(number);
        while (number[end - 1] == '0') number[--end] = '\0';
        if (number[end - 1] == '.') number[end - 1] = '\0';
    }
    snprintf(text, FORMAT_SIZE, "%.20s%s", number, unit);
}

char *format_count(char text[FORMAT_SIZE], double value) {
    if (!isfinite(value) || fabs(value) >= 1e15) return unknown(text);
    char digits[24];
    snprintf(digits, sizeof digits, "%.0f", value);
    size_t used = 0, length = strlen(digits);
    for (size_t i = 0; i < length && used + 4 < FORMAT_SIZE; i++) {
        bool first = i == 0 || digits[i - 1] == '-';
        if (!first && (length - i) % 3 == 0) {
            memcpy(text + used, "\u2009", 3); /* thin space, three bytes in UTF-8 */
            used += 3;
        }
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

char *format_short(char text[FORMAT_SIZE], double value) {
    if (!isfinite(value)) return unknown(text);
    if (value >= 999.5e3)
        three_digits(text, value / 1e6, "M");
    else if (value >= 999.5)
        three_digits(text, value / 1e3, "k");
    else
        three_digits(text, value, "");
    return text;
}

char *format_duration(char text[FORMAT_SIZE], double ns) {
    if (!isfinite(ns)) return unknown(text);
    if (ns >= 999.5e6)
        three_digits(text, ns / 1e9, "\u00a0s");
    else if (ns >= 999.5e3)
        three_digits(text, ns / 1e6, "\u00a0ms");
    else if (ns >= 999.5)
        three_digits(text, ns / 1e3, "\u00a0\u00b5s");
    else
        three_digits(text, ns, "\u00a0ns");
    return text;
}

char *format_bytes(char text[FORMAT_SIZE], double bytes) {
    if (!isfinite(bytes)) return unknown(text);
    if (bytes >= 1024.0 * 1024)
        three_digits(text, bytes / (1024.0 * 1024), "\u00a0MiB");
    else if (bytes >= 1024)
        three_digits(text, bytes / 1024, "\u00a0KiB");
    else
        three_digits(text, bytes, "\u00a0B");
    return text;
}

char *format_ratio(char text[FORMAT_SIZE], double value) {
    if (!isfinite(value)) return unknown(text);
    snprintf(text, FORMAT_SIZE, value < 0.9995 ? "%.3f" : "%.4f", value);
    return text;
}

int format_width(const char *text) {
    int width = 0;
    for (; *text; text++) width += ((unsigned char)*text & 0xc0) != 0x80; /* starts a character */
    return width;
}

void format_html(FILE *out, const char *text) {
    for (const char *c = text != NULL ? text : dash; *c != '\0'; c++) {
        switch (*c) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc(*c, out);
        }
    }
}

void format_append(char *line, size_t size, const char *format, ...) {
    size_t used = strlen(line);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + used, size - used, format, arguments);
    va_end(arguments);
    /* a cut must not leave half a UTF-8 character behind */
    size_t end = strlen(line);
    if (end + 1 < size) return;
    while (end > 0 && ((unsigned char)line[end - 1] & 0xc0) == 0x80) end--;
    if (end > 0 && (unsigned char)line[end - 1] >= 0xc0) line[end - 1] = '\0';
}

static void add_part(char *line, size_t size, const char *before, const char *text) {
    if (text == NULL || *text == '\0') return;
    format_append(line, size, "%s%s%s", *line != '\0' ? dot : "", before, text);
}

/* "0", "0,1": the CPUs of one side of a placement. */
static void cpu_list(char *text, size_t size, const cJSON *cpus) {
    *text = '\0';
    const cJSON *cpu;
    cJSON_ArrayForEach(cpu, cpus)
        format_append(text, size, "%s%d", *text ? "," : "", cpu->valueint);
}

/* Only a placement that every cell shares is one of the environment. */
static void add_placement(char *line, size_t size, const cJSON *file) {
    const cJSON *cells = report_item(file, "cells"), *cell = cJSON_GetArrayItem(cells, 0), *other;
    const cJSON *placement = report_item(cell, "scenario.placement");
    cJSON_ArrayForEach(other, cells) {
        const cJSON *there = report_item(other, "scenario.placement");
        if (!cJSON_Compare(placement, there, true)) return;
    }
    char server[64], loadgen[64], text[192];
    cpu_list(server, sizeof server, report_item(placement, "server"));
    cpu_list(loadgen, sizeof loadgen, report_item(placement, "loadgen"));
    const char *placement_there = report_text(file, "env.cpu.placement");
    if (placement_there != NULL && strcmp(placement_there, "not available") == 0)
        add_part(line, size, "placement ", placement_there);
    if (*server == '\0' || *loadgen == '\0') return;
    snprintf(text, sizeof text, "server on CPU %s, load generator on CPU %s", server, loadgen);
    add_part(line, size, "", text);
}

void format_environment(char *line, size_t size, const struct report_result *result) {
    const cJSON *file = result->json;
    char text[128];
    *line = '\0';
    add_part(line, size, "", report_text(file, "env.cpu.model"));
    double logical = report_number(file, "env.cpu.logical");
    if (isfinite(logical)) {
        snprintf(text, sizeof text, "%.0f CPU%s", logical, logical > 1 ? "s" : "");
        add_part(line, size, "", text);
    }
    add_part(line, size, "", report_text(file, "env.host.os_version"));
    add_part(line, size, "kernel ", report_text(file, "env.host.kernel"));
    add_part(line, size, "hypervisor ", report_text(file, "env.host.hypervisor"));
    add_part(line, size, "EMULATED: ", report_text(file, "env.host.emulator"));
    add_placement(line, size, file);
    const char *version = report_text(file, "tool.version");
    const char *commit = report_text(file, "tool.git_commit");
    bool dirty = cJSON_IsTrue(report_item(file, "tool.git_dirty"));
    snprintf(text, sizeof text, "iobench %s%s%.10s%s", version != NULL ? version : "",
             commit != NULL ? " " : "", commit != NULL ? commit : "", dirty ? "+changes" : "");
    add_part(line, size, "", text);
    const char *started = report_text(file, "session.started_utc");
    snprintf(text, sizeof text, "%.10s", started != NULL ? started : "");
    add_part(line, size, "", text);
}

/* One number of the scenario between `before` and what follows it, singular or plural. */
static void add_number(char *line, size_t size, const cJSON *scenario, const char *key,
                       const char *before, const char *singular, const char *plural) {
    double value = report_number(scenario, key);
    char number[FORMAT_SIZE], text[96];
    if (!isfinite(value)) return;
    snprintf(text, sizeof text, "%s%s", format_count(number, value), value > 1 ? plural : singular);
    add_part(line, size, before, text);
}

static void add_rate(char *line, size_t size, const struct report_cell *cell,
                     const cJSON *scenario) {
    char number[FORMAT_SIZE], text[96];
    double pct = report_number(scenario, "rate_pct");
    if (isfinite(pct)) {
        snprintf(text, sizeof text, "%.15g %% of the best capacity", pct);
        add_part(line, size, "", text);
    } else if (isfinite(cell->offered_per_s)) {
        snprintf(text, sizeof text, "%s%s/s", format_count(number, cell->offered_per_s),
                 cell->kind == LOAD_CHURN ? " connections" : "");
        add_part(line, size, "", text);
    }
}

static void add_schedule(char *line, size_t size, const struct report_cell *cell,
                         const cJSON *scenario, bool rate) {
    if (rate) add_rate(line, size, cell, scenario);
    const char *arrival = report_text(scenario, "arrival");
    add_part(line, size, "", arrival);
    if (arrival != NULL) format_append(line, size, " arrivals");
    if (report_number(scenario, "outstanding") > 1)
        add_number(line, size, scenario, "outstanding", "", " outstanding", " outstanding");
    add_number(line, size, scenario, "churn_echoes", "", " echo each", " echoes each");
}

void format_load(char *line, size_t size, const struct report_cell *cell,
                 enum format_part left_out) {
    static const char *const kinds[] = {"closed loop", "open loop", "churn"};
    const cJSON *scenario = report_item(cell->json, "scenario");
    bool churn = cell->kind == LOAD_CHURN;
    *line = '\0';
    add_part(line, size, "", kinds[cell->kind]);
    if (left_out != FORMAT_NO_CONNECTIONS)
        add_number(line, size, scenario, "connections", churn ? "at most " : "",
                   churn ? " connection at once" : " connection",
                   churn ? " connections at once" : " connections");
    if (cell->kind == LOAD_CLOSED)
        add_number(line, size, scenario, "depth", "depth ", "", "");
    else
        add_schedule(line, size, cell, scenario, left_out != FORMAT_NO_RATE);
    add_number(line, size, scenario, "size_bytes", "", "-byte messages", "-byte messages");
    if (cell->idle > 0 && left_out != FORMAT_NO_IDLE)
        add_number(line, size, scenario, "idle", "", " idle connection", " idle connections");
    if (cell->newcomers_per_s > 0)
        add_number(line, size, scenario, "newcomers_per_s", "", " newcomer/s", " newcomers/s");
    add_number(line, size, scenario, "server.threads", "", " server thread", " server threads");
    if (report_number(scenario, "server.burn_ns") > 0)
        add_number(line, size, scenario, "server.burn_ns", "", "", " ns of added work per echo");
    const char *transport = report_text(scenario, "loadgen.transport");
    if (transport != NULL && strcmp(transport, "auto") != 0)
        add_part(line, size, "transport ", transport);
}
