/*
 * The recipes of tools/recipes, executed: shell parts as their runners would, the others by what they are for.
 */
#include "command.h"
#include "describe.h"
#include "text.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(recipes, .init = place_init, .fini = place_fini, .timeout = 200);

#define RECIPE(name)  SOURCE_DIR "/tools/recipes/" name
#define SIMULATE(...) LIST("/usr/bin/python3", SOURCE_DIR "/tests/recipes/simulate.py", __VA_ARGS__)
#define WRONG         99
#define DIED_OF_SEGV  139
#define DIED_OF_KILL  137

static struct outcome in(const char *directory, const char *const *argv, const char *const *environment)
{
	return process_run(
		&(struct process_setup){.argv = argv, .directory = directory, .environment = environment, .limit_s = 120});
}

/* PATH with the command that was built. */
static const char *path_with_ttlog(void)
{
	return text_of("PATH=%s:%s", BUILD_DIR, getenv("PATH"));
}

/* What `make install` makes of /usr/local. */
static const char *installed(void)
{
	const char *directory = place_directory();
	const struct outcome made = in(
		directory, LIST("make", "-s", "-C", SOURCE_DIR, "BUILD=" BUILD_DIR, text_of("DESTDIR=%s", directory), "install"),
		LIST("MAKEFLAGS", "MAKELEVEL", "MFLAGS"));
	cr_assert(made.status == 0, "%s%s", made.out.data, made.err.data);
	return text_of("%s/usr/local", directory);
}

static const char *contents(const char *directory, const char *name)
{
	const struct outcome read = in(directory, LIST("cat", name), NULL);
	cr_assert(read.status == 0, "%s", read.err.data);
	return read.out.data;
}

static void expect_stack_of_orders(const char *storage, const char *reason)
{
	struct snapshot snapshot;
	const char *path;
	cr_assert_eq(snapshots_in(storage, &path), 1);
	snapshot_at(&snapshot, path);
	cr_assert_str_eq(snapshot.reason, reason);
	if (strcmp(reason, "SIGSEGV") == 0)
		expect_in_crashed_stack(&snapshot, "price|worker");
}

/* GitHub ----------------------------------------------------------------------------------------------------------------------- */

static struct outcome action(const char *directory, const char *run)
{
	return in(directory, SIMULATE("github", RECIPE("github/action.yml"), text_of("run=%s", run)), LIST(path_with_ttlog()));
}

Test(recipes, github)
{
	const char *directory = place_directory();
	const struct outcome outcome = action(
		directory, "echo \"it's\" '$(not run) ${{ inputs.run }}'\n" PROGRAM("orders") "\necho not reached");
	cr_assert(WEXITSTATUS(outcome.status) == DIED_OF_SEGV, "%s\n%s%s", status_text(outcome.status), outcome.out.data,
		  outcome.err.data);
	cr_assert(!strstr(outcome.out.data, "not reached") && strstr(outcome.out.data, "it's $(not run) ${{ inputs.run }}\n") &&
			  strstr(outcome.out.data, "step Run: 139\n") && strstr(outcome.out.data, "step Tell what died: 0\n") &&
			  strstr(outcome.out.data, "uses actions/upload-artifact@"),
		  "%s%s", outcome.out.data, outcome.err.data);
	cr_assert(strstr(outcome.err.data, "ttlog:     in price") && strstr(outcome.err.data, "orders.c:40"), "%s",
		  outcome.err.data);
	cr_assert_str_eq(contents(directory, "temp/GITHUB_OUTPUT"), "snapshots=1\n");
	cr_assert(strstr(contents(directory, "temp/GITHUB_STEP_SUMMARY"), "1 death in 1 group") &&
			  strstr(outcome.out.data, "\n::error "),
		  "%s", outcome.out.data);
	cr_assert(access(text_of("%s/ttlog-snapshots/report/index.html", directory), F_OK) == 0);
}

/* Nothing died: nothing is said. */
Test(recipes, github_good)
{
	const char *directory = place_directory();
	const struct outcome outcome = action(directory, "echo all good");
	cr_assert(outcome.status == 0 && strstr(outcome.out.data, "all good\n"), "%s%s", outcome.out.data, outcome.err.data);
	cr_assert_str_eq(contents(directory, "temp/GITHUB_OUTPUT"), "snapshots=0\n");
	cr_assert_str_eq(contents(directory, "temp/GITHUB_STEP_SUMMARY"), "");
}

/* On a runner that has no ttlog: what the next step finds by its PATH records. */
Test(recipes, github_install)
{
	const char *directory = place_directory();
	const struct outcome outcome = in(
		directory, SIMULATE("github", RECIPE("github/action.yml"), "--step", "Install ttlog", "run=true"),
		LIST("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "BUILD=" BUILD_DIR, "PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"));
	cr_assert(outcome.status == 0, "%s%s", outcome.out.data, outcome.err.data);
	if (access(text_of("%s/temp/ttlog/bin/ttlog", directory), F_OK) != 0)
		cr_skip_test("a ttlog is installed on this machine");
	const struct outcome run = in(
		directory, LIST("temp/ttlog/bin/ttlog", "run", "--storage", place_storage(), "--", PROGRAM("orders")), NULL);
	cr_assert(WIFSIGNALED(run.status), "%s", status_text(run.status));
	expect_stack_of_orders(place_storage(), "SIGSEGV");
}

/* GitLab ----------------------------------------------------------------------------------------------------------------------- */

Test(recipes, gitlab)
{
	const char *directory = place_directory();
	const struct outcome outcome = in(directory,
					  SIMULATE("gitlab", RECIPE("gitlab/ttlog.yml"), ".ttlog",
						   "ttlog run --storage \"$TTLOG_STORAGE\" -- " PROGRAM("orders"),
						   "echo not reached"),
					  LIST(path_with_ttlog()));
	cr_assert(WEXITSTATUS(outcome.status) == DIED_OF_SEGV && !strstr(outcome.out.data, "not reached"), "%s%s", outcome.out.data,
		  outcome.err.data);
	cr_assert(strstr(outcome.out.data, "ttlog-snapshots/junit.xml: there\nttlog-snapshots/codequality.json: there\n"), "%s%s",
		  outcome.out.data, outcome.err.data);
	const struct outcome good = in(place_directory(),
				       SIMULATE("gitlab", RECIPE("gitlab/ttlog.yml"), ".ttlog", "ttlog run -- true"),
				       LIST(path_with_ttlog()));
	cr_assert(good.status == 0, "%s%s", good.out.data, good.err.data);
}

/* Where programs run ----------------------------------------------------------------------------------------------------------- */

Test(recipes, systemd)
{
	const char *directory = place_directory();
	if (access("/usr/bin/systemd-analyze", X_OK) != 0)
		cr_skip_test("no systemd-analyze");
	unsigned version = 0;
	cr_assert(sscanf(in(directory, LIST("systemd-analyze", "--version"), NULL).out.data, "systemd %u", &version) == 1);
	if (version < 250)
		cr_skip_test("systemd-analyze of systemd %u judges units only where systemd runs", version);
	const struct outcome outcome = in(
		directory, SIMULATE("systemd", RECIPE("systemd/ttlog.conf"), installed(), PROGRAM("die"), "kill_9"), NULL);
	cr_assert(WEXITSTATUS(outcome.status) == DIED_OF_KILL, "%s%s", outcome.out.data, outcome.err.data);
	expect_stack_of_orders(text_of("%s/state/ttlog/shop", directory), "killed");
}

/* Its image is Debian 12, from which it takes the libraries by their names. */
Test(recipes, docker)
{
	const char *directory = place_directory();
	if (in(directory, LIST("grep", "-q", "^VERSION_CODENAME=bookworm", "/etc/os-release"), NULL).status != 0)
		cr_skip_test("this is not the Debian of its image");
	const struct outcome outcome = in(directory,
					  SIMULATE("docker", RECIPE("docker/Dockerfile"), installed(), PROGRAM("orders")), NULL);
	cr_assert(WEXITSTATUS(outcome.status) == DIED_OF_SEGV, "%s%s", outcome.out.data, outcome.err.data);
	expect_stack_of_orders(text_of("%s/volume", directory), "SIGSEGV");
}

/* The helper's libraries are not in the application's image: who is beside it makes the snapshot, with the stack. */
Test(recipes, kubernetes)
{
	const char *directory = place_directory();
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace here: recover would take the recorders of other tests");
	const struct outcome linted = in(directory,
					 LIST("yamllint", "-d",
					      "{extends: default, rules: {line-length: {max: 140}, document-start: disable}}",
					      SOURCE_DIR "/tools/recipes"),
					 NULL);
	cr_assert(linted.status == 0, "%s%s", linted.out.data, linted.err.data);
	const struct outcome outcome = in(
		directory, SIMULATE("kubernetes", RECIPE("kubernetes/deployment.yaml"), installed(), PROGRAM("orders")), NULL);
	cr_assert(WEXITSTATUS(outcome.status) == DIED_OF_SEGV, "%s%s", outcome.out.data, outcome.err.data);
	expect_stack_of_orders(text_of("%s/snapshots", directory), "SIGSEGV");
}

/* Test drivers ----------------------------------------------------------------------------------------------------------------- */

static struct outcome pytest(const char *body)
{
	const char *directory = place_directory();
	const char *script = "cat >test_shop.py";
	const struct outcome written = process_run(
		&(struct process_setup){.argv = LIST("/bin/sh", "-c", script), .directory = directory, .input = body});
	cr_assert(written.status == 0);
	return in(directory,
		  LIST(TTLOG, "run", "--storage", place_storage(), "--", "/bin/sh", "-c",
		       "/usr/bin/python3 -m pytest -q -p ttlog_pytest; exit $?"),
		  LIST("PYTHONPATH=" RECIPE("pytest"), "PYTHONDONTWRITEBYTECODE=1"));
}

/* In the report of the test stands what died in it, and nothing in that of another. */
Test(recipes, pytest_report)
{
	const struct outcome outcome = pytest(
		"import subprocess\n"
		"def test_orders():\n    subprocess.run([\"" PROGRAM("orders") "\"], check=True)\n"
									       "def test_others():\n    assert 2 + 2 == 5\n");
	const char *section = strstr(outcome.out.data, "ttlog: ttlog-orders-"),
		   *others = strstr(outcome.out.data, "_ test_others _");
	cr_assert(WEXITSTATUS(outcome.status) == 1 && section && strstr(section, " price ") && others > section &&
			  !strstr(others, "ttlog-orders-"),
		  "%s%s", outcome.out.data, outcome.err.data);
	expect_stack_of_orders(place_storage(), "SIGSEGV");
}

/* The driver itself dies: the snapshot names the test. */
Test(recipes, pytest_dies)
{
	const struct outcome outcome = pytest("import os\ndef test_good():\n    pass\ndef test_bad():\n    os.abort()\n");
	struct snapshot snapshot;
	snapshot_only(&snapshot, NULL);
	cr_assert(WEXITSTATUS(outcome.status) == 134 && strstr(outcome.err.data, "\nttlog:     | test=test_shop.py::test_bad\n"),
		  "%s%s", status_text(outcome.status), outcome.err.data);
	const struct snapshot_event *begins = &snapshot.events[0];
	for (size_t i = 0; i < snapshot.event_count; i++) {
		if (snapshot.events[i].message.data && strcmp(snapshot.events[i].message.data, "test begins") == 0)
			begins = &snapshot.events[i];
	}
	const struct snapshot_value *test = snapshot.event_count ? find_value(begins, "test") : NULL;
	cr_assert(test && strcmp(test->value.string, "test_shop.py::test_bad") == 0, "%s", snapshot_describe(&snapshot));
}

Test(recipes, ctest)
{
	static const char script[] = "cp \"$1\" orders.c; printf 'cmake_minimum_required(VERSION 3.13)\\nproject(shop "
				     "C)\\nset(CMAKE_BUILD_TYPE Debug)\\n"
				     "find_package(Threads)\\nenable_testing()\\nadd_executable(orders "
				     "orders.c)\\ntarget_link_libraries(orders Threads::Threads)\\n"
				     "add_test(NAME orders COMMAND orders)\\n' >CMakeLists.txt\n"
				     "cmake -DCMAKE_PROJECT_INCLUDE=\"$2\" -DTTLOG_STORAGE=\"$3\" . >/dev/null && cmake --build . "
				     ">/dev/null && ctest --output-on-failure";
	const char *directory = place_directory();
	const struct outcome outcome = in(directory,
					  LIST("/bin/sh", "-c", script, "sh", SOURCE_DIR "/tests/programs/orders.c",
					       RECIPE("ctest/ttlog.cmake"), place_storage()),
					  LIST(text_of("PATH=%s:%s", BUILD_DIR, getenv("PATH")), "MAKEFLAGS", "MAKELEVEL"));
	cr_assert(WEXITSTATUS(outcome.status) == 8, "%s%s", outcome.out.data, outcome.err.data);
	cr_assert(strstr(outcome.out.data, "died of SIGSEGV; snapshot "), "%s", outcome.out.data);
	expect_stack_of_orders(place_storage(), "SIGSEGV");
}
