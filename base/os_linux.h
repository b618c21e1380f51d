/* os_linux.h - what the files of os.h for Linux share. Only they include it. */
#ifndef BASE_OS_LINUX_H
#define BASE_OS_LINUX_H

#include <stdbool.h>

/* Whether a number in /proc is the process that has this id here. False in a pid namespace without
 * a /proc of its own: there /proc/PID is another process, and a signal to that PID hits a third. */
bool os_linux_proc_is_ours(void);

#endif
