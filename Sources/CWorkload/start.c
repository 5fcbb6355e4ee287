#include "CWorkload.h"

extern int32_t isolab_workload_main(int32_t argc, char *const *argv);

void isolab_exit(int32_t status) {
    for (;;) __asm__ volatile("syscall" : : "a"(231), "D"(status) : "rcx", "r11", "memory");
}

__attribute__((naked, noreturn)) void _start(void) {
    __asm__ volatile(
        "xor %ebp, %ebp\n"
        "mov (%rsp), %rdi\n"
        "lea 8(%rsp), %rsi\n"
        "and $-16, %rsp\n"
        "call isolab_workload_main\n"
        "mov %eax, %edi\n"
        "call isolab_exit\n");
}
