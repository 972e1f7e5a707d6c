/*
 * arch_syscall.h (x86_64) - how the kernel is called. Answers -errno, leaves errno alone; async-signal-safe.
 */
#ifndef TTLOG_SYS_ARCH_SYSCALL_H
#define TTLOG_SYS_ARCH_SYSCALL_H

#define ARCH_VDSO_CLOCK "__vdso_clock_gettime" /* vdso(7) */

static inline long arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

#endif
