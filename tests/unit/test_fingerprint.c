/* What groups deaths: the names of functions as every build has them, and the fingerprint of a stack. */
#include "fingerprint.h"
#include "function_name.h"
#include "groups.h"
#include "system_code.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *name, *plain;
} names[] = {
	{"parse", "parse"},
	{"parse.part.0", "parse"},
	{"parse.isra.0.cold", "parse"},
	{"parse.constprop.12", "parse"},
	{"parse.cold", "parse"},
	{"parse.lto_priv.0", "parse"},
	{"parse.llvm.1234567890", "parse"},
	{"parse._omp_fn.0", "parse"},
	{"inner.1234", "inner"},
	{"memcpy@@GLIBC_2.14", "memcpy"},
	{"ns::parse(int, std::vector<int, std::allocator<int> >&) [clone .part.0]", "ns::parse"},
	{"ns::parse(char const*) const", "ns::parse"},
	{"void ns::visit<int, std::pair<int, int> >(int)", "ns::visit"},
	{"std::vector<int, std::allocator<int> > ns::list<int>()", "ns::list"},
	{"unsigned long f<3>()", "f"},
	{"(anonymous namespace)::worker(int)", "worker"},
	{"ns::(anonymous namespace)::Shop::sell(int)", "ns::Shop::sell"},
	{"Shop<int>::Shop(int)", "Shop::Shop"},
	{"Shop<int>::~Shop()", "Shop::~Shop"},
	{"non-virtual thunk to Shop::sell(int)", "Shop::sell"},
	{"name[abi:cxx11](int)", "name"},
	{"main::{lambda(int)#1}::operator()(int) const", "main::{lambda}::operator()"},
	{"main::$_0::operator()(int) const", "main::{lambda}::operator()"},
	{"main::<lambda(int)>::operator()", "main::{lambda}::operator()"},
	{"Shop::sell(int) const::{lambda()#2}::operator()() const", "Shop::sell::{lambda}::operator()"},
	{"auto main::{lambda(auto:1)#1}::operator()<int>(int) const", "main::{lambda}::operator()"},
	{"bool ns::operator< <int>(int, int)", "ns::operator<"},
	{"ns::Thing::operator()(int) const", "ns::Thing::operator()"},
	{"ns::Thing::operator->() const", "ns::Thing::operator->"},
	{"ns::Thing::operator unsigned long() const", "ns::Thing::operator unsigned long"},
	{"operator new[](unsigned long)", "operator new[]"},
	{"operator_table", "operator_table"},
	{"my_operator(int)", "my_operator"},
	{"shop::sell::h0123456789abcdef", "shop::sell"},
	{"shop::sell::{{closure}}", "shop::sell::{closure}"},
	{"shop::sell::{closure#0}", "shop::sell::{closure}"},
	{"<shop::Cart<T> as core::ops::Drop>::drop", "<shop::Cart as core::ops::Drop>::drop"},
	{"shop::sell::<i32>::inner", "shop::sell::inner"},
	{"main.(*Cart).Sell", "main.(*Cart).Sell"},
	{"main.part", "main.part"},
	{"", ""},
	{"(", "("},
	{"<>>><<", "<>>>"},
	{"a\033[31mb\n", "a?"},
};

Test(fingerprint, plain_names)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		char plain[FUNCTION_NAME_BYTES];
		const size_t bytes = function_name_plain(names[i].name, plain);
		cr_expect_str_eq(plain, names[i].plain, "%s: %s, not %s", names[i].name, plain, names[i].plain);
		cr_expect_eq(bytes, strlen(plain), "%s", names[i].name);
	}
}

/* Whatever is in it: it fits, ends, and is not empty. */
Test(fingerprint, hostile_names)
{
	static const char *const pieces[] = {"<", ">", "(",   ")",      "::",      "operator", "a", "-", "{",
					     "}", " ", "$_0", "lambda", ".part.0", "\n",       "[", "]"};
	char name[4096], plain[FUNCTION_NAME_BYTES];
	unsigned seed = 1;
	for (int round = 0; round < 5000; round++) {
		name[0] = '\0';
		do {
			seed = seed * 1103515245 + 12345;
			strcat(name, pieces[(seed >> 16) % COUNT(pieces)]);
		} while (strlen(name) < sizeof(name) - 16 && (seed >> 24) % 64);
		cr_assert(function_name_plain(name, plain) > 0, "%s", name);
		cr_assert(strlen(plain) < FUNCTION_NAME_BYTES);
		for (const char *c = plain; *c; c++)
			cr_assert((unsigned char)*c >= 0x20 && *c != 0x7f, "%s", name);
	}
}

Test(fingerprint, system_code)
{
	static const char *const own[] = {"/usr/bin/libc-test", "/opt/libshop.so.2", "/usr/bin/ld", "shop"};
	static const char *const not_own[] = {"/lib/x86_64-linux-gnu/libc.so.6", "/lib/libc-2.31.so", "libstdc++.so.6.0.30",
					      "[vdso]", "/lib64/ld-linux-x86-64.so.2"};
	for (size_t i = 0; i < COUNT(own); i++)
		cr_expect(!system_code_is_module(own[i]), "%s", own[i]);
	for (size_t i = 0; i < COUNT(not_own); i++)
		cr_expect(system_code_is_module(not_own[i]), "%s", not_own[i]);
	cr_expect(system_code_is_function("__assert_fail"));
	cr_expect(system_code_is_function("operator new[]"));
	cr_expect(system_code_is_function("std::vector::at"));
	cr_expect(!system_code_is_function("abort_all"));
	cr_expect(!system_code_is_function("main"));
}

Test(fingerprint, module_names)
{
	static const struct {
		const char *path, *name;
	} modules[] = {{"/usr/lib/libshop.so.1.2.3", "libshop"},
		       {"libshop-1.2.so", "libshop"},
		       {"/t/.libs/lt-shop", "shop"},
		       {"/usr/bin/python3.11", "python3.11"},
		       {"/usr/lib/libshop2.so", "libshop2"},
		       {"/a/b\nc", "b?c"},
		       {".so", ""}};
	for (size_t i = 0; i < COUNT(modules); i++) {
		char name[64];
		system_code_module_name(modules[i].path, name, sizeof(name));
		cr_expect_str_eq(name, modules[i].name, "%s: %s", modules[i].path, name);
	}
}

/* Stacks ------------------------------------------------------------------------------------------------------------------------- */

#define FRAME(name)                                                                                                                \
	{                                                                                                                          \
		.pc = 0x1100, .module = "/bin/shop", .function = name                                                              \
	}
#define LIBC(name)                                                                                                                 \
	{                                                                                                                          \
		.pc = 0x7100, .module = "/lib/libc.so.6", .function = name                                                         \
	}

/* Of a process that died of SIGSEGV. */
static struct fingerprint of(struct snapshot_frame *frames, size_t count)
{
	struct snapshot_thread thread = {.tid = 1, .crashed = true, .frames = frames, .frame_count = count};
	const struct snapshot snapshot = {.pid = 1,
					  .service = "shop",
					  .reason = "SIGSEGV",
					  .threads = &thread,
					  .thread_count = 1,
					  .signal = {.present = true, .number = SIGSEGV, .name = "SIGSEGV"}};
	struct fingerprint fingerprint;
	fingerprint_make(&snapshot, &fingerprint);
	return fingerprint;
}

#define OF(...) of((struct snapshot_frame[]){__VA_ARGS__}, COUNT(((struct snapshot_frame[]){__VA_ARGS__})))

#define expect_key(expected, ...)                                                                                                  \
	do {                                                                                                                       \
		const struct fingerprint made_ = OF(__VA_ARGS__);                                                                  \
		cr_expect_str_eq(made_.key, expected, "%s", made_.key);                                                            \
	} while (0)

Test(fingerprint, system_frames_are_left_out)
{
	expect_key("shop_sell\nshop_all\nmain@shop\n", LIBC("__pthread_kill_implementation"), LIBC("raise"), LIBC("abort"),
		   LIBC("free"), FRAME("shop_sell.part.0"), LIBC("qsort"), FRAME("std::sort<int*>(int*, int*)"), FRAME("shop_all"),
		   FRAME("main"), LIBC("__libc_start_main"), FRAME("_start"));
}

/* The innermost three: what called them differs from test to test. */
Test(fingerprint, innermost_three)
{
	expect_key("a\nb\nc\n", FRAME("a"), FRAME("b"), FRAME("c"), FRAME("d"), FRAME("main"));
	expect_key("a\nmain@shop.c\n", FRAME("a"), {.pc = 1, .module = "/bin/other", .function = "main", .file = "/src/shop.c"});
}

Test(fingerprint, recursion_is_folded)
{
	expect_key("a\nb\nmain@shop\n", FRAME("a"), FRAME("b"), FRAME("a"), FRAME("a"), FRAME("b"), FRAME("main"));
}

Test(fingerprint, inlined_functions_are_calls)
{
	static struct snapshot_inline inlined[] = {
		{.function = "get"}, {.function = "std::vector<int>::at(unsigned long)"}, {.function = "sum"}};
	const struct fingerprint calls = OF(FRAME("get"), FRAME("sum"), FRAME("compute"), FRAME("main"));
	const struct fingerprint one = OF(
		{.pc = 1, .module = "/bin/shop", .function = "compute.isra.0", .inlined = inlined, .inlined_count = 3},
		FRAME("main"));
	cr_expect_str_eq(calls.hash, one.hash, "%s%s", calls.key, one.key);
	cr_expect_str_eq(one.title, "SIGSEGV in get < sum < compute");
}

/* A stack overflow: wherever in the recursion it struck. */
Test(fingerprint, overflow_is_its_recursion)
{
	static const char *const cycle[] = {"expression", "term", "factor"};
	static struct snapshot_register registers[] = {{"rsp", 0x7ffc00001000}};
	struct fingerprint made[2];
	for (size_t shift = 0; shift < 2; shift++) {
		struct snapshot_frame frames[100] = {LIBC("vfprintf"), FRAME("log_line")};
		for (size_t i = 2; i < COUNT(frames); i++)
			frames[i] = (struct snapshot_frame)FRAME(cycle[(i + shift) % 3]);
		struct snapshot_thread thread = {.crashed = true,
						 .frames = frames + shift * 2,
						 .frame_count = COUNT(frames) - shift * 2,
						 .registers = registers,
						 .register_count = 1};
		const struct snapshot snapshot = {.threads = &thread,
						  .thread_count = 1,
						  .signal = {.present = true,
							     .number = SIGSEGV,
							     .name = "SIGSEGV",
							     .has_address = true,
							     .address = 0x7ffc00000ff8}};
		fingerprint_make(&snapshot, &made[shift]);
	}
	cr_expect_str_eq(made[0].key, "expression\nfactor\nterm\n", "%s", made[0].key);
	cr_expect_str_eq(made[0].hash, made[1].hash);
}

/* Of a handler's own death what it interrupted does not matter; of a handler that ends the program after a fault nothing else does. */
Test(fingerprint, handlers)
{
	struct snapshot_frame frames[] = {LIBC("abort"),
					  FRAME("on_signal"),
					  {.pc = 1, .module = "/lib/libc.so.6", .function = "__restore_rt", .exact = true},
					  {.pc = 1, .module = "/bin/shop", .function = "sell", .exact = true},
					  FRAME("main")};
	struct snapshot_thread thread = {.crashed = true, .frames = frames, .frame_count = COUNT(frames)};
	struct snapshot snapshot = {
		.threads = &thread, .thread_count = 1, .signal = {.present = true, .number = SIGABRT, .name = "SIGABRT"}};
	struct fingerprint made;
	fingerprint_make(&snapshot, &made);
	cr_expect_str_eq(made.key, "on_signal\n", "%s", made.key);
	snapshot.first_signal = (struct snapshot_signal){.present = true, .number = SIGSEGV};
	fingerprint_make(&snapshot, &made);
	cr_expect_str_eq(made.key, "sell\nmain@shop\n", "%s", made.key);
}

Test(fingerprint, how_it_ended)
{
	struct snapshot_frame frames[] = {FRAME("sell"), FRAME("main")};
	struct snapshot_thread thread = {.frames = frames, .frame_count = 2};
	struct snapshot snapshot = {.service = "shop", .threads = &thread, .thread_count = 1, .reason = "timeout"};
	struct fingerprint hang, fault, killed;
	fingerprint_make(&snapshot, &hang);
	cr_expect_str_eq(hang.key, "timeout\nsell\nmain@shop\n", "%s", hang.key);
	snapshot.signal = (struct snapshot_signal){.present = true, .number = SIGBUS, .name = "SIGBUS"};
	fingerprint_make(&snapshot, &fault);
	cr_expect_str_eq(fault.key, "sell\nmain@shop\n", "%s", fault.key);
	snapshot.thread_count = 0;
	snapshot.signal = (struct snapshot_signal){.present = true, .number = SIGABRT, .name = "SIGABRT"};
	snapshot.abort_message = (struct snapshot_text){"chunk 17 at 0x7f00\n", 19};
	fingerprint_make(&snapshot, &killed);
	cr_expect_str_eq(killed.key, "SIGABRT\nshop\nchunk <num> at <hex>\n", "%s", killed.key);
	cr_expect_str_eq(killed.title, "SIGABRT of shop: chunk <num> at <hex>", "%s", killed.title);
}

/* What others stored must stay what it is: another way of making them counts FINGERPRINT_VERSION up. */
Test(fingerprint, is_stable)
{
	const struct fingerprint made = OF(FRAME("a"), FRAME("b"), FRAME("main"));
	cr_expect_str_eq(made.hash, "1:9ab9b1198e3d4ee14d7e9f772499d3", "%s", made.hash);
	cr_expect_eq(strlen(made.hash), FINGERPRINT_HASH_BYTES - 1);
}

/* Groups ------------------------------------------------------------------------------------------------------------------------- */

static uint32_t count_death(struct groups *groups, const char *hash, struct nearby nearby, uint64_t died_ns)
{
	struct fingerprint fingerprint = {.key = ""};
	snprintf(fingerprint.hash, sizeof(fingerprint.hash), "%s", hash);
	return groups_add(groups, &fingerprint, &nearby, died_ns, died_ns);
}

Test(groups, newest_first)
{
	struct groups groups = {.count = 0};
	for (uint64_t i = 0; i < 1000; i++) {
		char hash[16];
		snprintf(hash, sizeof(hash), "1:%x", (unsigned)(i % 100));
		count_death(&groups, hash, (struct nearby){.build = 1}, i);
	}
	groups_fold(&groups);
	groups_sort(&groups);
	cr_assert_eq(groups.count, 100);
	cr_expect_eq(groups.deaths, 1000);
	for (size_t i = 0; i < 100; i++) {
		const struct group *group = &groups.list[i];
		cr_expect(group->last_ns == 999 - i && group->newest == 999 - i && group->first_ns == 99 - i && group->count == 10,
			  "%zu", i);
	}
	groups_fini(&groups);
}

/* here and below, builds, and whether the second is folded into the first. */
Test(groups, what_an_optimiser_parted)
{
	static const struct {
		struct nearby callee, caller;
		bool folded;
	} pairs[] = {
		{{.here = 1, .below = 2, .build = 1}, {.here = 2, .below = 3, .build = 2}, true},
		{{.here = 1, .below = 2, .build = 1}, {.here = 2, .below = 3, .build = 1}, false}, /* one build: two causes */
		{{.here = 1, .below = 2, .build = 0}, {.here = 2, .below = 3, .build = 2}, false}, /* who knows */
		{{.here = 1, .below = 0, .build = 1}, {.here = 0, .below = 3, .build = 2}, false}, /* no line is known */
		{{.here = 1, .below = 2, .build = 1}, {.here = 4, .below = 3, .build = 2}, false}, /* another line */
		{{.here = 1, .below = 2, .build = 1},
		 {.here = 2, .below = 1, .build = 2},
		 true}, /* they call each other: not round */
	};
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct groups groups = {.count = 0};
		const uint32_t caller = count_death(&groups, "1:b", pairs[i].caller, 5),
			       callee = count_death(&groups, "1:a", pairs[i].callee, 3);
		groups_fold(&groups);
		groups_sort(&groups);
		cr_expect_eq(groups.count, pairs[i].folded ? 1 : 2, "%zu", i);
		cr_expect_eq(groups_id(&groups, caller) == groups_id(&groups, callee), pairs[i].folded, "%zu", i);
		if (pairs[i].folded)
			cr_expect(groups.list[0].count == 2 && groups.list[0].first_ns == 3 && groups.list[0].last_ns == 5 &&
					  groups.list[0].newest == 5,
				  "%zu", i);
		groups_fini(&groups);
	}
}

/* It could belong to either. */
Test(groups, not_where_two_could_be_meant)
{
	struct groups groups = {.count = 0};
	count_death(&groups, "1:a", (struct nearby){1, 2, 1}, 1);
	count_death(&groups, "1:b", (struct nearby){4, 2, 1}, 2);
	count_death(&groups, "1:c", (struct nearby){2, 3, 2}, 3);
	groups_fold(&groups);
	cr_expect_eq(groups.count, 3);
	groups_fini(&groups);
}

/* More builds than are listed could be any. */
Test(groups, many_builds)
{
	struct groups groups = {.count = 0};
	count_death(&groups, "1:c", (struct nearby){2, 3, 1000}, 3);
	for (uint64_t i = 1; i <= GROUP_BUILDS_MAX + 1; i++)
		count_death(&groups, "1:a", (struct nearby){1, 2, i}, i);
	groups_fold(&groups);
	cr_expect_eq(groups.count, 2);
	groups_fini(&groups);
}
