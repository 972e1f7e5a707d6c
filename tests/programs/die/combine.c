#include "combine.h"

#include "faults.h"

static const struct death *cause;
static const char *cause_name;
char **combined;

/* The cause begins with known registers, so that what is left in them is the same in each run. */
void suffer(void)
{
	company_meet();
	if (handling_jumps)
		sigsetjmp(handling_back, 1);
	registers_settle();
	if (cause)
		cause->die();
	else
		send_to_itself(cause_name);
}

static const char *wanted(char **argv, const char *what)
{
	const size_t bytes = strlen(what);
	for (char **at = argv + 2; *at; at++)
		if (strncmp(*at, what, bytes) == 0 && (*at)[bytes] == '=')
			return *at + bytes + 1;
	return NULL;
}

bool combine_wants(char **argv, const char *choice)
{
	for (char **at = argv + 2; *at; at++)
		if (strcmp(*at, choice) == 0)
			return true;
	return false;
}

static void apply(char **argv, const char *what, const struct choice *choices)
{
	const char *name = wanted(argv, what);
	const struct choice *choice = choices;
	while (name && choice->name && strcmp(choice->name, name) != 0)
		choice++;
	if (!choice->name)
		LOST(what);
	if (choice->apply)
		choice->apply();
}

/* What is said: before the surroundings change, after, or never. */
static void speak(char **argv, const char *when)
{
	const char *speaks = wanted(argv, "speaks");
	if (strcmp(speaks ? speaks : "before", when) != 0)
		return;
	victim_speak(argv[1]);
	victim_last_words();
}

int combine(const struct death *death, char **argv)
{
	cause = death;
	cause_name = argv[1];
	combined = argv;
	apply(argv, "handling", handlings);
	apply(argv, "company", companies);
	speak(argv, "before");
	apply(argv, "surroundings", surroundings);
	speak(argv, "after");
	apply(argv, "place", places);
	puts("survived");
	exit(5);
}
