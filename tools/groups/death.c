#include "death.h"

#include <string.h>

static bool begins(const char *text, const char *word)
{
	return !strncmp(text, word, strlen(word));
}

bool death_is(const struct snapshot *snapshot)
{
	const char *reason = snapshot->reason ? snapshot->reason : "";

	if (snapshot->signal.present || snapshot->oom.present)
		return true;
	if (begins(reason, "exit "))
		return strcmp(reason, "exit 0") != 0;
	return begins(reason, "SIG") || begins(reason, "signal") || !strcmp(reason, "killed") || !strcmp(reason, "timeout");
}

const char *death_word(const struct snapshot *snapshot)
{
	if (snapshot->oom.present)
		return "out of memory";
	if (snapshot->signal.present && snapshot->signal.name && snapshot->signal.name[0])
		return snapshot->signal.name;
	return snapshot->reason && snapshot->reason[0] ? snapshot->reason : "unknown";
}

bool death_is_fault(const struct snapshot *snapshot)
{
	static const char *const faults[] = {"SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGTRAP", "SIGSYS"};
	const char *word = death_word(snapshot);

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (!strcmp(word, faults[i]))
			return true;
	}
	return false;
}

const char *death_program(const struct snapshot *snapshot)
{
	const char *slash = snapshot->exe ? strrchr(snapshot->exe, '/') : NULL;

	if (snapshot->service && snapshot->service[0])
		return snapshot->service;
	if (slash && slash[1])
		return slash + 1;
	return snapshot->exe && snapshot->exe[0] ? snapshot->exe : "unknown";
}
