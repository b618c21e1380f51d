/* foreign.c - reads --server-cmd and --server-at.
 * Invariant: no shell is used, so a command means the same on every system. */
#include "bench/suite/foreign.h"

#include "base/check.h"
#include "base/os.h"

#include "bench/support/files.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT_MARK "{port}"
#define HOST_SIZE 256 /* same as in the load generator */
#define SUFFIX_ROOM 4 /* reserved for "#64" and the terminator */

/* ---- words ---- */

static bool blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Copies the word at *at, which ends before a blank, and moves *at behind it. Returns the length of
 * the word, or minus the quote character if a quote is not closed. A word always fits: its copy is
 * no longer than the original. */
static int copy_word(const char **at, char *to) {
    char quote = '\0';
    int length = 0;
    for (; **at && (quote || !blank(**at)); ++*at) {
        bool opens = !quote && (**at == '\'' || **at == '"');
        if (opens || **at == quote)
            quote = opens ? **at : '\0';
        else
            to[length++] = **at;
    }
    to[length] = '\0';
    return quote ? -quote : length;
}

/* Replaces every {port} by the port number, which is shorter. Returns how many there were. */
static size_t put_port(char *word, uint16_t port) {
    char digits[8];
    int length = snprintf(digits, sizeof digits, "%u", (unsigned)port);
    size_t count = 0;
    for (char *at = word; (at = strstr(at, PORT_MARK)); at += length, count++) {
        memcpy(at, digits, (size_t)length);
        memmove(at + length, at + strlen(PORT_MARK), strlen(at + strlen(PORT_MARK)) + 1);
    }
    return count;
}

bool foreign_split(struct foreign_words *w, const char *command, uint16_t port,
                   struct reason *reason) {
    memset(w, 0, sizeof *w);
    size_t ports = 0;
    char *to = w->texts;
    if (strlen(command) >= sizeof w->texts)
        return reason_set(reason, "longer than %d bytes", FOREIGN_COMMAND_SIZE - 1);
    for (const char *at = command + strspn(command, " \t\r\n"); *at; at += strspn(at, " \t\r\n")) {
        if (w->count == FOREIGN_WORDS_MAX)
            return reason_set(reason, "more than %d words", FOREIGN_WORDS_MAX);
        int length = copy_word(&at, to);
        if (length < 0)
            return reason_set(reason, "%.200s: the quote %c is not closed", command, -length);
        ports += put_port(to, port);
        w->words[w->count++] = to;
        to += strlen(to) + 1;
    }
    if (!w->count || !*w->words[0]) return reason_set(reason, "no program given");
    if (ports) return true;
    return reason_set(reason, "%.200s: no " PORT_MARK "; write it in place of the port", command);
}

/* ---- the program ---- */

/* Whether `path` is an executable file. Sets `found` if it is a file at all. */
static bool executable(const char *path, bool *found) {
    bool file = files_regular(path);
    *found = *found || file;
    return file && files_may(path, FILES_EXECUTE);
}

/* The same, but also tries the path with the suffix of programs (".exe"), and then keeps it. */
static bool program_at(char path[PATH_SIZE], bool *found) {
    static const char suffix[] = OS_PROGRAM_SUFFIX;
    size_t length = strlen(path);
    if (executable(path, found)) return true;
    if (!*suffix || length + sizeof suffix > PATH_SIZE) return false;
    memcpy(path + length, suffix, sizeof suffix);
    return executable(path, found);
}

bool foreign_find_program(char path[PATH_SIZE], const char *word, const char *search,
                          struct reason *reason) {
    bool found = false, in_path = !strpbrk(word, OS_PATH_SEPARATORS);
    for (const char *at = search; in_path && at;) {
        size_t length = strcspn(at, OS_PATHS_SEPARATOR);
        char directory[PATH_SIZE];
        snprintf(directory, sizeof directory, "%.*s", length ? (int)length : 1, length ? at : ".");
        if (length < sizeof directory && paths_join(path, directory, word) &&
            program_at(path, &found))
            return true;
        at = at[length] ? at + length + 1 : NULL;
    }
    if (!in_path && snprintf(path, PATH_SIZE, "%s", word) < PATH_SIZE && program_at(path, &found))
        return true;
    if (found) return reason_set(reason, "%.200s: not executable", word);
    return reason_set(reason, "%.200s: no such program%s", word, in_path ? " in PATH" : "");
}

bool foreign_uses(const char *command, const char *file) {
    struct foreign_words words;
    struct reason why;
    char path[PATH_SIZE];
    if (!foreign_split(&words, command, 0, &why)) return false;
    for (size_t i = 0; i < words.count; i++)
        if (files_same(words.words[i], file)) return true;
    const char *search = getenv("PATH");
    return foreign_find_program(path, words.words[0], search ? search : "", &why) &&
           files_same(path, file);
}

/* ---- names ---- */

static bool name_taken(const char *name, const struct models *m) {
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->servers[i].name, name) == 0) return true;
    return false;
}

void foreign_name(char name[MODEL_NAME_SIZE], const char *path, const struct models *m) {
    static const char punctuation[] = "-_.+:[]";
    const char *file = paths_file(path), *from = *file ? file : path;
    size_t length = 0;
    for (; length < MODEL_NAME_SIZE - SUFFIX_ROOM && from[length]; length++) {
        unsigned char c = (unsigned char)from[length];
        bool safe = c < 128 && (isalnum(c) || strchr(punctuation, c));
        name[length] = safe ? (char)c : '_';
    }
    name[length] = '\0';
    for (unsigned n = 2; name_taken(name, m); n++)
        snprintf(name + length, MODEL_NAME_SIZE - length, "#%u", n);
}

/* ---- specs ---- */

static bool read_command(struct program *p, const struct models *m, struct reason *reason) {
    struct foreign_words words;
    const char *search = getenv("PATH");
    if (!foreign_split(&words, p->command, UINT16_MAX, reason)) return false;
    CHECK(words.count > 0);
    if (!foreign_find_program(p->path, words.words[0], search ? search : "", reason)) return false;
    foreign_name(p->name, words.words[0], m);
    return true;
}

static bool read_address(struct program *p, const struct models *m, struct reason *reason) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-._:%";
    char host[HOST_SIZE], text[HOST_SIZE + 16];
    uint16_t port;
    if (!os_address_split(p->command, host, sizeof host, &port) ||
        strspn(host, allowed) != strlen(host))
        return reason_set(reason, "%.200s: not HOST:PORT or [IPV6]:PORT, port from 1 to 65535",
                          p->command);
    snprintf(text, sizeof text, strchr(host, ':') ? "at-[%.*s]:%u" : "at-%.*s:%u",
             MODEL_NAME_SIZE - 16, host, (unsigned)port);
    foreign_name(p->name, text, m);
    return true;
}

bool foreign_spec_read(struct server_spec *spec, enum server_kind kind, const char *text,
                       struct models *m, struct reason *reason) {
    bool command = kind == SERVER_COMMAND;
    struct reason why;
    const char *option = command ? "--server-cmd" : "--server-at";
    memset(spec, 0, sizeof *spec);
    if (m->count == MODELS_MAX)
        return reason_set(reason, "%s: more than %d models", option, MODELS_MAX);
    for (size_t i = 0; i < m->count; i++)
        if (m->servers[i].kind == kind && strcmp(m->servers[i].command, text) == 0)
            return reason_set(reason, "%s: %.200s: given twice", option, text);
    struct program *p = &m->servers[m->count];
    *p = (struct program){.kind = kind, .command = text};
    if (!(command ? read_command : read_address)(p, m, &why))
        return reason_set(reason, "%s: %s", option, why.text);
    p->describe = models_stand_in(p->name, text, NULL);
    m->count++;
    spec->program = p;
    spec->describe = cJSON_Duplicate(p->describe, true);
    snprintf(spec->text, sizeof spec->text, "%s", p->name);
    return true;
}
