/*
 * api.h - the functions of ttlog_engine.h, behind the table that programs find.
 */
#ifndef TTLOG_API_H
#define TTLOG_API_H

/* Completes the table. Called once by the constructor. */
void api_init(void) __attribute__((visibility("hidden")));

#endif
