/* alike.c - finds conditions that differ between the sides of a comparison.
 * Invariant: all sessions are compared with the first one that has the cell, so the sessions of one
 * side must be alike too. */
#include "bench/gate/alike.h"

#include "base/check.h"

#include "bench/result/sample_facts.h"
#include "bench/support/format.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"

#include <stdio.h>
#include <string.h>

enum key {
    KEY_CPU,
    KEY_GOVERNOR,
    KEY_MITIGATIONS,
    KEY_ARCH,
    KEY_KERNEL,
    KEY_SYSTEM,
    KEY_HYPERVISOR,
    KEY_CONTAINER,
    KEY_EMULATOR,
    KEY_NET,
    KEY_LOADGEN,
    KEY_COMPILER,
    KEY_CFLAGS,
    KEY_RATE,
    KEY_PLACEMENT,
    KEY_LIMITS,
    KEY_SCENARIO,
    KEYS
};

const struct alike_key alike_keys[] = {
    [KEY_CPU] = {"cpu", "model and cores of the processor"},
    [KEY_GOVERNOR] = {"governor", "frequency governor or power plan, and turbo"},
    [KEY_MITIGATIONS] = {"mitigations", "the kernel's mitigations of processor vulnerabilities"},
    [KEY_ARCH] = {"arch", "instruction set"},
    [KEY_KERNEL] = {"kernel", "kernel version"},
    [KEY_SYSTEM] = {"system", "distribution and its version, but not the operating system"},
    [KEY_HYPERVISOR] = {"hypervisor", "hypervisor, or none"},
    [KEY_CONTAINER] = {"container", "container, or none"},
    [KEY_EMULATOR] = {"emulator", "emulator, or none"},
    [KEY_NET] = {"net", "network path, address of the server, MTU, congestion control"},
    [KEY_LOADGEN] = {"loadgen", "build, transport and threads of the load generator"},
    [KEY_COMPILER] = {"compiler", "compiler of the servers"},
    [KEY_CFLAGS] = {"cflags", "compiler flags and build type of the servers"},
    [KEY_RATE] = {"rate", "rate of loads that are given as a share of the capacity"},
    [KEY_PLACEMENT] = {"placement", "CPUs of server and load generator"},
    [KEY_LIMITS] = {"limits", "CPU quota, and whether programs were pinned to their CPUs"},
    [KEY_SCENARIO] = {"scenario", "any other property of a load, such as the length of its window"},
    [KEYS] = {NULL, NULL},
};

/* A value that must be equal on both sides. */
struct fact {
    enum key key;      /* key of --vary that allows a difference */
    const char *label; /* name in messages */
    const char *path;  /* path within the file, cell, build or slot */
};

static const struct fact of_session[] = {
    {KEY_CPU, "cpu.model", "env.cpu.model"},
    {KEY_CPU, "cpu.logical", "env.cpu.logical"},
    {KEY_CPU, "cpu.physical", "env.cpu.physical"},
    {KEY_CPU, "cpu.smt", "env.cpu.smt"},
    {KEY_GOVERNOR, "governor", "env.cpu.governor"},
    {KEY_GOVERNOR, "turbo", "env.cpu.turbo"},
    {KEY_ARCH, "arch", "env.host.arch"},
    {KEY_KERNEL, "kernel", "env.host.kernel"},
    {KEY_SYSTEM, "system", "env.host.os_version"},
    {KEY_HYPERVISOR, "hypervisor", "env.host.hypervisor"},
    {KEY_CONTAINER, "container", "env.host.container"},
    {KEY_EMULATOR, "emulator", "env.host.emulator"},
    {KEY_NET, "net", "env.net"},
    {KEY_MITIGATIONS, "mitigations", "env.cpu.mitigations"},
};

static const struct fact of_cell[] = {
    {KEY_RATE, "rate_per_s", "scenario.rate_per_s"},
    {KEY_PLACEMENT, "placement", "scenario.placement"},
};

static const struct fact of_server_build[] = {
    {KEY_COMPILER, "compiler", "compiler"},
    {KEY_CFLAGS, "cflags", "cflags"},
    {KEY_CFLAGS, "build_type", "build_type"},
};

static const struct fact of_slot[] = {
    {KEY_LOADGEN, "loadgen.transport", "loadgen.transport"},
    {KEY_LOADGEN, "loadgen.threads", "loadgen.threads"},
};

/* What earlier files lack: that is no difference. */
static const struct fact of_later_slot[] = {
    {KEY_LIMITS, "quota_cpus", "limits.quota_cpus"},
    {KEY_LIMITS, "pinned", "limits.pinned"},
    {KEY_NET, "address", "loadgen.address"},
};

/* Fields of a scenario that are not compared as part of it: they have their own fact, are only
 * names, or are what the comparison is about. */
static const char *const not_of_scenario[] = {"rate_per_s", "placement", "phase"};
static const char *const not_of_server[] = {"options", "command"};

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

/* ---- two values ---- */

struct difference {
    char where[128];        /* label and path of the first difference */
    const cJSON *one, *two; /* its values; NULL: absent */
};

static bool differ(struct difference *d, const cJSON *one, const cJSON *two);

static bool children_differ(struct difference *d, const cJSON *child, const cJSON *other) {
    size_t used = strlen(d->where);
    format_append(d->where, sizeof d->where, ".%s", child->string);
    if (differ(d, child, other)) return true;
    d->where[used] = '\0';
    return false;
}

static bool objects_differ(struct difference *d, const cJSON *one, const cJSON *two) {
    const cJSON *child;
    cJSON_ArrayForEach(child, one) {
        if (children_differ(d, child, cJSON_GetObjectItemCaseSensitive(two, child->string)))
            return true;
    }
    cJSON_ArrayForEach(child, two) {
        if (!cJSON_GetObjectItemCaseSensitive(one, child->string) &&
            children_differ(d, child, NULL))
            return true;
    }
    return false;
}

static bool differ(struct difference *d, const cJSON *one, const cJSON *two) {
    if (!one || !two) {
        if (json_says_nothing(one) && json_says_nothing(two)) return false;
    } else if (cJSON_IsObject(one) && cJSON_IsObject(two)) {
        return objects_differ(d, one, two);
    } else if (cJSON_Compare(one, two, true)) {
        return false;
    }
    d->one = one;
    d->two = two;
    return true;
}

static void tell_value(char *line, size_t size, const cJSON *value) {
    char text[48] = "";
    if (!value || cJSON_IsNull(value)) {
        strcpy(text, "none or unknown");
    } else if (cJSON_IsString(value)) {
        format_append(text, sizeof text, "%s", value->valuestring);
    } else {
        char *printed = cJSON_PrintUnformatted(value);
        CHECK(printed);
        format_append(text, sizeof text, "%s", printed);
        cJSON_free(printed);
    }
    format_append(line, size, "%s", text);
}

/* ---- the search ---- */

/* State of the search in one cell. */
struct search {
    unsigned vary;        /* bit set of keys that may differ */
    unsigned found;       /* bit set of keys that differ but must not */
    char first[256];      /* the first difference */
    const cJSON *file;    /* session that all others are compared with; NULL: none yet */
    const cJSON *cell;    /* the cell in that session */
    const cJSON *server;  /* build of the first server; NULL: none yet */
    const cJSON *loadgen; /* build of the first load generator */
    const cJSON *slot;    /* the first slot */
};

static void look(struct search *s, enum key key, const char *label, const cJSON *one,
                 const cJSON *two) {
    unsigned bit = 1u << key;
    struct difference d = {.where = ""};
    if ((s->vary | s->found) & bit) return;
    snprintf(d.where, sizeof d.where, "%s", label);
    if (!differ(&d, one, two)) return;
    if (!s->found) {
        format_append(s->first, sizeof s->first, "%s: ", d.where);
        tell_value(s->first, sizeof s->first, d.one);
        format_append(s->first, sizeof s->first, " / ");
        tell_value(s->first, sizeof s->first, d.two);
    }
    s->found |= bit;
}

static void look_at(struct search *s, const struct fact *facts, size_t count, const cJSON *one,
                    const cJSON *two) {
    for (size_t i = 0; i < count; i++)
        look(s, facts[i].key, facts[i].label, json_item(one, facts[i].path),
             json_item(two, facts[i].path));
}

/* A copy of a cell's scenario without the fields above; owned by the caller. */
static cJSON *scenario_of(const cJSON *cell) {
    cJSON *scenario = cJSON_Duplicate(json_item(cell, "scenario"), true);
    CHECK(scenario);
    cJSON *server = cJSON_GetObjectItemCaseSensitive(scenario, "server");
    for (size_t i = 0; i < COUNT(not_of_scenario); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(scenario, not_of_scenario[i]);
    for (size_t i = 0; i < COUNT(not_of_server); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(server, not_of_server[i]);
    return scenario;
}

static void look_at_scenario(struct search *s, const cJSON *cell) {
    cJSON *one = scenario_of(s->cell), *two = scenario_of(cell);
    look(s, KEY_SCENARIO, "scenario", one, two);
    cJSON_Delete(one);
    cJSON_Delete(two);
}

static const cJSON *build_of(const cJSON *file, const char *id) {
    const cJSON *build;
    cJSON_ArrayForEach(build, json_item(file, "builds")) {
        const char *there = json_text(build, "id");
        if (id && there && strcmp(id, there) == 0) return build;
    }
    return NULL;
}

static void look_at_slot(struct search *s, const cJSON *file, const cJSON *slot) {
    const cJSON *server = build_of(file, json_text(slot, "build"));
    const cJSON *loadgen = build_of(file, json_text(slot, "loadgen.build"));
    if (!s->slot) {
        s->slot = slot;
        s->server = server;
        s->loadgen = loadgen;
        return;
    }
    look_at(s, of_server_build, COUNT(of_server_build), s->server, server);
    look(s, KEY_LOADGEN, "loadgen", json_item(s->loadgen, "sha256"), json_item(loadgen, "sha256"));
    look_at(s, of_slot, COUNT(of_slot), s->slot, slot);
    for (size_t i = 0; i < COUNT(of_later_slot); i++) {
        const struct fact *fact = &of_later_slot[i];
        const cJSON *one = json_item(s->slot, fact->path), *two = json_item(slot, fact->path);
        if (one && two) look(s, fact->key, fact->label, one, two);
    }
}

static void look_at_session(struct search *s, const cJSON *file, const cJSON *cell) {
    const cJSON *slot;
    if (!s->file) {
        s->file = file;
        s->cell = cell;
    }
    look_at(s, of_session, COUNT(of_session), s->file, file);
    look_at_scenario(s, cell);
    look_at(s, of_cell, COUNT(of_cell), s->cell, cell);
    cJSON_ArrayForEach(slot, json_item(cell, "samples")) {
        if (sample_usable(slot)) look_at_slot(s, file, slot);
    }
}

bool alike_cell(const struct side sides[SIDES], const char *id, unsigned vary,
                struct reason *reason) {
    struct search s = {.vary = vary};
    for (int side = 0; side < SIDES; side++)
        for (size_t i = 0; i < sides[side].count; i++) {
            const cJSON *cell = side_cell(sides[side].files[i], id);
            if (json_item(cell, "samples")) look_at_session(&s, sides[side].files[i], cell);
        }
    if (!s.found) return true;
    bool several = (s.found & (s.found - 1)) != 0;
    reason_set(reason, "%s%s with", s.first, several ? ", and more; allow them" : "; allow it");
    for (unsigned key = 0; key < KEYS; key++)
        if (s.found & 1u << key) reason_add(reason, " --vary %s", alike_keys[key].name);
    return false;
}

bool alike_system(const struct side sides[SIDES]) {
    const char *first = json_text(sides[SIDE_BASELINE].files[0], "env.host.os");
    for (int side = 0; side < SIDES; side++)
        for (size_t i = 0; i < sides[side].count; i++) {
            const char *os = json_text(sides[side].files[i], "env.host.os");
            if (!first || !os || strcmp(first, os) != 0) return false;
        }
    return true;
}

bool alike_vary(unsigned *vary, const char *name, struct reason *reason) {
    char known[256] = "";
    if (strcmp(name, "os") == 0) return reason_set(reason, ALIKE_ACROSS_SYSTEMS);
    for (unsigned key = 0; key < KEYS; key++) {
        if (strcmp(alike_keys[key].name, name) == 0) {
            *vary |= 1u << key;
            return true;
        }
        format_append(known, sizeof known, "%s%s", key ? ", " : "", alike_keys[key].name);
    }
    return reason_set(reason, "unknown; it is one of %s", known);
}
