/* arms.c - finds, copies and queries the programs that `iobench ab` compares.
 * Invariant: each of our programs runs from a copy, WORKSPACE/{a,b,c}/NAME. So all arms have paths
 * of equal length and freshly written files, and a build cannot replace a program during the
 * comparison. */
#include "bench/ab/arms.h"

#include "base/check.h"
#include "base/os.h"
#include "base/utf8.h"

#include "bench/ab/revision.h"
#include "bench/suite/foreign.h"
#include "bench/support/apart.h"
#include "bench/support/files.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"
#include "bench/support/sha256.h"
#include "bench/support/version.h"

#include <stdio.h>
#include <string.h>

const char *const ab_arm_names[AB_ARMS] = {"baseline", "candidate", "copy"};
static const char *const folders[AB_ARMS] = {"a", "b", "c"};

/* Origin of the server of one arm. */
struct source {
    const char *command;        /* command of a foreign server; NULL: ours */
    char path[PATH_SIZE];       /* executable of our server */
    char name[MODEL_NAME_SIZE]; /* name of the copy: "epoll" */
    const char *options;        /* ":trigger=edge" or "" */
    bool missing;               /* the program does not exist */
};

/* Copies an executable into the folder of an arm. Keeps a file of that name: it is the same. */
static bool stage(const struct ab_arms *a, enum ab_arm arm, const char *from, const char *file,
                  struct reason *reason) {
    char folder[PATH_SIZE], to[PATH_SIZE];
    struct reason why;
    if (!paths_join(folder, a->space.path, folders[arm]) || !paths_join(to, folder, file))
        return reason_set(reason, "%.200s: the path is too long", a->space.path);
    if (files_may(to, FILES_EXECUTE) || files_copy_program(from, to, &why)) return true;
    return reason_set(reason, "%.300s: cannot be copied to %.100s: %s", from, folder, why.text);
}

static bool make_folders(struct ab_arms *a, struct reason *reason) {
    char folder[PATH_SIZE];
    struct reason why;
    bool made = workspace_make(&a->space, "iobench-ab-", &why);
    for (int i = 0; i < AB_ARMS && made; i++) {
        CHECK(paths_join(folder, a->space.path, folders[i]));
        made = files_make_folder(folder, &why);
    }
    return made || reason_set(reason, "temporary directory: %s", why.text);
}

/* ---- sources ---- */

/* Sets the model's name from the path of the program: "epoll" from ".../echo-epoll". */
static void name_of_path(struct source *s) {
    const char *file = paths_file(s->path);
    if (strncmp(file, "echo-", 5) == 0) file += 5;
    snprintf(s->name, sizeof s->name, "%.*s", MODEL_NAME_SIZE - 1, file);
    s->name[strcspn(s->name, ".")] = '\0';
    utf8_clean(s->name);
}

/* Reads "epoll:trigger=edge" or "PATH/echo-epoll:trigger=edge". A model without a path is taken
 * from the directory `programs`. */
static bool read_source(struct source *s, const char *text, const char *programs,
                        struct reason *reason) {
    const char *file = paths_file(text);
    size_t length = (size_t)(file - text) + strcspn(file, ":");
    bool is_path = file != text;
    *s = (struct source){.options = text + length};
    if (is_path) {
        snprintf(s->path, sizeof s->path, "%.*s", (int)length, text);
        name_of_path(s);
    } else {
        char program[MODEL_NAME_SIZE + 16];
        if (length == 0 || length >= sizeof s->name)
            return reason_set(reason, "server %.100s: not a model's name", text);
        memcpy(s->name, text, length);
        snprintf(program, sizeof program, "echo-%s" OS_PROGRAM_SUFFIX, s->name);
        if (!paths_join(s->path, programs, program))
            return reason_set(reason, "%.200s: the path is too long", programs);
    }
    s->missing = !files_may(s->path, FILES_EXECUTE);
    if (s->missing && is_path)
        return reason_set(reason, "%.300s: no such program, or not executable", s->path);
    return true;
}

static bool stage_source(const struct ab_arms *a, enum ab_arm arm, const struct source *s,
                         struct reason *reason) {
    char file[MODEL_NAME_SIZE + 16];
    if (s->command || s->missing) return true;
    snprintf(file, sizeof file, "echo-%s" OS_PROGRAM_SUFFIX, s->name);
    return stage(a, arm, s->path, file, reason);
}

static bool same_bytes(const char *one, const char *other) {
    char left[SHA256_HEX_SIZE], right[SHA256_HEX_SIZE];
    return sha256_file(one, left) && sha256_file(other, right) && strcmp(left, right) == 0;
}

/* Whether both arms run the same server with the same options. */
static bool identical(const struct source s[2]) {
    if (s[0].command || s[1].command || strcmp(s[0].options, s[1].options) != 0) return false;
    return same_bytes(s[0].path, s[1].path);
}

bool ab_request_spares(const struct ab_request *r, const char *file, struct reason *reason) {
    static struct source source;
    struct reason why;
    for (int arm = 0; arm < 2; arm++) {
        const char *text = r->specs[arm], *command = r->commands[arm];
        /* a model without a path is one of the programs of iobench */
        if (text && paths_file(text) != text && read_source(&source, text, "", &why) &&
            !apart(file, source.path, arm ? "the candidate" : "the baseline", reason))
            return false;
        if (command && foreign_uses(command, file))
            return reason_set(reason, "is part of --%s-cmd", ab_arm_names[arm]);
    }
    return apart(file, r->baseline_loadgen, "the baseline's load generator", reason);
}

/* ---- subjects ---- */

/* Sets the arm of a spec. Fails if the spec is too long for an id with the arm in it. */
static bool set_arm(struct server_spec *spec, enum ab_arm arm, struct reason *reason) {
    spec->arm = ab_arm_names[arm];
    return strlen(spec->arm) + 1 + strlen(spec->text) < SPEC_SIZE ||
           reason_set(reason, "server %.100s...: too long", spec->text);
}

/* Makes the spec of the server of one arm. Returns NULL and the reason on failure. */
static const struct server_spec *read_spec(struct ab_arms *a, enum ab_arm arm,
                                           const struct source *s, struct process_loop *l,
                                           struct reason *reason) {
    char text[SPEC_SIZE];
    struct reason why;
    struct server_spec *spec = &a->specs[a->spec_count++];
    bool fine = true;
    if (s->command) {
        if (!foreign_spec_read(spec, SERVER_COMMAND, s->command, &a->models[arm], &why))
            fine = reason_set(reason, "--%s-cmd%s", ab_arm_names[arm], strchr(why.text, ':'));
    } else {
        if (snprintf(text, sizeof text, "%s%s", s->name, s->options) >= SPEC_SIZE)
            fine = reason_set(reason, "server %.100s...: too long", text);
        else if (!server_spec_read(spec, text, &a->models[arm], l, &why))
            fine = reason_set(reason, "server %s of the %s: %s", text, ab_arm_names[arm], why.text);
    }
    return fine && set_arm(spec, arm, reason) ? spec : NULL;
}

/* Checks that both arms were built with the same compiler and flags, which would otherwise look
 * like a change of the code. */
static bool built_alike(const struct ab_subject *s, struct reason *reason) {
    static const char *const keys[] = {"compiler", "cflags", "build_type"};
    const cJSON *left = cJSON_GetObjectItemCaseSensitive(s->specs[0]->describe, "build");
    const cJSON *right = cJSON_GetObjectItemCaseSensitive(s->specs[1]->describe, "build");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *one = json_text(left, keys[i]), *other = json_text(right, keys[i]);
        if (one && other && strcmp(one, other) != 0)
            return reason_set(reason,
                              "--baseline-rev: %s of the baseline is \"%.80s\", of the candidate "
                              "\"%.80s\"; build both alike, or compare programs: --baseline PATH",
                              keys[i], one, other);
    }
    return true;
}

/* The programs to copy. */
struct sources {
    struct source of[AB_SUBJECTS_MAX][2]; /* baseline and candidate of each subject */
    size_t count;
    char loadgens[2][PATH_SIZE]; /* baseline and candidate */
};

static bool find_pair(struct sources *s, const struct ab_request *r, const char *programs,
                      struct reason *reason) {
    for (int arm = 0; arm < 2; arm++) {
        struct source *source = &s->of[0][arm];
        if (r->commands[arm])
            *source = (struct source){.command = r->commands[arm], .options = ""};
        else if (!read_source(source, r->specs[arm], programs, reason))
            return false;
        if (source->missing)
            return reason_set(reason,
                              "server %.100s: unknown model; `iobench list` shows the known models",
                              r->specs[arm]);
    }
    s->count = 1;
    return true;
}

static bool find_named(struct sources *s, const char *text, const char *const programs[2],
                       struct reason *reason) {
    if (s->count == AB_SUBJECTS_MAX)
        return reason_set(reason, "more than %d servers", AB_SUBJECTS_MAX);
    struct source *pair = s->of[s->count++];
    if (strchr(text, '*') || paths_file(text) != text)
        return reason_set(
            reason, "server %.100s: not MODEL[:OPT=V,...]; choose models with --server", text);
    for (int arm = 0; arm < 2; arm++)
        if (!read_source(&pair[arm], text, programs[arm], reason)) return false;
    return !pair[1].missing ||
           reason_set(reason,
                      "server %.100s: unknown model; `iobench list` shows the known models; "
                      "choose models with --server",
                      text);
}

static bool find_all(struct sources *s, const struct ab_request *r, const cJSON *suite,
                     const char *const programs[2], struct reason *reason) {
    const cJSON *text;
    if (!r->baseline_rev && !r->baseline_loadgen) return find_pair(s, r, programs[0], reason);
    for (size_t i = 0; i < r->servers->count; i++)
        if (!find_named(s, r->servers->items[i], programs, reason)) return false;
    if (r->servers->count) return true;
    cJSON_ArrayForEach(text, cJSON_GetObjectItemCaseSensitive(suite, "servers"))
        if (!find_named(s, text->valuestring, programs, reason)) return false;
    return true;
}

/* ---- both together ---- */

static bool stage_all(const struct ab_arms *a, const struct sources *s, struct reason *reason) {
    for (enum ab_arm arm = AB_BASELINE; arm < AB_ARMS; arm++) {
        int of = arm == AB_CANDIDATE;
        if (!stage(a, arm, s->loadgens[of], "loadgen" OS_PROGRAM_SUFFIX, reason)) return false;
        for (size_t i = 0; i < s->count; i++)
            if (!stage_source(a, arm, &s->of[i][of], reason)) return false;
    }
    return true;
}

static bool ask_arm(struct ab_arms *a, enum ab_arm arm, const struct sources *s,
                    struct process_loop *l, struct reason *reason) {
    struct paths where;
    bool any = false;
    CHECK(paths_join(where.programs, a->space.path, folders[arm]));
    for (size_t i = 0; i < s->count; i++) {
        const struct source *source = &s->of[i][arm == AB_CANDIDATE];
        any = any || !(source->command || source->missing);
    }
    return any ? models_find(&a->models[arm], l, &where, reason)
               : models_find_loadgen(&a->models[arm], l, where.programs, reason);
}

static bool make_subject(struct ab_arms *a, const struct sources *all, size_t index,
                         struct process_loop *l, struct reason *reason) {
    const struct source *pair = all->of[index];
    struct ab_subject *subject = &a->subjects[a->subject_count++];
    subject->foreign = pair[0].command || pair[1].command;
    if (pair[0].missing)
        subject->state = AB_NEW;
    else if (identical(pair) && same_bytes(all->loadgens[0], all->loadgens[1]))
        subject->state = AB_IDENTICAL;
    for (enum ab_arm arm = AB_BASELINE; arm < AB_ARMS; arm++) {
        if (subject->state == AB_NEW && arm != AB_CANDIDATE) continue;
        if (arm == AB_COPY && subject->state != AB_COMPARED) continue;
        subject->specs[arm] = read_spec(a, arm, &pair[arm == AB_CANDIDATE], l, reason);
        if (!subject->specs[arm]) return false;
    }
    return true;
}

static void label(struct ab_arms *a, const struct ab_request *r, const char *sha) {
    for (int arm = 0; arm < 2; arm++)
        snprintf(a->labels[arm], GATE_NAME_SIZE, "%.200s",
                 r->commands[arm] ? r->commands[arm]
                 : r->specs[arm]  ? r->specs[arm]
                                  : "");
    if (!r->baseline_rev && !r->baseline_loadgen) return;
    snprintf(a->labels[1], GATE_NAME_SIZE, "this build (%.12s%s)", version_git_commit,
             version_changes());
    if (r->baseline_rev)
        snprintf(a->labels[0], GATE_NAME_SIZE, "%.100s (%.12s)", r->baseline_rev, sha);
    else
        snprintf(a->labels[0], GATE_NAME_SIZE, "%.200s", r->baseline_loadgen);
}

bool ab_arms_open(struct ab_arms *a, const struct ab_request *r, struct session *session,
                  struct reason *reason) {
    static struct sources s; /* too large for the stack; used once */
    static struct ab_revision built;
    const struct program *loadgen = &session->own.loadgen;
    struct process_loop *l = &session->loop;
    const char *programs[2] = {session->paths.programs, session->paths.programs};
    if (r->baseline_rev) {
        const char *build_type =
            json_text(cJSON_GetObjectItemCaseSensitive(loadgen->describe, "build"), "build_type");
        built = (struct ab_revision){.name = r->baseline_rev,
                                     .build_type = build_type ? build_type : "release"};
        if (!ab_revision_build(&built, session->paths.tree, l, reason)) return false;
        programs[0] = built.programs;
    }
    a->of_loadgen = r->baseline_loadgen != NULL;
    if (!find_all(&s, r, session->suite, programs, reason)) return false;
    for (int arm = 0; arm < 2; arm++) snprintf(s.loadgens[arm], PATH_SIZE, "%s", loadgen->path);
    if (r->baseline_loadgen) snprintf(s.loadgens[0], PATH_SIZE, "%s", r->baseline_loadgen);
    if (!files_may(s.loadgens[0], FILES_EXECUTE))
        return reason_set(reason, "--baseline-loadgen %.300s: no such program, or not executable",
                          r->baseline_loadgen);
    if (!make_folders(a, reason) || !stage_all(a, &s, reason)) return false;
    for (enum ab_arm arm = AB_BASELINE; arm < AB_ARMS; arm++)
        if (!ask_arm(a, arm, &s, l, reason)) return false;
    for (size_t i = 0; i < s.count; i++) {
        if (!make_subject(a, &s, i, l, reason)) return false;
        const struct ab_subject *subject = &a->subjects[a->subject_count - 1];
        if (r->baseline_rev && subject->state == AB_COMPARED && !built_alike(subject, reason))
            return false;
    }
    label(a, r, built.sha);
    for (int arm = 0; arm < 2; arm++) utf8_clean(a->labels[arm]);
    return true;
}

void ab_arms_close(struct ab_arms *a) {
    for (size_t i = 0; i < a->spec_count; i++) server_spec_free(&a->specs[i]);
    for (enum ab_arm arm = AB_BASELINE; arm < AB_ARMS; arm++) models_free(&a->models[arm]);
    workspace_remove(&a->space);
}
