/*
 * deadlock - two threads, two locks, and each holds the one that the other waits for. Says "locked" once both hold theirs.
 */
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t accounts = PTHREAD_MUTEX_INITIALIZER, journal = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;

static __attribute__((noinline)) void write_journal_with_accounts_held(void)
{
	pthread_mutex_lock(&journal);
	pthread_mutex_unlock(&journal);
}

static __attribute__((noinline)) void read_accounts_with_journal_held(void)
{
	pthread_mutex_lock(&accounts);
	pthread_mutex_unlock(&accounts);
}

static void *transfer(void *unused)
{
	pthread_mutex_lock(&accounts);
	fputs("transfer holds accounts\n", stderr);
	pthread_barrier_wait(&both);
	write_journal_with_accounts_held();
	pthread_mutex_unlock(&accounts);
	return unused;
}

static void *audit(void *unused)
{
	pthread_mutex_lock(&journal);
	fputs("audit holds journal\n", stderr);
	pthread_barrier_wait(&both);
	read_accounts_with_journal_held();
	pthread_mutex_unlock(&journal);
	return unused;
}

int main(void)
{
	pthread_t threads[2];
	pthread_barrier_init(&both, NULL, 3);
	pthread_create(&threads[0], NULL, transfer, NULL);
	pthread_create(&threads[1], NULL, audit, NULL);
	pthread_setname_np(threads[0], "transfer");
	pthread_setname_np(threads[1], "audit");
	pthread_barrier_wait(&both);
	puts("locked");
	fflush(stdout);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	return 0;
}
