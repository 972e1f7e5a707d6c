/*
 * syscalls.h - the system calls of the agent, straight to the kernel: -errno instead of errno, no cancellation point, nothing that a
 * program could have interposed. All async-signal-safe. For semantics see the man page of each.
 */
#ifndef TTLOG_SYS_SYSCALLS_H
#define TTLOG_SYS_SYSCALLS_H

#include "arch_syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#define SYS6(n, a, b, c, d, e, f) arch_syscall(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define SYS4(n, a, b, c, d)       SYS6(n, a, b, c, d, 0, 0)
#define SYS3(n, a, b, c)          SYS6(n, a, b, c, 0, 0, 0)
#define SYS2(n, a, b)             SYS6(n, a, b, 0, 0, 0, 0)
#define SYS1(n, a)                SYS6(n, a, 0, 0, 0, 0, 0)
#define SYS0(n)                   SYS6(n, 0, 0, 0, 0, 0, 0)

/* The kernel's struct sigaction, which is not glibc's. */
struct kernel_sigaction {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

/* <asm/signal.h>, which excludes glibc's <signal.h>: `restorer` is set. Zero on architectures that have none. */
#define KERNEL_SA_RESTORER 0x04000000ul

static inline int sys_openat(int dir, const char *path, int flags, unsigned mode)
{
	return (int)SYS4(SYS_openat, dir, path, flags, mode);
}
static inline int sys_close(int fd)
{
	return (int)SYS1(SYS_close, fd);
}
static inline long sys_read(int fd, void *data, size_t bytes)
{
	return SYS3(SYS_read, fd, data, bytes);
}
static inline long sys_write(int fd, const void *data, size_t bytes)
{
	return SYS3(SYS_write, fd, data, bytes);
}
static inline long sys_writev(int fd, const struct iovec *parts, int count)
{
	return SYS3(SYS_writev, fd, parts, count);
}
static inline int sys_mkdirat(int dir, const char *path, unsigned mode)
{
	return (int)SYS3(SYS_mkdirat, dir, path, mode);
}
static inline int sys_unlinkat(int dir, const char *path)
{
	return (int)SYS3(SYS_unlinkat, dir, path, 0);
}
static inline int sys_fstat(int fd, struct stat *status)
{
	return (int)SYS2(SYS_fstat, fd, status); /* the 64-bit kernels' struct stat is glibc's */
}
static inline long sys_readlinkat(int dir, const char *path, char *target, size_t bytes)
{
	return SYS4(SYS_readlinkat, dir, path, target, bytes);
}
static inline int sys_ftruncate(int fd, uint64_t bytes)
{
	return (int)SYS2(SYS_ftruncate, fd, bytes);
}
static inline int sys_fallocate(int fd, uint64_t offset, uint64_t bytes)
{
	return (int)SYS4(SYS_fallocate, fd, 0, offset, bytes);
}
/* An address, or -errno: test with sys_mmap_failed(). */
static inline void *sys_mmap(void *address, size_t bytes, int protection, int flags, int fd)
{
	return (void *)SYS6(SYS_mmap, address, bytes, protection, flags, fd, 0);
}
static inline int sys_mmap_failed(const void *address)
{
	return (uintptr_t)address > (uintptr_t)-4096;
}
static inline int sys_madvise(void *address, size_t bytes, int advice)
{
	return (int)SYS3(SYS_madvise, address, bytes, advice);
}
static inline int sys_mprotect(void *address, size_t bytes, int protection)
{
	return (int)SYS3(SYS_mprotect, address, bytes, protection);
}
static inline int sys_getrlimit(int resource, struct rlimit *limit)
{
	return (int)SYS4(SYS_prlimit64, 0, resource, NULL, limit);
}
static inline int sys_getpid(void)
{
	return (int)SYS0(SYS_getpid);
}
static inline int sys_gettid(void)
{
	return (int)SYS0(SYS_gettid);
}
static inline int sys_getppid(void)
{
	return (int)SYS0(SYS_getppid);
}
static inline unsigned sys_geteuid(void)
{
	return (unsigned)SYS0(SYS_geteuid);
}
static inline long sys_getcwd(char *path, size_t bytes)
{
	return SYS2(SYS_getcwd, path, bytes);
}
static inline int sys_prctl(int option, unsigned long argument)
{
	return (int)SYS6(SYS_prctl, option, argument, 0, 0, 0, 0);
}
static inline int sys_tgkill(int pid, int tid, int signal)
{
	return (int)SYS3(SYS_tgkill, pid, tid, signal);
}
static inline int sys_sigqueue_thread(int pid, int tid, int signal, const siginfo_t *info)
{
	return (int)SYS4(SYS_rt_tgsigqueueinfo, pid, tid, signal, info);
}
static inline int sys_sigaction(int signal, const struct kernel_sigaction *action, struct kernel_sigaction *old)
{
	return (int)SYS4(SYS_rt_sigaction, signal, action, old, sizeof(uint64_t));
}
static inline int sys_sigmask(int how, const uint64_t *set, uint64_t *old)
{
	return (int)SYS4(SYS_rt_sigprocmask, how, set, old, sizeof(uint64_t));
}
static inline int sys_sigaltstack(const stack_t *stack, stack_t *old)
{
	return (int)SYS2(SYS_sigaltstack, stack, old);
}
static inline int sys_clock(int clock, struct timespec *now)
{
	return (int)SYS2(SYS_clock_gettime, clock, now);
}
/* Not FUTEX_PRIVATE: the helper waits on the same word through its own mapping. */
static inline int sys_futex_wait(uint32_t *word, uint32_t value, const struct timespec *relative)
{
	return (int)SYS4(SYS_futex, word, FUTEX_WAIT, value, relative);
}
static inline int sys_futex_wake(uint32_t *word)
{
	return (int)SYS3(SYS_futex, word, FUTEX_WAKE, INT32_MAX);
}
/*
 * Whether the kernel can read the word (8 bytes, aligned) at the address: it copies the mask before it looks at what is to be done with
 * it. The cheapest call that does; none where nothing may be called.
 */
static inline bool sys_is_readable(uintptr_t address)
{
	return SYS4(SYS_rt_sigprocmask, -1, address & ~(uintptr_t)7, NULL, sizeof(uint64_t)) == -EINVAL;
}
/* Copies from the own address space; -EFAULT, not a fault, where `from` is not mapped. Bytes copied or -errno. */
static inline long sys_copy_memory(int pid, void *to, const void *from, size_t bytes)
{
	const struct iovec local = {to, bytes};
	const struct iovec remote = {(void *)(uintptr_t)from, bytes};
	return SYS6(SYS_process_vm_readv, pid, &local, 1, &remote, 1, 0);
}

#endif
