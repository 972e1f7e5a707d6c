/*
 * What ttlog view opens, and where it writes: damaged files, several, standard input, core files, directories; files and pagers.
 */
#include "command.h"
#include "sample.h"
#include "terminal_session.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(view_files, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct snapshot_event events[] = {SAMPLE_EVENT(2000, LEVEL_INFO, SOURCE_STDOUT, 100, "first\n"),
					 SAMPLE_EVENT(1000, LEVEL_INFO, SOURCE_STDOUT, 100, "second\n")};

static const char *write_sample(void)
{
	return sample_write(events, COUNT(events));
}

static struct outcome shell(const char *script, const char *one, const char *two)
{
	return process_run(&(struct process_setup){.argv = LIST("/bin/sh", "-c", script, TTLOG, one, two)});
}

/* Damage ---------------------------------------------------------------------------------------------------------------------- */

/* Exit 3, one line that says what is wrong, and what could be read before it. */
static void expect_salvaged(const char *path, const char *what, const char *const *shown)
{
	const struct outcome outcome = ttlog(LIST("view", path));
	const char *at = outcome.out.data;
	cr_assert(WEXITSTATUS(outcome.status) == BAD_FILE, "%s\n%s", status_text(outcome.status), outcome.err.data);
	cr_assert(strstr(outcome.err.data, path) && strstr(outcome.err.data, what) && strstr(outcome.err.data, "what can be read"),
		  "%s", outcome.err.data);
	for (; *shown; shown++, at++)
		cr_assert((at = strstr(at, *shown)) != NULL, "\"%s\" is missing in:\n%s", *shown, outcome.out.data);
}

/* Also the only block of a small file gives what is there of it. */
Test(view_files, cut_off)
{
	static char data[1 << 16];
	const char *small = make_snapshot(PROGRAM("die"), "null_write");
	FILE *file = fopen(small, "r");
	const size_t bytes = fread(data, 1, sizeof(data), file);
	fclose(file);
	expect_salvaged(place_file("half", data, bytes / 2), "cut off", LIST("died of SIGSEGV", "damaged", "death_null_write"));
	expect_salvaged(place_file("nearly", data, bytes - 1), "cut off", LIST("died of SIGSEGV", "death_null_write", "events"));
}

Test(view_files, cut_off_among_many)
{
	enum { MANY = 100000 };
	const char *whole = sample_write_many(MANY), *half = place_path("half");
	const struct outcome made = shell("head -c $(($(stat -c %s \"$1\") / 2)) \"$1\" >\"$2\"", whole, half);
	cr_assert(made.status == 0);
	expect_salvaged(half, "cut off", LIST("sample died of SIGSEGV", "crash_here", "of many"));
	static const char script[] = "import sys, json\n"
				     "s = json.load(sys.stdin)\n"
				     "n = len(s['events'])\n"
				     "assert 10000 < n < 100000 and s['events'][-1]['message'] == 'event %d of many\\n' % n, n\n";
	const struct outcome json = ttlog(LIST("view", "--json", half));
	cr_assert(WEXITSTATUS(json.status) == BAD_FILE && strstr(json.err.data, "cut off"));
	const struct outcome checked = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", script), .input = json.out.data});
	cr_assert(checked.status == 0, "%s", checked.err.data);
}

/* Sound frames around damaged CBOR, by another writer. */
Test(view_files, damaged_inside)
{
	static const char script[] =
		"import sys, lz4.frame, cbor2\n"
		"s = cbor2.loads(lz4.frame.decompress(open(sys.argv[1], 'rb').read()))\n"
		"def write(name, data): open(sys.argv[2] + name, 'wb').write(lz4.frame.compress(data))\n"
		"whole = cbor2.dumps(s)\n"
		"at = whole.index(b'second') - 1\n"
		"write('-event', whole[:at] + b'\\xff' + whole[at + 1:])\n"
		"write('-behind', whole + b'more')\n"
		"write('-threads', cbor2.dumps({**s, 'threads': [{'tid': 100, 'crashed': 'perhaps'}]}))\n"
		"write('-module', cbor2.dumps({**s, 'modules': [{'base': 1}]}))\n"
		"write('-newer', cbor2.dumps({**s, 'version': 99}))\n"
		"write('-bomb', cbor2.dumps(s)[:-20] + b'\\x00' * (300 << 20))\n"
		"write('-claim', b'\\xa2' + cbor2.dumps('version') + b'\\x01' + cbor2.dumps('events') + b'\\x9b' + b'\\xff' * 7 + "
		"b'\\xfe')\n"
		"write('-string', b'\\xa2' + cbor2.dumps('version') + b'\\x01' + cbor2.dumps('exe') + b'\\x7b' + b'\\x7f' * 8)\n";
	const char *prefix = place_path("damaged");
	char path[512];
	const struct outcome made = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", script, write_sample(), prefix)});
	cr_assert(made.status == 0, "%s", made.err.data);
#define DAMAGED(name) (snprintf(path, sizeof(path), "%s-" name, prefix), path)
	expect_salvaged(DAMAGED("event"), "damaged at byte", LIST("sample died of SIGSEGV", "1 event", "first"));
	expect_salvaged(DAMAGED("behind"), "bytes behind the end", LIST("2 events", "first", "second"));
	expect_salvaged(DAMAGED("threads"), "\"crashed\" is not true or false",
			LIST("sample died of SIGSEGV", "2 events", "second"));
	expect_salvaged(DAMAGED("module"), "a module has no path", LIST("sample died of SIGSEGV", "2 events", "second"));
	expect_salvaged(DAMAGED("bomb"), "", LIST("sample died of SIGSEGV", "2 events", "second"));
	expect_salvaged(DAMAGED("claim"), "cut off", LIST("no event could be read"));
	expect_salvaged(DAMAGED("string"), "cut off", LIST("no event could be read"));
	expect_error(BAD_FILE, "newer ttlog (snapshot version 99)", "view", DAMAGED("newer"));
	expect_error(BAD_FILE, "newer ttlog (snapshot version 99)", "view", "--json", DAMAGED("newer"));
}

/* Names ----------------------------------------------------------------------------------------------------------------------- */

/* One that is bad hides none of the others, and decides the status. */
Test(view_files, several)
{
	const char *good = write_sample(), *bad = place_file("bad", "x", 1);
	const struct outcome both = ttlog(LIST("view", good, good)), mixed = ttlog(LIST("view", bad, good)),
			     lines = ttlog(LIST("view", "--csv", good, good));
	expect_shown(&both, LIST("==> ", good, " <==\n", "second", "\n==> ", good, "second"));
	cr_assert(WEXITSTATUS(mixed.status) == BAD_FILE && strstr(mixed.err.data, bad) && strstr(mixed.out.data, "second"));
	expect_shown(&lines, LIST("number,", "second", "second"));
	cr_assert(!strstr(strchr(lines.out.data, '\n'), "number,"), "one heading is enough");
}

Test(view_files, standard_input)
{
	const char *path = write_sample();
	const struct outcome named = ttlog(LIST("view", path)), piped = shell("cat \"$1\" | \"$0\" view -", path, ""),
			     redirected = shell("\"$0\" view - <\"$1\"", path, ""),
			     cut = shell("head -c 30 \"$1\" | \"$0\" view -", path, "");
	const size_t bytes = (size_t)(strstr(named.out.data, "more: ") - named.out.data);
	cr_assert(piped.status == 0 && piped.out.size == bytes && memcmp(piped.out.data, named.out.data, bytes) == 0, "%s%s",
		  piped.out.data, piped.err.data);
	cr_assert_str_eq(redirected.out.data, piped.out.data);
	expect_error_at(HERE, &cut, BAD_FILE, "standard input: cut off");
	expect_error(BAD_FILE, "standard input: empty file", "view", "-");
}

Test(view_files, directory_above)
{
	const char *above = place_path("above");
	cr_assert(mkdir(above, 0700) == 0);
	const struct outcome moved = shell("mkdir \"$2\"/tmp && mv \"$1\" \"$2\"/tmp/", write_sample(), above);
	cr_assert(moved.status == 0, "%s", moved.err.data);
	const struct outcome outcome = ttlog(LIST("view", above));
	cr_assert(outcome.status == 0 && strstr(outcome.out.data, "second") && strstr(outcome.err.data, "above/tmp"), "%s%s",
		  outcome.out.data, outcome.err.data);
}

/* As the kernel begins a core: a segment of notes, of which one names the process. */
static const char *write_core(const char *name, pid_t pid)
{
	struct __attribute__((packed)) {
		Elf64_Ehdr header;
		Elf64_Phdr segment;
		Elf64_Nhdr note;
		char owner[8];
		struct elf_prpsinfo info;
	} core = {
		.header = {.e_ident = ELFMAG,
			   .e_type = ET_CORE,
			   .e_machine = EM_X86_64,
			   .e_version = EV_CURRENT,
			   .e_ehsize = sizeof(Elf64_Ehdr),
			   .e_phoff = sizeof(Elf64_Ehdr),
			   .e_phentsize = sizeof(Elf64_Phdr),
			   .e_phnum = 1},
		.segment = {.p_type = PT_NOTE,
			    .p_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
			    .p_align = 4,
			    .p_filesz = sizeof(Elf64_Nhdr) + 8 + sizeof(struct elf_prpsinfo)},
		.note = {.n_namesz = 5, .n_descsz = sizeof(struct elf_prpsinfo), .n_type = NT_PRPSINFO},
		.owner = "CORE",
		.info = {.pr_pid = pid, .pr_fname = "sample"},
	};
	core.header.e_ident[EI_CLASS] = ELFCLASS64;
	core.header.e_ident[EI_DATA] = ELFDATA2LSB;
	core.header.e_ident[EI_VERSION] = EV_CURRENT;
	return place_file(name, &core, sizeof(core));
}

Test(view_files, core)
{
	const char *sample = write_sample(), *directory = place_path("cores");
	cr_assert(mkdir(directory, 0700) == 0 && mkdir(place_path("cores/tmp"), 0700) == 0);
	const char *core = write_core("cores/core.4711", 4711), *other = write_core("cores/core.471", 471);
	expect_error(NOTHING, "core.4711: a core file of sample (pid 4711)", "view", core);
	const char *beside = place_path("cores/tmp/ttlog-my-4711-app-4711-20260921T141320.000Z-SIGSEGV.cbor.lz4");
	cr_assert(rename(sample, beside) == 0);
	const struct outcome found = ttlog(LIST("view", core));
	cr_assert(found.status == 0 && strstr(found.out.data, "second") && strstr(found.err.data, beside), "%s%s", found.out.data,
		  found.err.data);
	expect_error(NOTHING, "core.471: ", "view", other);
	/* A directory in which only a core lies. */
	const char *alone = place_path("alone");
	cr_assert(mkdir(alone, 0700) == 0);
	write_core("alone/core", 4711);
	const struct outcome storage = process_run(&(struct process_setup){
		.argv = LIST(TTLOG, "view", alone), .environment = (const char *const[]){"TTLOG_STORAGE=/nowhere", NULL}});
	expect_error_at(HERE, &storage, NOTHING, "alone/core");
	cr_assert(rename(beside, place_path("alone/ttlog-x-4711-20260921T141320.000Z-SIGSEGV.cbor.lz4")) == 0);
	const struct outcome in_directory = ttlog(LIST("view", place_path("alone/core")));
	cr_assert(in_directory.status == 0 && strstr(in_directory.out.data, "second"), "%s", in_directory.err.data);
	/* Notes that claim more than there is. */
	truncate(other, sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) + 20);
	expect_error(BAD_FILE, "core.471", "view", other);
}

/* Output ---------------------------------------------------------------------------------------------------------------------- */

Test(view_files, output)
{
	const char *path = write_sample(), *to = place_path("out.txt");
	const struct outcome plain = ttlog(LIST("view", path)), written = ttlog(LIST("view", "-o", to, path)),
			     read_back = shell("cat \"$1\"", to, "");
	cr_assert(written.status == 0 && written.out.size == 0 && written.err.size == 0, "%s", written.err.data);
	cr_assert_str_eq(read_back.out.data, plain.out.data);
	/* The file that is read, too, is replaced only when all was read. */
	const struct outcome itself = ttlog(LIST("view", "--ndjson", "--output", path, path));
	const struct outcome lines = shell("wc -l <\"$1\"; ls \"$2\"", path, place_storage());
	cr_assert(itself.status == 0 && strncmp(lines.out.data, "2\n", 2) == 0, "%s%s", itself.err.data, lines.out.data);
	cr_assert(strchr(strchr(lines.out.data, '\n') + 1, '\n')[1] == 0, "something else lies there: %s", lines.out.data);
}

/* Where nothing can be read the file that was there stays. */
Test(view_files, output_of_nothing)
{
	const char *bad = place_file("bad", "x", 1), *to = place_file("kept", "as it was\n", 10);
	static const char *const formats[] = {"--json", "--ndjson", "--csv", "--perfetto", "--ttlog-rs", "--threads"};
	for (size_t i = 0; i < COUNT(formats); i++) {
		expect_error(BAD_FILE, bad, "view", formats[i], bad);
		expect_error(BAD_FILE, bad, "view", formats[i], "-o", to, bad);
	}
	const struct outcome kept = shell("cat \"$1\"; ls \"$2\"", to, place_root());
	cr_assert(strncmp(kept.out.data, "as it was\n", 10) == 0 && !strstr(kept.out.data, "kept."), "%s", kept.out.data);
}

Test(view_files, cannot_be_written)
{
	const char *path = write_sample();
	expect_error(NOTHING, "/dev/full: No space left on device", "view", "-o", "/dev/full", path);
	expect_error(NOTHING, "No such file or directory", "view", "-o", place_path("missing/out"), path);
	const struct outcome full = shell("\"$0\" view \"$1\" >/dev/full", path, "");
	expect_error_at(HERE, &full, NOTHING, "standard output: No space left on device");
}

/* A link to a file is followed, as /dev/stdout is where that leads to one: the link stays, the file it leads to is the new one. */
Test(view_files, output_is_a_link)
{
	static const char *const commands[] = {"view --json", "view", "html"};
	const char *path = write_sample();
	for (size_t i = 0; i < COUNT(commands); i++) {
		const struct outcome made = shell(
			"cd \"$(dirname \"$1\")\" && rm -rf a b && mkdir a b && echo old >b/file && ln -s ../b/file a/link && "
			"\"$0\" $2 -o a/link \"$1\" && test -L a/link && ! grep -qx old b/file && ls a b",
			path, commands[i]);
		cr_assert(made.status == 0 && strcmp(made.out.data, "a:\nlink\n\nb:\nfile\n") == 0, "%s: %s%s", commands[i],
			  made.out.data, made.err.data);
	}
}

/* A reader that has seen enough is no error to talk about. */
Test(view_files, reader_leaves)
{
	const char *path = sample_write_many(50000);
	const struct outcome left = shell("\"$0\" view --last all \"$1\" | head -n 1", path, "");
	cr_assert(left.status == 0 && left.err.size == 0 && strcmp(left.out.data, "sample died of SIGSEGV\n") == 0, "%s%s",
		  left.out.data, left.err.data);
}

static void type(const char *format, const char *path)
{
	char line[1024];
	snprintf(line, sizeof(line), format, TTLOG, path);
	terminal_type(line);
}

/* On a terminal: the pager gets the text, coloured, and the status is the command's; who leaves early has seen enough. */
Test(view_files, pager)
{
	const char *many = sample_write_many(50000), *bad = place_file("bad", "x", 1);
	terminal_open();
	terminal_type("export TERM=xterm; unset LESS NO_COLOR\n");
	terminal_expect(PROMPT);
	type("TTLOG_PAGER='cat -n; echo PAGED$((1+1)) $LESS' PAGER=false %s view %s; echo status $((40+$?))\n", many);
	terminal_expect("\x1b[1;31msample died of SIGSEGV");
	terminal_expect("PAGED2 FRSX");
	terminal_expect("status 40");
	type("PAGER='head -n 1; echo PAGED$((1+2))' %s view --last all %s; echo status $((40+$?))\n", many);
	terminal_expect("sample died");
	terminal_expect("PAGED3");
	terminal_expect("status 40");
	type("PAGER='cat; echo PAGED$((1+3))' %s view %s; echo status $((40+$?))\n", bad);
	terminal_expect("PAGED4");
	terminal_expect("status 43");
	type("PAGER=no-such-pager %s view %s; echo status $((40+$?))\n", many);
	terminal_expect("no-such-pager: this pager cannot be started");
	terminal_expect("status 41");
	type("PAGER=false %s view --no-pager %s; echo status $((40+$?))\n", many);
	terminal_expect("sample died");
	terminal_expect("status 40");
	type("PAGER=false %s view --ndjson --last 1 %s; echo status $((40+$?))\n", many);
	terminal_expect("event 50000 of many");
	terminal_expect("status 40");
	terminal_close();
}
