/*
 * requests.h - answers the driver's requests until its input ends. For the two kinds of programs that rounds.h describes.
 */
#ifndef TTLOG_BENCH_REQUESTS_H
#define TTLOG_BENCH_REQUESTS_H

#include "rounds.h"

int requests_answer(double (*take)(const char *row, long events, const char **why));

#endif
