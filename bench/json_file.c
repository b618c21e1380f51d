/* json_file.c - JSON documents on disk. The file calls are libuv's, so that they are the same on
 * every system.
 * Invariant: every function leaves no temporary file and no open descriptor behind. */
#include "bench/json_file.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define FILE_PATH_SIZE 4096

/* ---- reading ---- */

static cJSON *refuse(char *reason, size_t size, const char *what) {
    snprintf(reason, size, "%s", what);
    return NULL;
}

/* The first byte that cJSON did not take, as line and column counted from 1. */
static void locate(const char *text, const char *end, const char *at, char *reason, size_t size) {
    size_t line = 1, column = 1;
    if (at > end) at = end;
    for (const char *c = text; c < at; c++) {
        column++;
        if (*c == '\n') {
            line++;
            column = 1;
        }
    }
    snprintf(reason, size, "line %zu, column %zu: %s", line, column,
             at == end ? "the text ends too early" : "not valid JSON");
}

cJSON *json_text_parse(const char *text, size_t size, char *reason, size_t reason_size) {
    const char *end = NULL;
    cJSON *json = cJSON_ParseWithLengthOpts(text, size, &end, false);
    if (!json) {
        locate(text, text + size, end ? end : text, reason, reason_size);
        return NULL;
    }
    end += strspn(end, " \t\r\n");
    if (end < text + size) {
        locate(text, text + size, end, reason, reason_size);
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

cJSON *json_file_read(const char *path, char *reason, size_t reason_size) {
    uv_fs_t request;
    uv_file file = uv_fs_open(NULL, &request, path, UV_FS_O_RDONLY, 0, NULL);
    uv_fs_req_cleanup(&request);
    if (file < 0) return refuse(reason, reason_size, uv_strerror(file));
    char *text = NULL;
    int64_t size = read_all(file, &text);
    uv_fs_close(NULL, &request, file, NULL);
    uv_fs_req_cleanup(&request);
    cJSON *json = NULL;
    if (size < 0)
        refuse(reason, reason_size,
               size == UV_EFBIG ? "larger than 256 MiB" : uv_strerror((int)size));
    else
        json = json_text_parse(text, (size_t)size, reason, reason_size);
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
    int error = uv_fs_fsync(NULL, &request, file, NULL);
    uv_fs_req_cleanup(&request);
    return error;
}

static void remove_file(const char *path) {
    uv_fs_t request;
    uv_fs_unlink(NULL, &request, path, NULL);
    uv_fs_req_cleanup(&request);
}

bool json_file_write(const char *path, const cJSON *json, char *reason, size_t reason_size) {
    char temporary[FILE_PATH_SIZE];
    uv_file file = open_beside(path, temporary);
    if (file < 0) {
        refuse(reason, reason_size, uv_strerror(file));
        return false;
    }
    char *text = cJSON_Print(json);
    CHECK(text);
    int error = write_all(file, text, strlen(text));
    if (!error) error = write_all(file, "\n", 1);
    cJSON_free(text);
    uv_fs_t request;
    int closed = uv_fs_close(NULL, &request, file, NULL);
    uv_fs_req_cleanup(&request);
    if (!error) error = closed;
    if (!error) {
        error = uv_fs_rename(NULL, &request, temporary, path, NULL);
        uv_fs_req_cleanup(&request);
    }
    if (error) {
        remove_file(temporary);
        refuse(reason, reason_size, uv_strerror(error));
    }
    return !error;
}

bool json_file_writable(const char *path, char *reason, size_t reason_size) {
    uv_fs_t request;
    int error = uv_fs_stat(NULL, &request, path, NULL);
    uint64_t type = request.statbuf.st_mode & 0170000;
    uv_fs_req_cleanup(&request);
    if (!error && type != 0100000) { /* renaming a file over a device would replace the device */
        refuse(reason, reason_size,
               type == 0040000 ? uv_strerror(UV_EISDIR) : "exists and is not a regular file");
        return false;
    }
    char temporary[FILE_PATH_SIZE];
    uv_file file = open_beside(path, temporary);
    if (file < 0) {
        refuse(reason, reason_size, uv_strerror(file));
        return false;
    }
    uv_fs_close(NULL, &request, file, NULL);
    uv_fs_req_cleanup(&request);
    remove_file(temporary);
    return true;
}
