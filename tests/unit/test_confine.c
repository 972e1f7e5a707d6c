/*
 * What is left to whoever takes a helper or a reader over: the very calls that he would make, made from inside. The parent is who he would
 * turn on.
 */
#include "calls.h"
#include "files.h"
#include "place.h"
#include "powers.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(confine, .init = place_init, .fini = place_fini, .timeout = 60);

enum { CANNOT = 77, OTHER_CALL = 1000 /* none has this number */ };

static int out; /* what was not as it should be is written there */

/* In the child ----------------------------------------------------------------------------------------------------------------- */

static void refused(const char *what, long result, int error)
{
	if (result != -1 || errno != error)
		dprintf(out, "%s: %ld, error %d and not %d\n", what, result, errno, error);
}

static void granted(const char *what, long result)
{
	if (result < 0)
		dprintf(out, "%s: error %d\n", what, errno);
}

/* The kernel cannot do it. */
static void cannot_where(int error)
{
	if (error == -ENOSYS || error == -EINVAL || error == -EOPNOTSUPP)
		_exit(CANNOT);
	if (error)
		dprintf(out, "error %d\n", error);
}

static long read_memory(pid_t pid)
{
	static char from[8] = "content", to[8];
	const struct iovec local = {to, sizeof(to)}, remote = {from, sizeof(from)};
	return process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

static void reach_out(pid_t victim)
{
	char *const none[] = {NULL};
	refused("execve", execve("/nowhere", none, none), EPERM);
	refused("fork", fork(), EPERM);
	refused("socket", socket(AF_UNIX, SOCK_STREAM, 0), EPERM);
	refused("network", socket(AF_INET, SOCK_STREAM, 0), EPERM);
	refused("kill", kill(victim, SIGKILL), EPERM);
	refused("thread kill", syscall(SYS_tgkill, victim, victim, SIGKILL), EPERM);
	refused("write to memory", ptrace(PTRACE_POKEDATA, victim, NULL, NULL), EPERM);
	refused("attach", ptrace(PTRACE_ATTACH, victim, NULL, NULL), EPERM);
	refused("code that is written", (long)mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EPERM);
	refused("a call that nobody makes", syscall(OTHER_CALL), ENOSYS);
	granted("is there such a process", kill(victim, 0));
	granted("reading", open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
}

static void look(pid_t victim)
{
	cannot_where(calls_confine(CALLS_LOOKING, victim));
	reach_out(victim);
	granted("the target's memory", read_memory(victim));
	refused("the memory of another", read_memory(getpid()), EPERM);
	granted("the target's threads", ptrace(PTRACE_SEIZE, victim, NULL, NULL));
}

static void write_files(pid_t victim)
{
	const char *inside = place_path("storage/file");
	const int storage = open(place_path("storage"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	cannot_where(files_confine(&storage, 1));
	cannot_where(calls_confine(CALLS_WRITING, 0));
	reach_out(victim);
	refused("the target's memory", read_memory(victim), EPERM);
	refused("the target's threads", ptrace(PTRACE_SEIZE, victim, NULL, NULL), EPERM);
	refused("another user", setresuid(0, 0, 0), EPERM);
	granted("a file in the storage", open(inside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	granted("one without a name", open(place_path("storage"), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600));
	granted("another name for it", rename(inside, place_path("storage/other")));
	refused("a new file elsewhere", open(place_path("new"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), EACCES);
	refused("a file that is there", open(place_path("precious"), O_WRONLY | O_TRUNC | O_CLOEXEC), EACCES);
	refused("a directory elsewhere", mkdir(place_path("directory"), 0700), EACCES);
	refused("a file's removal", unlink(place_path("precious")), EACCES);
	refused("a file's rights", chmod(place_path("precious"), 0666), EPERM);
	refused("signals by a file", fcntl(out, F_SETOWN, victim), EPERM);
	granted("a file's removal from the storage", unlink(place_path("storage/other")));
	/* Not even as a name in the storage, through which it could be written: EXDEV, or EACCES. */
	if (link(place_path("precious"), inside) == 0 || rename(place_path("precious"), inside) == 0)
		dprintf(out, "a file came into the storage\n");
}

static void read_files(pid_t victim)
{
	cannot_where(calls_confine(CALLS_READING, 0));
	reach_out(victim);
	refused("a new file", open(place_path("new"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), EPERM);
	refused("a file that is there", open(place_path("precious"), O_RDWR | O_CLOEXEC), EPERM);
	refused("a directory", mkdir(place_path("directory"), 0700), EPERM);
	refused("a file's removal", unlink(place_path("precious")), EPERM);
	refused("the memory of another", read_memory(victim), EPERM);
	granted("a file that is read", open(place_path("precious"), O_RDONLY | O_CLOEXEC));
	granted("what is open is written to", dprintf(out, "%s", ""));
}

/* "/proc/self/status" has them in hexadecimal. */
static unsigned long long powers(void)
{
	char text[8192];
	const int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	const ssize_t bytes = read(fd, text, sizeof(text) - 1);
	unsigned long long found = ~0ull;
	text[bytes > 0 ? bytes : 0] = 0;
	const char *line = strstr(text, "CapPrm:");
	if (!line || sscanf(line, "CapPrm: %llx", &found) != 1)
		dprintf(out, "no capabilities to be seen\n");
	close(fd);
	return found;
}

/* CAP_SYS_PTRACE is 19, CAP_DAC_OVERRIDE 1, CAP_DAC_READ_SEARCH 2, CAP_FOWNER 3: capabilities(7). */
static void give_powers_up(pid_t victim)
{
	const unsigned long long before = powers(), files = 0xe, ptracing = 1ull << 19;
	cannot_where(powers_for_looking());
	if ((before & ptracing) && (powers() & ~(files | ptracing | 0xc0 | 1ull << 21 | 1ull << 40)))
		dprintf(out, "looking leaves %llx\n", powers());
	if (!(before & ptracing) && powers() != before)
		dprintf(out, "who needs all to look has %llx of %llx left\n", powers(), before);
	granted("the target's threads", ptrace(PTRACE_SEIZE, victim, NULL, NULL));
	cannot_where(powers_for_files());
	if (powers() & ~files)
		dprintf(out, "writing leaves %llx\n", powers());
}

/* In the test ------------------------------------------------------------------------------------------------------------------ */

static void await(pid_t child, int from, int *status)
{
	static char said[8192];
	size_t used = 0;
	for (ssize_t got; used < sizeof(said) - 1 && (got = read(from, said + used, sizeof(said) - 1 - used)) > 0;)
		used += (size_t)got;
	close(from);
	cr_assert(waitpid(child, status, 0) == child);
	cr_assert(used == 0, "%s", said);
}

static void try(void (*attempts)(pid_t victim))
{
	int ends[2], status;
	place_file("precious", "content", 7);
	cr_assert(mkdir(place_path("storage"), 0700) == 0 && pipe2(ends, O_CLOEXEC) == 0);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); /* where Yama would say no for another reason */
	const pid_t parent = getpid(), child = fork();
	if (child == 0) {
		out = ends[1];
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		attempts(parent);
		_exit(0);
	}
	close(ends[1]);
	await(child, ends[0], &status);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT)
		cr_skip_test("this kernel cannot");
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
	cr_assert(access(place_path("precious"), F_OK) == 0 && access(place_path("new"), F_OK) != 0);
}

Test(confine, while_it_looks)
{
	try(look);
}

Test(confine, while_it_names_and_writes)
{
	try(write_files);
}

Test(confine, readers)
{
	try(read_files);
}

Test(confine, capabilities)
{
	try(give_powers_up);
}

/* A call by the numbers of another architecture would go past the list. */
Test(confine, of_another_architecture)
{
	int status;
	const pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(calls_confine(CALLS_READING, 0) ? CANNOT : syscall(0x40000000 | SYS_getpid) == -1 && errno == ENOSYS ? 0 : 1);
	}
	cr_assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
	cr_assert(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == CANNOT, "exit %d", WEXITSTATUS(status));
}
