/*
 * ttlog run around the test drivers that people have: one test of their project dies, and the last lines say which, why and where.
 * The driver's verdict is as without.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(run_suites, .init = place_init, .fini = place_fini, .timeout = 200);

/* The project is made by a script in an empty directory, $1 being the program that dies; it is tested by CMD there. */
struct project {
	const char *driver; /* must be there */
	const char *script;
	const char *const *command;
	const char *const *environment;
	int status;        /* of the driver: a test has failed */
	const char *place; /* in the summary; NULL: orders.c's */
};

static struct outcome in(const char *directory, const char *const *command, const char *const *environment)
{
	return process_run(
		&(struct process_setup){.argv = command, .directory = directory, .environment = environment, .limit_s = 150});
}

static const char *make_project(const struct project *project)
{
	const char *directory = place_directory();
	const struct outcome made = in(directory, LIST("/bin/sh", "-ec", project->script, "sh", PROGRAM("orders")),
				       project->environment);
	cr_assert(made.status == 0, "%s%s", made.out.data, made.err.data);
	return directory;
}

static struct outcome run_in(const char *directory, const struct project *project)
{
	const char *command[24] = {TTLOG, "run", "--storage", place_storage(), "--"};
	for (size_t i = 0; project->command[i]; i++)
		command[5 + i] = project->command[i];
	return in(directory, command, project->environment);
}

static void check(const struct project *project)
{
	const char *path, *directory;
	if (access(project->driver, X_OK) != 0)
		cr_skip_test("%s is not installed", project->driver);
	directory = make_project(project);
	const struct outcome plain = in(directory, project->command, project->environment), run = run_in(directory, project);
	cr_assert(WEXITSTATUS(plain.status) == project->status && run.status == plain.status, "%s without, %s with:\n%s%s",
		  status_text(plain.status), status_text(run.status), run.out.data, run.err.data);
	const char *summary = strstr(run.err.data, "ttlog: 1 process died while this ran: ");
	cr_assert(summary && strstr(summary, "ttlog:     in ") &&
			  strstr(summary, project->place ? project->place : "orders.c:40\n"),
		  "%s%s", run.out.data, run.err.data);
	cr_assert_eq(snapshots_in(place_storage(), &path), 1);
	cr_assert(!place_has_own_shm() || recorder_files(getuid()) == 0);
}

Test(run_suites, make)
{
	check(&(struct project){
		.driver = "/usr/bin/make",
		.script = "printf 'TESTS = true %s true\\ncheck: $(TESTS:%%=%%.log)\\n%%.log:\\n\\t@$*\\n' \"$1\" >Makefile",
		.command = LIST("make", "-k", "-j2", "check"),
		.environment = LIST("MAKEFLAGS", "MAKELEVEL"),
		.status = 2,
	});
}

Test(run_suites, ctest)
{
	check(&(struct project){
		.driver = "/usr/bin/ctest",
		.script = "printf 'cmake_minimum_required(VERSION 3.13)\\nproject(shop NONE)\\nenable_testing()\\n"
			  "add_test(NAME orders COMMAND %s)\\nadd_test(NAME others COMMAND true)\\n' \"$1\" >CMakeLists.txt; cmake "
			  ". >/dev/null",
		.command = LIST("ctest", "-j2"),
		.status = 8,
	});
}

Test(run_suites, meson)
{
	check(&(struct project){
		.driver = "/usr/bin/meson",
		.script = "printf \"project('shop')\\ntest('orders', find_program('%s'))\\ntest('others', "
			  "find_program('true'))\\n\" \"$1\" >meson.build; "
			  "/usr/bin/meson setup build >/dev/null",
		.command = LIST("/usr/bin/meson", "test", "-C", "build"),
		.status = 1,
	});
}

Test(run_suites, bats)
{
	check(&(struct project){
		.driver = "/usr/bin/bats",
		.script = "printf '@test \"orders\" {\\n%s\\n}\\n@test \"others\" {\\ntrue\\n}\\n' \"$1\" >shop.bats",
		.command = LIST("bats", "shop.bats"),
		.status = 1,
	});
}

Test(run_suites, npm)
{
	check(&(struct project){
		.driver = "/usr/bin/npm",
		.script = "printf '{\"name\": \"shop\", \"version\": \"1.0.0\", \"scripts\": {\"test\": \"%s\"}}' \"$1\" "
			  ">package.json",
		.command = LIST("npm", "test"),
		.environment = LIST("npm_config_update_notifier=false", "npm_config_cache=" BUILT("node/cache")),
		.status = 139,
	});
}

/* The program is started by a test, which sees how it ended. */
Test(run_suites, pytest)
{
	check(&(struct project){
		.driver = "/usr/bin/pytest-3",
		.script = "printf 'import subprocess\\ndef test_orders():\\n    subprocess.run([\"%s\"], check=True)\\n"
			  "def test_others():\\n    pass\\n' \"$1\" >test_shop.py",
		.command = LIST("/usr/bin/python3", "-m", "pytest", "-q"),
		.status = 1,
	});
}

/* The test itself dies, and the driver says so. */
Test(run_suites, cargo)
{
	check(&(struct project){
		.driver = "/usr/bin/cargo",
		.script = "mkdir src; printf '[package]\\nname = \"shop\"\\nversion = \"1.0.0\"\\nedition = \"2018\"\\n' "
			  ">Cargo.toml; "
			  "printf '#[test]\\nfn orders() {\\n    let order = 8 as *mut u32;\\n"
			  "    unsafe { order.write_volatile(1) };\\n}\\n' >src/lib.rs; /usr/bin/cargo test --offline --no-run "
			  ">/dev/null 2>&1",
		.command = LIST("/usr/bin/cargo", "test", "--offline", "-q"),
		.environment = LIST("RUSTC=/usr/bin/rustc", "RUSTDOC=/usr/bin/rustdoc",
				    "CARGO_HOME=" BUILT("tests/programs/runtimes/cargo")),
		.status = 101,
		.place = "src/lib.rs:4",
	});
}

/* Go's runtime would end the process with a status of its own; with GOTRACEBACK=crash it dies. Without -o it has no symbols. */
Test(run_suites, go)
{
	check(&(struct project){
		.driver = "/usr/bin/go",
		.script = "printf 'module shop\\n' >go.mod; "
			  "printf 'package shop\\n\\n// static void order(void) { *(volatile int *)8 = 1; }\\nimport "
			  "\"C\"\\n\\nfunc Order() { C.order() }\\n' "
			  ">shop.go; printf 'package shop\\n\\nimport \"testing\"\\n\\nfunc TestOrders(t *testing.T) { Order() "
			  "}\\n' >shop_test.go; "
			  "go test -count=1 -run None -o shop.test . >/dev/null",
		.command = LIST("/usr/bin/go", "test", "-count=1", "-o", "shop.test", "."),
		.environment = LIST("GOTRACEBACK=crash", "GOFLAGS=-mod=mod", "CGO_ENABLED=1",
				    "GOCACHE=" BUILT("tests/programs/runtimes/cache"),
				    "GOPATH=" BUILT("tests/programs/runtimes/path")),
		.status = 1,
		.place = "in runtime.",
	});
}
