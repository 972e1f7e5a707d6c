/*
 * The agent for aarch64, cross-built beside the one for this machine, in programs that qemu-user executes: they say and do the same with it,
 * and what they leave behind is read by this machine's own tools. All that qemu-user carries of a death: see tests/arm64/limits.
 */
#include "command.h"
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define QEMU        "/usr/bin/qemu-aarch64"
#define LIBC        "/usr/aarch64-linux-gnu"
#define CROSS(name) BUILT("cross-arm64/" name)

TestSuite(arm64, .init = place_init, .fini = place_fini, .timeout = 100);

static struct outcome run(const char *how, bool agent)
{
	char storage[512];
	snprintf(storage, sizeof(storage), "TTLOG_STORAGE=%s", place_storage());
	const char *const with[] = {
		QEMU, "-L", LIBC, "-E", "LD_PRELOAD=" CROSS("libttlog_agent.so"), "-E", storage, CROSS("tests/programs/die"),
		how,  NULL};
	return process_run(
		&(struct process_setup){.argv = agent ? with : LIST(QEMU, "-L", LIBC, CROSS("tests/programs/die"), how)});
}

/* QEMU 5.2, of Debian 11, shows a program no code in /proc/self/maps: all of it can be read only. */
static bool shows_code(void)
{
	unsigned version = 0;
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST(QEMU, "--version")});
	cr_assert(sscanf(outcome.out.data, "qemu-aarch64 version %u", &version) == 1, "%s", outcome.out.data);
	return version > 5;
}

/* Its recorder, once it died as it does without the agent. */
static const char *check_death(const char *how, int signal)
{
	if (access(CROSS("libttlog_agent.so"), R_OK) != 0)
		cr_skip_test("no compiler for aarch64 here");
	if (!is_executable(QEMU))
		cr_skip_test("no " QEMU " here");
	if (!shows_code())
		cr_skip_test("before QEMU 6 a program's map of memory shows no code");
	const struct outcome plain = run(how, false), agent = run(how, true);
	cr_assert(WIFSIGNALED(plain.status) && WTERMSIG(plain.status) == signal, "%s without the agent: %s",
		  status_text(plain.status), plain.err.data);
	expect_same(plain, agent);
	const char *recorder = recorder_of(agent.pid);
	cr_assert_not_null(recorder, "no recorder of %d", agent.pid);
	return recorder;
}

Test(arm64, an_assertion)
{
	const char *recorder = check_death("assert", SIGABRT);
	const struct outcome view = ttlog(LIST("view", "--no-color", recorder));
	expect_shown(&view, LIST("die died of SIGABRT", "death_assert: Assertion `zero == 1' failed.", "libc.so.6+0x",
				 "printf assert", "victim.h:", "now assert", "helper could not be started"));
}

Test(arm64, a_signal)
{
	const char *recorder = check_death("raise:TERM", SIGTERM);
	const struct outcome json = ttlog(LIST("view", "--json", recorder));
	expect_shown(&json,
		     LIST("\"reason\": \"SIGTERM\"", "\"x0\": ", "\"sp\": ", "\"pc\": ", "libttlog_agent.so", "now raise:TERM"));
}
