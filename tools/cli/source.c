#include "source.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const *directories;

void source_directories(const char *const *list)
{
	directories = list;
}

/* A FIFO would make us wait. */
static FILE *open_regular(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	FILE *stream;

	if (fd < 0)
		return NULL;
	stream = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? fdopen(fd, "r") : NULL;
	if (!stream)
		close(fd);
	return stream;
}

/* The longest end of the path that is there. */
static FILE *open_below(const char *directory, const char *file)
{
	char path[PATH_MAX];
	FILE *stream = NULL;

	while (file && !stream) {
		file += strspn(file, "/");
		if (snprintf(path, sizeof(path), "%s/%s", directory, file) < (int)sizeof(path))
			stream = open_regular(path);
		file = strchr(file, '/');
	}
	return stream;
}

static FILE *open_source(const char *file)
{
	FILE *stream = open_regular(file);

	for (const char *const *directory = directories; !stream && directory && *directory; directory++)
		stream = open_below(*directory, file);
	return stream;
}

static void take(struct source *source, struct arena *arena, const char *text, uint32_t number)
{
	size_t bytes = strcspn(text, "\r\n");

	if (!source->count)
		source->first = number;
	source->lines[source->count++] = arena_bytes(arena, text, bytes < SOURCE_LINE_BYTES ? bytes : SOURCE_LINE_BYTES);
}

void source_read(struct source *source, struct arena *arena, const char *file, uint32_t line)
{
	FILE *stream = open_source(file);
	char *text = NULL;
	size_t room = 0;

	source->count = 0;
	if (!stream)
		return;
	for (uint32_t number = 1; number <= line + SOURCE_CONTEXT && getline(&text, &room, stream) >= 0; number++) {
		if (number + SOURCE_CONTEXT >= line)
			take(source, arena, text, number);
	}
	if (source->count && source->first + source->count <= line)
		source->count = 0; /* another file than the one that was compiled: it has no such line */
	free(text);
	fclose(stream);
}

/* The place of the innermost function there. */
static void embed(struct arena *arena, struct snapshot_frame *frame)
{
	const struct snapshot_inline *inlined = frame->inlined_count ? &frame->inlined[0] : NULL;
	const char *file = inlined ? inlined->file : frame->file;
	struct source source;

	if (!file || frame->source_count)
		return;
	source_read(&source, arena, file, inlined ? inlined->line : frame->line);
	if (!source.count)
		return;
	frame->source = arena_alloc(arena, source.count, sizeof(*frame->source));
	memcpy(frame->source, source.lines, source.count * sizeof(*frame->source));
	frame->source_count = source.count;
	frame->source_line = source.first;
}

void source_embed(struct arena *arena, struct snapshot_thread *thread)
{
	for (size_t i = 0; i < thread->frame_count; i++)
		embed(arena, &thread->frames[i]);
}
