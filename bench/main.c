/* main.c - the program iobench: runs the subcommand that argv[1] names. The subcommand parses its
 * own arguments and returns the exit code. */
#include "base/args.h"
#include "base/json.h"
#include "base/os.h"

#include "bench/cmd/commands.h"
#include "bench/support/exit_code.h"
#include "bench/support/nearest.h"
#include "bench/support/refuse.h"
#include "bench/support/terminal.h"
#include "bench/support/version.h"
#include "bench/support/width.h"

#include <stdio.h>
#include <string.h>

#define NAME "iobench"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
    const char *summary;
} commands[] = {
    {"list", cmd_list, "list the models, their options and the suites"},
    {"doctor", cmd_doctor, "list what on this machine will distort results, and how to fix it"},
    {"run", cmd_run, "run a suite and write a result file"},
    {"compare", cmd_compare, "test whether results are worse than earlier ones"},
    {"report", cmd_report, "write an HTML page with plots of results"},
    {"plot", cmd_plot, "draw one plot of results"},
    {"export", cmd_export, "write the histograms of a result for other tools"},
    {"ab", cmd_ab, "measure a candidate against its baseline: a regression gate for CI"},
    {"validate", cmd_validate, "check result files"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(void) {
    int columns = terminal_look(1, false).columns;
    width_print(
        stdout,
        "iobench - measures which IO model serves more connections with shorter response times",
        (struct width_place){columns, 0, 2});
    printf("\nusage: iobench COMMAND [options]\n\n");
    for (int i = 0; i < COMMANDS; i++) {
        char name[32];
        snprintf(name, sizeof name, "  %s", commands[i].name);
        width_row(stdout, name, 10, commands[i].summary, columns);
    }
    putchar('\n');
    width_row(stdout, "  --version", 11, "print version and commit", columns);
    width_row(stdout, "  --help", 11, "print this text; after a COMMAND, its options", columns);
    printf("\nexample: iobench run --suite quick -o result.json\n");
}

static int no_command(const char *word) {
    const char *names[COMMANDS + 1] = {NULL};
    for (int i = 0; i < COMMANDS; i++) names[i] = commands[i].name;
    const char *nearest = nearest_word(word, names);
    if (nearest) return refuse(NAME, "%s: no such command; did you mean \"%s\"?", word, nearest);
    return refuse(NAME, "%s: no such command; try --help", word);
}

/* Flushes stdout. Returns `code`, or a failure if the output could not be written. */
static int output_written(int code) {
    return args_output_written(NAME) || code != EXIT_FINE ? code : EXIT_USAGE;
}

int main(int argc, char **argv) {
    os_init();
    if (!os_limits_suffice(NAME)) return EXIT_USAGE;
    argv = os_arguments(argc, argv);
    json_guard_memory();
    if (argc < 2) return refuse(NAME, "no command given; try --help");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help();
        return output_written(EXIT_FINE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("iobench %s (%s%s)\n", version_tool, version_git_commit, version_changes());
        return output_written(EXIT_FINE);
    }
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return output_written(commands[i].run(argc - 1, argv + 1));
    return no_command(argv[1]);
}
