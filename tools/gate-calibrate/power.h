/* power.h - what a job can see: simulated jobs with invented noise and one changed figure. gate.c
 * makes the decision. */
#ifndef TESTS_GATE_POWER_H
#define TESTS_GATE_POWER_H

/* Prints a table, a row for each amount of noise: how often equal arms PASS, and the smallest
 * change that is REGRESSED in nine of ten jobs of each size, in limits. Takes a minute. */
void power_print(void);

#endif
