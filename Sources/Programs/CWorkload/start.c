#include "CWorkload.h"

extern int32_t isolab_program_main(int32_t argc, char *const *argv);

void isolab_exit(int32_t status) {
    for (;;) __asm__ volatile("syscall" : : "a"(231), "D"(status) : "rcx", "r11", "memory");
}

// The kernel's entry point: argc, argv, envp and auxv lie on the stack (System V ABI, AMD64 supplement, 3.4.1).
__attribute__((naked, noreturn)) void _start(void) {
    __asm__ volatile(
        "xor %ebp, %ebp\n"
        "mov (%rsp), %rdi\n"
        "lea 8(%rsp), %rsi\n"
        "and $-16, %rsp\n"
        "call isolab_program_main\n"
        "mov %eax, %edi\n"
        "call isolab_exit\n");
}

static uint8_t channel_buffer[isolab_channel_capacity];
uint8_t *isolab_channel_buffer(void) { return channel_buffer; }

static uint8_t scratch[isolab_scratch_capacity] __attribute__((aligned(64)));
uint8_t *isolab_scratch(void) { return scratch; }

// Never reached: the handlers do not return. The kernel refuses x86_64 handlers without a restorer all the same.
static void restorer(void) { isolab_exit(125); }

intptr_t isolab_on_fatal_signal(int32_t signal, void (*handler)(int32_t)) {
    struct {
        void (*handler)(int32_t);
        uint64_t flags;
        void (*restorer)(void);
        uint64_t mask;
    } action = {handler, 0x04000000 /* SA_RESTORER */, restorer, ~0ull};
    return isolab_system_call(13, signal, (intptr_t)&action, 0, sizeof(action.mask), 0, 0);
}
