/*
 * sanitized NAME - built with AddressSanitizer: lives, or has a defect that it reports.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *volatile memory;

static __attribute__((noinline)) void use_after_free(void)
{
	memory = malloc(40);
	free(memory);
	memory[3] = 1;
}

static __attribute__((noinline)) void null_write(void)
{
	*(volatile int *)8 = 1;
}

static __attribute__((noinline)) int descend(volatile char *above)
{
	volatile char here[512];
	here[0] = *above;
	return memory == above ? 0 : descend(here) + here[0];
}

static void *in_thread(void *name)
{
	char *copy = strdup(name);
	printf("thread: %s\n", copy);
	free(copy);
	return NULL;
}

int main(int argc, char **argv)
{
	char first = 1;
	pthread_t thread;
	const char *name = argc > 1 ? argv[1] : "lives";
	if (pthread_create(&thread, NULL, in_thread, argv[0] + strlen(argv[0]) - 3) != 0 || pthread_join(thread, NULL) != 0)
		return 98;
	printf("%s\n", name);
	fflush(stdout);
	if (strcmp(name, "use_after_free") == 0)
		use_after_free();
	if (strcmp(name, "null_write") == 0)
		null_write();
	if (strcmp(name, "overflow") == 0)
		return descend(&first);
	return strcmp(name, "lives") == 0 ? 0 : 99;
}
