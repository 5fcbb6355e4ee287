// Guest code through raw KVM ioctls. <linux/kvm.h> is full of unions and _IO macros that Swift does not import, and
// the probe runs in a forked child, where only system calls may happen.
#ifndef ISOLAB_KVM_H
#define ISOLAB_KVM_H

#include <stdint.h>

/// What became of one piece of guest code.
struct isolab_kvm_run {
    /// 1 when it was attempted, 0 when an earlier step failed.
    int32_t attempted;
    /// errno of the failing ioctl, 0 where none failed.
    int32_t error;
    /// KVM_EXIT_* of the last exit; 5 (KVM_EXIT_HLT) is success.
    int32_t exit_reason;
    /// What the guest code left in EAX: shows that it ran to its end.
    uint32_t result;
    /// The processor time in KVM_RUN: what other programs take meanwhile is not in it.
    uint64_t nanoseconds;
};

/// What the kernel's KVM does with real guest code.
struct isolab_kvm_facts {
    /// errno of opening /dev/kvm, 0 when it opened.
    int32_t open_error;
    /// errno of the first failing set-up ioctl, and its number in `failed_step`, 0 where none failed.
    int32_t setup_error;
    int32_t failed_step;
    /// KVM_GET_API_VERSION.
    int32_t api_version;
    /// KVM_GET_TSC_KHZ of a vCPU; 0 where unknown.
    int64_t tsc_kilohertz;
    /// 1 when KVM_GET_SUPPORTED_CPUID names SSE3, which any real hardware has.
    int32_t has_sse3;
    /// The last stage begun, so that a killed probe says where it hung: 1 set-up, 2 real, 3 protected, 4 paged, 5 end.
    int32_t stage;
    /// (a) 40 000 instructions in real mode.
    struct isolab_kvm_run real_mode;
    /// (c) 20 000 instructions in 32-bit protected mode without paging: all that a micro-guest needs.
    struct isolab_kvm_run protected_mode;
    /// (b) the same with 32-bit paging: what a stock kernel needs to come up.
    struct isolab_kvm_run paged_mode;
};

/// Fills the facts by running guest code, in this process. A KVM that hangs hangs the caller: see the next one.
void isolab_kvm_probe(const char *device, struct isolab_kvm_facts *facts);

/// The same in a forked child, which SIGPROF kills where one machine took so many `seconds` of processor time, and SIGALRM where
/// it got nowhere within `patience` seconds. Returns 0, or errno where forking failed; `signal` is the signal that ended the
/// child, or 0.
int isolab_kvm_probe_guarded(const char *device, unsigned seconds, unsigned patience, struct isolab_kvm_facts *facts,
                             int *signal);

/// The processor's time stamp counter; 0 on a machine without one.
static inline uint64_t isolab_timestamp_counter(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return 0;
#endif
}

#endif
