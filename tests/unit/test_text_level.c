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
	{LEVEL_FATAL, "2026-11-23 18:00:00.000 UTC [77] postgres@db FATAL:  password authentication failed"},
	{LEVEL_ERROR, "2026-11-23 18:00:00.000 UTC [77] [unknown]@[unknown] ERROR:  no startup packet"},
	{LEVEL_INFO, "2026-11-23 18:00:00.000 UTC [77] app.user@shop-1 LOG:  duration: 3 ms"},
	{NONE, "2026-11-23 18:00:00.000 UTC [77] postgres@db STATEMENT:  select 'ERROR:'"},
	{NONE, "2026-11-23 18:00:00.000 UTC [77] postgres@db error in words"},
	{NONE, "mail from root@localhost ERROR: bounced"},
	{NONE, "@ ERROR: x"},
	{LEVEL_ERROR, "[Sat Nov 28 16:00:00.123456 2026] [core:error] [pid 7:tid 8] [client ::1:5] AH00128: no file"},
	{LEVEL_INFO, "[Sat Nov 28 16:00:00.123456 2026] [mpm_event:notice] [pid 7:tid 8] AH00489: configured"},
	{LEVEL_WARN, "[Sat Nov 28 16:00:00.123456 2026] [ssl:warn] [pid 7] AH01909"},
	{NONE, "[core:errors] x"},
	{NONE, "[12:error"},
	{NONE, "[:error] x"},
	{LEVEL_ERROR, "gcc: error: x.c: No such file or directory"},
	{LEVEL_FATAL, "x86_64-linux-gnu-gcc-12: fatal error: no input files"},
	{LEVEL_WARN, "file.c:1:2: warning: unused variable 'x'"},
	{LEVEL_WARN, "src/lib/file.c:17: warning: old style"},
	{LEVEL_ERROR, "/usr/bin/ld: error: undefined symbol"},
	{LEVEL_FATAL, "main.c:1:10: fatal error: x.h: No such file or directory"},
	{LEVEL_FATAL, "nginx: [emerg] bind() to 0.0.0.0:80 failed"},
	{LEVEL_ERROR, "error[E0308]: mismatched types (rustc)"},
	{NONE, "error[E0308] without a colon"},
	{NONE, "error[0] = 5"},
	{NONE, "file.c:1:2: note: declared here"},
	{NONE, "cc1: all warnings being treated as errors"},
	{NONE, "file.c: In function 'main':"},
	{NONE, "make: *** [Makefile:3: all] Error 1"},
	{NONE, "ls: cannot access 'error:': No such file or directory"},
	{NONE, "Result: error rate 3"},
	{NONE, "errors: error-free: yes"},
	{NONE, "x: [error rate]"},
	{NONE, "http://host/error: not found"},
	{NONE, "a:b: error: no number"},
	{LEVEL_INFO, "INFO: error: the first one counts"},
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
	{LEVEL_INFO, "123:M 23 Nov 2026 18:00:00.123 * Ready (redis)"},
	{LEVEL_WARN, "123:C 23 Nov 2026 18:00:00.123 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo"},
	{LEVEL_DEBUG, "123:S 23 Nov 2026 18:00:00.123 - Accepted 127.0.0.1:5000"},
	{NONE, "123:M 23 Nov 2026 18:00:00.123 ! no mark of redis"},
	{NONE, "123:signal-handler (1795882832) Received SIGTERM scheduling shutdown..."},
	{LEVEL_WARN, "W20261128 16:00:00.123456 123 file.cc:10] glog 0.6"},
	{NONE, "W2026112 16:00:00.123456 no date"},
	{LEVEL_ERROR, "time=\"2026-11-28T16:00:00Z\" level=error msg=\"logrus\""},
	{LEVEL_INFO, "ts=2026-11-28T16:00:00Z caller=main.go:3 level=info msg=go-kit"},
	{LEVEL_ERROR, "{\"level\":\"error\",\"ts\":1795881600.1,\"msg\":\"zap\"}"},
	{LEVEL_WARN, "{\"time\": 1, \"severity\": \"WARNING\", \"message\": \"x\"}"},
	{NONE, "the level=errors of the sea"},
	{NONE, "sealevel=error"},
	{NONE, "level"},
	{NONE, "\"level\":"},
	{LEVEL_ERROR, "[2026-11-28 16:00:00.123] [error] spdlog"},
	{LEVEL_FATAL, "[2026-11-28 16:00:00.123] [logger] [critical] spdlog, named"},
	{LEVEL_WARN, "2026-11-28 16:00:00.123  WARN 123 --- [  main] c.e.App : spring boot"},
	{LEVEL_ERROR, "2026-11-28T16:00:00.123456Z ERROR foo: tracing"},
	{LEVEL_ERROR, "E, [2026-11-28T16:00:00.123456 #123] ERROR -- prog: ruby's logger"},
	{LEVEL_ERROR, "2026-11-28T16:00:00.000Z\tERROR\tmain.go:10\tzap's console"},
	{LEVEL_WARN, "2026-11-28T16:00:00.123456Z 0 [Warning] [MY-010068] [Server] mysql"},
	{LEVEL_FATAL, "panic: runtime error: index out of range"},
	{LEVEL_ERROR, "SEVERE: java.util.logging"},
	{NONE, "2026-11-28 16:00:00.000 UTC [123] STATEMENT:  select 1/0"},
	{NONE, "[error-prone] is a checker"},
	{NONE, "WARN_LIMIT=3"},
	{NONE, "ERROR_COUNT 0"},
	{NONE, "errors: 0"},
	{NONE, "0 errors, 0 warnings"},
	{NONE, "Error count: 0"},
	{NONE, "Errors: 3"},
	{NONE, "ERRORS 0"},
	{NONE, "error rate 0.1"},
	{NONE, "no error"},
	{NONE, "debug mode is off"},
	{NONE, "Fatal Frame is a game"},
	{NONE, "Info about this"},
	{NONE, "Log rotated"},
	{NONE, "info@example.com"},
	{NONE, "Alert the user"},
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
