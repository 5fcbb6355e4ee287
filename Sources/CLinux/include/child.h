// The code between clone3 and execve.
//
// Why C: the child shares its parent's memory (CLONE_VM), so it must not allocate, lock, touch errno or anything else of
// a runtime. It walks an array of steps that the parent laid out beforehand and makes raw system calls only.
// Every step stamps the shared memory with its end on CLOCK_MONOTONIC_RAW; a failed one leaves its index and errno.
#ifndef ISOLAB_CHILD_H
#define ISOLAB_CHILD_H

#include <stdint.h>

/// What one step does; the meaning of the operands a…e stands beside each.
enum isolab_operation {
    isolab_join_cgroups,      // a: const int *descriptors of `tasks` files, b: count
    isolab_await_gate,        // wait until the parent opens the gate (it writes the id maps meanwhile)
    isolab_unshare,           // a: CLONE_NEW… flags
    isolab_set_namespace,     // a: descriptor, b: CLONE_NEW… flag
    isolab_mount,             // a: source, b: target, c: type, d: flags, e: data
    isolab_set_attributes,    // a: path, b: MOUNT_ATTR_ to set, c: to clear, d: AT_RECURSIVE or 0
    isolab_clone_tree,        // a: slot, b: source, c: AT_RECURSIVE or 0
    isolab_make_tree,         // a: slot, b: type, c: const char *const *pairs of key and value, d: MOUNT_ATTR_
    isolab_attach_tree,       // a: slot, b: target
    isolab_bind_file,         // a: slot, b: target: makes an empty file, then attaches
    isolab_detach,            // a: path (umount2, MNT_DETACH)
    isolab_pivot_root,        // a: the new root; the old one is detached at once
    isolab_mask,              // a: path; an absent one is passed over
    isolab_make_read_only,    // a: path; an absent one is passed over
    isolab_make_directory,    // a: path, b: mode; an existing one is left
    isolab_make_device,       // a: path, b: mode with type, c: device, d: uid, e: gid
    isolab_make_link,         // a: target, b: path; an existing one is left
    isolab_write_file,        // a: path, b: bytes, c: length
    isolab_change_directory,  // a: path
    isolab_set_host_name,     // a: bytes, b: length
    isolab_set_domain_name,   // a: bytes, b: length
    isolab_loopback_up,
    isolab_set_limit,         // a: resource, b: soft, c: hard
    isolab_set_groups,        // a: gid, b: const gid_t *additional, c: count, d: 1 to leave the additional ones alone
    isolab_set_user,          // a: uid
    isolab_keep_capabilities, // across set_user
    isolab_limit_bounding,    // a: mask of those to keep
    isolab_set_capabilities,  // a: effective, b: permitted, c: inheritable
    isolab_set_ambient,       // a: mask
    isolab_no_new_privileges,
    isolab_seccomp,           // a: const struct sock_fprog *, b: flags
    isolab_parent_death,      // a: signal
    isolab_new_session,
    isolab_set_mask,          // a: umask
    isolab_streams,           // a: const int *three descriptors; −1 leaves one as it is
    isolab_reset_signals,
    isolab_close_on_exec,     // every descriptor from 3 up
    isolab_execute,           // a: const char *const *candidates, b: argv, c: envp
};

/// The most trees that can be held between clone_tree and attach_tree.
#define ISOLAB_TREE_SLOTS 128

struct isolab_step {
    uint64_t operation;
    uint64_t a, b, c, d, e;
};

/// Everything a child needs, and everything it tells: shared memory of parent and child until execve.
struct isolab_child {
    const struct isolab_step *steps;
    uint64_t count;
    /// The end of each step, CLOCK_MONOTONIC_RAW in nanoseconds; 0 where it was not reached.
    volatile uint64_t *stamps;
    /// When the child's first instruction ran.
    volatile uint64_t began;
    void *stack;
    uint64_t stack_size;
    /// CLONE_NEW… and CLONE_VFORK; the rest (CLONE_VM, CLONE_PIDFD, CLONE_CLEAR_SIGHAND, …) is always added.
    uint64_t flags;
    /// A directory of a cgroup v2 for CLONE_INTO_CGROUP, or −1.
    int32_t cgroup;
    int32_t pid;
    int32_t pidfd;
    /// The index of the step that failed, or −1; and its errno.
    volatile int32_t failed;
    volatile int32_t error;
    /// Futex words: `alive` is cleared by the kernel when the child lets go of the memory; `gate` is opened by the parent.
    volatile uint32_t alive;
    volatile uint32_t gate;
    int32_t trees[ISOLAB_TREE_SLOTS];
};

/// Makes the child (clone3(2)). Without CLONE_VFORK it runs beside the caller, who must call `isolab_child_join` before
/// the memory may go. Answers 0, or the errno.
int isolab_child_start(struct isolab_child *child);

/// Opens the gate of a child that waits in `isolab_await_gate`.
void isolab_child_open_gate(struct isolab_child *child);

/// Waits until the child has called execve or is gone: from then on the memory is the caller's alone.
void isolab_child_join(struct isolab_child *child);

#endif
