/* truth.c - runs the cases, and what they share: servers, the load generator, figures.
 *
 *   truth [--only NAME] [--skip NAME[=REASON]] [--transport NAME [--every] | --once]
 *         [--timed | --untimed] [--timeout-scale X] [--slow-build] BIN-DIRECTORY
 *
 * Without these: every case, with the transport that loadgen chooses. */
#include "tests/truth/truth.h"

#include "base/args.h"
#include "base/check.h"
#include "base/os.h"

#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- servers ---- */

static pid_t serving; /* the server that runs; 0: none */

/* Splits `words` at blanks behind argv[n]; good until the next call. */
static void add_words(char **argv, size_t n, const char *words) {
    static char copy[1024];
    char *rest = NULL;
    CHECK_OP(snprintf(copy, sizeof copy, "%s", words), <, sizeof copy);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        CHECK_OP(n, <, TRUTH_ARGS_MAX - 1);
        argv[n++] = word;
    }
    argv[n] = NULL;
}

void target_start(struct target *target, const struct truth *truth, const char *program,
                  const char *args) {
    static char line[4096];
    char path[512], stop[] = "--stop-on-eof";
    char *argv[TRUTH_ARGS_MAX] = {path, stop};
    snprintf(path, sizeof path, "%s/%s", truth->bin, program);
    add_words(argv, 2, args);
    target->pid = process_start(argv, 0, &target->input, &target->output);
    fcntl(target->output, F_SETFD, FD_CLOEXEC);
    case_doing("waiting for the server's ready line");
    REQUIRE(process_read_line(target->output, line, sizeof line), "%s: no ready line", program);
    cJSON *json = cJSON_Parse(line);
    const cJSON *ready = cJSON_GetObjectItem(json, "ready");
    REQUIRE(ready, "%s: not a ready line: %s", program, line);
    snprintf(target->address, sizeof target->address, "%s:%.0f",
             cJSON_GetStringValue(cJSON_GetObjectItem(ready, "host")), figure(ready, "port"));
    serving = target->pid;
    snprintf(target->pid_text, sizeof target->pid_text, "%.0f", figure(ready, "pid"));
    cJSON_Delete(json);
}

cJSON *target_stop(struct target *target) {
    static char line[TRUTH_TEXT_MAX];
    case_doing("waiting for the server to stop");
    close(target->input);
    process_read_rest(target->output, line, sizeof line);
    close(target->output);
    int code = process_await(target->pid);
    serving = 0;
    REQUIRE(code == 0, "the server's exit code is %d", code);
    cJSON *json = cJSON_Parse(line), *stats = cJSON_DetachItemFromObject(json, "stats");
    REQUIRE(stats, "not a line of statistics: %.200s", line);
    cJSON *record = cJSON_DetachItemFromObject(json, "record");
    if (record) cJSON_AddItemToObject(stats, "record", record);
    cJSON_Delete(json);
    return stats;
}

/* ---- the load generator ---- */

#define TIMER_SLACK_NS 200000u /* by which a timed wait ends late on a quiet machine */

void loader_start(struct loader *loader, const struct truth *truth, const char *address,
                  const char *args) {
    char path[512], words[1024];
    char *argv[TRUTH_ARGS_MAX] = {path};
    snprintf(path, sizeof path, "%s/%s", truth->bin, truth->loadgen);
    bool chosen = truth->transport[0] != '\0';
    snprintf(words, sizeof words, "--connect %s --warmup 0.1%s%s %s", address,
             chosen ? " --transport " : "", truth->transport, args);
    add_words(argv, 1, words);
    int error[2], own = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    REQUIRE(own >= 0 && pipe2(error, O_CLOEXEC) == 0, "no descriptor for stderr");
    dup2(error[1], STDERR_FILENO);
    loader->pid = process_start(argv, 0, &loader->input, &loader->output);
    dup2(own, STDERR_FILENO);
    close(own);
    close(error[1]);
    loader->error = error[0];
    machine_start(&loader->machine, loader->pid, serving);
}

/* Watches the machine until loadgen prints its line or ends. */
static void watch_machine(struct loader *loader) {
    struct pollfd line = {.fd = loader->output, .events = POLLIN};
    for (uint64_t late_ns = 0;;) {
        machine_look(&loader->machine, late_ns);
        uint64_t due_ns = os_clock_ns() + MACHINE_LOOK_MS * 1000000u;
        if (poll(&line, 1, MACHINE_LOOK_MS) != 0) return;
        uint64_t now_ns = os_clock_ns();
        late_ns = now_ns > due_ns + TIMER_SLACK_NS ? now_ns - due_ns - TIMER_SLACK_NS : 0;
    }
}

bool loader_next_phase(struct loader *loader, char *phase, size_t size) {
    static char line[4096];
    if (!process_read_line(loader->error, line, sizeof line)) return false;
    cJSON *json = cJSON_Parse(line);
    const cJSON *progress = cJSON_GetObjectItem(json, "progress");
    REQUIRE(progress, "not a progress line: %s", line);
    snprintf(phase, size, "%s", cJSON_GetStringValue(value_at(progress, "phase")));
    cJSON_Delete(json);
    machine_look(&loader->machine, 0);
    return true;
}

void loader_await_phase(struct loader *loader, const char *phase) {
    char found[32];
    case_doing("waiting for a phase of loadgen");
    do {
        REQUIRE(loader_next_phase(loader, found, sizeof found), "no progress line of '%s'", phase);
    } while (strcmp(found, phase) != 0);
}

void loader_await(struct loader *loader, struct outcome *outcome) {
    uint64_t from_ns = os_clock_ns();
    char *text = malloc(TRUTH_TEXT_MAX);
    *outcome = (struct outcome){.error = malloc(TRUTH_TEXT_MAX)};
    CHECK(text && outcome->error);
    case_doing("waiting for loadgen to end");
    watch_machine(loader);
    process_read_rest(loader->output, text, TRUTH_TEXT_MAX);
    process_read_rest(loader->error, outcome->error, TRUTH_TEXT_MAX);
    /* both have ended with the process; for seconds after that, Linux may clean up /proc in wait */
    outcome->took_s = (double)(os_clock_ns() - from_ns) / 1e9;
    outcome->code = process_await(loader->pid);
    outcome->machine = loader->machine;
    figures_of(outcome);
    for (char *c = outcome->error; (c = strchr(c, '\n')); outcome->error_lines++) *c = '|';
    if (text[0]) {
        char *end = strchr(text, '\n');
        if (!end || end[1]) case_fail("loadgen printed not exactly one line");
        *end = '\0';
        outcome->sample = cJSON_ParseWithOpts(text, NULL, true);
        REQUIRE(outcome->sample, "loadgen printed no JSON: %.200s", text);
    }
    free(text);
}

void load(struct outcome *outcome, const struct truth *truth, const char *address,
          const char *args) {
    struct loader loader;
    loader_start(&loader, truth, address, args);
    loader_await(&loader, outcome);
    /* 3: on a slow machine a short window may end before the first answer; the figures tell */
    REQUIRE((outcome->code == 0 || outcome->code == 3) && outcome->sample,
            "loadgen %s: exit code %d: %s", args, outcome->code, outcome->error);
    const char *used = cJSON_GetStringValue(value_at(outcome->sample, "loadgen.transport"));
    REQUIRE(!truth->transport[0] || (used && strcmp(used, truth->transport) == 0),
            "asked for the transport %s, got %s", truth->transport, used ? used : "none");
}

void load_fault_server(struct outcome *outcome, const struct truth *truth, const char *server,
                       const char *args) {
    struct target target;
    target_start(&target, truth, FAULT, server);
    load(outcome, truth, target.address, args);
    outcome->stats = target_stop(&target);
}

/* ---- the program ---- */

/* A case and its setting: what harness_run hands on. */
struct run {
    const struct truth_case *c; /* which */
    const struct truth *truth;  /* where */
};

static void run_body(const void *argument) {
    const struct run *run = argument;
    run->c->run(run->truth);
}

static const struct truth_case *const tables[] = {
    truth_timing, truth_faults,     truth_counts,   truth_ends,    truth_visits,
    truth_idle,   truth_drawn,      truth_arrivals, truth_starved, truth_unanswered,
    truth_frozen, truth_transports, truth_rotation};

/* What the command line asks for. */
struct request {
    const char *only;         /* one case; empty: all */
    struct arg_texts skipped; /* cases not to run: NAME or NAME=REASON */
    double scale;             /* of deadlines */
    bool slow_build;          /* leave out what needs speed */
    bool once;                /* only cases to which no transport can make a difference */
    bool every;               /* these also with a transport */
    bool timed, untimed;      /* only cases that are, or that are not */
};

static bool is_asked_for(const struct truth_case *c, const struct truth *truth,
                         const struct request *r) {
    if (r->only[0] && strcmp(r->only, c->name) != 0) return false;
    if (r->once && !(c->flags & ONCE)) return false;
    if (truth->transport[0] && !r->every && (c->flags & ONCE)) return false;
    return c->flags & TIMED ? !r->untimed : !r->timed;
}

/* Runs the cases that are asked for. Returns how many there were. */
static unsigned run_cases(const struct truth *truth, const struct request *r) {
    unsigned count = 0;
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        for (const struct truth_case *c = tables[t]; c->name; c++) {
            char label[160];
            snprintf(label, sizeof label, "truth%s%s %s", truth->transport[0] ? "-" : "",
                     truth->transport, c->name);
            if (!is_asked_for(c, truth, r)) continue;
            count++;
            const char *skipped = harness_skip_reason(&r->skipped, c->name);
            if (skipped)
                printf("skip %s # %s\n", label, skipped);
            else if (r->slow_build && (c->flags & NEEDS_SPEED))
                printf("skip %s # its bounds are for a build without sanitizers\n", label);
            else
                harness_run(label, run_body, &(struct run){c, truth}, c->deadline_s * r->scale);
        }
    }
    return count;
}

int main(int argc, char **argv) {
    struct truth truth = {.loadgen = "loadgen", .transport = "", .seed = 1};
    struct request request = {.only = "", .scale = 1};
    struct arg_texts bins = {0};
    const struct arg args[] = {
        {"only", "NAME", "one case", .text = &request.only},
        {"skip", "NAME[=REASON]", "leave a case out; may repeat", .texts = &request.skipped},
        {"transport", "NAME",
         "loadgen's transport; leaves out cases to which it makes no difference",
         .text = &truth.transport},
        {"once", NULL, "only cases to which the transport makes no difference",
         .flag = &request.once},
        {"every", NULL, "these also with --transport", .flag = &request.every},
        {"timed", NULL, "only cases that compare times or rates", .flag = &request.timed},
        {"untimed", NULL, "only cases that do not", .flag = &request.untimed},
        {"seed", "N", "of what cases draw (1)", .count = {&truth.seed, 0, 1e15}},
        {"timeout-scale", "X", "multiply every deadline (1)", .real = {&request.scale, 0.1, 100}},
        {"slow-build", NULL, "leave out what needs speed", .flag = &request.slow_build},
        {.name = NULL},
    };
    const struct args_spec spec = {.program = "truth",
                                   .summary = "tests of the load generator's figures",
                                   .positional = "BIN-DIRECTORY",
                                   .example = "truth build/bin",
                                   .args = args,
                                   .positionals = &bins};
    os_init();
    enum args_outcome outcome = args_parse(&spec, argc, argv);
    if (outcome != ARGS_RUN) return outcome == ARGS_WRONG ? 2 : 0;
    if (bins.count != 1) {
        fprintf(stderr, "truth: say where the programs are: one directory\n");
        return 2;
    }
    truth.bin = bins.items[0];
    harness_start();
    unsigned count = run_cases(&truth, &request);
    if (count == 0) fprintf(stderr, "truth: there is no such case; --transport leaves some out\n");
    args_texts_free(&bins);
    args_texts_free(&request.skipped);
    return count ? harness_exit_code() : 2;
}
