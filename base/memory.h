/* memory.h - memory that a program cannot do without: it is there, or the process ends with one
 * line. Servers do not use it: they close a connection that they have no memory for, and serve the
 * others.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

#define MEMORY_EXIT 4 /* exit code of a program that gets no more memory */

/* Prints "PROGRAM: memory: ..." on stderr and ends the process with exit code MEMORY_EXIT. */
_Noreturn void memory_failed(void);

/* Does so unless an allocation succeeded. */
#define MEMORY_CHECK(allocated)                                                                    \
    do {                                                                                           \
        if (!(allocated)) memory_failed();                                                         \
    } while (0)

/* malloc, calloc and realloc that do so instead of returning NULL. They are for libraries, too,
 * some of which call abort() without memory. */
void *memory_malloc(size_t size);
void *memory_calloc(size_t count, size_t size);
void *memory_realloc(void *block, size_t size);

#endif
