/* Levels that lines say of themselves; lines are those of the programs named. */
#include "event.h"
#include "text_level.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = -1 };

static const struct {
	int level;
	const char *line;
} lines[] = {
	{LEVEL_ERROR, "<3>disk is full"},
	{LEVEL_FATAL, "<0>x"},
	{LEVEL_DEBUG, "<7>"},
	{NONE, "<8>x"},
	{NONE, "<3"},
	{LEVEL_ERROR, "E0102 15:04:05.678901   123 file.cc:9] glog"},
	{LEVEL_INFO, "I1123 18:00:00.000000 1 main.go:5] klog"},
	{NONE, "E0102 was the flight"},
	{LEVEL_ERROR, "ERROR:root:python logging"},
	{LEVEL_WARN, "2026-11-23 18:00:00,123 WARNING python with asctime"},
	{LEVEL_ERROR, "2026-11-23 18:00:00,123 - my.module - ERROR - python's documentation"},
	{NONE, "2026-11-23 18:00:00,123 - my module - ERROR - no name"},
	{LEVEL_ERROR, "2026/11/23 18:00:00 [error] 1234#1234: *1 nginx"},
	{LEVEL_FATAL, "2026/11/23 18:00:00 [emerg] 1234#1234: nginx"},
	{LEVEL_INFO, "2026/11/23 18:00:00 [notice] 1#1: nginx"},
	{LEVEL_ERROR, "2026-11-23 18:00:00.000 UTC [123] ERROR:  relation does not exist (postgres)"},
	{LEVEL_INFO, "2026-11-23 18:00:00.000 CEST [123] LOG:  database system is ready"},
	{NONE, "2026-11-23 18:00:00.000 UTC [77] postgres@db FATAL: neither is this one"},
	{LEVEL_WARN, "18:00:00.123 [main] WARN  com.example.App - log4j"},
	{LEVEL_ERROR, "[2026-11-23T18:00:00Z ERROR my_crate] env_logger"},
	{LEVEL_TRACE, "TRACE text"},
	{LEVEL_FATAL, "fatal: not a git repository"},
	{LEVEL_WARN, "warning: unused variable"},
	{LEVEL_ERROR, "error: linker failed"},
	{LEVEL_WARN, "Warning: first word, with a colon"},
	{LEVEL_FATAL, "CRITICAL disk"},
	{LEVEL_WARN, "[WARN] x"},
	{LEVEL_DEBUG, "(DEBUG) x"},
	{LEVEL_INFO, "Nov 23 18:00:00 INFO x"},
	{NONE, "error in the middle of a sentence"},
	{NONE, "an ERROR later"},
	{NONE, "Information"},
	{NONE, "INFORMATION"},
	{NONE, "errors: 3"},
	{NONE, ""},
	{NONE, "\n"},
	{NONE, "[unclosed"},
	{NONE, "123:M 23 Nov 2026 18:00:00.123 * Ready (redis)"},
};

Test(text_level, lines)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const int level = text_level(lines[i].line, strlen(lines[i].line));
		cr_expect(level == lines[i].level, "%d instead of %d: %s", level, lines[i].level, lines[i].line);
	}
}

/* Nothing behind the text is looked at, at any length of any line. */
Test(text_level, cut_lines)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		for (size_t bytes = 0; bytes < strlen(lines[i].line); bytes++) {
			char *exact = malloc(bytes ? bytes : 1);
			memcpy(exact, lines[i].line, bytes);
			const int level = text_level(exact, bytes);
			cr_expect(level >= NONE && level < LEVEL_OFF);
			free(exact);
		}
	}
}
