/* ttlog collect --bundle: the snapshots, and the programs and libraries that their stacks lead through, as far as they are here. */
#include "bundle.h"
#include "collect.h"
#include "describe.h"
#include "module.h"
#include "system_code.h"
#include "target.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct needed {
	char *path, *build_id;
};

struct bundling {
	const struct collection *collection;
	struct bundle_writer *writer;
	struct needed *needed;
	size_t needed_count;
	uint64_t snapshots, images, left_out;
	char error[BUNDLE_ERROR_BYTES];
};

static void *need(void *memory)
{
	if (!memory)
		exit(command_error(&command_collect, COMMAND_USAGE, "out of memory"));
	return memory;
}

static void note_left_out(struct bundling *bundling, const char *what, const char *why)
{
	bundling->left_out++;
	command_error(&command_collect, COMMAND_DONE, "--bundle: left out: %s: %s", what, why);
}

/* Result of adding something: 0, there was no room for it, or nothing more can be written. */
static int judge(struct bundling *bundling, int result, const char *what, uint64_t *count)
{
	if (!result)
		++*count;
	else if (result == -EFBIG)
		note_left_out(bundling, what, "no room in --bundle-size");
	else
		return command_error(&command_collect, COMMAND_NOTHING, "--bundle %s", bundling->error);
	return COMMAND_DONE;
}

/* Modules ------------------------------------------------------------------------------------------------------------------------ */

static void note_module(struct bundling *bundling, const struct snapshot_frame *frame)
{
	const size_t count = bundling->needed_count;

	if (!frame->module || frame->module[0] == '[')
		return;
	for (size_t i = 0; i < count; i++) {
		const struct needed *known = &bundling->needed[i];
		if (frame->build_id && known->build_id
			    ? !strcmp(known->build_id, frame->build_id)
			    : !frame->build_id && !known->build_id && !strcmp(known->path, frame->module))
			return;
	}
	if (!(count & (count - 1)))
		bundling->needed = need(reallocarray(bundling->needed, count ? 2 * count : 1, sizeof(*bundling->needed)));
	bundling->needed[count].path = need(strdup(frame->module));
	bundling->needed[count].build_id = frame->build_id ? need(strdup(frame->build_id)) : NULL;
	bundling->needed_count++;
}

static void note_modules(struct bundling *bundling, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->thread_count; i++) {
		for (size_t j = 0; j < snapshot->threads[i].frame_count; j++)
			note_module(bundling, &snapshot->threads[i].frames[j]);
	}
}

static int add_image(struct bundling *bundling, const struct needed *needed, struct module *module, bool debug)
{
	size_t bytes = 0;
	const void *image = module_image(module, debug, &bytes);
	int result;

	if (!image)
		return COMMAND_DONE;
	result = bundle_add_image(bundling->writer, needed->build_id, debug, image, bytes, bundling->error);
	return judge(bundling, result, needed->path, &bundling->images);
}

static int add_module(struct bundling *bundling, const struct needed *needed)
{
	struct module *module = needed->build_id ? need(module_open(needed->path, needed->build_id)) : NULL;
	int status = COMMAND_DONE;

	if (!module) {
		note_left_out(bundling, needed->path, "it has no build-id");
		return COMMAND_DONE;
	}
	if (module->error) {
		note_left_out(bundling, needed->path, module->error == -ESTALE ? "another build is there now" : "it is not here");
	} else {
		status = add_image(bundling, needed, module, false);
		if (!status)
			status = add_image(bundling, needed, module, true);
	}
	module_close(module);
	return status;
}

/* The program's own first: room may be short. */
static int add_modules(struct bundling *bundling)
{
	int status = COMMAND_DONE;

	for (int system = 0; system < 2; system++) {
		for (size_t i = 0; !status && i < bundling->needed_count; i++) {
			if (system_code_is_module(bundling->needed[i].path) == system)
				status = add_module(bundling, &bundling->needed[i]);
		}
	}
	return status;
}

/* Snapshots ---------------------------------------------------------------------------------------------------------------------- */

static bool is_unreadable(const struct collection *collection, const char *name)
{
	for (size_t i = 0; i < collection->unreadable_count; i++) {
		if (collection->unreadable[i].path == name)
			return true;
	}
	return false;
}

static int add_snapshot(struct bundling *bundling, const char *name)
{
	const struct snapshot_visitor nothing = {.context = NULL};
	struct snapshot_error error;
	struct target target;
	int status = COMMAND_DONE;

	if (target_open(&command_collect, &target, name) != COMMAND_DONE)
		return COMMAND_DONE; /* it was said */
	if (target.fd < 0 || target.is_input || target_read(&target, NULL, &nothing, &error) < 0) {
		note_left_out(bundling, target.path, "no snapshot file");
	} else {
		note_modules(bundling, &target.snapshot);
		status = judge(bundling,
			       bundle_add_snapshot(bundling->writer, target.path, target.snapshot.created_at, bundling->error),
			       target.path, &bundling->snapshots);
	}
	target_close(&target);
	return status;
}

/* The newest first: room may be short. */
static int add_snapshots(struct bundling *bundling)
{
	const struct collection *collection = bundling->collection;
	int status = COMMAND_DONE;

	for (size_t i = collection->inputs.count; !status && i > 0; i--) {
		const char *name = collection->inputs.names[i - 1];
		if (is_unreadable(collection, collection->shown[i - 1]))
			note_left_out(bundling, collection->shown[i - 1], "it cannot be read");
		else
			status = add_snapshot(bundling, name);
	}
	return status;
}

/* All ---------------------------------------------------------------------------------------------------------------------------- */

static int finish(struct bundling *bundling, int status)
{
	const char *path = bundling->collection->request->bundle;
	uint64_t bytes;
	char size[32];

	if (bundle_close(bundling->writer, !status, &bytes, bundling->error) != 0)
		return command_error(&command_collect, COMMAND_NOTHING, "--bundle %s", bundling->error);
	if (status)
		return status;
	describe_bytes(bytes, size);
	command_error(&command_collect, COMMAND_DONE,
		      "%s: %" PRIu64 " snapshot%s, %" PRIu64 " file%s of programs and libraries, %s", path, bundling->snapshots,
		      bundling->snapshots == 1 ? "" : "s", bundling->images, bundling->images == 1 ? "" : "s", size);
	return COMMAND_DONE;
}

int collect_bundle(struct collection *collection)
{
	const struct collect_request *request = collection->request;
	struct bundling bundling = {.collection = collection};
	int status;

	bundling.writer = bundle_create(request->bundle, request->bundle_bytes, bundling.error);
	if (!bundling.writer)
		return command_error(&command_collect, COMMAND_NOTHING, "--bundle %s", bundling.error);
	status = add_snapshots(&bundling);
	if (!status)
		status = add_modules(&bundling);
	status = finish(&bundling, status);
	for (size_t i = 0; i < bundling.needed_count; i++) {
		free(bundling.needed[i].path);
		free(bundling.needed[i].build_id);
	}
	free(bundling.needed);
	return status;
}
