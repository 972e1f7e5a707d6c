#include "fingerprint.h"

#include "death.h"
#include "overflow.h"
#include "own_functions.h"
#include "placeholders.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define DIFFERENT_MAX    64u /* functions of one stack; more are as rare as they are far out */
#define RECURSION_FRAMES 16u /* of a stack that was used up by calls, not by one large frame */
#define RECURSION_SHARE  16u /* a function that makes up less than this part of it was called by the recursion, now and then */

struct function {
	char name[OWN_FUNCTION_BYTES];
	size_t count;
	bool is_named;
};

/* Different ones, innermost first. */
struct functions {
	struct function list[DIFFERENT_MAX];
	size_t count, frames;
};

static void count_function(void *context, const struct own_function *found)
{
	struct functions *functions = context;
	struct function *function = functions->list, *const end = functions->list + functions->count;

	functions->frames++;
	while (function < end && strcmp(function->name, found->name) != 0)
		function++;
	if (function < end) {
		function->count++;
	} else if (functions->count < DIFFERENT_MAX) {
		memcpy(function->name, found->name, sizeof(function->name));
		function->count = 1;
		function->is_named = found->is_named;
		functions->count++;
	}
}

/* Recursion ---------------------------------------------------------------------------------------------------------------------- */

static int by_name(const void *left, const void *right)
{
	return strcmp(((const struct function *)left)->name, ((const struct function *)right)->name);
}

static void keep_recursion(struct functions *functions)
{
	size_t kept = 0;

	for (size_t i = 0; i < functions->count; i++) {
		if (functions->list[i].count * RECURSION_SHARE >= functions->frames)
			functions->list[kept++] = functions->list[i];
	}
	if (!kept)
		return;
	functions->count = kept;
	qsort(functions->list, kept, sizeof(functions->list[0]), by_name);
}

static bool is_recursion(const struct snapshot *snapshot, const struct snapshot_thread *thread, const struct functions *functions)
{
	const struct snapshot_signal *fault = snapshot->first_signal.present ? &snapshot->first_signal : &snapshot->signal;

	return functions->frames >= RECURSION_FRAMES && overflow_is(thread, fault);
}

/* Texts -------------------------------------------------------------------------------------------------------------------------- */

/* Cut where there is no more room; control characters become question marks. */
__attribute__((format(printf, 3, 4))) static void append(char *text, size_t bytes, const char *format, ...)
{
	const size_t length = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + length, bytes - length, format, arguments);
	va_end(arguments);
	for (char *c = text + length; *c; c++) {
		if (((unsigned char)*c < 0x20 && !(*c == '\n' && !c[1])) || *c == 0x7f)
			*c = '?';
	}
}

static void make_key(const struct snapshot *snapshot, const struct functions *functions, const char *message,
		     struct fingerprint *fingerprint)
{
	const size_t count = functions->count < FINGERPRINT_FUNCTIONS ? functions->count : FINGERPRINT_FUNCTIONS;
	bool is_named = false;

	for (size_t i = 0; i < count; i++)
		is_named |= functions->list[i].is_named;
	if (!is_named || !death_is_fault(snapshot))
		append(fingerprint->key, FINGERPRINT_KEY_BYTES, "%s\n", death_word(snapshot));
	for (size_t i = 0; i < count; i++)
		append(fingerprint->key, FINGERPRINT_KEY_BYTES, "%s\n", functions->list[i].name);
	if (is_named)
		return;
	append(fingerprint->key, FINGERPRINT_KEY_BYTES, "%s\n", death_program(snapshot));
	append(fingerprint->key, FINGERPRINT_KEY_BYTES, "%s\n", message);
}

/* What began it. */
static const char *first_word(const struct snapshot *snapshot)
{
	const struct snapshot_signal *first = &snapshot->first_signal;

	return first->present && first->name ? first->name : death_word(snapshot);
}

static void make_title(const struct snapshot *snapshot, const struct functions *functions, const char *message,
		       struct fingerprint *fingerprint)
{
	const size_t count = functions->count < FINGERPRINT_FUNCTIONS ? functions->count : FINGERPRINT_FUNCTIONS;

	append(fingerprint->title, FINGERPRINT_TITLE_BYTES, "%s %s ", first_word(snapshot), count ? "in" : "of");
	for (size_t i = 0; i < count; i++)
		append(fingerprint->title, FINGERPRINT_TITLE_BYTES, "%s%.*s", i ? " < " : "",
		       (int)strcspn(functions->list[i].name, "@"), functions->list[i].name);
	if (!count)
		append(fingerprint->title, FINGERPRINT_TITLE_BYTES, "%s", death_program(snapshot));
	if (message[0])
		append(fingerprint->title, FINGERPRINT_TITLE_BYTES, ": %s", message);
}

static void make_hash(struct fingerprint *fingerprint)
{
	const XXH128_hash_t hash = XXH3_128bits(fingerprint->key, strlen(fingerprint->key));
	char digits[33];

	snprintf(digits, sizeof(digits), "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64, (uint64_t)hash.low64);
	snprintf(fingerprint->hash, sizeof(fingerprint->hash), "%d:%.30s", FINGERPRINT_VERSION, digits);
}

/* All of it ---------------------------------------------------------------------------------------------------------------------- */

void fingerprint_make(const struct snapshot *snapshot, struct fingerprint *fingerprint)
{
	const struct snapshot_thread *thread = own_functions_thread(snapshot);
	const struct snapshot_text *said = &snapshot->abort_message;
	struct functions functions = {.count = 0};
	char message[PLACEHOLDERS_BYTES] = "";

	memset(fingerprint, 0, sizeof(*fingerprint));
	own_functions_each(snapshot, thread, count_function, &functions);
	if (is_recursion(snapshot, thread, &functions))
		keep_recursion(&functions);
	if (said->data)
		placeholders_put(said->data, said->bytes, message);
	make_key(snapshot, &functions, message, fingerprint);
	make_title(snapshot, &functions, message, fingerprint);
	make_hash(fingerprint);
}
