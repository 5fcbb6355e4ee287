#define _GNU_SOURCE
#include "CLinux.h"
#include "raw.h"

#include <asm/ioctls.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#ifndef SIOCSIFFLAGS
#define SIOCSIFFLAGS 0x8914
#endif

void isolab_say(struct isolab_child *child, uint32_t word) {
    child->alive = word;
    CALL3(SYS_futex, &child->alive, FUTEX_WAKE, 1);
}

// MARK: - Steps longer than one call

static long join_cgroups(const int *descriptors, uint64_t count) {
    // "0" in a v1 `tasks` file moves the writing thread by the path without the global lock: no grace period.
    for (uint64_t index = 0; index < count; index++) {
        long result = CALL3(SYS_write, descriptors[index], "0", 1);
        if (result < 0) return result;
    }
    return 0;
}

static long await_gate(struct isolab_child *child, uint32_t number, uint64_t silently) {
    if (silently) {
        // A filter is in force that may forbid or report any call: only memory is safe to use.
        child->alive = ISOLAB_AT_GATE + number;
        while (child->gate < number) {
#if defined(__x86_64__)
            __builtin_ia32_pause();
#endif
        }
    } else {
        isolab_say(child, ISOLAB_AT_GATE + number);
        for (;;) {
            uint32_t gate = child->gate;
            if (gate >= number) break;
            CALL4(SYS_futex, &child->gate, FUTEX_WAIT, gate, NULL);
        }
    }
    if (child->gate == ISOLAB_GIVE_UP) return -ECANCELED;
    child->alive = 1;
    return 0;
}

static long await_start(int fifo) {
    for (;;) {
        char byte;
        long result = CALL3(SYS_read, fifo, &byte, 1);
        if (result == 1) {
            CALL1(SYS_close, fifo);
            return 0;
        }
        if (result != -EINTR) return result < 0 ? result : -EPIPE;
    }
}

static long await_publication(int socket) {
    char byte = 1;
    long result = CALL3(SYS_write, socket, &byte, 1);
    return result < 0 ? result : await_start(socket);
}

static long guard_parent(int parent) {
    long result = CALL5(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (result < 0) return result;
    // The launcher may have ended before the kernel was told: then nobody would ever open a gate. getppid cannot say it
    // from a new pid namespace, where the launcher's number is 0.
    struct pollfd end = {.fd = parent, .events = POLLIN};
    uint64_t now[2] = {0, 0};
    result = CALL5(SYS_ppoll, &end, 1, now, NULL, 8);
    return result > 0 ? -ESRCH : result;
}

static long parent_death(uint64_t signal, uint64_t parent) {
    long result = CALL5(SYS_prctl, PR_SET_PDEATHSIG, signal, 0, 0, 0);
    if (result < 0 || !parent) return result;
    // Of a parent that is gone by now, nobody would tell.
    return CALL0(SYS_getppid) == (long)parent ? 0 : -ESRCH;
}

static long change_directory(struct isolab_child *child, const char *path, int is_early) {
    if (child->is_placed) return 0;
    long result = CALL1(SYS_chdir, path);
    if (is_early && (result == -EACCES || result == -EPERM)) return 0;
    if (result < 0) return result;
    child->is_placed = is_early;
    // A directory that is not below the root reads as "(unreachable)…" (getcwd(2)).
    char place[4096];
    result = CALL2(SYS_getcwd, place, sizeof place);
    if (result == -ERANGE) return 0;
    if (result < 0) return result;
    return place[0] == '/' ? 0 : -EXDEV;
}

static long loopback_up(void) {
    long socket = CALL3(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return socket;
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    long result = CALL3(SYS_ioctl, socket, SIOCSIFFLAGS, &request);
    CALL1(SYS_close, socket);
    return result;
}

// MARK: - The walk

static long perform(struct isolab_child *child, const struct isolab_step *step) {
    uint64_t a = step->a, b = step->b, c = step->c, d = step->d, e = step->e;
    switch ((enum isolab_operation)step->operation) {
    case isolab_join_cgroups: return join_cgroups((const int *)a, b);
    case isolab_await_gate: return await_gate(child, (uint32_t)a, b);
    case isolab_succeed: return isolab_step_succeed(child, a);
    case isolab_hand_over: isolab_say(child, ISOLAB_HANDED_OVER); return 0;
    case isolab_await_publication: return await_publication((int)a);
    case isolab_show_processes_of: child->shown = (int32_t)a; return 0;
    case isolab_await_start: return await_start((int)a);
    case isolab_guard_parent: return guard_parent((int)a);
    case isolab_run_hook: return isolab_step_hook(child, (const struct isolab_hook *)a, b != 0);
    case isolab_open_terminal: return isolab_step_terminal(child, (const struct isolab_terminal *)a);
    case isolab_system_call: return CALL4(a, b, c, d, e);
    case isolab_unshare: return CALL1(SYS_unshare, a);
    case isolab_set_namespace: return CALL2(SYS_setns, a, b);
    case isolab_change_directory: return change_directory(child, (const char *)a, b != 0);
    case isolab_set_host_name: return CALL2(SYS_sethostname, a, b);
    case isolab_set_domain_name: return CALL2(SYS_setdomainname, a, b);
    case isolab_loopback_up: return loopback_up();
    case isolab_parent_death: return parent_death(a, b);
    case isolab_new_session: {
        long result = CALL0(SYS_setsid);
        return a && result < 0 ? 0 : result;
    }
    case isolab_own_group: return CALL2(SYS_setpgid, 0, 0);
    case isolab_take_terminal: return CALL3(SYS_ioctl, 0, TIOCSCTTY, 0);
    case isolab_set_mask: return CALL1(SYS_umask, a);
    case isolab_set_groups:
    case isolab_set_user:
    case isolab_keep_capabilities:
    case isolab_limit_bounding:
    case isolab_set_capabilities:
    case isolab_set_ambient:
    case isolab_no_new_privileges:
    case isolab_seccomp:
    case isolab_pass_listener:
    case isolab_session_keyring:
    case isolab_set_limit:
    case isolab_streams:
    case isolab_null_streams:
    case isolab_own_streams:
    case isolab_reset_signals:
    case isolab_close_on_exec:
    case isolab_close_others:
    case isolab_find_program:
    case isolab_find_home:
    case isolab_hold_label:
    case isolab_write_label:
    case isolab_adjust_memory_score:
    case isolab_execute: return isolab_step_identity(child, step);
    default: return isolab_step_mounts(child, step);
    }
}

static void report(const struct isolab_child *child, const struct isolab_step *step, long result) {
    if (child->report < 0) return;
    struct isolab_report report;
    report.operation = (int32_t)step->operation;
    report.error = (int32_t)-result;
    report.hook_status = child->hook_status;
    report.hook = child->hook;
    struct iovec parts[2];
    parts[0].iov_base = &report;
    parts[0].iov_len = sizeof report;
    parts[1].iov_base = (void *)child->said;
    parts[1].iov_len = child->hook_status ? child->said_length : 0;
    CALL3(SYS_writev, child->report, parts, 2);
}

void isolab_walk(struct isolab_child *child, const struct isolab_step *steps, uint64_t count, int is_alone) {
    for (uint64_t index = 0; index < count; index++) {
        // Asked before: with a hand-over these steps may go.
        int is_handing_over = steps[index].operation == isolab_hand_over;
        long result = perform(child, &steps[index]);
        if (result < 0) {
            child->error = (int32_t)-result;
            if (!is_alone) child->failed = (int32_t)index;
            report(child, &steps[index], result);
            // A filter may keep it from waking anybody, and even from its end: whoever looks at the word ends it.
            if (!is_alone) isolab_say(child, ISOLAB_FAILED);
            return;
        }
        // Its launcher may take the rest of the memory away with it from now on.
        if (!is_alone && is_handing_over && child->later_count) {
            return isolab_walk(child, child->later_steps, child->later_count, 1);
        }
        // The clock is read in memory that a process by itself has not.
        if (!is_alone) child->stamps[index] = child->is_plain ? 1 : isolab_clock_monotonic_raw();
    }
}

__attribute__((noreturn, used)) static void child_main(struct isolab_child *child) {
    child->began = child->is_plain ? 1 : isolab_clock_monotonic_raw();
    isolab_walk(child, child->steps, child->count, 0);
    end_process(127);
}

// MARK: - The parent's side
// clone3 by hand: the child returns from the system call on a stack of its own, so no C frame may be relied on.
long isolab_clone(struct clone_args *arguments, void (*main)(void *), void *context) {
#if defined(__x86_64__)
    long result;
    register void *own __asm__("r12") = context;
    register void (*entry)(void *) __asm__("r13") = main;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "mov %%r12, %%rdi\n\t"
                     "call *%%r13\n\t"
                     "ud2\n"
                     "1:"
                     : "=a"(result)
                     : "a"(SYS_clone3), "D"(arguments), "S"(sizeof *arguments), "r"(own), "r"(entry)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = SYS_clone3;
    register long x0 __asm__("x0") = (long)arguments;
    register long x1 __asm__("x1") = sizeof *arguments;
    register void *own __asm__("x20") = context;
    register void (*entry)(void *) __asm__("x21") = main;
    __asm__ volatile("svc 0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x29, xzr\n\t"
                     "mov x0, x20\n\t"
                     "blr x21\n\t"
                     "brk 1\n"
                     "1:"
                     : "+r"(x0)
                     : "r"(x1), "r"(x8), "r"(own), "r"(entry)
                     : "memory");
    return x0;
#endif
}

struct between {
    struct isolab_child *child;
    struct clone_args *arguments;
    long error;
};

// Made with CLONE_VFORK: until it ends, its launcher sleeps.
__attribute__((noreturn, used)) static void between_main(struct between *between) {
    struct isolab_child *child = between->child;
    long result = 0;
    for (uint64_t index = 0; result >= 0 && index < child->join_count; index++) {
        result = CALL2(SYS_setns, child->joins[index].descriptor, child->joins[index].namespace);
        if (result < 0) child->failed_join = (int32_t)index;
    }
    if (result >= 0) result = isolab_clone(between->arguments, (void (*)(void *))child_main, child);
    if (result >= 0) child->pid = (int32_t)result;
    else between->error = result;
    end_process(0);
}

// What joins namespaces for a child that must be born in them. The launcher could never come back from a user namespace, and
// all that it did afterwards, hooks and state, would be done inside.
static long start_between(struct isolab_child *child, struct clone_args *arguments) {
    char stack[16384] __attribute__((aligned(64)));
    struct between between = {.child = child, .arguments = arguments};
    struct clone_args own = {
        .flags = CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND | (arguments->flags & CLONE_INTO_CGROUP),
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)stack,
        .stack_size = sizeof stack,
        .cgroup = arguments->cgroup,
    };
    // It is in the cgroup already: inside a user namespace it might not be allowed to put anybody there. And it cannot be
    // waited for by a child of its own that should be the launcher's.
    arguments->flags = (arguments->flags & ~(uint64_t)(CLONE_INTO_CGROUP | CLONE_VFORK | CLONE_PIDFD)) | CLONE_PARENT;
    arguments->cgroup = 0;
    arguments->exit_signal = 0;
    long pid = isolab_clone(&own, (void (*)(void *))between_main, &between);
    if (pid < 0) return pid;
    long result;
    do result = CALL4(SYS_wait4, pid, NULL, __WALL, NULL);
    while (result == -EINTR);
    if (between.error < 0) return between.error;
    if (result < 0 || child->pid <= 0) return -ECHILD;
    // A child of ours that nobody has reaped: the number is its own.
    long pidfd = CALL2(SYS_pidfd_open, child->pid, 0);
    if (pidfd < 0) return pidfd;
    *(int32_t *)arguments->pidfd = (int32_t)pidfd;
    return child->pid;
}

int isolab_child_start(struct isolab_child *child) {
    child->failed = -1;
    child->failed_join = -1;
    child->pid = 0;
    child->error = 0;
    child->began = 0;
    child->gate = 0;
    child->hook_status = 0;
    child->hook = 0;
    child->said_length = 0;
    child->listener = -1;
    child->successor = 0;
    child->declined = 0;
    child->labels[0] = -1;
    child->labels[1] = -1;
    child->root = -1;
    child->inside = -1;
    child->is_placed = 0;
    child->devices = -1;
    child->shown = -1;
    child->proc = -1;
    child->sys = -1;
    child->null = -1;
    child->empty = -1;
    child->alive = 1;
    for (uint64_t index = 0; index < child->count; index++) child->stamps[index] = 0;
    if (child->later_stack) isolab_leave_behind(child);
    int32_t pidfd = -1;
    struct clone_args arguments = {
        .flags = child->flags | CLONE_VM | CLONE_PIDFD | CLONE_CLEAR_SIGHAND | CLONE_CHILD_CLEARTID,
        .pidfd = (uint64_t)&pidfd,
        .child_tid = (uint64_t)&child->alive,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)child->stack,
        .stack_size = child->stack_size,
    };
    if (child->cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)child->cgroup;
    }
    if (child->is_plain) return isolab_start_plain(child, &arguments, (void (*)(void *))child_main);
    // It can be told from others before it has done anything: where it is born, it may be frozen.
    char own[16];
    int is_named = child->name[0] && CALL5(SYS_prctl, PR_GET_NAME, own, 0, 0, 0) == 0;
    if (is_named) CALL5(SYS_prctl, PR_SET_NAME, child->name, 0, 0, 0);
    long result = child->join_count ? start_between(child, &arguments)
                                    : isolab_clone(&arguments, (void (*)(void *))child_main, child);
    if (is_named) CALL5(SYS_prctl, PR_SET_NAME, own, 0, 0, 0);
    if (result < 0) {
        child->alive = 0;
        return (int)-result;
    }
    child->pid = (int32_t)result;
    child->pidfd = pidfd;
    return 0;
}

void isolab_child_open_gate(struct isolab_child *child, uint32_t gate) {
    // What the launcher has come by meanwhile is not for a successor either.
    if (child->later_stack) isolab_leave_behind(child);
    child->gate = gate;
    CALL3(SYS_futex, &child->gate, FUTEX_WAKE, 1);
}

uint32_t isolab_child_await(struct isolab_child *child, uint32_t known) {
    // The kernel clears the word and wakes us when the child lets go of our memory (execve or exit). It is a shared
    // futex: the kernel's own wake in mm_release is not FUTEX_PRIVATE.
    uint64_t pause[2] = {0, 100000000};
    for (;;) {
        uint32_t alive = child->alive;
        if (alive != known && alive != 1) return alive;
        if (CALL4(SYS_futex, &child->alive, FUTEX_WAIT, alive, pause) == -ETIMEDOUT) return ISOLAB_UNDER_WAY;
    }
}

uint32_t isolab_child_poll(struct isolab_child *child, uint32_t known) {
    uint64_t pause[2] = {0, 20000};
    for (int turn = 0; turn < 1000; turn++) {
        uint32_t alive = child->alive;
        if (alive != known && alive != 1) return alive;
        CALL2(SYS_nanosleep, pause, NULL);
    }
    return ISOLAB_UNDER_WAY;
}

int isolab_pending_request_to_end(void) {
    uint64_t pending = 0;
    if (CALL2(SYS_rt_sigpending, &pending, sizeof pending) < 0) return 0;
    int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (unsigned index = 0; index < sizeof signals / sizeof *signals; index++) {
        if (pending >> (signals[index] - 1) & 1) return signals[index];
    }
    return 0;
}
