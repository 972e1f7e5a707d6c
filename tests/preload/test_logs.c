/*
 * Servers that write log files of their own: nginx, redis, postgres. All that stands in the file was recorded, byte by byte, each line in
 * the recorder of the process that wrote it: these servers name themselves in each line.
 *
 * The recorders are read while the server lives; they are gone when it has ended well.
 */
#include "heard.h"
#include "place.h"
#include "recorder_load.h"
#include "text.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <glob.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(logs, .init = place_init, .fini = place_fini, .timeout = 150);

enum { RECORDERS_MAX = 64, STEP_MS = 20, STEPS_MAX = 1500 };

/* What the living processes of one user hold. */
struct recorders {
	struct snapshot snapshot[RECORDERS_MAX];
	size_t count;
};

static void need(bool there, const char *what)
{
	if (!place_has_own_shm())
		cr_skip_test("no /dev/shm of its own to be had");
	if (!there)
		cr_skip_test("%s is not installed", what);
}

static struct bytes read_file(const char *path)
{
	struct bytes text = {NULL, 0};
	FILE *file = fopen(path, "r");
	if (file && getdelim(&text.data, &text.size, 0, file) >= 0)
		text.size = strlen(text.data);
	else
		text = (struct bytes){strdup(""), 0};
	if (file)
		fclose(file);
	return text;
}

static int count_of(const char *text, const char *part)
{
	int count = 0;
	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

/* Until the part stands in the file so many times. */
static void await_times(const char *path, const char *part, int times)
{
	for (int step = 0; count_of(read_file(path).data, part) < times; step++) {
		cr_assert(step < STEPS_MAX, "%s: no \"%s\" in\n%s", path, part, read_file(path).data);
		poll(NULL, 0, STEP_MS);
	}
}

static void await_line(const char *path, const char *part)
{
	await_times(path, part, 1);
}

/* One that is being made or is just gone is passed over. */
static void read_recorders(struct recorders *recorders, uid_t user)
{
	char pattern[64];
	glob_t found;
	snprintf(pattern, sizeof(pattern), "/dev/shm/ttlog-%u/*.rec", user);
	recorders->count = 0;
	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc && recorders->count < RECORDERS_MAX; i++) {
		struct recorder_copy copy;
		const char *why;
		struct snapshot *snapshot = &recorders->snapshot[recorders->count];
		if (recorder_load(&copy, found.gl_pathv[i], &why) != 0)
			continue;
		snapshot_init(snapshot);
		recorders->count += snapshot_add_recorder(snapshot, &copy.view) == 0;
	}
}

static bool is_of(const struct snapshot_event *event, const char *path)
{
	const size_t bytes = event->target ? strlen(event->target) : 0, full = strlen(path);
	return event->source == SOURCE_FILE && bytes && bytes <= full && strcmp(path + full - bytes, event->target) == 0;
}

/* The next event of the file in the order of time, of all recorders; NULL: there is none. */
static const struct snapshot_event *next_event(const struct recorders *recorders, size_t *at, const char *path, int64_t *pid)
{
	const struct snapshot_event *found = NULL;
	size_t from = 0;
	for (size_t i = 0; i < recorders->count; i++) {
		const struct snapshot *snapshot = &recorders->snapshot[i];
		while (at[i] < snapshot->event_count && !is_of(&snapshot->events[at[i]], path))
			at[i]++;
		if (at[i] == snapshot->event_count || (found && snapshot->events[at[i]].timestamp >= found->timestamp))
			continue;
		found = &snapshot->events[at[i]];
		*pid = snapshot->pid;
		from = i;
	}
	if (found)
		at[from]++;
	return found;
}

/* `format`: how a line names its process; NULL: this file has one writer. */
static void expect_recorded(uid_t user, const char *path, const char *format)
{
	static struct recorders recorders;
	size_t at[RECORDERS_MAX] = {0};
	int64_t pid = 0;
	struct bytes text = {NULL, 0};
	const struct bytes file = read_file(path);
	read_recorders(&recorders, user);
	FILE *out = open_memstream(&text.data, &text.size);
	for (const struct snapshot_event *event; (event = next_event(&recorders, at, path, &pid));) {
		char named[64];
		fwrite(event->message.data, 1, event->message.bytes, out);
		snprintf(named, sizeof(named), format ? format : "", (long long)pid);
		cr_expect(!format || memmem(event->message.data, event->message.bytes, named, strlen(named)),
			  "process %lld holds \"%.*s\"", (long long)pid, (int)event->message.bytes, event->message.data);
	}
	fclose(out);
	heard_note(recorders.count ? recorders.snapshot[0].exe : "?", NULL, strrchr(path, '/') + 1, &file, &text);
	cr_assert(text.size > 0, "%s: nothing of it in %zu recorders", path, recorders.count);
	cr_assert_str_eq(text.data, file.data, "%s: recorded is\n%s\nand in the file stands\n%s", path, text.data, file.data);
}

static void expect_ended(struct process *server, int signal)
{
	cr_assert(kill(process_pid(server), signal) == 0);
	const struct outcome outcome = process_finish(server);
	cr_assert(outcome.status == 0, "%s\n%s%s", status_text(outcome.status), outcome.out.data, outcome.err.data);
}

/* nginx ----------------------------------------------------------------------------------------------------------------------- */

#define NGINX "/usr/sbin/nginx"

static const char *nginx_configuration(const char *directory)
{
	const char *text = text_of("%s worker_processes 1; daemon off; pid %s/pid; error_log %s/error.log notice;\n"
				   "events { worker_connections 64; }\n"
				   "http { access_log %s/access.log; client_body_temp_path %s/1; proxy_temp_path %s/2;\n"
				   "fastcgi_temp_path %s/3; uwsgi_temp_path %s/4; scgi_temp_path %s/5;\n"
				   "server { listen unix:%s/socket; root %s; } }\n",
				   getuid() == 0 ? "user root root;" : "", directory, directory, directory, directory, directory,
				   directory, directory, directory, directory, directory);
	return place_file("nginx.conf", text, strlen(text));
}

static void get(const char *socket, const char *path)
{
	static const char script[] =
		"import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n"
		"s.sendall(b'GET ' + sys.argv[2].encode() + b' HTTP/1.0\\r\\n\\r\\n')\nwhile s.recv(4096): pass\n";
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", script, socket, path)});
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
}

/* Also across the rotation of both: renamed, and opened anew at a signal. */
Test(logs, nginx)
{
	need(is_executable(NGINX), NGINX);
	const char *directory = place_directory(), *error = text_of("%s/error.log", directory),
		   *access = text_of("%s/access.log", directory), *socket = text_of("%s/socket", directory),
		   *old_error = text_of("%s/error.old", directory), *old_access = text_of("%s/access.old", directory);
	struct process *server = process_start(&(struct process_setup){
		.argv = LIST(NGINX, "-c", nginx_configuration(directory)), .agent = true, .parting = SIGTERM, .limit_s = 60});
	await_line(error, "start worker process ");
	get(socket, "/missing-1");
	get(socket, "/missing-2");
	await_line(access, "/missing-2");
	expect_recorded(getuid(), access, NULL);
	expect_recorded(getuid(), error, " %lld#");

	const struct bytes before[] = {read_file(error), read_file(access)};
	cr_assert(rename(error, old_error) == 0 && rename(access, old_access) == 0);
	cr_assert(kill(process_pid(server), SIGUSR1) == 0);
	for (int step = 0; step < STEPS_MAX && !strstr(read_file(access).data, "/missing-3"); step++)
		get(socket, "/missing-3");
	await_line(error, "/missing-3");
	static struct recorders recorders;
	read_recorders(&recorders, getuid());
	for (int file = 0; file < 2; file++) {
		const char *path = file ? access : error;
		const struct bytes old = read_file(file ? old_access : old_error), new = read_file(path);
		cr_assert(strncmp(old.data, before[file].data, before[file].size) == 0);
		size_t at[RECORDERS_MAX] = {0}, bytes = 0;
		int64_t pid;
		for (const struct snapshot_event *event; (event = next_event(&recorders, at, path, &pid));)
			bytes += event->message.bytes;
		cr_assert(bytes == old.size + new.size, "%s: %zu bytes recorded, %zu and %zu written", path, bytes, old.size,
			  new.size);
	}
	expect_ended(server, SIGQUIT);
}

/* redis ----------------------------------------------------------------------------------------------------------------------- */

/* The child that saves the data writes to the same file. */
Test(logs, redis)
{
	need(is_executable("/usr/bin/redis-server"), "redis-server");
	const char *directory = place_directory(), *log = text_of("%s/redis.log", directory), *socket = text_of("%s/s", directory);
	struct process *server = process_start(&(struct process_setup){
		.argv = LIST("redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--logfile", log),
		.directory = directory,
		.agent = true,
		.limit_s = 60});
	await_line(log, "eady to accept connections");
	expect_recorded(getuid(), log, "%lld:");
	process_run(
		&(struct process_setup){.argv = LIST("redis-cli", "-s", socket, "config", "set", "save", "900 1"), .limit_s = 20});
	process_run(&(struct process_setup){.argv = LIST("redis-cli", "-s", socket, "bgsave"), .limit_s = 20});
	await_line(log, "Background saving terminated with success");
	static struct recorders recorders;
	read_recorders(&recorders, getuid());
	for (size_t i = 0; i < recorders.count; i++)
		expect_no_event_holding(&recorders.snapshot[i], "DB saved on disk"); /* said by the child, which is gone */
	expect_event_holding(&recorders.snapshot[0], "Background saving terminated with success");
	expect_ended(server, SIGTERM);
}

/* postgres -------------------------------------------------------------------------------------------------------------------- */

/* It refuses to run as root. */
static const struct passwd *postgres_user(void)
{
	const struct passwd *user = getuid() == 0 ? getpwnam("postgres") : getpwuid(getuid());
	need(user != NULL, "postgres (its user)");
	return user;
}

static const char *postgres_program(const char *name)
{
	glob_t found;
	need(glob("/usr/lib/postgresql/*/bin/postgres", 0, NULL, &found) == 0, "postgres");
	return text_of("%.*s%s", (int)(strlen(found.gl_pathv[0]) - strlen("postgres")), found.gl_pathv[0], name);
}

/* "setpriv ..." before a command, where we are root. */
static const char *const *as_user(const struct passwd *user, const char *const *words)
{
	static const char *argv[32];
	size_t count = 0;
	if (getuid() == 0) {
		const char *const drop[] = {"setpriv",
					    text_of("--reuid=%u", user->pw_uid),
					    text_of("--regid=%u", user->pw_gid),
					    "--clear-groups",
					    "--pdeathsig",
					    "QUIT",
					    "--"};
		for (size_t i = 0; i < sizeof(drop) / sizeof(drop[0]); i++)
			argv[count++] = drop[i];
	}
	while (*words)
		argv[count++] = *words++;
	argv[count] = NULL;
	return argv;
}

static const char *make_cluster(const struct passwd *user)
{
	const char *directory = place_directory(), *data = text_of("%s/data", directory);
	cr_assert(getuid() != 0 || chown(directory, user->pw_uid, user->pw_gid) == 0);
	const struct outcome made = process_run(&(struct process_setup){
		.argv = as_user(user, LIST(postgres_program("initdb"), "--no-sync", "-A", "trust", "-U", "test", "-D", data)),
		.directory = directory,
		.limit_s = 90});
	cr_assert(made.status == 0, "%s%s", made.out.data, made.err.data);
	return directory;
}

static struct process *start_postgres(const struct passwd *user, const char *directory, const char *collector)
{
	const char *const shell =
		"exec \"$0\" -D \"$1\"/data -k \"$1\" -c listen_addresses= -c fsync=off -c log_line_prefix='%m [%p] ' "
		"-c logging_collector=$2 -c log_directory=\"$1\" -c log_filename=server.log -c shared_buffers=16MB 2>\"$1\"/stderr";
	cr_assert(mkdir(place_storage(), 0777) == 0 && chmod(place_storage(), 01777) == 0);
	return process_start(&(struct process_setup){
		.argv = as_user(user, LIST("/bin/sh", "-c", shell, postgres_program("postgres"), directory, collector)),
		.directory = directory,
		.agent = true,
		.parting = SIGQUIT,
		.limit_s = 90});
}

static void query(const char *directory, const char *sql)
{
	process_run(&(struct process_setup){
		.argv = LIST(postgres_program("psql"), "-X", "-h", directory, "-U", "test", "-d", "postgres", "-c", sql),
		.limit_s = 30});
}

/* A backend that dies in the middle of a query: its own snapshot has what it said, and nobody else's. */
static void expect_dead_backend(const char *directory, const char *log, struct snapshot *snapshot)
{
	query(directory, "do $$ begin raise warning 'the last words'; end $$; copy (select 1) to program 'kill -SEGV $PPID'");
	await_line(log, "was terminated by signal 11");
	await_times(log, "ready to accept connections",
		    2); /* one that is told to end while it begins anew fails, with or without the agent */
	snapshot_only(snapshot, NULL);
	cr_assert(snapshot->signal.present && snapshot->signal.number == SIGSEGV);
	expect_event_holding(snapshot, text_of("[%lld] WARNING:  the last words", (long long)snapshot->pid));
	expect_no_event_holding(snapshot, "division by zero");
}

/* All write to the file that is standard error. */
Test(logs, postgres)
{
	struct snapshot snapshot;
	const struct passwd *user = postgres_user();
	const char *directory = make_cluster(user), *log = text_of("%s/stderr", directory);
	struct process *server = start_postgres(user, directory, "off");
	await_line(log, "eady to accept connections");
	query(directory, "select 1/0");
	await_line(log, "division by zero");
	expect_dead_backend(directory, log, &snapshot);
	expect_ended(server, SIGINT);
}

/* One process writes the file, and is told by the others through a pipe that is their standard error. */
Test(logs, postgres_collector)
{
	struct snapshot snapshot;
	const struct passwd *user = postgres_user();
	const char *directory = make_cluster(user), *log = text_of("%s/server.log", directory);
	struct process *server = start_postgres(user, directory, "on");
	await_line(log, "eady to accept connections");
	query(directory, "select 1/0");
	await_line(log, "division by zero");
	expect_recorded(user->pw_uid, log, NULL);
	expect_dead_backend(directory, log, &snapshot);
	expect_ended(server, SIGINT);
}
