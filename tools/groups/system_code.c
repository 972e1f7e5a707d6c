#include "system_code.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* How base names begin. */
static const char *const modules[] = {
	"libc.so",     "libc-2.",        "libpthread.so",  "libpthread-2.", "libm.so",         "libm-2.",
	"libdl.so",    "libdl-2.",       "librt.so",       "librt-2.",      "ld-linux",        "ld-musl",
	"ld-2.",       "ld.so",          "ld64.so",        "[vdso]",        "[vsyscall]",      "linux-vdso",
	"libgcc_s.so", "libunwind.so",   "libstdc++.so",   "libc++.so",     "libc++abi.so",    "libasan.so",
	"libubsan.so", "libtsan.so",     "liblsan.so",     "libclang_rt.",  "libgomp.so",      "libomp.so",
	"libttlog_",   "libjemalloc.so", "libmimalloc.so", "libtcmalloc",   "libeatmydata.so", "libfaketime"};

/* From the fault to the death. Between bars: a name, or with * at its end how names begin. */
static const char dying[] =
	"abort|raise|gsignal|kill|tgkill|pthread_kill|__pthread_kill*|__GI_raise|__GI_abort|__restore_rt|__assert*|"
	"__libc_message*|__libc_fatal|__libc_assert_fail|__malloc_assert|malloc_printerr|__fortify_fail*|__chk_fail|"
	"__stack_chk_fail*|__longjmp_chk|exit|_exit|_Exit|__run_exit_handlers|err|errx|verr|verrx|error|error_at_line|"
	"g_assertion_message*|g_log*|qt_assert*|qFatal|qt_message_fatal|QMessageLogger::fatal|__cxa_throw*|__cxa_rethrow|"
	"__cxa_pure_virtual|__cxa_deleted_virtual|__cxa_bad_cast|__cxa_call_*|_Unwind_*|__gxx_personality_v0|__ubsan_*|"
	"__asan_*|__tsan_*|__sanitizer*|__interceptor_*|"
	"google::LogMessage*|absl::log_internal::*|boost::throw_exception*|boost::assertion_failed*";

/* Memory and strings: they die of what others did. */
static const char servants[] =
	"malloc|calloc|realloc|reallocarray|free|cfree|memalign|posix_memalign|aligned_alloc|__libc_malloc|__libc_calloc|"
	"__libc_realloc|__libc_free|_int_malloc|_int_free*|_int_realloc|_int_memalign|sysmalloc|malloc_consolidate|"
	"unlink_chunk|tcache_*|operator new*|operator delete*|memcpy|memmove|memset|memcmp|memchr|__mem*|__str*|__wcs*|"
	"strdup|strndup|strlen|strcpy|strncpy|strcat|strcmp|strncmp|strchr|strrchr|strstr";

/* Made of headers or belonging to a language: whether a call of them is inlined differs from build to build. */
static const char languages[] =
	"std::*|__gnu_cxx::*|__gnu_debug::*|rust_begin_unwind|rust_panic*|__rust_*|__rustc::*|core::panicking::*|core::ops::*|"
	"core::option::*|core::result::*|core::slice::*|core::str::*|core::cell::*|core::ptr::*|core::fmt::*|"
	"alloc::alloc::*|alloc::boxed::*|alloc::raw_vec::*|alloc::string::*|alloc::vec::*|<alloc::*|<core::*|<std::*|<&dyn core::*|"
	"runtime.*|runtime/*|_cgo_*|crosscall2";

/* What calls main, constructors and threads' functions. */
static const char starters[] =
	"_start|__libc_start_main*|__libc_start_call_main|generic_start_main|__libc_csu_init|start_thread|clone|clone3|"
	"__clone|__clone3|_dl_start*|_dl_init*|_dl_fini|call_init*|__do_global_*|_init|_fini|GOMP_*|gomp_*|testing::internal::*";

static const char *const functions[] = {dying, servants, languages, starters};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

bool system_code_is_module(const char *path)
{
	const char *name = base_name(path);

	for (size_t i = 0; i < COUNT(modules); i++) {
		if (!strncmp(name, modules[i], strlen(modules[i])))
			return true;
	}
	return false;
}

static bool matches(const char *pattern, size_t bytes, const char *name)
{
	if (pattern[bytes - 1] == '*')
		return !strncmp(name, pattern, bytes - 1);
	return !strncmp(name, pattern, bytes) && !name[bytes];
}

static bool is_listed(const char *list, const char *name)
{
	for (const char *end; *list; list = *end ? end + 1 : end) {
		end = strchrnul(list, '|');
		if (matches(list, (size_t)(end - list), name))
			return true;
	}
	return false;
}

bool system_code_is_function(const char *plain)
{
	for (size_t i = 0; i < COUNT(functions); i++) {
		if (is_listed(functions[i], plain))
			return true;
	}
	return false;
}

/* The end of "libshop-1.2.so.1.2.3" without what changes with a version: "libshop". */
static size_t length_without_version(const char *name)
{
	const char *so = strstr(name, ".so");
	size_t bytes = so && (!so[3] || so[3] == '.') ? (size_t)(so - name) : strlen(name);
	size_t end = bytes;

	while (end && strchr("0123456789.", name[end - 1]))
		end--;
	return so && end > 1 && name[end - 1] == '-' ? end - 1 : bytes;
}

void system_code_module_name(const char *path, char *name, size_t bytes)
{
	const char *base = base_name(path);

	if (!strncmp(base, "lt-", 3) && base[3])
		base += 3;
	snprintf(name, bytes, "%.*s", (int)length_without_version(base), base);
	for (char *c = name; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	}
}
