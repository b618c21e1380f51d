/* json_file.c - JSON documents on disk. The file calls are libuv's, so that they are the same on
 * every system.
 * Invariant: every function leaves no temporary file and no open descriptor behind. */
#include "bench/support/json_file.h"

#include "base/check.h"

#include "bench/support/reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define FILE_PATH_SIZE 4096
#define FILE_TYPE 0170000u /* libuv's st_mode, on every system */
#define FILE_REGULAR 0100000u
#define FILE_FOLDER 0040000u
#define NOT_REGULAR "not a regular file"
#define TOO_LARGE "larger than 256 MiB"

/* ---- reading ---- */

static cJSON *refuse(struct reason *reason, const char *what) {
    reason_set(reason, "%s", what);
    return NULL;
}

static bool is_any(char c, const char *of) {
    return c != '\0' && strchr(of, c) != NULL;
}

/* Whether the text breaks off where cJSON gave up, at `at`: within its last token, or behind it
 * with brackets open. */
static bool cut_off(const char *text, const char *end, const char *at) {
    const char *token = text;
    long depth = 0;
    bool in_word = false;
    for (const char *c = text; c < end; c++) {
        bool blank = is_any(*c, " \t\r\n"), word = !blank && !is_any(*c, "{}[]:,\"");
        if (!blank && !(word && in_word)) token = c;
        in_word = word;
        depth += (*c == '{' || *c == '[') - (*c == '}' || *c == ']');
        if (*c != '"') continue;
        for (c++; c < end && *c != '"'; c++) c += *c == '\\';
        if (c >= end) return at >= token;
    }
    return depth > 0 && at >= token;
}

/* The first byte that cJSON did not take, as line and column counted from 1. */
static void locate(const char *text, const char *end, const char *at, struct reason *reason) {
    size_t line = 1, column = 1;
    if (at > end || cut_off(text, end, at)) at = end;
    for (const char *c = text; c < at; c++) {
        column++;
        if (*c == '\n') {
            line++;
            column = 1;
        }
    }
    reason_set(reason, "line %zu, column %zu: %s", line, column,
               at == end ? "the text ends too early" : "not valid JSON");
}

cJSON *json_text_parse(const char *text, size_t size, struct reason *reason) {
    const char *end = NULL;
    cJSON *json = cJSON_ParseWithLengthOpts(text, size, &end, false);
    if (!json) {
        locate(text, text + size, end ? end : text, reason);
        return NULL;
    }
    end += strspn(end, " \t\r\n");
    if (end < text + size) {
        locate(text, text + size, end, reason);
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}

/* Reads all of `file` into *text, NUL-terminated. Returns how many bytes, or a libuv error. */
static int64_t read_all(uv_file file, char **text) {
    size_t used = 0, room = 1u << 16;
    *text = malloc(room + 1);
    CHECK(*text);
    for (;;) {
        uv_fs_t request;
        uv_buf_t buffer = uv_buf_init(*text + used, (unsigned)(room - used));
        int got = uv_fs_read(NULL, &request, file, &buffer, 1, -1, NULL);
        uv_fs_req_cleanup(&request);
        if (got < 0) return got;
        if (got == 0) break;
        used += (size_t)got;
        if (used > JSON_FILE_BYTES_MAX) return UV_EFBIG;
        if (used == room) {
            room *= 2;
            *text = realloc(*text, room + 1);
            CHECK(*text);
        }
    }
    (*text)[used] = '\0';
    return (int64_t)used;
}

/* Why a file cannot hold a document; NULL if it can. */
static const char *unfit(uv_file file) {
    uv_fs_t request;
    int error = uv_fs_fstat(NULL, &request, file, NULL);
    uint64_t type = request.statbuf.st_mode & FILE_TYPE, size = request.statbuf.st_size;
    uv_fs_req_cleanup(&request);
    if (error) return uv_strerror(error);
    if (type == FILE_FOLDER) return uv_strerror(UV_EISDIR);
    if (type != FILE_REGULAR) return NOT_REGULAR;
    return size > JSON_FILE_BYTES_MAX ? TOO_LARGE : NULL;
}

cJSON *json_file_read(const char *path, struct reason *reason) {
    uv_fs_t request;
    /* without waiting for whoever may write to a pipe */
    uv_file file = uv_fs_open(NULL, &request, path, UV_FS_O_RDONLY | UV_FS_O_NONBLOCK, 0, NULL);
    uv_fs_req_cleanup(&request);
    if (file < 0) return refuse(reason, uv_strerror(file));
    char *text = NULL;
    const char *why = unfit(file);
    int64_t size = why ? 0 : read_all(file, &text);
    uv_fs_close(NULL, &request, file, NULL);
    uv_fs_req_cleanup(&request);
    cJSON *json = NULL;
    if (size < 0) why = size == UV_EFBIG ? TOO_LARGE : uv_strerror((int)size);
    if (why)
        refuse(reason, why);
    else
        json = json_text_parse(text, (size_t)size, reason);
    free(text);
    return json;
}

/* ---- writing ---- */

/* Creates the temporary file beside `path`. Returns it, or a libuv error. */
static uv_file open_beside(const char *path, char temporary[FILE_PATH_SIZE]) {
    int length = snprintf(temporary, FILE_PATH_SIZE, "%s.%d.tmp", path, (int)uv_os_getpid());
    if (length >= FILE_PATH_SIZE) return UV_ENAMETOOLONG;
    uv_fs_t request;
    uv_file file = uv_fs_open(NULL, &request, temporary,
                              UV_FS_O_WRONLY | UV_FS_O_CREAT | UV_FS_O_TRUNC, 0666, NULL);
    uv_fs_req_cleanup(&request);
    return file;
}

static int write_all(uv_file file, const char *text, size_t size) {
    uv_fs_t request;
    while (size) {
        unsigned part = size > (1u << 30) ? 1u << 30 : (unsigned)size;
        uv_buf_t buffer = uv_buf_init((char *)text, part);
        int wrote = uv_fs_write(NULL, &request, file, &buffer, 1, -1, NULL);
        uv_fs_req_cleanup(&request);
        if (wrote < 0) return wrote;
        text += wrote;
        size -= (size_t)wrote;
    }
    return 0;
}

static void remove_file(const char *path) {
    uv_fs_t request;
    uv_fs_unlink(NULL, &request, path, NULL);
    uv_fs_req_cleanup(&request);
}

/* Replaces `path` by `text` and then `end`. */
static bool replace(const char *path, const char *text, size_t size, const char *end,
                    struct reason *reason) {
    char temporary[FILE_PATH_SIZE];
    uv_file file = open_beside(path, temporary);
    if (file < 0) {
        refuse(reason, uv_strerror(file));
        return false;
    }
    int error = write_all(file, text, size);
    if (!error) error = write_all(file, end, strlen(end));
    uv_fs_t request;
    if (!error) {
        error = uv_fs_fsync(NULL, &request, file, NULL);
        uv_fs_req_cleanup(&request);
    }
    int closed = uv_fs_close(NULL, &request, file, NULL);
    uv_fs_req_cleanup(&request);
    if (!error) error = closed;
    if (!error) {
        error = uv_fs_rename(NULL, &request, temporary, path, NULL);
        uv_fs_req_cleanup(&request);
    }
    if (error) {
        remove_file(temporary);
        refuse(reason, uv_strerror(error));
    }
    return !error;
}

bool json_file_write(const char *path, const cJSON *json, struct reason *reason) {
    char *text = cJSON_Print(json);
    CHECK(text);
    bool written = replace(path, text, strlen(text), "\n", reason);
    cJSON_free(text);
    return written;
}

bool json_file_write_text(const char *path, const char *text, size_t size, struct reason *reason) {
    return replace(path, text, size, "", reason);
}

bool json_file_writable(const char *path, struct reason *reason) {
    uv_fs_t request;
    int error = uv_fs_stat(NULL, &request, path, NULL);
    uint64_t type = request.statbuf.st_mode & FILE_TYPE;
    uv_fs_req_cleanup(&request);
    if (!error && type != FILE_REGULAR) { /* renaming a file over a device would replace it */
        refuse(reason, type == FILE_FOLDER ? uv_strerror(UV_EISDIR) : "exists and is " NOT_REGULAR);
        return false;
    }
    char temporary[FILE_PATH_SIZE];
    uv_file file = open_beside(path, temporary);
    if (file < 0) {
        refuse(reason, uv_strerror(file));
        return false;
    }
    uv_fs_close(NULL, &request, file, NULL);
    uv_fs_req_cleanup(&request);
    remove_file(temporary);
    return true;
}
