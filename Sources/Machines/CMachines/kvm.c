#define _GNU_SOURCE
#include "CMachines.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// What each machine may take, in a child that is there for nothing else; 0 where nobody counts.
static unsigned processor_seconds, patience_seconds;

#if defined(__x86_64__)
#include <linux/kvm.h>

enum { guest_bytes = 0x10000, code_at = 0x1000, page_directory_at = 0x2000 };

// Real mode: 40 000 instructions, then EAX = 0x5a and hlt.
static const uint8_t real_mode_code[] = {
    0xb9, 0x20, 0x4e,                    // mov cx, 20000
    0x49,                                // dec cx
    0x75, 0xfd,                          // jnz -3
    0x66, 0xb8, 0x5a, 0x00, 0x00, 0x00,  // mov eax, 0x5a
    0xf4,                                // hlt
};

// 32-bit protected mode: 20 000 instructions, a write to memory read back, then hlt.
static const uint8_t protected_mode_code[] = {
    0xb9, 0x10, 0x27, 0x00, 0x00,                                // mov ecx, 10000
    0x49,                                                        // dec ecx
    0x75, 0xfd,                                                  // jnz -3
    0xc7, 0x05, 0x00, 0x30, 0x00, 0x00, 0x5a, 0x00, 0x00, 0x00,  // mov dword [0x3000], 0x5a
    0xa1, 0x00, 0x30, 0x00, 0x00,                                // mov eax, [0x3000]
    0xf4,                                                        // hlt
};

static void flat_segment(struct kvm_segment *segment, int code) {
    memset(segment, 0, sizeof *segment);
    segment->limit = 0xffffffff;
    segment->selector = code ? 0x08 : 0x10;
    segment->type = code ? 11 : 3;
    segment->present = 1;
    segment->db = 1;
    segment->s = 1;
    segment->g = 1;
}

// Of the calling thread, guest code included: a busy host that lets it wait does not make it slower by this clock.
static uint64_t processor_time(void) {
    struct timespec now;
    return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0 ? (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec : 0;
}

static void run(int vcpu, struct kvm_run *shared, struct isolab_kvm_run *result) {
    uint64_t begin = processor_time();
    int failed;
    result->attempted = 1;
    do failed = ioctl(vcpu, KVM_RUN, 0);
    while (failed == -1 && errno == EINTR);
    result->error = failed == -1 ? errno : 0;
    result->nanoseconds = processor_time() - begin;
    result->exit_reason = (int32_t)shared->exit_reason;
    struct kvm_regs registers;
    if (ioctl(vcpu, KVM_GET_REGS, &registers) == 0) result->result = (uint32_t)registers.rax;
}

// A fresh machine for each piece of code: a vCPU that shut down is not to be trusted with the next.
// mode: 0 real, 1 protected, 2 protected with 32-bit paging.
static int run_in_new_machine(int kvm, int mode, struct isolab_kvm_facts *facts, struct isolab_kvm_run *result) {
    int step = 1, failure = 0, machine = -1, vcpu = -1;
    void *memory = MAP_FAILED;
    struct kvm_run *shared = MAP_FAILED;
    int shared_bytes = 0;

    machine = ioctl(kvm, KVM_CREATE_VM, 0);
    if (machine < 0) goto failed;
    step = 2;
    ioctl(machine, KVM_SET_TSS_ADDR, 0xfffbd000);  // Intel needs it for real mode; others answer an error: harmless
    step = 3;
    memory = mmap(0, guest_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) goto failed;
    if (mode == 0) {
        memcpy((char *)memory + code_at, real_mode_code, sizeof real_mode_code);
    } else {
        memcpy((char *)memory + code_at, protected_mode_code, sizeof protected_mode_code);
        *(uint32_t *)((char *)memory + page_directory_at) = 0x83;  // present, writable, 4 MiB page at 0
    }
    step = 4;
    struct kvm_userspace_memory_region region = {
        .slot = 0, .guest_phys_addr = 0, .memory_size = guest_bytes, .userspace_addr = (uint64_t)memory};
    if (ioctl(machine, KVM_SET_USER_MEMORY_REGION, &region) < 0) goto failed;
    step = 5;
    vcpu = ioctl(machine, KVM_CREATE_VCPU, 0);
    if (vcpu < 0) goto failed;
    if (facts->tsc_kilohertz == 0) {
        long kilohertz = ioctl(vcpu, KVM_GET_TSC_KHZ, 0);
        if (kilohertz > 0) facts->tsc_kilohertz = kilohertz;
    }
    step = 6;
    shared_bytes = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (shared_bytes < (int)sizeof *shared) goto failed;
    shared = mmap(0, (size_t)shared_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    if (shared == MAP_FAILED) goto failed;
    step = 7;
    struct kvm_sregs system;
    if (ioctl(vcpu, KVM_GET_SREGS, &system) < 0) goto failed;
    if (mode == 0) {
        system.cs.base = 0;
        system.cs.selector = 0;
    } else {
        flat_segment(&system.cs, 1);
        flat_segment(&system.ds, 0);
        system.es = system.fs = system.gs = system.ss = system.ds;
        system.cr0 |= 1;  // PE
        if (mode == 2) {
            system.cr3 = page_directory_at;
            system.cr4 |= 0x10;        // PSE
            system.cr0 |= 0x80000000;  // PG
        }
    }
    if (ioctl(vcpu, KVM_SET_SREGS, &system) < 0) goto failed;
    step = 8;
    struct kvm_regs registers = {.rip = code_at, .rflags = 2, .rsp = 0x8000};
    if (ioctl(vcpu, KVM_SET_REGS, &registers) < 0) goto failed;
    run(vcpu, shared, result);
    goto release;

failed:
    failure = errno ? errno : EINVAL;
    facts->failed_step = step;
    facts->setup_error = failure;
release:
    if (shared != MAP_FAILED) munmap(shared, (size_t)shared_bytes);
    if (vcpu >= 0) close(vcpu);
    if (machine >= 0) close(machine);
    if (memory != MAP_FAILED) munmap(memory, guest_bytes);
    return failure;
}

static int names_sse3(int kvm) {
    enum { entries = 256 };
    static _Alignas(8) char storage[sizeof(struct kvm_cpuid2) + entries * sizeof(struct kvm_cpuid_entry2)];
    struct kvm_cpuid2 *list = (struct kvm_cpuid2 *)storage;
    list->nent = entries;
    if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, list) < 0) return 0;
    for (unsigned index = 0; index < list->nent; index++)
        if (list->entries[index].function == 1) return (int)(list->entries[index].ecx & 1);
    return 0;
}

static void count_anew(void) {
    if (!processor_seconds) return;
    struct itimerval limit = {.it_value = {.tv_sec = processor_seconds}};
    setitimer(ITIMER_PROF, &limit, 0);
    alarm(patience_seconds);
}

void isolab_kvm_probe(const char *device, struct isolab_kvm_facts *facts) {
    memset(facts, 0, sizeof *facts);
    facts->stage = 1;
    count_anew();
    int kvm = open(device, O_RDWR | O_CLOEXEC);
    if (kvm < 0) {
        facts->open_error = errno;
        return;
    }
    facts->api_version = ioctl(kvm, KVM_GET_API_VERSION, 0);
    if (facts->api_version < 0) {
        facts->setup_error = errno;
    } else {
        facts->has_sse3 = names_sse3(kvm);
        facts->stage = 2;
        count_anew();
        if (run_in_new_machine(kvm, 0, facts, &facts->real_mode) == 0) {
            facts->stage = 3;
            count_anew();
            run_in_new_machine(kvm, 1, facts, &facts->protected_mode);
            facts->stage = 4;
            count_anew();
            run_in_new_machine(kvm, 2, facts, &facts->paged_mode);
            facts->stage = 5;
        }
    }
    close(kvm);
}
#else
void isolab_kvm_probe(const char *device, struct isolab_kvm_facts *facts) {
    (void)device;
    memset(facts, 0, sizeof *facts);
    facts->open_error = ENOSYS;  // the guest code is x86
}
#endif

int isolab_kvm_probe_guarded(const char *device, unsigned seconds, unsigned patience, struct isolab_kvm_facts *facts,
                             int *signal) {
    struct isolab_kvm_facts *shared =
        mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return errno;
    pid_t child = fork();
    if (child < 0) {
        int failure = errno;
        munmap(shared, sizeof *shared);
        return failure;
    }
    if (child == 0) {
        struct sigaction standard = {.sa_handler = SIG_DFL};
        sigset_t alarms;
        sigaction(SIGALRM, &standard, 0);
        sigaction(SIGPROF, &standard, 0);
        sigemptyset(&alarms);
        sigaddset(&alarms, SIGALRM);
        sigaddset(&alarms, SIGPROF);
        sigprocmask(SIG_UNBLOCK, &alarms, 0);
        processor_seconds = seconds;
        patience_seconds = patience;
        isolab_kvm_probe(device, shared);
        _exit(0);
    }
    int status = 0, failure = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) {
            failure = errno;
            break;
        }
    *facts = *shared;
    *signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    munmap(shared, sizeof *shared);
    return failure;
}
