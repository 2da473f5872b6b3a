/* System calls without libc: the one unsafe corner of forkbox. Returns the kernel's answer, -errno on failure. */
#pragma once

static inline long rawcall5(long nr, unsigned long a, unsigned long b, unsigned long c, unsigned long d,
                            unsigned long e) {
#if defined(__x86_64__)
    register unsigned long r10 __asm__("r10") = d;
    register unsigned long r8 __asm__("r8") = e;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = nr;
    register unsigned long x0 __asm__("x0") = a;
    register unsigned long x1 __asm__("x1") = b;
    register unsigned long x2 __asm__("x2") = c;
    register unsigned long x3 __asm__("x3") = d;
    register unsigned long x4 __asm__("x4") = e;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return (long)x0;
#else
#error "how does this processor enter the kernel?"
#endif
}
#define RAWCALL_ARG(x) ((unsigned long)(x))
#define rawcall(nr, a, b, c, d, e) \
    rawcall5((nr), RAWCALL_ARG(a), RAWCALL_ARG(b), RAWCALL_ARG(c), RAWCALL_ARG(d), RAWCALL_ARG(e))
