#include "source.h"

#include "command.h"
#include "shortage.h"

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

/* That a file is not here is usual; that it is here and is not shown is not. */
static void note_shortage(const char *file)
{
	if (is_shortage(errno))
		command_error(NULL, COMMAND_DONE, "%s: %s; its lines are left out", file, strerror(errno));
}

/* A FIFO would make us wait. */
static FILE *open_regular(const char *file)
{
	struct stat status;
	FILE *stream = NULL;
	int fd;

	errno = 0;
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		stream = fdopen(fd, "r");
	if (!stream)
		note_shortage(file);
	if (!stream && fd >= 0)
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

static void read_lines(struct source *source, struct arena *arena, const char *file, uint32_t line)
{
	FILE *stream = open_source(file);
	char *text = NULL;
	size_t room = 0;

	source->count = 0;
	source->here = line;
	if (!stream)
		return;
	for (uint32_t number = 1; number <= line + SOURCE_CONTEXT && getline(&text, &room, stream) >= 0; number++) {
		if (number + SOURCE_CONTEXT >= line)
			take(source, arena, text, number);
	}
	if (source->count < SOURCE_LINES && !feof(stream))
		note_shortage(file);
	if (source->count && source->first + source->count <= line)
		source->count = 0; /* another file than the one that was compiled: it has no such line */
	free(text);
	fclose(stream);
}

/* Places ---------------------------------------------------------------------------------------------------------------------- */

/* Where compilers and packages keep what they bring; the standard library of Rust is in none of them, and named by its build. */
bool source_is_system(const char *file)
{
	static const char *const places[] = {"/usr/include/", "/usr/lib/", "/rustc/", "/usr/local/include/c++/"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!strncmp(file, places[i], strlen(places[i])))
			return true;
	}
	return false;
}

struct place {
	const char *file; /* NULL: not known */
	uint32_t line;
};

/* From the innermost inlined function, 0, to the frame's own. */
static struct place place_at(const struct snapshot_frame *frame, size_t i)
{
	if (i < frame->inlined_count)
		return (struct place){frame->inlined[i].file, frame->inlined[i].line};
	return (struct place){frame->file, frame->line};
}

/*
 * The line of a frame that its author looks for: that of the innermost function there, inlined or its own, that is not from a header of
 * the system. A call of vector::at() that throws is shown where it stands, not in stl_vector.h.
 */
static struct place place_of(const struct snapshot_frame *frame)
{
	for (size_t i = 0; i <= frame->inlined_count; i++) {
		const struct place place = place_at(frame, i);
		if (place.file && !source_is_system(place.file))
			return place;
	}
	return place_at(frame, 0);
}

bool source_is_own(const struct snapshot_frame *frame)
{
	const struct place place = place_of(frame);

	return place.file && !source_is_system(place.file);
}

/* What travels with the snapshot is of the build that died; a file that is here may have been edited since. */
void source_of_frame(struct source *source, struct arena *arena, const struct snapshot_frame *frame)
{
	const struct place place = place_of(frame);

	*source = (struct source){.first = frame->source_line, .here = place.line};
	for (; source->count < frame->source_count && source->count < SOURCE_LINES; source->count++)
		source->lines[source->count] = frame->source[source->count];
	if (!frame->source_count && place.file)
		read_lines(source, arena, place.file, place.line);
}

static void embed(struct arena *arena, struct snapshot_frame *frame)
{
	struct source source;

	if (frame->source_count)
		return;
	source_of_frame(&source, arena, frame);
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
