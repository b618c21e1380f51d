/* identities_server.c - what the server used and what it counted itself; see identities_parts.h.
 * Invariant: a server whose totals the verdict rejects may have counted anything. */
#include "bench/result/codes.h"
#include "bench/result/identities_parts.h"
#include "bench/result/sample_facts.h"
#include "bench/support/json_path.h"

#include <math.h>
#include <string.h>

#define PAGE_BYTES 4096 /* the smallest page of all systems; resident memory is whole pages */
#define NEAR 1e-13

static bool is_null(const struct identities_slot *s, const char *path) {
    return cJSON_IsNull(json_item(s->sample, path));
}

static bool whole_pages(double bytes) {
    double pages = bytes / PAGE_BYTES;
    return isnan(pages) || fabs(pages - round(pages)) <= fmax(1e-6, pages * NEAR);
}

/* What the load generator did not look at is null; what follows from the CPU time is null without
 * it. */
static bool check_nulls(const struct identities_slot *s) {
    static const char *const *const lists[] = {sample_server_cpu, sample_server_process};
    const cJSON *server = json_item(s->sample, "server");
    const char *foreign = json_text(s->scenario, "server.foreign");
    bool looked = !is_null(s, "server.pid_scope"), counted = !is_null(s, "server.stats");
    for (size_t i = 0; i < sizeof lists / sizeof *lists && !looked; i++)
        for (const char *const *key = lists[i]; *key; key++)
            if (cJSON_IsNumber(json_item(server, *key)))
                return identities_fault(s->place, "server", "%s is not null, but pid_scope is",
                                        *key);
    if (looked && foreign && strcmp(foreign, "at") == 0)
        return identities_fault(s->place, "server.pid_scope", "is not null for a server elsewhere");
    if (foreign && counted)
        return identities_fault(s->place, "server.stats", "is not null for a foreign server");
    bool cpu = !is_null(s, "server.cpu_ns"),
         answered = identities_figure(s, "loadgen.answered") > 0;
    if (is_null(s, "server.cpu_user_s") != is_null(s, "server.cpu_sys_s") ||
        (!cpu && !is_null(s, "server.cpu_user_s")))
        return identities_fault(
            s->place, "server",
            "cpu_user_s and cpu_sys_s must be null together, and without cpu_ns");
    if ((cpu && answered) == is_null(s, "server.cpu_ns_per_echo"))
        return identities_fault(
            s->place, "server.cpu_ns_per_echo",
            "must be null if and only if the CPU time or the echoes are missing");
    if ((identities_figure(s, "server.cpu_ns") > 0) == is_null(s, "server.echoes_per_cpu_s"))
        return identities_fault(s->place, "server.echoes_per_cpu_s",
                                "must be null if and only if there is no CPU time");
    return true;
}

/* The allotment of CPUs follows from the placement and from the model's threads. */
static bool check_cpus(const struct identities_slot *s) {
    const cJSON *model, *models = s->file->models;
    const char *name = json_text(s->scenario, "server.model");
    double cpus = identities_figure(s, "server.cpus"),
           threads = json_number(s->scenario, "server.threads");
    double placed = cJSON_GetArraySize(json_item(s->scenario, "placement.server"));
    double most = placed > 0 ? placed : NAN, bounded = fmin(threads, most); /* ignores NAN */
    bool free = true, bound = threads >= 1;                                 /* which may hold */
    cJSON_ArrayForEach(model, models) {
        const char *known = json_text(model, "name");
        if (!known || !name || strcmp(known, name) != 0 || s->file->two_sides) continue;
        bound = json_number(model, "threads_max") > 1;
        free = !bound;
    }
    bool unknown = isnan(cpus);
    if ((free && unknown && isnan(most)) || (free && cpus == most) || (bound && cpus == bounded))
        return true;
    return identities_fault(s->place, "server.cpus", "is %.17g with %.17g CPUs and %.17g threads",
                            cpus, placed, threads);
}

/* Memory is counted in pages. `grown` of it came with the connections. */
static bool check_memory(const struct identities_slot *s) {
    double rss = identities_figure(s, "server.rss_bytes"),
           each = identities_figure(s, "server.rss_per_connection_bytes");
    bool churn = strcmp(json_text(s->scenario, "load"), "churn") == 0;
    double stood = (churn ? 0 : json_number(s->scenario, "connections")) +
                   json_number(s->scenario, "idle"),
           grown = each * stood;
    if (!whole_pages(rss) || rss == 0)
        return identities_fault(s->place, "server.rss_bytes", "is %.17g, not whole pages", rss);
    if (!identities_at_most(s->place, "server.rss_bytes", rss, s->file->memory_bytes,
                            "env.mem_bytes"))
        return false;
    if (isnan(each)) return true;
    if (stood == 0 || isnan(rss))
        return identities_fault(s->place, "server.rss_per_connection_bytes",
                                "is not null without connections that stay or memory");
    if (identities_figure(s, "errors.connect") > 0) return true; /* fewer connections stood */
    if (!whole_pages(grown))
        return identities_fault(s->place, "server.rss_per_connection_bytes",
                                "times the connections is %.17g, not whole pages", grown);
    return identities_at_most(s->place, "server.rss_per_connection_bytes", grown, rss,
                              "times the connections: server.rss_bytes");
}

/* The server closes every connection before it prints its statistics. Each receive and each send
 * moved a byte or more. */
static bool check_stats(const struct identities_slot *s) {
    const cJSON *stats = json_item(s->sample, "server.stats"), *code;
    if (!cJSON_IsObject(stats)) return true;
    cJSON_ArrayForEach(code, json_item(s->sample, "validity.codes")) {
        if (validity_read(code->valuestring) == VALIDITY_TOTALS_DISAGREE) return true;
    }
    double accepted = json_number(stats, "accepted"), receives = json_number(stats, "receives");
    double sends = json_number(stats, "sends");
    double in = json_number(stats, "bytes_in"), out = json_number(stats, "bytes_out");
    double closed = json_number(stats, "closed_clean") + json_number(stats, "closed_reset") +
                    json_number(stats, "closed_error");
    if (!identities_equal(s->place, "server.stats.accepted", accepted, closed,
                          "closed_clean + closed_reset + closed_error"))
        return false;
    if (receives > in || (receives == 0) != (in == 0))
        return identities_fault(s->place, "server.stats.receives", "is %.17g for %.17g bytes",
                                receives, in);
    if (sends > out || (sends == 0) != (out == 0))
        return identities_fault(s->place, "server.stats.sends", "is %.17g for %.17g bytes", sends,
                                out);
    return true;
}

/* Counters exist where the scenario asks for them, and are whole numbers divided by the echoes. */
static bool check_counters(const struct identities_slot *s) {
    static const char *const keys[] = {"syscalls_per_echo", "wakeups_per_echo"};
    const cJSON *counters = json_item(s->sample, "counters");
    bool asked = cJSON_IsTrue(json_item(s->scenario, "counted"));
    double echoes =
        identities_figure(s, "totals.bytes_received") / json_number(s->scenario, "size_bytes");
    if (cJSON_IsObject(counters) != asked)
        return identities_fault(s->place, "counters",
                                "must be there if and only if scenario.counted is true");
    if (!asked) return true;
    bool known = cJSON_IsNull(json_item(counters, "reason"));
    if (cJSON_IsNull(json_item(counters, "code")) != known)
        return identities_fault(s->place, "counters", "needs a code for its reason");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        double each = json_number(counters, keys[i]), all = each * echoes;
        if (!isnan(each) != known)
            return identities_fault(s->place, "counters", "%s must be null if there is a reason",
                                    keys[i]);
        if (known && fabs(all - round(all)) > fmax(1e-3, all * NEAR))
            return identities_fault(s->place, "counters", "%s times the echoes is %.17g, not whole",
                                    keys[i], all);
    }
    return true;
}

bool identities_check_server(const struct identities_slot *s) {
    if (s->file->version_minor < IDENTITIES_SINCE) return true;
    double cpu = identities_figure(s, "server.cpu_ns");
    double split =
        (identities_figure(s, "server.cpu_user_s") + identities_figure(s, "server.cpu_sys_s")) *
        1e9;
    if (fabs(split - cpu) > fmax(0.1, cpu * NEAR)) /* false if one is NAN */
        return identities_fault(s->place, "server.cpu_ns", "is %.17g, expected %.17g, %s", cpu,
                                split, "server.cpu_user_s + server.cpu_sys_s");
    return check_nulls(s) && check_cpus(s) && check_memory(s) && check_stats(s) &&
           check_counters(s) &&
           identities_at_most(s->place, "steal_pct", identities_figure(s, "steal_pct"), 100,
                              "all CPU time");
}
