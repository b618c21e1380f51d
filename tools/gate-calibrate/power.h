/* power.h - what a job can see: simulated jobs with invented noise and one changed figure. gate.c
 * makes the decision. */
#ifndef TESTS_GATE_POWER_H
#define TESTS_GATE_POWER_H

/* Prints a table: for jobs of several sizes and for several amounts of noise, how often equal arms
 * PASS and the smallest change that is REGRESSED in nine of ten jobs. Takes a minute. */
void power_print(void);

#endif
