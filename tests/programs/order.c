/*
 * order N - four threads taking turns print the lines 1 to N, each by another means than the one before; then abort().
 */
#include "victim.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/uio.h>

#define THREADS 4

static sem_t turns[THREADS];
static int last;

static void say(int number)
{
	char line[32];
	const int bytes = snprintf(line, sizeof(line), "line %d\n", number);
	struct iovec parts[2] = {{line, 3}, {line + 3, (size_t)bytes - 3}};
	switch (number % 7) {
	case 0:
		printf("line %d\n", number);
		break;
	case 1:
		fprintf(stderr, "line %d\n", number);
		break;
	case 2:
		if (write(1, line, (size_t)bytes) != bytes)
			abort();
		break;
	case 3:
		dprintf(2, "line %d\n", number);
		break;
	case 4:
		fputs(line, stdout);
		break;
	case 5:
		if (writev(2, parts, 2) != bytes)
			abort();
		break;
	default:
		fwrite(line, 1, (size_t)bytes, stderr);
		break;
	}
}

static void *take_turns(void *argument)
{
	const int self = (int)(intptr_t)argument;
	for (int number = self + 1; number <= last; number += THREADS) {
		while (sem_wait(&turns[self]) != 0)
			;
		say(number);
		sem_post(&turns[(self + 1) % THREADS]);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	last = argc > 1 ? atoi(argv[1]) : 100;
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		sem_init(&turns[i], 0, i == 0);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, take_turns, (void *)(intptr_t)i) != 0)
			return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	abort();
}
