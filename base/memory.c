/* memory.c - one line and an exit code when there is no memory. */
#include "base/memory.h"

#include "base/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name of this program's file, cut from its path. */
static const char *program_name(char *path, size_t size) {
    if (os_executable_path(path, size) != 0) return "iobench";
    for (char *at; (at = strpbrk(path, OS_PATH_SEPARATORS));) path = at + 1;
    size_t length = strlen(path), suffix = strlen(OS_PROGRAM_SUFFIX);
    if (length > suffix && strcmp(path + length - suffix, OS_PROGRAM_SUFFIX) == 0)
        path[length - suffix] = '\0';
    return path;
}

_Noreturn void memory_failed(void) {
    char path[1024];
    fprintf(
        stderr,
        "%s: memory: the system gives this process no more; raise its limit (ulimit -v, control "
        "group), or let it hold less\n",
        program_name(path, sizeof path));
    fflush(stderr);
    _Exit(MEMORY_EXIT);
}

void *memory_malloc(size_t size) {
    void *block = malloc(size ? size : 1);
    MEMORY_CHECK(block);
    return block;
}

void *memory_calloc(size_t count, size_t size) {
    void *block = count && size ? calloc(count, size) : calloc(1, 1);
    MEMORY_CHECK(block);
    return block;
}

void *memory_realloc(void *block, size_t size) {
    void *moved = realloc(block, size ? size : 1);
    MEMORY_CHECK(moved);
    return moved;
}
