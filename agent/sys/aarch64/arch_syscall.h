/*
 * arch_syscall.h (aarch64) - how the kernel is called. Answers -errno, leaves errno alone; async-signal-safe.
 */
#ifndef TTLOG_SYS_ARCH_SYSCALL_H
#define TTLOG_SYS_ARCH_SYSCALL_H

#define ARCH_VDSO_CLOCK "__kernel_clock_gettime" /* vdso(7) */

static inline long arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
}

#endif
