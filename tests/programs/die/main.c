/*
 * die NAME - dies in the way of that name; without a name it lists them.
 * die NAME place=P handling=H company=C surroundings=S - the same elsewhere; each may be left out (combine.h).
 */
#include "combine.h"
#include "die.h"

#include "faults.h"

static const struct death *const catalogue[] = {fault_deaths, abort_deaths, place_deaths, handler_deaths, ends};

#define SUBJECTS (sizeof(catalogue) / sizeof(catalogue[0]))

static const struct death *death_named(const char *name)
{
	for (size_t i = 0; i < SUBJECTS; i++)
		for (const struct death *death = catalogue[i]; death->name; death++)
			if (strcmp(death->name, name) == 0)
				return death;
	return NULL;
}

static int list(void)
{
	for (size_t i = 0; i < SUBJECTS; i++)
		for (const struct death *death = catalogue[i]; death->name; death++)
			puts(death->name);
	return 0;
}

/* As a constructor of the program: before main, after the agent's own. */
__attribute__((constructor)) static void early(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "in_constructor") == 0) {
		victim_speak(argv[1]);
		death_null_write();
	}
	if (argc > 2 && combine_wants(argv, "place=constructor"))
		combine(death_named(argv[1]), argv);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return list();
	const struct death *death = death_named(argv[1]);
	if (!death && !is_sent(argv[1]))
		return 99;
	if (argc > 2)
		return combine(death, argv);
	victim_speak(argv[1]);
	victim_last_words();
	registers_settle();
	if (death)
		death->die();
	else
		send_to_itself(argv[1]);
	return 98;
}
