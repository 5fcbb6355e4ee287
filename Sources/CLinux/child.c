#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef SIOCSIFFLAGS
#define SIOCSIFFLAGS 0x8914
#endif

// Raw calls answer −errno: nothing here may touch errno, which lives in the parent thread's storage.
#if defined(__x86_64__)
static inline long call6(long n, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
static inline long call6(long n, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = n;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x8)
                     : "memory");
    return x0;
}
#else
#error "isolab's launch path is written for x86-64 and arm64"
#endif

#define CALL0(n) call6(n, 0, 0, 0, 0, 0, 0)
#define CALL1(n, a) call6(n, (long)(a), 0, 0, 0, 0, 0)
#define CALL2(n, a, b) call6(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define CALL3(n, a, b, c) call6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define CALL4(n, a, b, c, d) call6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define CALL5(n, a, b, c, d, e) call6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

// Kernel constants that glibc 2.36's headers lack or that clash between <linux/mount.h> and <sys/mount.h>.
#define TREE_CLONE 1u
#define TREE_RECURSIVE 0x8000u
#define MOVE_FROM_EMPTY_PATH 4u
#define FILE_SYSTEM_CLOEXEC 1u
#define SET_FLAG 0
#define SET_STRING 1
#define COMMAND_CREATE 6
#define ATTRIBUTE_READ_ONLY 1ull
struct mount_attributes {
    uint64_t set, clear, propagation, user_namespace;
};

// MARK: - Steps longer than one call

static long join_cgroups(const int *descriptors, uint64_t count) {
    // "0" in a v1 `tasks` file moves the writing thread by the path without the global lock: no grace period.
    for (uint64_t index = 0; index < count; index++) {
        long result = CALL3(SYS_write, descriptors[index], "0", 1);
        if (result < 0) return result;
    }
    return 0;
}

static long await_gate(struct isolab_child *child) {
    while (child->gate == 0) CALL4(SYS_futex, &child->gate, FUTEX_WAIT, 0, NULL);
    // 2: the parent gave up.
    return child->gate == 1 ? 0 : -ECANCELED;
}

static long write_file(const char *path, const void *bytes, uint64_t length) {
    long descriptor = CALL4(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (descriptor < 0) return descriptor;
    long result = CALL3(SYS_write, descriptor, bytes, length);
    CALL1(SYS_close, descriptor);
    return result < 0 ? result : 0;
}

static long clone_tree(struct isolab_child *child, uint64_t slot, const char *source, uint64_t recursive) {
    long tree = CALL3(SYS_open_tree, AT_FDCWD, source, TREE_CLONE | O_CLOEXEC | recursive);
    if (tree < 0) return tree;
    child->trees[slot] = (int32_t)tree;
    return 0;
}

static long make_tree(struct isolab_child *child, uint64_t slot, const char *type, const char *const *options,
                      uint64_t attributes) {
    long context = CALL2(SYS_fsopen, type, FILE_SYSTEM_CLOEXEC);
    if (context < 0) return context;
    long result = 0;
    for (; result >= 0 && options[0]; options += 2) {
        // A key without a value is a flag.
        result = CALL5(SYS_fsconfig, context, options[1] ? SET_STRING : SET_FLAG, options[0], options[1], 0);
    }
    if (result >= 0) result = CALL5(SYS_fsconfig, context, COMMAND_CREATE, NULL, NULL, 0);
    if (result >= 0) result = CALL3(SYS_fsmount, context, FILE_SYSTEM_CLOEXEC, attributes);
    CALL1(SYS_close, context);
    if (result < 0) return result;
    child->trees[slot] = (int32_t)result;
    return 0;
}

static long pivot(const char *root) {
    long result = CALL1(SYS_chdir, root);
    if (result < 0) return result;
    // The old root is stacked on the new one (pivot_root(2)) and must go before any path is looked up: ".." at the root
    // crosses into what is mounted on it, so a symbolic link in an image could lead out.
    result = CALL2(SYS_pivot_root, ".", ".");
    if (result >= 0) result = CALL2(SYS_umount2, ".", MNT_DETACH);
    if (result >= 0) result = CALL1(SYS_chdir, "/");
    return result;
}

static long attach_tree(struct isolab_child *child, uint64_t slot, const char *target) {
    long result = CALL5(SYS_move_mount, child->trees[slot], "", AT_FDCWD, target, MOVE_FROM_EMPTY_PATH);
    CALL1(SYS_close, child->trees[slot]);
    return result;
}

static long bind_file(struct isolab_child *child, uint64_t slot, const char *target) {
    long file = CALL4(SYS_openat, AT_FDCWD, target, O_CREAT | O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file >= 0) CALL1(SYS_close, file);
    return attach_tree(child, slot, target);
}

static long set_attributes(const char *path, uint64_t set, uint64_t clear, uint64_t recursive) {
    struct mount_attributes attributes = {.set = set, .clear = clear};
    return CALL5(SYS_mount_setattr, AT_FDCWD, path, recursive, &attributes, sizeof attributes);
}

static int is_absent(long result) { return result == -ENOENT || result == -ENOTDIR; }

static long mask(const char *path) {
    long result = CALL5(SYS_mount, "/dev/null", path, NULL, MS_BIND, NULL);
    // A file cannot cover a directory: an empty read-only one does.
    if (result == -ENOTDIR) {
        result = CALL5(SYS_mount, "tmpfs", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0k");
    }
    return is_absent(result) ? 0 : result;
}

static long make_read_only(const char *path) {
    long result = CALL5(SYS_mount, path, path, NULL, MS_BIND | MS_REC, NULL);
    if (is_absent(result)) return 0;
    if (result < 0) return result;
    return set_attributes(path, ATTRIBUTE_READ_ONLY, 0, 0);
}

static long make_device(const char *path, uint64_t mode, uint64_t device, uint64_t user, uint64_t group) {
    long result = CALL4(SYS_mknodat, AT_FDCWD, path, mode, device);
    if (result == -EEXIST) return 0;
    if (result < 0) return result;
    // mknod applies the umask; the specification's mode is exact.
    result = CALL3(SYS_fchmodat, AT_FDCWD, path, mode & 07777);
    if (result < 0 || (user == 0 && group == 0)) return result;
    return CALL5(SYS_fchownat, AT_FDCWD, path, user, group, 0);
}

static long loopback_up(void) {
    long socket = CALL3(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return socket;
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    long result = CALL3(SYS_ioctl, socket, SIOCSIFFLAGS, &request);
    CALL1(SYS_close, socket);
    return result;
}

static long set_groups(uint64_t group, const gid_t *additional, uint64_t count, uint64_t leave) {
    // Raw calls: glibc's would signal every thread of the parent to do the same.
    if (!leave) {
        long result = CALL2(SYS_setgroups, count, additional);
        if (result < 0) return result;
    }
    return CALL3(SYS_setresgid, group, group, group);
}

static long limit_bounding(uint64_t keep) {
    for (long capability = 0; capability < 64; capability++) {
        if (keep >> capability & 1) continue;
        long result = CALL5(SYS_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0);
        // EINVAL: past the last capability of this kernel.
        if (result == -EINVAL) return 0;
        if (result < 0) return result;
    }
    return 0;
}

static long set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2] = {
        {(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
        {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
    };
    return CALL2(SYS_capset, &header, data);
}

static long set_ambient(uint64_t capabilities) {
    long result = CALL5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (long capability = 0; result >= 0 && capability < 64; capability++) {
        if (capabilities >> capability & 1) {
            result = CALL5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
        }
    }
    return result;
}

static long set_streams(const int *descriptors) {
    int sources[3];
    for (int stream = 0; stream < 3; stream++) {
        sources[stream] = descriptors[stream];
        // A source among 0…2 could be overwritten before it is used: move it up first.
        if (sources[stream] >= 0 && sources[stream] < 3 && sources[stream] != stream) {
            long moved = CALL3(SYS_fcntl, sources[stream], F_DUPFD_CLOEXEC, 3);
            if (moved < 0) return moved;
            sources[stream] = (int)moved;
        }
    }
    for (int stream = 0; stream < 3; stream++) {
        if (sources[stream] < 0) continue;
        long result = sources[stream] == stream ? CALL3(SYS_fcntl, stream, F_SETFD, 0)
                                                : CALL3(SYS_dup3, sources[stream], stream, 0);
        if (result < 0) return result;
    }
    return 0;
}

static long reset_signals(void) {
    // CLONE_CLEAR_SIGHAND leaves what the parent ignores; a program expects to die of a broken pipe.
    struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        uint64_t mask;
    } standard = {0};
    long result = CALL4(SYS_rt_sigaction, SIGPIPE, &standard, NULL, 8);
    if (result < 0) return result;
    uint64_t none = 0;
    return CALL4(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
}

static long execute(const char *const *candidates, const uint64_t argv, const uint64_t envp) {
    long error = -ENOENT;
    for (; *candidates; candidates++) {
        long result = CALL3(SYS_execve, *candidates, argv, envp);
        // As execvp(3): keep looking past what is absent, remember what is there but may not run.
        if (result == -EACCES) error = result;
        else if (!is_absent(result)) return result;
    }
    return error;
}

// MARK: - The walk

static long perform(struct isolab_child *child, const struct isolab_step *step) {
    uint64_t a = step->a, b = step->b, c = step->c, d = step->d, e = step->e;
    long result;
    switch ((enum isolab_operation)step->operation) {
    case isolab_join_cgroups: return join_cgroups((const int *)a, b);
    case isolab_await_gate: return await_gate(child);
    case isolab_unshare: return CALL1(SYS_unshare, a);
    case isolab_set_namespace: return CALL2(SYS_setns, a, b);
    case isolab_mount: return CALL5(SYS_mount, a, b, c, d, e);
    case isolab_set_attributes: return set_attributes((const char *)a, b, c, d);
    case isolab_clone_tree: return clone_tree(child, a, (const char *)b, c);
    case isolab_make_tree: return make_tree(child, a, (const char *)b, (const char *const *)c, d);
    case isolab_attach_tree: return attach_tree(child, a, (const char *)b);
    case isolab_bind_file: return bind_file(child, a, (const char *)b);
    case isolab_detach: return CALL2(SYS_umount2, a, MNT_DETACH);
    case isolab_pivot_root: return pivot((const char *)a);
    case isolab_mask: return mask((const char *)a);
    case isolab_make_read_only: return make_read_only((const char *)a);
    case isolab_make_directory:
        result = CALL3(SYS_mkdirat, AT_FDCWD, a, b);
        return result == -EEXIST ? 0 : result;
    case isolab_make_device: return make_device((const char *)a, b, c, d, e);
    case isolab_make_link:
        result = CALL3(SYS_symlinkat, a, AT_FDCWD, b);
        return result == -EEXIST ? 0 : result;
    case isolab_write_file: return write_file((const char *)a, (const void *)b, c);
    case isolab_change_directory: return CALL1(SYS_chdir, a);
    case isolab_set_host_name: return CALL2(SYS_sethostname, a, b);
    case isolab_set_domain_name: return CALL2(SYS_setdomainname, a, b);
    case isolab_loopback_up: return loopback_up();
    case isolab_set_limit: {
        uint64_t limit[2] = {b, c};
        return CALL4(SYS_prlimit64, 0, a, limit, NULL);
    }
    case isolab_set_groups: return set_groups(a, (const gid_t *)b, c, d);
    case isolab_set_user: return CALL3(SYS_setresuid, a, a, a);
    case isolab_keep_capabilities: return CALL5(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
    case isolab_limit_bounding: return limit_bounding(a);
    case isolab_set_capabilities: return set_capabilities(a, b, c);
    case isolab_set_ambient: return set_ambient(a);
    case isolab_no_new_privileges: return CALL5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    case isolab_seccomp: return CALL3(SYS_seccomp, 1 /* SECCOMP_SET_MODE_FILTER */, b, a);
    case isolab_parent_death: return CALL5(SYS_prctl, PR_SET_PDEATHSIG, a, 0, 0, 0);
    case isolab_new_session: return CALL0(SYS_setsid);
    case isolab_set_mask: return CALL1(SYS_umask, a);
    case isolab_streams: return set_streams((const int *)a);
    case isolab_reset_signals: return reset_signals();
    case isolab_close_on_exec: return CALL3(SYS_close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
    case isolab_execute: return execute((const char *const *)a, b, c);
    }
    return -ENOSYS;
}

__attribute__((noreturn, used)) static void child_main(struct isolab_child *child) {
    child->began = isolab_clock_monotonic_raw();
    for (uint64_t index = 0; index < child->count; index++) {
        long result = perform(child, &child->steps[index]);
        if (result < 0) {
            child->error = (int32_t)-result;
            child->failed = (int32_t)index;
            break;
        }
        child->stamps[index] = isolab_clock_monotonic_raw();
    }
    for (;;) CALL1(SYS_exit_group, 127);
}

// MARK: - The parent's side

// clone3 by hand: the child returns from the system call on a stack of its own, so no C frame may be relied on.
static long clone_child(struct clone_args *arguments, struct isolab_child *child) {
#if defined(__x86_64__)
    long result;
    register struct isolab_child *own __asm__("r12") = child;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "mov %%r12, %%rdi\n\t"
                     "call *%[main]\n\t"
                     "ud2\n"
                     "1:"
                     : "=a"(result)
                     : "a"(SYS_clone3), "D"(arguments), "S"(sizeof *arguments), "r"(own), [main] "r"(child_main)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = SYS_clone3;
    register long x0 __asm__("x0") = (long)arguments;
    register long x1 __asm__("x1") = sizeof *arguments;
    register struct isolab_child *own __asm__("x20") = child;
    __asm__ volatile("svc 0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x29, xzr\n\t"
                     "mov x0, x20\n\t"
                     "blr %[main]\n\t"
                     "brk 1\n"
                     "1:"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(own), [main] "r"(child_main)
                     : "memory");
    return x0;
#endif
}

int isolab_child_start(struct isolab_child *child) {
    child->failed = -1;
    child->error = 0;
    child->began = 0;
    child->gate = 0;
    child->alive = 1;
    for (uint64_t index = 0; index < child->count; index++) child->stamps[index] = 0;
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
    long result = clone_child(&arguments, child);
    if (result < 0) {
        child->alive = 0;
        return (int)-result;
    }
    child->pid = (int32_t)result;
    child->pidfd = pidfd;
    return 0;
}

void isolab_child_open_gate(struct isolab_child *child) {
    if (child->gate == 0) child->gate = 1;
    CALL3(SYS_futex, &child->gate, FUTEX_WAKE, 1);
}

void isolab_child_join(struct isolab_child *child) {
    // The kernel clears the word and wakes us when the child lets go of our memory (execve or exit). It is a shared
    // futex: the kernel's own wake in mm_release is not FUTEX_PRIVATE.
    for (;;) {
        uint32_t alive = child->alive;
        if (alive == 0) return;
        CALL4(SYS_futex, &child->alive, FUTEX_WAIT, alive, NULL);
    }
}
