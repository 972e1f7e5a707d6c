#include "program.h"

#include "describe.h"

#include <string.h>

/* Where the agent is not preloaded although the command itself can be: it takes LD_PRELOAD away from what it starts. */
#define BEHIND "starts its command without LD_PRELOAD (write `ttlog run` behind it)"

static bool is_one_of(const char *word, const char *const *names)
{
	while (*names && strcmp(word, *names) != 0)
		names++;
	return *names != NULL;
}

/* Of env(1): what an option says of LD_PRELOAD, and whether the next word belongs to it. */
static bool env_option_drops(const char *option, const char *next, bool *takes_next)
{
	const bool is_long = option[1] == '-';
	const char *unset = strcmp(option, "-u") == 0 || strcmp(option, "--unset") == 0 ? next
			    : strncmp(option, "--unset=", 8) == 0                       ? option + 8
			    : strncmp(option, "-u", 2) == 0                             ? option + 2
											: NULL;
	*takes_next = unset == next || is_one_of(option, (const char *const[]){"-C", "--chdir", NULL});
	if (unset)
		return strcmp(unset, "LD_PRELOAD") == 0;
	return strcmp(option, "-") == 0 || strcmp(option, "--ignore-environment") == 0 ||
	       (!is_long && strspn(option + 1, "i0v") == strlen(option + 1) && strchr(option, 'i'));
}

/* Whoever sets it anew knows what he does. */
static const char *env_drops(char *const *words)
{
	bool drops = false, takes_next;
	for (; *words && (**words == '-' || strchr(*words, '=')); words++) {
		if (strcmp(*words, "--") == 0)
			continue;
		if (**words != '-') {
			if (strncmp(*words, "LD_PRELOAD=", 11) == 0)
				return NULL;
			continue;
		}
		drops |= env_option_drops(*words, words[1] ? words[1] : "", &takes_next);
		words += takes_next && words[1];
	}
	if (!*words)
		return NULL; /* it prints the environment */
	return drops && strcmp(describe_base_name(*words), "ttlog") != 0 ? BEHIND : program_drops_preload(words);
}

static const char *su_drops(char *const *words)
{
	static const char *const login[] = {"-", "-l", "--login", NULL};
	while (*words && !is_one_of(*words, login))
		words++;
	return *words ? BEHIND : NULL;
}

const char *program_drops_preload(char *const *command)
{
	static const char *const always[] = {"sudo", "doas", "pkexec", NULL};
	const char *name = describe_base_name(command[0]);
	if (strcmp(name, "env") == 0)
		return env_drops(command + 1);
	if (strcmp(name, "su") == 0 || strcmp(name, "runuser") == 0)
		return su_drops(command + 1);
	return is_one_of(name, always) && command[1] ? BEHIND : NULL;
}
