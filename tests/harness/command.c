#include "command.h"

#include "describe.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/wait.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct outcome ttlog(const char *const *arguments)
{
	const char *argv[48] = {TTLOG};
	for (size_t i = 1; *arguments && i < COUNT(argv) - 1; i++)
		argv[i] = *arguments++;
	cr_assert(!*arguments, "more than %zu arguments", COUNT(argv) - 2);
	return process_run(&(struct process_setup){.argv = argv});
}

void expect_error_at(struct where where, const struct outcome *outcome, int code, const char *named)
{
	const char *newline = strchr(outcome->err.data, '\n');
	cr_assert(WIFEXITED(outcome->status) && WEXITSTATUS(outcome->status) == code, "%s:%d: %s, not exit %d\n%s%s", where.file,
		  where.line, status_text(outcome->status), code, outcome->out.data, outcome->err.data);
	cr_assert(newline && newline[1] == 0, "%s:%d: not one line on standard error:\n%s", where.file, where.line,
		  outcome->err.data);
	cr_assert(strncmp(outcome->err.data, "ttlog", 5) == 0 && strstr(outcome->err.data, named),
		  "%s:%d: the line does not name %s: %s", where.file, where.line, named, outcome->err.data);
	cr_assert(outcome->out.size == 0, "%s:%d: on standard output:\n%s", where.file, where.line, outcome->out.data);
}

const char *make_snapshot(const char *program, const char *argument)
{
	static const char *path;
	struct snapshot snapshot;
	process_run(&(struct process_setup){.argv = LIST(program, argument), .agent = true});
	snapshot_only(&snapshot, &path);
	return path;
}

void expect_degraded(const struct snapshot *snapshot, const char *what)
{
	for (size_t i = 0; i < snapshot->agent.degradation_count; i++)
		if (strcmp(snapshot->agent.degradations[i], what) == 0)
			return;
	cr_assert_fail("it does not say \"%s\"%s", what, snapshot_describe(snapshot));
}

void expect_shown(const struct outcome *outcome, const char *const *parts)
{
	const char *at = outcome->out.data;
	cr_assert(outcome->status == 0 && outcome->err.size == 0, "%s\n%s", status_text(outcome->status), outcome->err.data);
	for (; *parts; parts++) {
		const char *found = strstr(at, *parts);
		cr_assert(found != NULL, "\"%s\" is missing or not behind the others in:\n%s", *parts, outcome->out.data);
		at = found;
	}
}
