/*
 * Programs that wrote over their own recorder before they died: by accident, or to lead astray who looks into it. They die as without the
 * agent; who looks comes back, with a snapshot that can be read or without one, in bounded time.
 *
 * TTLOG_LIES=n tries so many (default 40), TTLOG_SEED=s from there on.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

TestSuite(lies, .init = place_init, .fini = place_fini, .timeout = 3600);

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);
	return value ? strtoul(value, NULL, 10) : otherwise;
}

/* Said about every failure: the seed repeats it. */
static void tell_a_lie(unsigned long seed)
{
	char text[32], about[64];
	const char *path = NULL;
	struct snapshot snapshot;
	snprintf(text, sizeof(text), "%lu", seed);
	snprintf(about, sizeof(about), "TTLOG_SEED=%lu TTLOG_LIES=1", seed);
	expect_about(about);
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(PROGRAM("liar"), text)});
	const struct outcome agent = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("liar"), text),
					.agent = true,
					.environment = LIST("TTLOG_CAPTURE_TIMEOUT=1000", "TTLOG_CAPACITY=256")});
	cr_assert(WIFSIGNALED(plain.status) && WTERMSIG(plain.status) == SIGSEGV);
	expect_same(plain, agent);
	const size_t snapshots = snapshots_in(place_storage(), &path);
	cr_assert(snapshots <= 1, "%s: %zu snapshots", about, snapshots);
	if (path)
		snapshot_at(&snapshot, path);
	const struct outcome recovered = ttlog(LIST("recover", place_storage()));
	cr_assert(WIFEXITED(recovered.status), "%s: ttlog recover: %s", about, status_text(recovered.status));
	place_storage_clear();
}

Test(lies, all)
{
	const unsigned long first = setting("TTLOG_SEED", 1), count = setting("TTLOG_LIES", 40);
	for (unsigned long seed = first; seed < first + count; seed++)
		tell_a_lie(seed);
}
