/* main.c - iobench: hands over to the subcommand that was named.
 * Invariant: a subcommand sees its own argv and decides the exit code. */
#include "base/os.h"

#include "bench/cmd/commands.h"
#include "bench/support/exit_code.h"
#include "bench/support/nearest.h"
#include "bench/support/refuse.h"
#include "bench/support/version.h"

#include <stdio.h>
#include <string.h>

#define NAME "iobench"

static const struct command {
    const char *name;                  /* as typed */
    int (*run)(int argc, char **argv); /* argv[0] is the name */
    const char *summary;               /* one line */
} commands[] = {
    {"list", cmd_list, "models available here, and suites"},
    {"doctor", cmd_doctor, "what about this machine would spoil a measurement"},
    {"run", cmd_run, "run a suite and write a result file"},
    {"compare", cmd_compare, "say whether results are worse than others"},
    {"report", cmd_report, "draw a page and plots from results"},
    {"plot", cmd_plot, "draw one plot of results"},
    {"export", cmd_export, "write a result's histograms for other tools"},
    {"ab", cmd_ab, "compare a candidate with its baseline, side by side: a gate for CI"},
    {"validate", cmd_validate, "check result files"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(void) {
    printf("iobench - measures which IO model serves more connections with shorter response times\n"
           "\nusage: iobench COMMAND [options]\n\n");
    for (int i = 0; i < COMMANDS; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    printf("\n  --version  version and commit\n  --help     this text; also after a COMMAND\n"
           "\nexample: iobench run --suite quick -o result.json\n");
}

static int no_command(const char *word) {
    const char *names[COMMANDS + 1] = {NULL};
    for (int i = 0; i < COMMANDS; i++) names[i] = commands[i].name;
    const char *nearest = nearest_word(word, names);
    if (nearest) return refuse(NAME, "%s: no such command; did you mean \"%s\"?", word, nearest);
    return refuse(NAME, "%s: no such command; try --help", word);
}

/* The exit code, unless what was printed did not get where it should. */
static int output_written(int code) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return code;
    int refused = refuse(NAME, "standard output: cannot be written");
    return code == EXIT_FINE ? refused : code;
}

int main(int argc, char **argv) {
    os_init();
    if (argc < 2) return refuse(NAME, "no command given; try --help");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help();
        return output_written(EXIT_FINE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("iobench %s (%s%s)\n", version_tool, version_git_commit,
               version_git_dirty ? ", modified" : "");
        return output_written(EXIT_FINE);
    }
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return output_written(commands[i].run(argc - 1, argv + 1));
    return no_command(argv[1]);
}
