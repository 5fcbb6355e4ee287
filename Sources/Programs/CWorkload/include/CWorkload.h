// The freestanding half of isolab-workload: what Swift has no name for. Only instructions and kernel layouts; no logic.
#ifndef ISOLAB_CWORKLOAD_H
#define ISOLAB_CWORKLOAD_H

#ifndef __x86_64__
#error "isolab-workload speaks the system calls of x86_64 only"
#endif

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// exit_group(2)
void isolab_exit(int32_t status) __attribute__((noreturn));

/// An instruction that is none: SIGILL.
static inline __attribute__((noreturn)) void isolab_crash(void) { __builtin_trap(); }

/// One system call; answers the result, or the negated errno (syscall(2), "Architecture calling conventions").
static inline __attribute__((always_inline)) intptr_t isolab_system_call(
    intptr_t number, intptr_t a, intptr_t b, intptr_t c, intptr_t d, intptr_t e, intptr_t f) {
    register intptr_t r10 __asm__("r10") = d;
    register intptr_t r8 __asm__("r8") = e;
    register intptr_t r9 __asm__("r9") = f;
    intptr_t result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/// The time-stamp counter, ordered against what stands before and after it (Intel SDM 18.17). RDTSCP would save a fence,
/// but QEMU's plain CPU models lack it.
static inline __attribute__((always_inline)) uint64_t isolab_ticks(void) {
    uint32_t low, high;
    __asm__ volatile("lfence\n rdtsc\n lfence" : "=a"(low), "=d"(high) : : "memory");
    return ((uint64_t)high << 32) | low;
}

/// Nothing, but the compiler does not know: keeps an empty loop, and memory accesses, where they stand.
static inline __attribute__((always_inline)) void isolab_barrier(void) { __asm__ volatile("" : : : "memory"); }

/// A whole line to an I/O port in one instruction. Needs iopl(2).
static inline void isolab_out_bytes(uint16_t port, const uint8_t *bytes, size_t count) {
    __asm__ volatile("cld\n rep outsb" : "+S"(bytes), "+c"(count) : "d"(port) : "memory");
}

/// One byte to an I/O port. Needs iopl(2).
static inline void isolab_out_byte(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

/// A word that another process changes.
static inline __attribute__((always_inline)) uint32_t isolab_load(const uint32_t *word) {
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline __attribute__((always_inline)) void isolab_store(uint32_t *word, uint32_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

struct isolab_timespec {
    int64_t seconds, nanoseconds;
};

/// Calls `__vdso_clock_gettime` at the address where the vDSO has it.
static inline __attribute__((always_inline)) int32_t isolab_call_clock_gettime(
    uintptr_t function, int32_t clock, struct isolab_timespec *now) {
    return ((int32_t(*)(int32_t, struct isolab_timespec *))function)(clock, now);
}

struct isolab_pollfd {
    int32_t descriptor;
    int16_t events, answered;
};

/// The first fields of struct rusage (getrusage(2)); the kernel fills 144 bytes.
struct isolab_rusage {
    int64_t fields[18];
};

/// Index of ru_nvcsw and ru_nivcsw in `fields`.
enum { isolab_rusage_voluntary = 16, isolab_rusage_involuntary = 17 };

static inline int64_t isolab_rusage_switches(const struct isolab_rusage *usage) {
    return usage->fields[isolab_rusage_voluntary] + usage->fields[isolab_rusage_involuntary];
}

/// A CPU mask as sched_setaffinity(2) takes it, for the machines Linux supports by default (8192 CPUs).
struct isolab_cpu_mask {
    uint64_t words[128];
};

static inline void isolab_cpu_mask_set(struct isolab_cpu_mask *mask, uint32_t cpu) {
    for (int i = 0; i < 128; i++) mask->words[i] = 0;
    if (cpu < 8192) mask->words[cpu / 64] = 1ull << (cpu % 64);
}

/// Routes a fatal signal to a handler that does not return (rt_sigaction(2) without a C library's restorer).
intptr_t isolab_on_fatal_signal(int32_t signal, void (*handler)(int32_t));

/// The channel's buffer: `isolab_channel_capacity` bytes without an initial value, so that the file does not carry them.
enum { isolab_channel_capacity = 32768, isolab_scratch_capacity = 4096 };
uint8_t * isolab_channel_buffer(void);

/// A page for what the kernel reads or writes and nobody keeps.
uint8_t * isolab_scratch(void);

#pragma clang assume_nonnull end

#endif
