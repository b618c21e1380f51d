/* truth_machine.c - reads /proc; a figure that this kernel does not give counts as 0. */
#include "tests/truth/truth_machine.h"

#include "base/os.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The entry of a thread; a new one has done all of its waiting under observation, unless this is
 * the first look. NULL if there is no room. */
static struct machine_thread *thread_of(struct machine *m, pid_t id, uint64_t wait_ns) {
    for (size_t i = 0; i < m->thread_count; i++)
        if (m->threads[i].id == id) return &m->threads[i];
    if (m->thread_count == MACHINE_THREADS_MAX) return NULL;
    struct machine_thread *new = &m->threads[m->thread_count++];
    *new = (struct machine_thread){.id = id, .first_ns = m->end_ns ? 0 : wait_ns};
    return new;
}

/* Looks at all threads of a process. The main thread of the load generator only starts the others
 * and reports, so it is left out. */
static void look_at(struct machine *m, pid_t pid) {
    char path[80];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *list = opendir(path);
    for (struct dirent *entry; list && (entry = readdir(list));) {
        pid_t id = (pid_t)strtol(entry->d_name, NULL, 10);
        uint64_t ran_ns, wait_ns;
        if (id <= 0 || id == m->loadgen) continue;
        snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", (int)pid, (int)id);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        if (fscanf(file, "%" SCNu64 " %" SCNu64, &ran_ns, &wait_ns) == 2) {
            struct machine_thread *thread = thread_of(m, id, wait_ns);
            if (thread) thread->last_ns = wait_ns;
        }
        fclose(file);
    }
    if (list) closedir(list);
}

static uint64_t stolen_ns(void) {
    uint64_t ticks = 0;
    FILE *file = fopen("/proc/stat", "r");
    if (!file) return 0;
    if (fscanf(file, "cpu %*u %*u %*u %*u %*u %*u %*u %" SCNu64, &ticks) != 1) ticks = 0;
    fclose(file);
    return ticks * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}

void machine_start(struct machine *m, pid_t loadgen, pid_t server) {
    *m = (struct machine){.loadgen = loadgen,
                          .server = server,
                          .from_ns = os_clock_ns(),
                          .stolen_first_ns = stolen_ns()};
    machine_look(m, 0);
}

void machine_look(struct machine *m, uint64_t late_ns) {
    look_at(m, m->loadgen);
    if (m->server) look_at(m, m->server);
    m->stolen_last_ns = stolen_ns();
    m->late_ns += late_ns;
    m->end_ns = os_clock_ns();
}

double machine_span_ns(const struct machine *m) {
    return (double)(m->end_ns - m->from_ns);
}

double machine_lost_ns(const struct machine *m) {
    uint64_t lost_ns = m->late_ns + m->stolen_last_ns - m->stolen_first_ns;
    for (size_t i = 0; i < m->thread_count; i++)
        lost_ns += m->threads[i].last_ns - m->threads[i].first_ns;
    return (double)lost_ns;
}
