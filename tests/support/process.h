/* process.h - child processes of the tests: spoken to through pipes, always waited for. */
#ifndef TESTS_PROCESS_H
#define TESTS_PROCESS_H

#include <sys/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts argv with its stdin and stdout connected to us, and, with `nofile`, with so many
 * descriptors at most. Ends the case if the system has no process to give. */
pid_t process_start(char *const *argv, uint64_t nofile, int *input, int *output);

/* Reads one line without its end, and nothing behind it. False at the end of output. */
bool process_read_line(int output, char *line, size_t size);

/* Reads all that is left, NUL-terminated; what does not fit is dropped. */
void process_read_rest(int output, char *text, size_t size);

/* Waits for the end. Returns the exit code, or 128 + signal. */
int process_await(pid_t pid);

/* How long the main thread of a process that is not awaited yet was ready to run and had no CPU; 0
 * where the system does not tell. */
uint64_t process_waited_ns(pid_t pid);

/* Runs argv with an empty stdin to its end: its stdout goes to `text`. Returns its exit code. */
int process_collect(char *const *argv, char *text, size_t size);

#endif
