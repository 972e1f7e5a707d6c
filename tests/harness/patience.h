/*
 * patience.h - how much longer than usual to wait for what has to come: TTLOG_PATIENCE=n, on an emulated machine. All limits of suites
 * and of processes are multiplied by it; no test knows of it.
 */
#ifndef TTLOG_TESTS_PATIENCE_H
#define TTLOG_TESTS_PATIENCE_H

/* 1 or more */
unsigned patience(void);

#endif
