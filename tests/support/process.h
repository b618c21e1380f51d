/* process.h - child processes of the tests, with pipes for stdin and stdout. */
#ifndef TESTS_PROCESS_H
#define TESTS_PROCESS_H

#include <sys/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts argv with pipes for stdin and stdout. `nofile` limits its open files; 0: no limit. Ends
 * the case on failure. */
pid_t process_start(char *const *argv, uint64_t nofile, int *input, int *output);

/* Reads one line without its newline, and no further bytes. Returns false at the end of the output.
 */
bool process_read_line(int output, char *line, size_t size);

/* Reads the remaining output, NUL-terminated. Drops what does not fit. */
void process_read_rest(int output, char *text, size_t size);

/* Waits until the process has exited. Returns its exit code, or 128 + signal. */
int process_await(pid_t pid);

/* How long the main thread of a process was ready to run but had no CPU; 0 where the system does
 * not report it. The process must not have been awaited yet. */
uint64_t process_waited_ns(pid_t pid);

/* CPU time that all other processes of the machine, interrupts and its hypervisor have used, beside
 * this process and `pid`, with all their threads. 0 where the system does not report it. The
 * process must not have been awaited yet. */
uint64_t process_others_ns(pid_t pid);

/* Runs argv with an empty stdin until it exits. Writes its stdout to `text`. Returns its exit code.
 */
int process_collect(char *const *argv, char *text, size_t size);

#endif
