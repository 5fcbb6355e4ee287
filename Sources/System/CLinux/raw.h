// What the code between clone3 and execve is made of: raw system calls that answer −errno. Nothing here may touch
// errno, which lives in the parent thread's storage.
#ifndef ISOLAB_RAW_H
#define ISOLAB_RAW_H

#include "include/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

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
#define SET_DESCRIPTOR 5
#define COMMAND_CREATE 6
#define ATTRIBUTE_READ_ONLY 1ull
#define TO_EMPTY_PATH 0x40u
struct mount_attributes {
    uint64_t set, clear, propagation, user_namespace;
};

/// PATH_MAX with its NUL: the longest path that the kernel takes.
#define PATH_LIMIT 4096

static inline int is_absent(long result) { return result == -ENOENT || result == -ENOTDIR; }

// Ends this process, whatever a filter makes of it: where no call comes through, by a trap.
__attribute__((noreturn)) static inline void end_process(int status) {
    for (;;) {
        CALL1(SYS_exit_group, status);
        CALL1(SYS_exit, status);
        __builtin_trap();
    }
}

// Steps longer than one call, by concern.
long isolab_step_mounts(struct isolab_child *child, const struct isolab_step *step);
long isolab_step_nodes(struct isolab_child *child, const struct isolab_step *step);
long isolab_step_identity(struct isolab_child *child, const struct isolab_step *step);
long isolab_step_terminal(struct isolab_child *child, const struct isolab_terminal *terminal);
long isolab_step_hook(struct isolab_child *child, const struct isolab_hook *hook, int is_last);
long isolab_step_copy_up(const struct isolab_child *child, int tree, const char *path);

/// A new file system that is attached nowhere yet; a procfs of the pid namespace behind a descriptor, or −1: of its maker's.
long isolab_new_tree(const char *type, const char *const *options, uint64_t attributes, int shown);
/// The empty file that a device is bound over, by descriptor.
long isolab_make_device_place(const struct isolab_child *child, const char *path);
long isolab_mask_path(struct isolab_child *child, const char *path);
long isolab_make_path_read_only(const struct isolab_child *child, const char *path);

// Paths of the container, from its root (child-paths.c).

/// openat2(2) with RESOLVE_… flags.
long isolab_open_from(int directory, const char *path, int flags, uint64_t resolve);
/// A path from the container's root, past which neither links nor dots lead; by no link of the kernel's own.
long isolab_open_inside(const struct isolab_child *child, const char *path, int flags, uint64_t resolve);
/// The same, with what is absent made: directories down to it, and a file or a directory at the end.
long isolab_make_inside(const struct isolab_child *child, const char *path, int is_file);
/// The directory that a path's last component is in, to be closed by the other. Both are parted in the buffer.
long isolab_open_parent(const struct isolab_child *child, const char *path, char buffer[PATH_LIMIT], const char **name);
void isolab_close_parent(const struct isolab_child *child, long parent);
int isolab_is_equal(const char *text, const char *other);
const char *isolab_below(const char *path, const char *directory);
/// Whether a file is on a file system of that magic number.
int isolab_is_on(int descriptor, long magic);
/// The number of the mount that a file was reached by.
long isolab_mount_number(int descriptor);

/// clone3(2) of a process that begins in `main` on the stack the arguments name, and must never return from it.
struct clone_args;
long isolab_clone(struct clone_args *arguments, void (*main)(void *), void *context);

/// Starts `main` in a child that is plain; answers 0, or the errno.
int isolab_start_plain(struct isolab_child *child, struct clone_args *arguments, void (*main)(void *));

/// Does steps until one fails: a process by itself, which has not its launcher's memory, leaves word by its report only.
void isolab_walk(struct isolab_child *child, const struct isolab_step *steps, uint64_t count, int is_alone);

/// The step that makes a successor.
long isolab_step_succeed(struct isolab_child *child, uint64_t pass);

/// Sees to it that what is made from now on like fork(2) gets the child's kept memory and this program's code, and nothing else.
void isolab_leave_behind(struct isolab_child *child);

/// Wakes whoever waits for the child's word to change.
void isolab_say(struct isolab_child *child, uint32_t word);

#endif

