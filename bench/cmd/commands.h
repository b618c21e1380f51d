/* commands.h - the subcommands of iobench. Each parses its own argv (argv[0] is its name) and
 * returns the exit code of the process.
 * Invariant: a command that refuses its input prints at most three lines on stderr. */
#ifndef BENCH_CMD_COMMANDS_H
#define BENCH_CMD_COMMANDS_H

int cmd_list(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_validate(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_plot(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_ab(int argc, char **argv);

#endif
