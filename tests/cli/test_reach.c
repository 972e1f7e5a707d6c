/*
 * Programs that a preloaded library does not reach, or must not be given to: `ttlog run` knows each beforehand, says so in one line that
 * names it, and the program runs as it does without.
 */
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(reach, .init = place_init, .fini = place_fini, .timeout = 100);

static const char source[] = "#include <stdio.h>\n#include <stdlib.h>\n"
			     "int main(int n, char **a) { puts(\"said\"); fflush(stdout); return n > 1 ? abort(), 1 : 3; }\n";

/* With a linker of our own choice nothing of libc's is needed: exit(3) by the system call of 32-bit programs. */
static const char source_32[] =
	".globl _start\n_start: mov $1, %eax\nmov $3, %ebx\nint $0x80\n.section .note.GNU-stack,\"\",%progbits\n";

/* The program's path; skips the test where the compiler cannot make it. */
static const char *build(const char *name, const char *compiler, const char *flag, const char *text, const char *language)
{
	const char *path = place_path(name), *file = place_file("source", text, strlen(text));
	const struct outcome made = process_run(&(struct process_setup){
		.argv = LIST("/bin/sh", "-c", "\"$0\" $1 -w -x $2 \"$3\" -o \"$4\"", compiler, flag, language, file, path),
		.limit_s = 60});
	if (made.status != 0)
		cr_skip_test("%s %s does not work here: %s", compiler, flag, made.err.data);
	return path;
}

static const char *build_c(const char *name, const char *compiler, const char *flag)
{
	return build(name, compiler, flag, source, "c");
}

static const char *last_part(const char *path)
{
	return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

/* Same output and status; one line more, which names the program and says why. NULL: no line. */
static void expect_told(const char *const *words, bool as_nobody, const char *const *environment, const char *why)
{
	const char *run[16] = {TTLOG, "run", "--storage", place_storage(), "--"}, *env[16] = {"/usr/bin/env"};
	for (size_t i = 0; words[i]; i++)
		run[5 + i] = env[1 + i] = words[i];
	const struct outcome plain = process_run(
		&(struct process_setup){.argv = env, .as_nobody = as_nobody, .environment = environment});
	const struct outcome told = process_run(
		&(struct process_setup){.argv = run, .as_nobody = as_nobody, .environment = environment});
	cr_expect_str_eq(plain.out.data, told.out.data, "%s: \"%s\" and \"%s\"", words[0], plain.out.data, told.out.data);
	cr_expect((plain.status & ~WCOREFLAG) == told.status, /* its core is the program's, `ttlog run` leaves none */
		  "%s: %s and %s", words[0], status_text(plain.status), status_text(told.status));
	const char *line = strstr(told.err.data, "ttlog: ");
	if (!why) {
		cr_expect(!strstr(told.err.data, "cannot be captured"), "%s", told.err.data);
		return;
	}
	cr_expect(line && strstr(line, last_part(words[0])) && strstr(line, why) &&
			  strstr(line, "cannot be captured, only how it ends"),
		  "%s: \"%s\"", words[0], told.err.data);
}

static void expect_both_told(const char *path, const char *why)
{
	expect_told(LIST(path), false, NULL, why);
	expect_told(LIST(path, "abort"), false, NULL, why);
}

Test(reach, ordinary)
{
	const char *path = build_c("ordinary", "gcc", "-O1");
	expect_told(LIST(path), false, NULL, NULL);
	expect_told(LIST(path), true, NULL, NULL);
}

Test(reach, static_and_static_pie)
{
	expect_both_told(build_c("static", "gcc", "-static"), "is statically linked");
	expect_both_told(build_c("static_pie", "gcc", "-static-pie"), "is statically linked");
}

Test(reach, musl)
{
	expect_both_told(build_c("musl", "musl-gcc", "-O1"), "musl");
	expect_both_told(build_c("musl_static", "musl-gcc", "-static"), "is statically linked");
}

Test(reach, other_class)
{
	const char *path = build("class32", "gcc", "-m32 -nostdlib -static", source_32, "assembler");
	expect_told(LIST(path), false, NULL, "another kind of machine");
}

/* Rights that a program gains: only for those who do not have them. */
static const char *gaining(const char *name)
{
	if (getuid() != 0)
		cr_skip_test("only root can give a program rights");
	cr_assert(access(place_storage(), F_OK) == 0 || (mkdir(place_storage(), 0777) == 0 && chmod(place_storage(), 0777) == 0));
	return build_c(name, "gcc", "-O1");
}

Test(reach, set_user_and_group_id)
{
	const char *user = gaining("suid"), *group = gaining("sgid");
	cr_assert(chmod(user, 04755) == 0 && chmod(group, 02755) == 0);
	expect_told(LIST(user), true, NULL, "is set-user-ID");
	expect_told(LIST(group), true, NULL, "is set-group-ID");
	expect_told(LIST(user), false, NULL, NULL);
	expect_told(LIST(group), false, NULL, NULL);
}

/* Where execve(2) gives no rights, the loader takes no care, and the program is captured as any other. */
static void expect_captured(const char *const *before, const char *path)
{
	const char *run[16] = {TTLOG, "run", "--storage", place_storage(), "--", path, "abort"}, *argv[32];
	size_t count = 0;
	for (; before[count]; count++)
		argv[count] = before[count];
	for (size_t i = 0; run[i]; i++)
		argv[count++] = run[i];
	argv[count] = NULL;
	const struct outcome outcome = process_run(&(struct process_setup){.argv = argv, .as_nobody = true});
	if (outcome.status == 0x7f00)
		cr_skip_test("%s", outcome.err.data);
	struct snapshot snapshot;
	cr_assert(!strstr(outcome.err.data, "cannot be captured"), "%s", outcome.err.data);
	snapshot_only(&snapshot, NULL);
	cr_assert(snapshot.event_count > 0, "%s", outcome.err.data);
	place_storage_clear();
}

Test(reach, no_new_privileges)
{
	const char *user = gaining("suid"), *group = gaining("sgid");
	cr_assert(chmod(user, 04755) == 0 && chmod(group, 02755) == 0);
	expect_captured(LIST("/usr/bin/setpriv", "--no-new-privs", "--"), user);
	cr_assert(mkdir(place_storage(), 0777) == 0 && chmod(place_storage(), 0777) == 0);
	expect_captured(LIST("/usr/bin/setpriv", "--no-new-privs", "--"), group);
}

Test(reach, mount_without_set_user_id)
{
	const char *directory = place_path("mounted");
	char path[512];
	if (getuid() != 0)
		cr_skip_test("only root can mount");
	cr_assert(mkdir(directory, 0755) == 0);
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", directory, "tmpfs", MS_NOSUID, NULL) != 0)
		cr_skip_test("no mount to be had");
	const char *built = gaining("suid");
	snprintf(path, sizeof(path), "%s/suid", directory);
	const struct outcome copied = process_run(&(struct process_setup){.argv = LIST("/bin/cp", built, path)});
	cr_assert(copied.status == 0 && chmod(path, 04755) == 0);
	expect_captured(LIST("/usr/bin/env"), path);
	umount(directory);
}

Test(reach, file_capabilities)
{
	const char *path = gaining("caps");
	const struct outcome set = process_run(&(struct process_setup){
		.argv = LIST("/bin/sh", "-c", "PATH=$PATH:/sbin:/usr/sbin setcap cap_net_raw+ep \"$0\"", path)});
	if (set.status != 0)
		cr_skip_test("setcap does not work here: %s", set.err.data);
	expect_told(LIST(path), true, NULL, "has file capabilities");
}

/* Of a script it is the interpreter that is started, by name or by env, and an interpreter may be a script. */
Test(reach, scripts)
{
	const char *path = build_c("interpreter", "gcc", "-static");
	char text[512], search[512];
	snprintf(text, sizeof(text), "#! %s\nrest\n", path);
	const char *by_name = place_file("by_name", text, strlen(text));
	const char *by_env = place_file("by_env", "#!/usr/bin/env interpreter\nrest\n", 32);
	snprintf(text, sizeof(text), "#!%s -x\nrest\n", by_name);
	const char *by_script = place_file("by_script", text, strlen(text));
	cr_assert(chmod(by_name, 0755) == 0 && chmod(by_env, 0755) == 0 && chmod(by_script, 0755) == 0);
	snprintf(search, sizeof(search), "PATH=/nonexistent:%s:%s", place_root(), getenv("PATH"));
	expect_told(LIST(by_name), false, NULL, "is statically linked");
	expect_told(LIST(by_script), false, NULL, "is statically linked");
	expect_told(LIST(by_env), false, LIST(search), "is statically linked");
	expect_told(LIST("interpreter"), false, LIST(search), "is statically linked"); /* found in PATH */
	expect_told(LIST("/bin/sh", "-c", "exit 3"), false, NULL, NULL);
}

/* Who takes LD_PRELOAD away from what he starts: known by name and arguments. */
Test(reach, without_the_variable)
{
	static const char why[] = "starts its command without LD_PRELOAD", fake[] = "#!/bin/sh\nunset LD_PRELOAD\nexec \"$@\"\n";
	const char *sudo = place_file("sudo", fake, sizeof(fake) - 1);
	static const char fake_su[] = "#!/bin/sh\nunset LD_PRELOAD\nshift\nexec \"$@\"\n";
	const char *su = place_file("su", fake_su, sizeof(fake_su) - 1);
	cr_assert(chmod(sudo, 0755) == 0 && chmod(su, 0755) == 0);
	expect_told(LIST("env", "-i", "/bin/sh", "-c", "exit 3"), false, NULL, why);
	expect_told(LIST("env", "-", "A=b", "/bin/sh", "-c", "kill -SEGV $$"), false, NULL, why);
	expect_told(LIST("env", "-u", "LD_PRELOAD", "/bin/sh", "-c", "exit 3"), false, NULL, why);
	expect_told(LIST("env", "A=b", "env", "--ignore-environment", "/bin/sh", "-c", "exit 3"), false, NULL, why);
	expect_told(LIST("env", "-i", "--", "/bin/sh", "-c", "exit 3"), false, NULL, why);
	expect_told(LIST(sudo, "/bin/sh", "-c", "exit 3"), false, NULL, why);
	expect_told(LIST(su, "-l", "/bin/sh", "-c", "exit 3"), false, NULL, why);
	expect_told(LIST("env", "-u", "HOME", "A=-i", "/bin/sh", "-c", "exit 3", "-i"), false, NULL, NULL);
	expect_told(LIST("env", "-i"), false, NULL, NULL);
	expect_told(LIST("env", "-i", "LD_PRELOAD=", "/bin/sh", "-c", "exit 3"), false, NULL, NULL);
}

/* Another agent, or the same by a path that is good here only, is not handed on. */
Test(reach, agents_there_already)
{
	static const char script[] = "cd / && /bin/echo \"$LD_PRELOAD\"";
	char variable[1024], expected[1024];
	const char *second = PROGRAM("second.so");
	snprintf(variable, sizeof(variable), "LD_PRELOAD=%s:%s", BUILT("../build/libttlog_agent.so"), second);
	snprintf(expected, sizeof(expected), "%s:%s\n", AGENT, second);
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--", "/bin/sh", "-c", script),
					.environment = LIST(variable)});
	cr_assert_str_eq(outcome.out.data, expected, "%s%s", outcome.out.data, outcome.err.data);
}
