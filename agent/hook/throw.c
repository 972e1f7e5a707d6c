/* __cxa_throw of the Itanium C++ ABI, in the objects that use libstdc++ or libc++, and in the library itself (std::vector::at()). */
#include "throw.h"

#include "config.h"
#include "got.h"
#include "libc.h"
#include "record.h"
#include "text.h"

#include <errno.h>
#include <string.h>

#define CALLER __builtin_return_address(0)

/* The beginning of std::type_info, as that ABI lays it out ("Run-Time Type Information"). */
struct type_info {
	const void *table;
	const char *name; /* mangled; a * before it says that names are not unique */
};

typedef void throw_function(void *object, const struct type_info *type, void (*destroy)(void *));
static throw_function *real_stdcxx, *real_cxxabi;

static __attribute__((noinline)) void record_type(const struct type_info *type, const void *caller)
{
	char name[RECORD_TEXT_BYTES];
	const int saved_errno = errno;
	const struct record_origin origin = {SOURCE_THROW, LEVEL_INFO, caller, 0};
	struct text_writer text = text_begin(name, sizeof(name));
	text_string(&text, THROWN_PREFIX);
	text_string(&text, type->name + (type->name[0] == '*'));
	record_text(&origin, name, text.used, text.used);
	errno = saved_errno;
}

/* By a jump: no frame of ours is unwound. Hence a type that does not say that it never returns. */
static void hook_stdcxx(void *object, const struct type_info *type, void (*destroy)(void *))
{
	record_type(type, CALLER);
	real_stdcxx(object, type, destroy);
}

static void hook_cxxabi(void *object, const struct type_info *type, void (*destroy)(void *))
{
	record_type(type, CALLER);
	real_cxxabi(object, type, destroy);
}

static const struct got_function stdcxx_functions[] = {{"__cxa_throw", (void *)hook_stdcxx, (void **)(void *)&real_stdcxx}};
static const struct got_function cxxabi_functions[] = {{"__cxa_throw", (void *)hook_cxxabi, (void **)(void *)&real_cxxabi}};
static struct got_library stdcxx = {"libstdc++.so.6", true, stdcxx_functions, 1, 0};
static struct got_library cxxabi = {"libc++abi.so.1", true, cxxabi_functions, 1, 0};

void throw_init(void)
{
	if (!(config.set.capture & CAPTURE_THROW))
		return;
	got_patch(&stdcxx);
	got_patch(&cxxabi);
}
