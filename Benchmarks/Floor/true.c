// The program in the bundle: says that it ran, and ends; with an argument it waits to be ended. Without a C library, whose
// start would be measured with every runtime's.
#include <stddef.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
static long call(long number, long a, const void *b, size_t c) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}
__asm__(".globl _start\n_start: mov (%rsp), %rdi\n and $-16, %rsp\n call begin\n");
#elif defined(__aarch64__)
static long call(long number, long a, const void *b, size_t c) {
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a;
    register const void *x1 __asm__("x1") = b;
    register size_t x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
__asm__(".globl _start\n_start: ldr x0, [sp]\n bl begin\n");
#endif

static void wait_forever(void) {
    for (;;) call(SYS_rt_sigsuspend, (long)&(unsigned long){0}, (const void *)sizeof(unsigned long), 0);
}

__attribute__((used, noreturn)) static void begin(long count) {
    if (count > 1) wait_forever();
    long written = call(SYS_write, 1, "ran\n", 4);
    for (;;) call(SYS_exit_group, written == 4 ? 0 : 1, NULL, 0);
}
