/*
 * ttlog db add: snapshots become rows.
 */
#include "batch.h"
#include "database.h"
#include "directory.h"
#include "inputs.h"
#include "prune.h"
#include "workers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SYMBOLIZED_MAX 256u

enum { READ_ROW = 0, READ_ALIVE = 10, READ_BAD = COMMAND_BAD_FILE };

struct add {
	const struct request *request;
	struct inputs inputs;
	struct symbols *symbols; /* a reader's own */
	size_t symbolized;
	struct batch batch;
	struct store_error error;
	char *row; /* as a reader printed it */
	size_t row_bytes, row_room;
	size_t alive, bad;
	int status;
	size_t first;  /* which of the inputs is file 0 of the readers */
	size_t *again; /* inputs that nobody has read, for their reader was gone */
	size_t again_count;
	bool is_second_time;
};

/* A reader ------------------------------------------------------------------------------------------------------------------------- */

/* As `ttlog collect` does it, so that groups are the same. Each build that was met stays open until its symbols go. */
static struct symbols *symbols(struct add *add)
{
	static const struct symbols_options options = {.cache = true, .network = true};

	if (add->symbols && add->symbolized++ >= SYMBOLIZED_MAX) {
		symbols_destroy(add->symbols);
		add->symbols = NULL;
		add->symbolized = 0;
	}
	if (!add->symbols)
		add->symbols = symbols_create(&options);
	return add->symbols;
}

static int read_file(void *context, size_t i)
{
	struct add *add = context;
	struct snapshot_error error;
	const char *name = add->inputs.names[add->first + i];
	const int result = crash_print(stdout, name, add->request->all, symbols(add), &error);

	if (result == CRASH_ALIVE)
		return READ_ALIVE;
	if (result < 0)
		return command_error(&command_db, READ_BAD, "%s: %s", name, error.text);
	return READ_ROW;
}

/* The writer ----------------------------------------------------------------------------------------------------------------------- */

static void take(void *context, const char *data, size_t bytes)
{
	struct add *add = context;

	if (add->row_room - add->row_bytes < bytes) {
		add->row_room = 2 * (add->row_bytes + bytes);
		add->row = realloc(add->row, add->row_room);
		if (!add->row)
			exit(command_error(&command_db, COMMAND_USAGE, "out of memory"));
	}
	memcpy(add->row + add->row_bytes, data, bytes);
	add->row_bytes += bytes;
}

static void fail(struct add *add, int status)
{
	add->status = status > add->status ? status : add->status;
}

static int put_row(struct add *add, const char *name)
{
	const struct request *request = add->request;
	const char *project = request->project ? request->project : "";
	struct crash crash;

	if (crash_parse(&crash, add->row, add->row_bytes)) {
		crash_fini(&crash);
		fail(add, command_error(&command_db, COMMAND_BAD_FILE, "%s: its reader gave no row", name));
		add->bad++;
		return 0;
	}
	crash.values[CRASH_project] = store_text(project, strlen(project));
	crash.values[CRASH_build] = store_text(request->build, request->build ? strlen(request->build) : 0);
	crash.values[CRASH_added_at] = store_number((int64_t)request->now);
	return batch_put(&add->batch, &crash, &add->error);
}

/* A file that ends its reader leaves those behind it unread. With a reader of its own each shows which it was. */
static void not_read(struct add *add, size_t input, int signal)
{
	const char *name = add->inputs.names[input];

	if (!add->is_second_time) {
		add->again[add->again_count++] = input;
		return;
	}
	if (signal)
		fail(add, command_error(&command_db, COMMAND_BAD_FILE, "%s: reading it ended with signal %d", name, signal));
	else
		fail(add, command_error(&command_db, COMMAND_BAD_FILE, "%s: its reader ended", name));
	add->bad++;
}

/* Every file is counted once: as a row, as alive, as bad. */
static int done(void *context, size_t i, int status, int signal)
{
	struct add *add = context;
	const size_t input = add->first + i;
	int result = 0;

	if (status < 0) {
		not_read(add, input, signal);
	} else if (status == READ_ROW) {
		result = put_row(add, add->inputs.names[input]);
	} else if (status == READ_ALIVE) {
		add->alive++;
	} else {
		add->bad++;
		fail(add, COMMAND_BAD_FILE);
	}
	add->row_bytes = 0;
	return result;
}

static int read_some(struct add *add, size_t first, size_t count)
{
	const struct workers_task task = {.files = count,
					  .jobs = add->request->jobs,
					  .read = read_file,
					  .done = done,
					  .take = take,
					  .context = add,
					  .progress = "adding"};

	add->first = first;
	return workers_run(&task);
}

static int read_all(struct add *add)
{
	int result;

	add->again = calloc(add->inputs.count + 1, sizeof(*add->again));
	result = add->again ? read_some(add, 0, add->inputs.count) : -ENOMEM;
	add->is_second_time = true;
	for (size_t i = 0; i < add->again_count && !result; i++)
		result = read_some(add, add->again[i], 1);
	if (result < 0 && !add->error.text[0])
		snprintf(add->error.text, sizeof(add->error.text), "%s", strerror(-result));
	return result ? result : batch_flush(&add->batch, &add->error);
}

/* Builds --------------------------------------------------------------------------------------------------------------------------- */

static int name_build(struct add *add)
{
	const struct request *request = add->request;
	const char *project = request->project ? request->project : "";
	const struct store_value values[] = {store_text(project, strlen(project)),
					     store_text(request->build, strlen(request->build)),
					     store_number((int64_t)request->now)};
	const int result = store_run(
		add->batch.store,
		"INSERT INTO ttlog_builds (project, build, named_at) VALUES ($1, $2, $3) ON CONFLICT (project, build) DO NOTHING",
		values, 3, NULL, NULL, &add->error);

	return result < 0 ? result : 0;
}

/* Inputs --------------------------------------------------------------------------------------------------------------------------- */

/* No snapshot in it, or not there at all: where nothing dies nobody makes a directory. */
static bool holds_nothing(const char *name)
{
	struct directory directory;
	struct stat status;
	bool nothing;

	if (stat(name, &status) != 0)
		return errno == ENOENT && !strstr(name, SNAPSHOT_SUFFIX);
	if (!S_ISDIR(status.st_mode) || directory_open(&directory, name))
		return false;
	nothing = !directory.count;
	directory_close(&directory);
	return nothing;
}

/* A build in which nothing died is worth knowing; it is said, for it may be a slip of the pen. */
static int open_inputs(struct add *add)
{
	static char *standard[] = {INPUTS_DIRECTORY};
	const struct request *request = add->request;
	char **names = request->count ? request->arguments : standard, **some;
	const int count = request->count ? request->count : 1;
	int kept = 0, status = COMMAND_DONE;

	if (!request->build)
		return inputs_open(&command_db, &add->inputs, request->arguments, request->count);
	some = calloc((size_t)count, sizeof(*some));
	if (!some)
		return command_error(&command_db, COMMAND_USAGE, "out of memory");
	for (int i = 0; i < count; i++) {
		if (holds_nothing(names[i]))
			fprintf(stderr, "ttlog db: %s: no snapshot there: nothing died in build %s\n", names[i], request->build);
		else
			some[kept++] = names[i];
	}
	if (kept)
		status = inputs_open(&command_db, &add->inputs, some, kept);
	free(some);
	return status;
}

/* The command ---------------------------------------------------------------------------------------------------------------------- */

static void print_sum(const struct add *add)
{
	printf("%zu added to %s", add->batch.added, store_name(add->batch.store));
	if (add->batch.known)
		printf(", %zu were there", add->batch.known);
	if (add->alive)
		printf(", %zu no deaths, passed over (--all)", add->alive);
	if (add->bad)
		printf(", %zu bad", add->bad);
	putchar('\n');
}

/* What is stored is said, too: the rest is still where it was, and adding all of it again adds just that. */
static int failed(const struct add *add)
{
	const size_t stored = add->batch.added + add->batch.known;

	return command_error(&command_db, DB_UNAVAILABLE,
			     "%s: %s; %zu of %zu snapshots are stored: the same command adds the others later",
			     store_name(add->batch.store), add->error.text, stored, add->inputs.count);
}

static int add_all(struct add *add)
{
	int result = add->request->build ? name_build(add) : 0;

	if (!result)
		result = read_all(add);
	if (result)
		return failed(add);
	print_sum(add);
	if (add->request->has_keep_days)
		fail(add, prune(add->batch.store, add->request));
	return add->status;
}

static int run_add(const struct request *request)
{
	struct add *add = calloc(1, sizeof(*add));
	int status;

	if (!add)
		return command_error(&command_db, COMMAND_USAGE, "out of memory");
	add->request = request;
	status = open_inputs(add);
	if (!status)
		status = database_open(request, STORE_WRITE, &add->batch.store);
	if (!status) {
		fail(add, add->inputs.status);
		status = add_all(add);
		store_close(add->batch.store);
	}
	inputs_close(&add->inputs);
	batch_fini(&add->batch);
	free(add->again);
	free(add->row);
	free(add);
	return status;
}

const struct verb verb_add = {
	.name = "add",
	.run = run_add,
	.options = REQUEST_BIT(DB_PROJECT) | REQUEST_BIT(DB_BUILD) | REQUEST_BIT(DB_JOBS) | REQUEST_BIT(DB_ALL) |
		   REQUEST_BIT(DB_KEEP_DAYS),
	.takes_files = true,
};
