/*
 * Nobody else reads what a program said: modes of the recorder, its directory and the snapshot, whatever the umask; and a directory that
 * somebody else has put there, or left open to others, is not used. The death and its snapshot are the same.
 */
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(private, .init = place_init, .fini = place_fini, .timeout = 60);

enum { OTHER = 65534 };

static const char *own_directory(void)
{
	static char path[64];
	if (!place_has_own_shm())
		cr_skip_test("no /dev/shm of its own to be had");
	snprintf(path, sizeof(path), "/dev/shm/ttlog-%u", (unsigned)getuid());
	return path;
}

Test(private, modes)
{
	static const char script[] = "umask 0; echo said; stat -c %a \"$0\" \"$0\"/*.rec; kill -SEGV $$";
	struct snapshot snapshot;
	struct stat status;
	const char *path;
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("/bin/sh", "-c", script, own_directory()), .agent = true});
	cr_assert_str_eq(outcome.out.data, "said\n700\n600\n");
	snapshot_only(&snapshot, &path);
	cr_assert(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600, "%s: %o", path, status.st_mode);
}

static void expect_empty(const char *path)
{
	DIR *entries = opendir(path);
	cr_assert(entries != NULL);
	for (struct dirent *entry; (entry = readdir(entries));)
		cr_expect(entry->d_name[0] == '.', "%s/%s was made", path, entry->d_name);
	closedir(entries);
}

/* What stands at the directory's place is left as it is; the events reach the snapshot all the same. */
static void expect_unused(const char *checked)
{
	struct snapshot snapshot;
	const char *const *argv = LIST("/bin/sh", "-c", "echo said; ls -A \"$0\"; kill -SEGV $$", checked);
	const struct outcome plain = process_run(&(struct process_setup){.argv = argv}),
			     agent = process_run(&(struct process_setup){.argv = argv, .agent = true});
	expect_same(plain, agent);
	expect_one_snapshot(agent, &snapshot);
	expect_event(&snapshot, SOURCE_WRITE1, "said");
	cr_assert(snapshot.agent.degradation_count > 0, "it was used");
	expect_empty(checked);
}

Test(private, symbolic_link)
{
	const char *elsewhere = place_directory();
	cr_assert(chmod(elsewhere, 0700) == 0 && symlink(elsewhere, own_directory()) == 0); /* nothing but the link is wrong */
	expect_unused(elsewhere);
}

Test(private, others_may_write)
{
	const char *path = own_directory();
	cr_assert(mkdir(path, 0700) == 0 && chmod(path, 0777) == 0);
	expect_unused(path);
	cr_assert(chmod(path, 0770) == 0);
	place_storage_clear();
	expect_unused(path);
}

Test(private, of_another_owner)
{
	const char *path = own_directory();
	if (getuid() != 0)
		cr_skip_test("only root can give a directory to another user");
	cr_assert(mkdir(path, 0700) == 0 && chown(path, OTHER, OTHER) == 0);
	expect_unused(path);
}

Test(private, a_file)
{
	const char *path = own_directory();
	FILE *file = fopen(path, "w");
	cr_assert(file && fclose(file) == 0);
	expect_unused(place_directory());
}

/* Its environment is its caller's, who may be anybody: nothing is recorded, nothing written. The loader keeps the agent out; this one asks for it. */
Test(private, set_uid_process)
{
	if (getuid() != 0)
		cr_skip_test("only root can make a program that is set-user-ID to somebody else");
	const char *copy = place_path("secure");
	const struct outcome copied = process_run(&(struct process_setup){.argv = LIST("cp", PROGRAM("secure"), copy)});
	cr_assert(copied.status == 0);
	const struct outcome ordinary = process_run(&(struct process_setup){.argv = LIST(copy, AGENT)});
	cr_assert_str_eq(ordinary.out.data, "said\nordinary, recorded\n");
	cr_assert(chown(copy, OTHER, OTHER) == 0 && chmod(copy, 04755) == 0);
	const struct outcome secure = process_run(&(struct process_setup){.argv = LIST(copy, AGENT)});
	cr_assert_str_eq(secure.out.data, "said\nsecure, not recorded\n");
}

/* TTLOG_REDACT with both kinds of rules: no byte of what they name reaches the disk, from events, arguments and the script alike. */
Test(private, own_expressions_and_builtin)
{
	static const char rules[] = "# numbers of customers\ncustomer-[0-9]{4}\n";
	static const char script[] = "echo customer-1234 of $0; echo token=abcdefghijkl >&2; kill -SEGV $$";
	char setting[512];
	struct snapshot snapshot;
	struct snapshot_error error;
	const char *path;
	unsigned char *cbor;
	size_t bytes;
	snprintf(setting, sizeof(setting), "TTLOG_REDACT=builtin,file:%s", place_file("rules", rules, sizeof(rules) - 1));
	process_run(&(struct process_setup){
		.argv = LIST("/bin/sh", "-c", script, "customer-5678"), .environment = LIST(setting), .agent = true});
	snapshot_only(&snapshot, &path);
	cr_assert_eq(snapshot_load(path, &cbor, &bytes, &error), 0);
	static const char *const secrets[] = {"customer-1234", "customer-5678", "abcdefghijkl"};
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		cr_expect(!memmem(cbor, bytes, secrets[i], strlen(secrets[i])), "%s", secrets[i]);
	expect_event_holding(&snapshot, "[redacted] of [redacted]");
}
