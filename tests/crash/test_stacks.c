/*
 * Stacks that are used up, destroyed, or hard to read: the death is unchanged, and the snapshot shows what can be known of the
 * stack, marks what was guessed, and says where it stops knowing.
 */
#include "command.h"
#include "expect.h"
#include "fault_codes.h"
#include "place.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(overflows, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(destroyed, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(unwinding, .init = place_init, .fini = place_fini, .timeout = 100);

/* The kernel's frame on a signal stack, and what the handler may add at most: half of what altstack.c reserves for it. */
enum { HANDLER_BYTES = 8 * 1024, KEPT_FRAMES = 256 };

struct way {
	const char *name, *program; /* NULL: stacks */
	const char *shown;          /* its functions, innermost first, others may lie between: "fault way_jit main" */
	int signal;
	bool own_altstack; /* the handler ran on the program's */
	bool cut;          /* outer frames are not known */
};

static struct outcome run_way(const char *program, const char *name, bool agent)
{
	return process_run(&(struct process_setup){.argv = LIST(program ? program : PROGRAM("stacks"), name), .agent = agent});
}

/* Measured by the helper, so that no processor and no change to the handler can use the stack up unseen. */
static void expect_altstack(struct where where, const struct snapshot *snapshot, const struct way *way)
{
	const uint64_t used = snapshot->agent.altstack.used, size = snapshot->agent.altstack.size;
	cr_assert(snapshot->agent.altstack.present == !way->own_altstack, "%s:%d: on the agent's signal stack: %d", where.file,
		  where.line, snapshot->agent.altstack.present);
	if (way->own_altstack)
		return;
	cr_assert(used > 512 && used < size / 2 && used < getauxval(AT_MINSIGSTKSZ) + HANDLER_BYTES,
		  "%s:%d: %llu of %llu bytes of the signal stack used", where.file, where.line, (unsigned long long)used,
		  (unsigned long long)size);
}

static void check_way(struct where where, const struct way *way, struct snapshot *snapshot)
{
	const struct outcome plain = run_way(way->program, way->name, false);
	const int signal = way->signal ? way->signal : SIGSEGV;
	cr_assert(WIFSIGNALED(plain.status) && WTERMSIG(plain.status) == signal, "%s without the agent", status_text(plain.status));
	const struct outcome agent = run_way(way->program, way->name, true);
	expect_same_at(where, &plain, &agent);
	expect_one_snapshot_at(where, &agent, snapshot);
	expect_sound_at(where, snapshot, agent.pid);
	expect_no_degradations_at(where, snapshot);
	const struct snapshot_thread *thread = crashed_thread(where, snapshot);
	expect_shown_in_order_at(where, thread, way->shown);
	cr_assert(thread->frames_cut == way->cut, "%s:%d: outer frames are %sknown", where.file, where.line,
		  thread->frames_cut ? "not " : "");
	expect_altstack(where, snapshot, way);
}

#define WAY(suite, name_, shown_, ...)                                                                                             \
	Test(suite, name_)                                                                                                         \
	{                                                                                                                          \
		struct snapshot snapshot;                                                                                          \
		check_way(HERE, &(struct way){.name = #name_, .shown = shown_, __VA_ARGS__}, &snapshot);                           \
	}

/* The kernel asks nobody; `ttlog run` sees it from outside. */
static void check_unseen(const char *name)
{
	const char *path;
	struct snapshot snapshot;
	const struct outcome plain = run_way(NULL, name, false), agent = run_way(NULL, name, true);
	cr_assert(WIFSIGNALED(plain.status) && WTERMSIG(plain.status) == SIGSEGV);
	expect_same(plain, agent);
	cr_assert(agent.agent_lines == 0 && snapshots_in(place_storage(), &path) == 0, "%s", agent.agent.data);
	const struct outcome outside = TTLOG_RUN(PROGRAM("stacks"), name);
	cr_assert(WIFSIGNALED(outside.status) && WTERMSIG(outside.status) == SIGSEGV, "%s", status_text(outside.status));
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "SIGSEGV");
	expect_degraded(&snapshot, "made from the recorder file only");
}

#define UNSEEN(suite, name)                                                                                                        \
	Test(suite, name)                                                                                                          \
	{                                                                                                                          \
		check_unseen(#name);                                                                                               \
	}

/* Overflows ------------------------------------------------------------------------------------------------------------------ */

WAY(overflows, overflow, "recurse way_overflow main _start")
WAY(overflows, overflow_wide, "recurse_widely way_overflow_wide main _start")
WAY(overflows, overflow_limited, "recurse way_overflow way_overflow_limited main _start")
WAY(overflows, overflow_in_printf, "print_deep way_overflow_in_printf main _start")
WAY(overflows, overflow_thread, "recurse way_overflow overflow_here")
WAY(overflows, overflow_thread_small, "recurse way_overflow overflow_here")
WAY(overflows, overflow_thread_wide, "recurse_widely way_overflow_wide")
WAY(overflows, overflow_thread_given_stack, "recurse way_overflow overflow_here")
WAY(overflows, overflow_thread_detached, "recurse way_overflow overflow_here")
/* Threads that the agent did not see being made, from their first word on */
WAY(overflows, overflow_thread_unseen, "recurse way_overflow overflow_here")
WAY(overflows, overflow_clone_tls, "recurse way_overflow cloned")
/* A thread that never said anything; one that shares another's TLS; a signal stack that the program took away */
UNSEEN(overflows, overflow_thread_unseen_silent)
UNSEEN(overflows, overflow_clone)
UNSEEN(overflows, altstack_gone)

/* A handler that speaks and aborts: its death is the same, whether there is room for the agent to see it or not. */
Test(overflows, altstack_small)
{
	const struct outcome plain = run_way(NULL, "altstack_small", false), agent = run_way(NULL, "altstack_small", true);
	cr_assert(WIFSIGNALED(plain.status) && WTERMSIG(plain.status) == SIGABRT, "%s", status_text(plain.status));
	expect_same(plain, agent);
}

/* More threads than lanes, and than what tables of the agent once held. */
Test(overflows, overflow_thread_2000th)
{
	struct snapshot snapshot;
	check_way(HERE, &(struct way){.name = "overflow_thread_2000th", .shown = "recurse way_overflow overflow_here"}, &snapshot);
	cr_assert(snapshot.thread_count == 2002, "%zu threads", snapshot.thread_count);
}

/* The memory is the program's, so its threads get no signal stack; the main thread's is there before the program begins. */
static void check_limited(const char *script)
{
	const char *path;
	struct snapshot snapshot;
	const struct process_setup setup = {.argv = LIST("/bin/sh", "-c", script, PROGRAM("stacks"), "overflow"), .agent = true};
	const struct outcome main_thread = process_run(&setup);
	expect_one_snapshot(main_thread, &snapshot);
	expect_in_crashed_stack(&snapshot, "way_overflow");
	place_storage_clear();
	const struct process_setup thread = {.argv = LIST("/bin/sh", "-c", script, PROGRAM("stacks"), "overflow_thread"),
					     .agent = true};
	const struct outcome outcome = process_run(&thread);
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGSEGV, "%s", status_text(outcome.status));
	cr_assert(outcome.agent_lines == 0 && snapshots_in(place_storage(), &path) == 0);
}

Test(overflows, address_space_limited)
{
	check_limited("ulimit -v 1000000; exec \"$0\" \"$1\"");
}

Test(overflows, data_limited)
{
	check_limited("ulimit -d 1000000; exec \"$0\" \"$1\"");
}

/* Of the handler's own frames the oldest were written over; the stack says so, or goes on below it. */
Test(overflows, altstack_overflow)
{
	struct snapshot snapshot;
	const struct outcome plain = run_way(NULL, "altstack_overflow", false), agent = run_way(NULL, "altstack_overflow", true);
	expect_same(plain, agent);
	expect_one_snapshot(agent, &snapshot);
	expect_innermost(&snapshot, "recurse_far");
	cr_assert(snapshot.threads[0].frame_count > 20, "%zu frames", snapshot.threads[0].frame_count);
}

static size_t size_of_snapshot(void)
{
	struct stat status;
	const char *path;
	cr_assert(snapshots_in(place_storage(), &path) == 1 && stat(path, &status) == 0);
	return (size_t)status.st_size;
}

static void expect_both_ends(const struct snapshot *snapshot, uint64_t frames)
{
	const struct snapshot_thread *thread = crashed_thread(HERE, snapshot);
	cr_assert(thread->frame_count == KEPT_FRAMES && thread->frame_count + thread->frames_omitted >= frames,
		  "%zu frames, %llu left out", thread->frame_count, (unsigned long long)thread->frames_omitted);
	cr_assert(thread->frames_omitted_at > 0 && thread->frames_omitted_at < thread->frame_count, "left out before frame %u",
		  thread->frames_omitted_at);
	cr_assert(size_of_snapshot() < 100 * 1000, "%zu bytes", size_of_snapshot());
}

/* 5,000 calls of dive, and who made the first. */
Test(overflows, deep)
{
	struct snapshot snapshot;
	check_way(HERE, &(struct way){.name = "deep", .shown = "fault dive way_deep main _start"}, &snapshot);
	expect_both_ends(&snapshot, 5005);
	cr_assert(snapshot.threads[0].frame_count + snapshot.threads[0].frames_omitted < 5010);
	const struct outcome view = ttlog(LIST("view", "--no-color", place_storage()));
	expect_shown(&view, LIST("#0  fault+", "#1  dive+", "#2  dive+", "... 4,998 frames more of dive\n", "#5001 way_deep+",
				 "#5002 main+"));
	const struct outcome all = ttlog(LIST("view", "--no-color", "--threads", place_storage()));
	expect_shown(&all, LIST("#191 dive+", " frames left out\n", "dive+", "#5001 way_deep+"));
}

Test(overflows, deep_mutual)
{
	struct snapshot snapshot;
	check_way(HERE, &(struct way){.name = "deep_mutual", .shown = "fault dive_a dive_b way_deep_mutual main _start"},
		  &snapshot);
	expect_both_ends(&snapshot, 5005);
	const struct outcome view = ttlog(LIST("view", "--no-color", place_storage()));
	expect_shown(&view, LIST("fault+", "dive_a+", "dive_b+", "dive_a+", "... 4,998 frames more of dive_b, dive_a\n",
				 "way_deep_mutual+"));
}

Test(overflows, deepest)
{
	struct snapshot snapshot;
	check_way(HERE, &(struct way){.name = "overflow", .shown = "recurse way_overflow main _start"}, &snapshot);
	expect_both_ends(&snapshot, 20000);
	const struct outcome view = ttlog(LIST("view", "--no-color", place_storage()));
	expect_shown(&view, LIST("stack overflow", "recurse+", " frames more of recurse\n", "way_overflow+", "main+"));
}

Test(overflows, threads_100)
{
	struct snapshot snapshot;
	check_way(HERE, &(struct way){.name = "threads_100", .shown = "fault way_threads_100 main _start"}, &snapshot);
	cr_assert(snapshot.thread_count == 100 && size_of_snapshot() < 100 * 1000, "%zu threads, %zu bytes", snapshot.thread_count,
		  size_of_snapshot());
	for (size_t i = 1; i < snapshot.thread_count; i++)
		cr_assert(stack_has(&snapshot.threads[i], "rest"), "thread %zu", i);
}

/* Destroyed ------------------------------------------------------------------------------------------------------------------ */

WAY(destroyed, sp_null, "way_sp_null", .signal = SIGILL, .cut = true)
WAY(destroyed, sp_noncanonical, "way_sp_noncanonical", .signal = SIGILL, .cut = true)
WAY(destroyed, sp_unmapped, "way_sp_unmapped", .signal = SIGILL, .cut = true)
WAY(destroyed, sp_read_only, "way_sp_read_only", .signal = SIGILL, .cut = true)
WAY(destroyed, frame_pointer, "way_frame_pointer main _start", .signal = SIGILL)
WAY(destroyed, jump_noncanonical, "jump way_jump_noncanonical main _start")

/* Nothing is invented: one frame, and that there were more. */
Test(destroyed, nothing_invented)
{
	struct snapshot snapshot;
	run_way(NULL, "sp_read_only", true);
	snapshot_only(&snapshot, NULL);
	cr_assert(snapshot.threads[0].frame_count == 1, "%zu frames", snapshot.threads[0].frame_count);
	const struct outcome view = ttlog(LIST("view", "--no-color", place_storage()));
	expect_shown(&view, LIST("way_sp_read_only+", "... outer frames are not known\n"));
}

static const struct snapshot_frame *expect_found(const struct snapshot *snapshot, const char *function, const char *found)
{
	const struct snapshot_frame *frame = frame_named(crashed_thread(HERE, snapshot), function);
	cr_assert(found ? frame->found && strcmp(frame->found, found) == 0 : !frame->found, "%s was found by %s", function,
		  frame->found ? frame->found : "unwind information");
	return frame;
}

/* The wrong address is shown, because it says what was written there; then the search goes on. */
Test(destroyed, return_address)
{
	struct snapshot snapshot;
	check_way(HERE, &(struct way){.name = "return_address", .shown = FAULT_RETURN_FROM "way_return_address main _start"},
		  &snapshot);
	const struct snapshot_frame *wrong = &snapshot.threads[0].frames[FAULT_RETURN_FROM[0] != 0];
	cr_assert(wrong->pc == FAULT_RETURN_ADDRESS && !wrong->module);
	expect_found(&snapshot, "way_return_address", "scan");
	expect_found(&snapshot, "main", NULL);
}

static void check_jump(const char *name, bool mapped)
{
	struct snapshot snapshot;
	char way[64], shown[64];
	snprintf(way, sizeof(way), "jump_%s", name);
	snprintf(shown, sizeof(shown), "jump way_jump_%s main _start", name);
	check_way(HERE, &(struct way){.name = way, .shown = shown}, &snapshot);
	cr_assert(!snapshot.threads[0].frames[0].function && !!snapshot.threads[0].frames[0].module == mapped);
	expect_found(&snapshot, "jump", "return_address");
}

Test(destroyed, jump_data)
{
	check_jump("data", true);
}

Test(destroyed, jump_unmapped)
{
	check_jump("unmapped", false);
}

/* Whatever stands on the stack: the death is the same, and there is a snapshot that a reader accepts. */
Test(destroyed, scrambled)
{
	for (int seed = 1; seed <= 20; seed++) {
		struct snapshot snapshot;
		char variable[16];
		snprintf(variable, sizeof(variable), "SEED=%d", seed);
		const struct outcome outcome = process_run(&(struct process_setup){
			.argv = LIST(PROGRAM("stacks"), "scrambled"), .environment = LIST(variable), .agent = true});
		cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGILL, "%s: %s", variable,
			  status_text(outcome.status));
		expect_one_snapshot(outcome, &snapshot);
		expect_sound(&snapshot, outcome.pid);
		expect_no_degradations(&snapshot);
		expect_innermost(&snapshot, "way_scrambled");
		place_storage_clear();
	}
}

/* Hard to read --------------------------------------------------------------------------------------------------------------- */

WAY(unwinding, vdso, "way_vdso main _start")
WAY(unwinding, plt, "way_plt main _start")
WAY(unwinding, plt_unmapped, "way_plt_unmapped main _start")
WAY(unwinding, mapped_twice, "fault way_mapped_twice main _start")

Test(unwinding, kernels_own_code)
{
	struct snapshot snapshot;
	run_way(NULL, "vdso", true);
	snapshot_only(&snapshot, NULL);
	const struct snapshot_frame *innermost = &snapshot.threads[0].frames[0];
	cr_assert(innermost->module && strcmp(innermost->module, "[vdso]") == 0 && innermost->function, "not in the vdso");
}

/* Both stacks, the handler's and the one below it; what was interrupted is no return address. */
static void check_handler(const struct way *way, const char *interrupted)
{
	struct snapshot snapshot;
	check_way(HERE, way, &snapshot);
	const struct snapshot_thread *thread = crashed_thread(HERE, &snapshot);
	size_t exact = 0;
	for (size_t i = 0; i < thread->frame_count; i++)
		exact += thread->frames[i].exact;
	cr_assert(exact == 2 && (!interrupted || frame_named(thread, interrupted)->exact), "%zu exact frames", exact);
	const struct outcome view = ttlog(LIST("view", "--no-color", place_storage()));
	expect_shown(&view, LIST("fault+", "signal handler called", "main+"));
}

Test(unwinding, handler_on_altstack)
{
	check_handler(&(struct way){.name = "handler_on_altstack",
				    .shown = "fault crash_in_handler interrupted way_handler_on_altstack main _start",
				    .own_altstack = true},
		      NULL);
}

/* Its address less one would be another function. */
Test(unwinding, handler_at_entry)
{
	check_handler(&(struct way){.name = "handler_at_entry",
				    .shown = "fault fault_then_fault stack_code_fault_at_entry way_handler_at_entry main _start"},
		      "stack_code_fault_at_entry");
}

Test(unwinding, handler_bare)
{
	check_handler(
		&(struct way){.name = "handler_bare",
			      .shown = "fault stack_code_bare crash_in_bare_handler interrupted way_handler_bare main _start"},
		NULL);
}

static void check_found(const char *name, const char *shown, const char *function, const char *found, const char *mark)
{
	struct snapshot snapshot;
	check_way(HERE, &(struct way){.name = name, .shown = shown}, &snapshot);
	expect_found(&snapshot, "fault", NULL);
	expect_found(&snapshot, function, found);
	expect_found(&snapshot, "main", NULL);
	const struct outcome view = ttlog(LIST("view", "--no-color", place_storage()));
	expect_shown(&view, LIST("fault+", function, mark, "main+", "[...]: guessed so; no unwind information led there\n"));
}

Test(unwinding, bare)
{
	check_found("bare", "fault stack_code_bare way_bare main _start", "way_bare", "scan", "[scan]\n");
}

Test(unwinding, framed)
{
	check_found("framed", "fault stack_code_framed way_framed main _start", "way_framed", "frame_pointer", "[frame pointer]\n");
}

Test(unwinding, jit)
{
	check_found("jit", "fault make_code way_jit main _start", "make_code", "scan", "[scan]\n");
}

Test(unwinding, jit_framed)
{
	check_found("jit_framed", "fault make_code way_jit_framed main _start", "make_code", "frame_pointer", "[frame pointer]\n");
}

/* Code in no file has no name, and no other file's. */
static void check_nameless(const char *name, const char *shown)
{
	struct snapshot snapshot;
	check_way(HERE, &(struct way){.name = name, .shown = shown, .signal = SIGILL}, &snapshot);
	const struct snapshot_frame *code = &snapshot.threads[0].frames[0];
	cr_assert(!code->function && code->module && strcmp(code->module, "[anon]") == 0 && !code->build_id && code->offset == 0,
		  "%s in %s", code->function, code->module);
	expect_found(&snapshot, "make_code", "return_address");
	const struct outcome view = ttlog(LIST("view", "--no-color", place_storage()));
	expect_shown(&view, LIST("([anon]+0x0)", "make_code+", "[return address]\n"));
}

Test(unwinding, jit_faults)
{
	check_nameless("jit_faults", "make_code way_jit_faults main _start");
}

Test(unwinding, jit_in_hole)
{
	check_nameless("jit_in_hole", "make_code way_jit_in_hole main _start");
}

/* What a processor is told to check of jumps and returns (on aarch64 a return address is signed where it lies) changes no stack. */
Test(unwinding, branches_protected)
{
	static const char *const ways[] = {"handler_on_altstack", "deep_mutual", "jit_framed"};
	static const char *const shown[] = {"fault crash_in_handler interrupted way_handler_on_altstack main _start",
					    "fault dive_a dive_b way_deep_mutual main _start", "fault way_jit_framed main _start"};
	for (unsigned i = 0; i < 3; i++) {
		struct snapshot snapshot;
		check_way(
			HERE,
			&(struct way){
				.name = ways[i], .program = PROGRAM("stacks_protected"), .shown = shown[i], .own_altstack = i == 0},
			&snapshot);
		place_storage_clear();
	}
}

/* All of the program's frames are guesses; libc's and the end of the stack are known again. */
Test(unwinding, without_index)
{
	struct snapshot snapshot;
	check_way(HERE,
		  &(struct way){.name = "deep", .program = PROGRAM("stacks_without_index"), .shown = "fault dive way_deep main"},
		  &snapshot);
	expect_both_ends(&snapshot, 5000);
	expect_found(&snapshot, "main", "frame_pointer");
}

Test(unwinding, without_tables)
{
	struct snapshot snapshot;
	check_way(HERE,
		  &(struct way){.name = "bare",
				.program = PROGRAM("stacks_without_tables"),
				.shown = "fault stack_code_bare way_bare main"},
		  &snapshot);
	expect_found(&snapshot, "main", "scan");
}

/* A file without section headers, as some strippers leave it: the tables are found by the segments. */
Test(unwinding, without_sections)
{
	static char data[4 << 20];
	struct snapshot snapshot;
	FILE *from = fopen(PROGRAM("stacks"), "r");
	const size_t bytes = from ? fread(data, 1, sizeof(data), from) : 0;
	cr_assert(bytes > sizeof(Elf64_Ehdr) && bytes < sizeof(data));
	Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)data;
	header->e_shoff = header->e_shnum = header->e_shstrndx = 0;
	const char *path = place_file("sectionless", data, bytes);
	cr_assert(chmod(path, 0755) == 0);
	run_way(path, "bare", true);
	snapshot_only(&snapshot, NULL);
	const struct snapshot_thread *thread = &snapshot.threads[0];
	cr_assert(thread->frame_count >= 6 && !thread->frames_cut && thread->frames[2].found, "%zu frames", thread->frame_count);
	for (size_t i = 3; i < thread->frame_count; i++)
		cr_assert(!thread->frames[i].found, "frame %zu is a guess", i);
}
