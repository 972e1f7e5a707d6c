/* secure AGENT - loads the agent and says something through it, and whether that was recorded. For a copy that is set-user-ID. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

static int has_recorder(void)
{
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	int found = 0;
	while (maps && fgets(line, sizeof(line), maps))
		found |= strstr(line, ".rec") != NULL;
	return found;
}

int main(int argc, char **argv)
{
	void *agent = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
	int (*say)(const char *) = agent ? (int (*)(const char *))dlsym(agent, "puts") : NULL;
	if (!say)
		return 3;
	say("said");
	printf("%s, %s\n", getauxval(AT_SECURE) ? "secure" : "ordinary", has_recorder() ? "recorded" : "not recorded");
	return 0;
}
