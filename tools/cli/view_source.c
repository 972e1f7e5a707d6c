#include "terminal.h"
#include "view.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONTEXT_LINES 2u
#define COLUMNS_MAX   100u

/* The path comes from the program's debug information: it may name anything. */
static FILE *open_source(const char *file)
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

static void print_line(FILE *out, char *text, uint32_t number, bool marked)
{
	text[strcspn(text, "\r\n")] = '\0';
	terminal_paint(out, marked ? PAINT_BOLD : PAINT_DIM);
	fprintf(out, "      %s %5u  ", marked ? "▶" : " ", number);
	terminal_string(out, text, COLUMNS_MAX);
	terminal_paint(out, PAINT_NONE);
	putc('\n', out);
}

bool view_source(FILE *out, const char *file, uint32_t line)
{
	FILE *stream = open_source(file);
	char *text = NULL;
	size_t room = 0;
	bool shown = false;

	if (!stream)
		return false;
	for (uint32_t number = 1; number <= line + CONTEXT_LINES && getline(&text, &room, stream) >= 0; number++) {
		if (number + CONTEXT_LINES < line)
			continue;
		print_line(out, text, number, number == line);
		shown = true;
	}
	free(text);
	fclose(stream);
	return shown;
}
