/*
 * The snapshot's file: it appears whole or not at all, damaged files give an error; JSON of it; modules out of maps.
 */
#include "full_snapshot.h"
#include "place.h"
#include "process.h"
#include "storage.h"
#include "text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(snapshot_file, .init = place_init, .fini = place_fini, .timeout = 120);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Files -------------------------------------------------------------------------------------------------------------------- */

static const char *write_snapshot(struct snapshot *snapshot)
{
	static char path[4096];
	struct snapshot_error error = {.text = ""};
	const int result = snapshot_write(snapshot, place_storage(), path, sizeof(path), &error);
	cr_assert(result == 0, "%s: %s", strerror(-result), error.text);
	return path;
}

Test(snapshot_file, file_round_trip)
{
	struct snapshot before = full_snapshot();
	struct snapshot after;
	const char *path = write_snapshot(&before), *found;
	cr_assert(strncmp(path, place_storage(), strlen(place_storage())) == 0 && strstr(path, "/ttlog-service-100-"), "%s", path);
	cr_assert(strstr(path, "-20231114T221320.123Z-SIGSEGV" SNAPSHOT_SUFFIX), "%s does not hold time and reason", path);
	cr_assert(snapshots_in(place_storage(), &found) == 1, "one file, mode 0600");
	snapshot_at(&after, path);
	same_snapshot(&before, &after);
	struct snapshot_error error;
	unsigned char *cbor = NULL, *encoded;
	size_t bytes, expected;
	encoded = encode_snapshot(&before, &expected);
	cr_assert(snapshot_load(path, &cbor, &bytes, &error) == 0 && bytes == expected && memcmp(cbor, encoded, bytes) == 0);
}

Test(snapshot_file, any_lz4_reads_it)
{
	struct snapshot before = full_snapshot();
	static const char script[] =
		"import sys, lz4.frame, cbor2; s = cbor2.loads(lz4.frame.decompress(open(sys.argv[1], 'rb').read()));"
		"print(s['reason'], s['events'][0]['kv']['unsigned'], s['threads'][0]['frames'][0]['function'])";
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", script, write_snapshot(&before))});
	cr_assert(outcome.status == 0 && strcmp(outcome.out.data, "SIGSEGV 18446744073709551615 crash_here\n") == 0, "%s%s",
		  outcome.out.data, outcome.err.data);
	const struct outcome valid = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", SOURCE_DIR "/tests/cddl/validate.py",
						     SOURCE_DIR "/tools/snapshot/snapshot.cddl", write_snapshot(&before))});
	cr_assert(valid.status == 0, "%s%s", valid.out.data, valid.err.data);
}

/* Same service, pid, millisecond and reason: each gets a file of its own. */
Test(snapshot_file, names_collide)
{
	struct snapshot snapshot = full_snapshot();
	const char *found;
	for (int i = 0; i < 20; i++)
		write_snapshot(&snapshot);
	cr_assert(snapshots_in(place_storage(), &found) == 20, "%zu files of 20", snapshots_in(place_storage(), &found));
}

/* That call answers that from here on. */
static void refuse(unsigned call, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = {COUNT(code), code};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
		cr_skip_test("no filter of system calls: %s", strerror(errno));
}

static void publish(int directory, const char *content)
{
	char final[STORAGE_NAME_BYTES + 16];
	const int file = openat(directory, "temporary", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	cr_assert(file >= 0 && write(file, content, 1) == 1 && close(file) == 0);
	const int error = storage_publish(directory, "temporary", "name", final, NULL, NULL);
	cr_assert(error == 0, "%s: %s", content, strerror(-error));
	cr_assert(faccessat(directory, "temporary", F_OK, 0) != 0, "%s: two names", content);
}

static void expect_content(int directory, const char *name, const char *content)
{
	char byte = 0;
	const int file = openat(directory, name, O_RDONLY | O_CLOEXEC);
	cr_assert(file >= 0 && read(file, &byte, 1) == 1 && byte == *content, "%s holds '%c', not %s", name, byte, content);
	close(file);
}

/*
 * Where neither a file without a name nor the flag that says "never over another" is to be had, as on NFS, nor hard links, as on some FUSE:
 * none is replaced all the same.
 */
Test(snapshot_file, names_collide_on_other_file_systems)
{
	static const struct {
		unsigned call;
		int error;
	} answers[] = {{0, 0}, {SYS_renameat2, EINVAL}, {SYS_renameat2, ENOSYS}, {SYS_linkat, EPERM}, {SYS_linkat, ENOSYS}};
	cr_assert(mkdir(place_storage(), 0700) == 0);
	for (size_t i = 0; i < COUNT(answers); i++) {
		char storage[4096];
		snprintf(storage, sizeof(storage), "%s/%zu", place_storage(), i);
		cr_assert(mkdir(storage, 0700) == 0);
		const int directory = open(storage, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (answers[i].error)
			refuse(answers[i].call, answers[i].error);
		publish(directory, "a");
		publish(directory, "b");
		cr_assert(files_matching(text_of("%s/*", storage), NULL) == 2);
		expect_content(directory, "name" SNAPSHOT_SUFFIX, "a");
		expect_content(directory, "name-2" SNAPSHOT_SUFFIX, "b");
		close(directory);
	}
}

/* A FAT through FUSE: no links, no flags, no modes. */
Test(snapshot_file, file_system_that_can_nothing)
{
	struct snapshot snapshot = full_snapshot(), after;
	refuse(SYS_renameat2, EINVAL);
	refuse(SYS_linkat, EPERM);
	refuse(SYS_fchmod, ENOSYS);
	for (int i = 0; i < 2; i++) {
		snapshot_at(&after, write_snapshot(&snapshot));
		snapshot_fini(&after);
	}
	cr_assert(files_matching(text_of("%s/*", place_storage()), NULL) == 2, "one replaced the other");
	cr_assert(files_matching(text_of("%s/.ttlog*", place_storage()), NULL) == 0, "a file is left");
}

/* Nothing that a program can put into its name or its reason leads out of the directory. */
Test(snapshot_file, hostile_names)
{
	static const char *const names[] = {"../../x",   "a/b",      "",    ".",        "..",
					    "new\nline", "\x1b[31m", "-rf", "\xff\xfe", "\xc3\xa4"};
	struct snapshot snapshot = full_snapshot();
	const char *found;
	for (size_t i = 0; i < COUNT(names); i++) {
		snapshot.service = names[i];
		snapshot.reason = names[i];
		const char *path = write_snapshot(&snapshot);
		for (const char *c = path + strlen(place_storage()) + 1; *c; c++)
			cr_assert(*c > ' ' && *c != '/' && *c < 127, "%s holds %#x", path, (unsigned char)*c);
		struct snapshot after;
		snapshot_at(&after, path);
		cr_assert_str_eq(after.service, names[i]);
	}
	char longest[5000];
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = 0;
	snapshot.service = longest;
	snapshot.reason = "request";
	write_snapshot(&snapshot);
	cr_assert(snapshots_in(place_storage(), &found) == COUNT(names) + 1);
}

static void expect_no_file(const char *directory, int expected)
{
	struct snapshot snapshot = full_snapshot();
	struct snapshot_error error = {.text = ""};
	char path[4096];
	const int result = snapshot_write(&snapshot, directory, path, sizeof(path), &error);
	cr_assert(result == expected && error.text[0], "%s: %s, not %s; \"%s\"", directory, strerror(-result), strerror(-expected),
		  error.text);
}

Test(snapshot_file, directory_cannot_be_used)
{
	const char *file = place_file("file", "x", 1), *deep = place_path("file/storage"), *locked = place_path("locked");
	expect_no_file(deep, -ENOTDIR);
	expect_no_file(file, -ENOTDIR);
	cr_assert(mkdir(locked, 0500) == 0);
	if (getuid() == 0) {
		cr_assert(chown(locked, 65534, 65534) == 0 && setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
	}
	expect_no_file(locked, -EACCES);
}

/* The file system is full in the middle: nothing remains. */
Test(snapshot_file, no_room)
{
	struct snapshot snapshot = full_snapshot();
	struct snapshot_error error = {.text = ""};
	char path[4096];
	signal(SIGXFSZ, SIG_IGN);
	const struct rlimit small = {64, 64};
	cr_assert(mkdir(place_storage(), 0700) == 0 && setrlimit(RLIMIT_FSIZE, &small) == 0);
	const int result = snapshot_write(&snapshot, place_storage(), path, sizeof(path), &error);
	const char *found;
	const size_t left = snapshots_in(place_storage(), &found);
	cr_assert(result == -EFBIG && left == 0, "%s, %zu files left", strerror(-result), left);
}

static int read_bytes(const void *data, size_t bytes)
{
	struct snapshot snapshot;
	struct snapshot_error error = {.text = ""};
	snapshot_init(&snapshot);
	const int result = snapshot_read(&snapshot, place_file("damaged", data, bytes), &error);
	cr_assert(result == 0 || (error.text[0] && !strchr(error.text, '\n')), "%s without a reason", strerror(-result));
	snapshot_fini(&snapshot);
	return result;
}

Test(snapshot_file, damaged_files)
{
	struct snapshot before = full_snapshot();
	FILE *file = fopen(write_snapshot(&before), "r");
	static unsigned char data[65536];
	const size_t bytes = fread(data, 1, sizeof(data), file);
	cr_assert(bytes > 100 && bytes < sizeof(data));
	for (size_t cut = 0; cut < bytes; cut++)
		cr_assert(read_bytes(data, cut) == -EBADMSG, "%zu of %zu bytes are a snapshot", cut, bytes);
	size_t refused = 0;
	for (size_t i = 0; i < bytes; i++) {
		data[i] ^= 0x10;
		const int result = read_bytes(data, bytes);
		cr_assert(result == 0 || result == -EBADMSG, "%s", strerror(-result));
		refused += result != 0;
		data[i] ^= 0x10;
	}
	cr_assert(refused == bytes, "the checksums of the frame let %zu of %zu changed bytes pass", bytes - refused, bytes);
	cr_assert(read_bytes("hello\n", 6) == -EBADMSG);
	cr_assert(read_bytes("", 0) == -EBADMSG);
	cr_assert(read_bytes(data, bytes) == 0);
	data[bytes] = 0;
	cr_assert(read_bytes(data, bytes + 1) == -EBADMSG, "something behind the frame");
	struct snapshot snapshot;
	struct snapshot_error error = {.text = ""};
	snapshot_init(&snapshot);
	cr_assert(snapshot_read(&snapshot, place_path("missing"), &error) == -ENOENT && error.text[0]);
	cr_assert(snapshot_read(&snapshot, place_root(), &error) < 0 && error.text[0], "a directory");
}

/* JSON --------------------------------------------------------------------------------------------------------------------- */

Test(snapshot_file, json)
{
	struct snapshot before = full_snapshot();
	size_t bytes;
	unsigned char *cbor = encode_snapshot(&before, &bytes);
	struct snapshot_error error = {.text = ""};
	FILE *out = fopen(place_path("json"), "w");
	cr_assert(snapshot_print_json(out, cbor, bytes, &error) == 0 && fclose(out) == 0, "%s", error.text);
	static const char script[] =
		"import json, sys; s = json.load(open(sys.argv[1], encoding='utf-8')); e = s['events'];"
		"assert s['reason'] == 'SIGSEGV' and s['signal']['address'] == 2**64 - 1 and s['cmdline'] == ['victim', '', "
		"'--x=1'], "
		"s;"
		"assert e[0]['kv']['signed'] == -2**63 and e[0]['kv']['yes'] is True and e[0]['kv']['null'] is None and "
		"e[0]['kv']['double'] == -0.1, e[0];"
		"assert e[1]['message'] == 'a\\0b\\n' and e[1]['level'] == 'info' and e[1]['source'] == 'stdout', e[1];"
		"assert e[2]['message'] == '\\ufffd not UTF-8', e[2];"
		"assert 'message' not in e[4], e[4]";
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", script, place_path("json"))});
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
	for (size_t cut = 0; cut < bytes; cut++) {
		out = fopen("/dev/null", "w");
		cr_assert(snapshot_print_json(out, cbor, cut, &error) == -EBADMSG, "%zu of %zu bytes printed", cut, bytes);
		fclose(out);
	}
	free(cbor);
}

/* Modules ------------------------------------------------------------------------------------------------------------------ */

Test(snapshot_file, modules_of_maps)
{
	static const char maps[] = "00400000-00401000 r--p 00000000 08:01 11                         /bin/with space\n"
				   "00401000-00403000 r-xp 00001000 08:01 11                         /bin/with space\n"
				   "01000000-01021000 rw-p 00000000 00:00 0                          [heap]\n"
				   "7f0000000000-7f0000001000 r-xp 00000000 08:01 12                 /lib/libx.so (deleted)\n"
				   "7f0000001000-7f0000002000 rw-p 00000000 00:00 0 \n"
				   "7ffc00000000-7ffc00001000 r-xp 00000000 00:00 0                  [vdso]\n";
	struct snapshot snapshot;
	snapshot_init(&snapshot);
	cr_assert(snapshot_add_maps(&snapshot, maps, strlen(maps)) == 0);
	const struct snapshot_module *module = snapshot_module_at(&snapshot, 0x402fff);
	cr_assert(module && strcmp(module->path, "/bin/with space") == 0 && module->base == 0x400000 && module->size == 0x3000);
	cr_assert(snapshot_module_at(&snapshot, 0x403000) == NULL && snapshot_module_at(&snapshot, 0x3fffff) == NULL);
	cr_assert(snapshot_module_at(&snapshot, 0) == NULL && snapshot_module_at(&snapshot, UINT64_MAX) == NULL);
	module = snapshot_module_at(&snapshot, 0x7f0000000010);
	cr_assert(module && strcmp(module->path, "/lib/libx.so") == 0 && strcmp(module->state, "deleted") == 0);
	cr_assert(snapshot_module_at(&snapshot, 0x400000)->state == NULL);
	snapshot_fini(&snapshot);
	/* Any prefix, as a hostile recorder file may hold it */
	for (size_t bytes = 0; bytes < strlen(maps); bytes++) {
		snapshot_init(&snapshot);
		snapshot_add_maps(&snapshot, maps, bytes);
		snapshot_fini(&snapshot);
	}
}

/* A program that maps its own file again, to read it; a library in two copies, the older of them deleted; a file without a name. */
Test(snapshot_file, modules_mapped_twice)
{
	static const char maps[] = "00400000-00401000 r--p 00000000 08:01 11                         /bin/x\n"
				   "00401000-00403000 r-xp 00001000 08:01 11                         /bin/x\n"
				   "00403000-00404000 r--p 00003000 08:01 11                         /bin/x\n"
				   "00404000-00405000 r--p 00003000 08:01 11                         /bin/x\n"
				   "7f0000000000-7f0000001000 r-xp 00000000 08:01 12                 /lib/y (deleted)\n"
				   "7f0000001000-7f0000002000 r-xp 00000000 08:01 12                 /lib/y (deleted)\n"
				   "7f0000002000-7f0000003000 r-xp 00000000 08:01 13                 /lib/y\n"
				   "7f0000010000-7f0000011000 r--p 00000000 08:01 11                 /bin/x\n"
				   "7f0000020000-7f0000021000 r-xp 00000000 00:01 14                 /memfd:z (deleted)\n";
	struct snapshot snapshot;
	snapshot_init(&snapshot);
	cr_assert(snapshot_add_maps(&snapshot, maps, strlen(maps)) == 0);
	cr_assert(snapshot.module_count == 4, "%zu modules", snapshot.module_count);
	cr_assert(snapshot.modules[0].base == 0x400000 && snapshot.modules[0].size == 0x5000, "the copy to be read counts");
	cr_assert(snapshot.modules[1].size == 0x2000 && strcmp(snapshot.modules[1].state, "deleted") == 0);
	cr_assert(snapshot.modules[2].base == 0x7f0000002000 && !snapshot.modules[2].state);
	cr_assert(strcmp(snapshot.modules[3].path, "/memfd:z") == 0 && strcmp(snapshot.modules[3].state, "memory") == 0);
	snapshot_fini(&snapshot);
}
