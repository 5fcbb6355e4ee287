// A process that comes to life in a container's pid namespace can be looked into and taken over by whoever may trace it there. So
// all that needs the host, and all that shares memory with a process of the host, is done by one that the container cannot see,
// and the rest by that one's successor: it is born with the container's rights, no descriptor but the program's own, and no memory
// but the steps that are left, their operands, a stack, and this program's code.
#define _GNU_SOURCE
#include "CLinux.h"
#include "raw.h"

#include <elf.h>
#include <link.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#endif

// All of a process's addresses: the page tables of either architecture reach as far without being asked to go further.
#define ALL_ADDRESSES 0x7ffffffff000ul

// MARK: - The launcher's side

static void find_code(struct isolab_child *child) {
    const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    uint64_t count = getauxval(AT_PHNUM), page = getauxval(AT_PAGESZ), base = 0;
    for (uint64_t index = 0; index < count; index++) {
        if (headers[index].p_type == PT_PHDR) base = (uint64_t)headers - headers[index].p_vaddr;
    }
    child->code_count = 0;
    for (uint64_t index = 0; index < count && child->code_count < sizeof child->code / sizeof *child->code; index++) {
        if (headers[index].p_type != PT_LOAD || !(headers[index].p_flags & PF_X)) continue;
        uint64_t start = (base + headers[index].p_vaddr) & ~(page - 1);
        uint64_t end = (base + headers[index].p_vaddr + headers[index].p_memsz + page - 1) & ~(page - 1);
        child->code[child->code_count].start = (void *)start;
        child->code[child->code_count++].length = end - start;
    }
}

// The end of the stack this program began with: all that it wrote is below. Above are the kernel's pages of the clock at most, whose
// marks cannot be taken back.
static uint64_t end_of_memory(void) {
    const char *last = (const char *)getauxval(AT_EXECFN);
    if (!last) return ALL_ADDRESSES;
    while (*last) last++;
    uint64_t page = getauxval(AT_PAGESZ);
    return ((uint64_t)last + 1 + sizeof(uint64_t) + page - 1) & ~(page - 1);
}

// The memory of a process is marked as a whole: by one launch at a time, and while it is, nobody forks. What another thread made by
// fork(2) meanwhile would have none of it, and die at its first step. In C, for a child of many threads may take no lock of a
// language's runtime.
static pthread_mutex_t marks = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t forks_wait = PTHREAD_ONCE_INIT;

static void acquire(void) { pthread_mutex_lock(&marks); }
static void release(void) { pthread_mutex_unlock(&marks); }
static void make_forks_wait(void) { pthread_atfork(acquire, release, release); }

void isolab_marks_acquire(void) {
    pthread_once(&forks_wait, make_forks_wait);
    acquire();
}

void isolab_marks_release(void) { release(); }

// Whether all in a range was given back. Gaps are answered with ENOMEM, and what lies behind them is done all the same; at what a
// driver or the kernel maps (VM_SPECIAL, EINVAL) the rest is left undone.
static int give_back(uint64_t start, uint64_t end) {
    if (start >= end) return 1;
    long result = CALL3(SYS_madvise, start, end - start, MADV_DOFORK);
    return result == 0 || result == -ENOMEM;
}

// Mapping by mapping, as procfs tells them: `start-end …`, a line each.
static void give_back_each(void) {
    long file = CALL4(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
    if (file < 0) return;
    char text[4096];
    uint64_t ends[2] = {0, 0};
    int which = 0;
    long length;
    while ((length = CALL3(SYS_read, file, text, sizeof text)) > 0) {
        for (long index = 0; index < length; index++) {
            char byte = text[index];
            int digit = byte >= '0' && byte <= '9' ? byte - '0' : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
            if (which < 2 && digit >= 0) {
                ends[which] = ends[which] << 4 | (uint64_t)digit;
            } else if (which == 0) {
                which = 1;
            } else if (which == 1) {
                give_back(ends[0], ends[1]);
                which = 2;
            }
            if (byte == '\n') {
                which = 0;
                ends[0] = ends[1] = 0;
            }
        }
    }
    CALL1(SYS_close, file);
}

void isolab_child_take_back(void) {
    uint64_t end = end_of_memory(), clock = getauxval(AT_SYSINFO_EHDR), page = getauxval(AT_PAGESZ);
    // Linux before 6.16 maps the pages of its clock above the stack.
    if (!clock || clock >= end) {
        if (!give_back(0, end)) give_back_each();
        return;
    }
    // Later it maps them among the others, its data before its code.
    uint64_t data = clock;
    while (data > page && CALL3(SYS_madvise, data - page, page, MADV_DOFORK) == -EINVAL) data -= page;
    if (!give_back(0, data) || !give_back(clock, end)) give_back_each();
}

void isolab_leave_behind(struct isolab_child *child) {
    find_code(child);
    // Gaps are answered with ENOMEM; what there is has been marked all the same.
    CALL3(SYS_madvise, 0, end_of_memory(), MADV_DONTFORK);
    for (uint64_t index = 0; index < child->kept_count; index++) {
        CALL3(SYS_madvise, child->kept[index].start, child->kept[index].length, MADV_DOFORK);
    }
    for (uint64_t index = 0; index < child->code_count; index++) {
        CALL3(SYS_madvise, child->code[index].start, child->code[index].length, MADV_DOFORK);
    }
}

// The kept range that begins first at an address or after it.
static const struct isolab_range *next_range(const struct isolab_child *child, uint64_t from) {
    const struct isolab_range *next = NULL;
    for (uint64_t index = 0; index < child->kept_count + child->code_count; index++) {
        const struct isolab_range *range =
            index < child->kept_count ? &child->kept[index] : &child->code[index - child->kept_count];
        if ((uint64_t)range->start >= from && (!next || range->start < next->start)) next = range;
    }
    return next;
}

// On a stack that is kept.
__attribute__((noreturn, used)) static void leave(struct isolab_child *child, long is_dumpable) {
    uint64_t from = 0;
    const struct isolab_range *next;
    while ((next = next_range(child, from))) {
        if ((uint64_t)next->start > from) CALL2(SYS_munmap, from, (uint64_t)next->start - from);
        from = (uint64_t)next->start + next->length;
    }
    // To the end of what this machine's processes have, wherever that is.
    for (int bits = 56; bits > 30; bits--) {
        if ((1ul << bits) - 4096 > from && CALL2(SYS_munmap, from, (1ul << bits) - 4096 - from) == 0) break;
    }
    if (is_dumpable) CALL5(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
    end_process(0);
}

// Whenever this thread was interrupted, the kernel looks into the C library's restartable sequences (rseq(2)), and ends a process
// that has unmapped them. Answers whether it has none now.
static int end_sequences(void) {
#ifdef RSEQ_SIG
    if (!__rseq_size) return 1;
    char *thread;
#if defined(__x86_64__)
    __asm__("mov %%fs:0, %0" : "=r"(thread));
#elif defined(__aarch64__)
    __asm__("mrs %0, tpidr_el0" : "=r"(thread));
#endif
    // The length must be the one they were registered with, which is this kernel's and that library's affair.
    for (uint32_t length = 32; length <= 512; length += 32) {
        if (CALL4(SYS_rseq, thread + __rseq_offset, length, 1 /* RSEQ_FLAG_UNREGISTER */, RSEQ_SIG) == 0) return 1;
    }
    return 0;
#else
    return 0;
#endif
}

void isolab_leave(struct isolab_child *child, int is_dumpable) {
    if (!end_sequences()) end_process(0);
    find_code(child);
    uint64_t stack = ((uint64_t)child->leaving_stack + child->leaving_stack_size) & ~15ul;
#if defined(__x86_64__)
    __asm__ volatile("mov %0, %%rsp\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "call *%1\n\t"
                     "ud2"
                     :
                     : "r"(stack), "r"(leave), "D"(child), "S"((long)is_dumpable)
                     : "memory");
#elif defined(__aarch64__)
    register struct isolab_child *x0 __asm__("x0") = child;
    register long x1 __asm__("x1") = is_dumpable;
    __asm__ volatile("mov sp, %0\n\t"
                     "mov x29, xzr\n\t"
                     "blr %1\n\t"
                     "brk 1"
                     :
                     : "r"(stack), "r"(leave), "r"(x0), "r"(x1)
                     : "memory");
#endif
    __builtin_unreachable();
}

// MARK: - The successor

// Nothing here, and nothing that the steps after isolab_succeed and isolab_hand_over call, may use anything of the program but its code: no constant
// data, no table of a switch, no function of the C library, not even one that the compiler puts in by itself.
__attribute__((noreturn, used)) static void successor_main(struct isolab_child *child) {
    isolab_walk(child, child->later_steps, child->later_count, 1);
    end_process(127);
}

// By clone(2): a filter that is in force already may know nothing of clone3. It returns on a stack of its own. The sixth operand
// means nothing to the kernel, but something to a filter that lets nobody else through.
static long fork_process(uint64_t flags, uint64_t pass, uint64_t stack, struct isolab_child *child) {
#if defined(__x86_64__)
    long result;
    register long ignored __asm__("r10") = 0;
    register long also_ignored __asm__("r8") = 0;
    register uint64_t sixth __asm__("r9") = pass;
    register void *own __asm__("r12") = child;
    register void (*entry)(struct isolab_child *) __asm__("r13") = successor_main;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%r9d, %%r9d\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "mov %%r12, %%rdi\n\t"
                     "call *%%r13\n\t"
                     "ud2\n"
                     "1:"
                     : "=a"(result)
                     : "a"(SYS_clone), "D"(flags), "S"(stack), "d"(0), "r"(ignored), "r"(also_ignored), "r"(sixth), "r"(own),
                       "r"(entry)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = SYS_clone;
    register long x0 __asm__("x0") = (long)flags;
    register long x1 __asm__("x1") = (long)stack;
    register long x2 __asm__("x2") = 0;
    register long x3 __asm__("x3") = 0;
    register long x4 __asm__("x4") = 0;
    register uint64_t x5 __asm__("x5") = pass;
    register void *own __asm__("x20") = child;
    register void (*entry)(struct isolab_child *) __asm__("x21") = successor_main;
    __asm__ volatile("svc 0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x5, xzr\n\t"
                     "mov x29, xzr\n\t"
                     "mov x0, x20\n\t"
                     "blr x21\n\t"
                     "brk 1\n"
                     "1:"
                     : "+r"(x0)
                     : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x8), "r"(own), "r"(entry)
                     : "memory");
    return x0;
#endif
}

long isolab_step_succeed(struct isolab_child *child, uint64_t pass) {
    // A change of credentials puts back what fs.suid_dumpable says. A filter may refuse; the kernel's default is what is asked for.
    CALL5(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
    uint64_t stack = ((uint64_t)child->later_stack + child->later_stack_size) & ~15ul;
    long pid = fork_process(CLONE_PARENT, pass, stack, child);
    if (pid < 0) return pid;
    child->successor = (int32_t)pid;
    end_process(0);
}
