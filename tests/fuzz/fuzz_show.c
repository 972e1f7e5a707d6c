/*
 * What people look at a hostile snapshot with: the input is its CBOR, the first byte picks the command. Whatever stands in the file, the
 * command ends with one of its codes.
 */
#include "command.h"
#include "fuzz.h"

#include <lz4frame.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WORDS = 6 };

static char path[64];
static const struct {
	const struct command *command;
	char *words[WORDS];
} lines[] = {
	{&command_view, {"view", path}},
	{&command_view, {"view", "--threads", "--numbers", path}},
	{&command_view, {"view", "--json", path}},
	{&command_view, {"view", "--ndjson", path}},
	{&command_view, {"view", "--perfetto", path}},
	{&command_view, {"view", "--csv", path}},
	{&command_view, {"view", "--grep", "a+", "--since", "-5s", path}},
	{&command_html, {"html", path}},
	{&command_stats, {"stats", path}},
	{&command_diff, {"diff", path, path}},
	{&command_view, {"view", "--ttlog-rs", path}},
	{&command_top, {"top", "--by", "site", path}},
	{&command_collect, {"collect", path}},
	{&command_collect, {"collect", "--format", "junit", path}},
	{&command_collect, {"collect", "--format", "gitlab", path}},
	{&command_collect, {"collect", "--format", "github", path}},
	{&command_collect, {"collect", "--format", "sarif", path}},
	{&command_collect, {"collect", "--format", "json", path}},
};

static int file_of(const uint8_t *data, size_t bytes)
{
	const size_t room = LZ4F_compressFrameBound(bytes, NULL);
	void *frame = malloc(room);
	const size_t used = LZ4F_compressFrame(frame, room, data, bytes, NULL);
	const int fd = memfd_create("fuzz", MFD_CLOEXEC);

	FUZZ_HOLDS(fd >= 0 && !LZ4F_isError(used) && write(fd, frame, used) == (ssize_t)used);
	free(frame);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const size_t line = bytes ? data[0] % (sizeof(lines) / sizeof(lines[0])) : 0;
	char *words[WORDS + 1] = {NULL};
	int count = 0, fd, status;

	if (!bytes)
		return 0;
	fd = file_of(data + 1, bytes - 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (; count < WORDS && lines[line].words[count]; count++)
		words[count] = lines[line].words[count];
	optind = 0;
	status = lines[line].command->run(count, words);
	FUZZ_HOLDS(status >= COMMAND_DONE && status <= COMMAND_BAD_FILE);
	close(fd);
	return 0;
}
