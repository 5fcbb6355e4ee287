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
    isolab_await_gate,        // a: the gate's number; b: 1 to wait without a system call (a filter may forbid them)
    isolab_succeed,           // a: what a filter knows this clone(2) by, or 0: the rest is done by a process of its own, a child of the
                              // launcher, which has nothing of its memory but what is kept
    isolab_hand_over,         // from here on the child needs its launcher no more: wakes it
    isolab_await_publication, // a: a socket: says by a byte that the child is there, and waits for one that lets it go on
    isolab_show_processes_of, // a: a pid namespace by descriptor: what /proc shows that is mounted from then on
    isolab_await_start,       // a: descriptor of a FIFO: one byte of it lets the child go on
    isolab_run_hook,          // a: const struct isolab_hook *, b: 1 to say ISOLAB_READY in the report when it has ended well
    isolab_open_terminal,     // a: const struct isolab_terminal *
    isolab_find_program,      // a: const char *const *candidates: one of them must be there and executable; b: 1 to judge by mode alone
    isolab_find_home,         // a: what becomes HOME=…, b: its size, c: the user who is looked up in /etc/passwd
    isolab_system_call,       // a: number, b…e: its operands
    isolab_pass_listener,     // a: const struct sock_fprog *, b: flags: as isolab_seccomp, and notes the listener
    isolab_guard_parent,      // a: a pidfd of the launcher: fail where it is gone already
    isolab_unshare,           // a: CLONE_NEW… flags
    isolab_set_namespace,     // a: descriptor, b: CLONE_NEW… flag
    isolab_mount,             // a: source, b: target, made where it is absent, c: type, d: flags, e: data
    isolab_set_attributes,    // a: path, b: MOUNT_ATTR_ to set, c: to clear, d: AT_RECURSIVE or 0
    isolab_clone_tree,        // a: slot, b: source, c: AT_RECURSIVE or 0
    isolab_make_tree,         // a: slot, b: type, c: const char *const *pairs of key and value, d: MOUNT_ATTR_
    isolab_attach_tree,       // a: slot, b: target, made where it is absent: a directory or a file, as the tree is
    isolab_bind_device,       // a: slot, b: target, a file where devices are made (isolab_hold_devices)
    isolab_clone_inside,      // a: slot, b: source, a path of the container, c: AT_RECURSIVE or 0
    isolab_hold_devices,      // what follows for /dev is made in the directory there, or not at all where a mount put it there
    isolab_bind_root,         // a: directory, reached without links: bound over itself, and the root that is entered from then on
    isolab_detach,            // a: path (umount2, MNT_DETACH)
    isolab_conceal,           // a: path: detached, or covered where it may not be
    isolab_pivot_root,        // a: the new root; the old one is detached at once
    isolab_mask,              // a: path, covered by an empty directory or the null device; an absent one is passed over
    isolab_make_read_only,    // a: path; an absent one is passed over
    isolab_make_directory,    // a: path, b: mode; an existing one is left
    isolab_ensure_directory,  // a: path, with those above it; failures are passed over
    isolab_make_device,       // a: path, b: mode with type, c: device, d: uid, e: gid; what is right already is left
    isolab_make_link,         // a: target, b: path; an existing one is left
    isolab_write_file,        // a: path, b: bytes, c: length; one below /proc must be on procfs, without links
    isolab_change_directory,  // a: path, b: 1 for a first try, which may be refused; where it came through no second one is made
    isolab_set_host_name,     // a: bytes, b: length
    isolab_set_domain_name,   // a: bytes, b: length
    isolab_loopback_up,
    isolab_set_limit,         // a: resource, b: soft, c: hard
    isolab_set_groups,        // a: gid, b: const gid_t *additional, c: count, d: 1 to leave the additional ones alone
    isolab_set_user,          // a: uid
    isolab_session_keyring,   // a: the keyring's name, made where nobody has it, or null for one without a name
    isolab_keep_capabilities, // across set_user
    isolab_limit_bounding,    // a: mask of those to keep
    isolab_set_capabilities,  // a: effective, b: permitted, c: inheritable
    isolab_set_ambient,       // a: mask
    isolab_no_new_privileges,
    isolab_seccomp,           // a: const struct sock_fprog *, b: flags
    isolab_parent_death,      // a: signal, b: the number of the parent that it is to come from, or 0: fail where that is gone already
    isolab_new_session,       // a: 1 to pass over a filter's refusal
    isolab_own_group,         // a process group of its own, in its parent's session
    isolab_take_terminal,     // the standard input becomes the controlling terminal
    isolab_hold_label,        // a: 0 or 1, b: const char *const *candidates: files of procfs that take a label, held until it is written
    isolab_write_label,       // a: 0 or 1, b: bytes, c: length
    isolab_adjust_memory_score, // a: bytes, b: length: for oom_score_adj; a refusal is noted and passed over
    isolab_set_mask,          // a: umask
    isolab_streams,           // a: const int *three descriptors; −1 leaves one as it is
    isolab_null_streams,      // those that are a null device become the one of the root that was entered
    isolab_reset_signals,     // a: the signals that the parent may ignore, SIGHUP being bit 0
    isolab_close_on_exec,     // every descriptor from a up
    isolab_close_others,      // a: const int *sorted numbers to keep, b: count; all others from c up are closed now
    isolab_own_streams,       // a: uid: gives 0, 1 and 2 to the user where they are not the null device
    isolab_adopt_tree,        // a: slot, b: descriptor of a tree that the launcher made
    isolab_move_root,         // a: the new root, where pivot_root cannot be (an initramfs): MS_MOVE and chroot
    isolab_hold_root,         // a: directory, reached without links, or null; b: then one by descriptor: the root that is entered from then
                              // on, without a mount of its own
    isolab_change_root,       // chroot into the root that is held, where the mount namespace is not the container's own
    isolab_set_tree_attributes, // a: slot, b: MOUNT_ATTR_ to set, c: to clear, d: AT_RECURSIVE or 0, e: propagation
    isolab_enter_root,        // a: the new root: paths are the container's for a while, as after isolab_pivot_root, but the process
                              // stays outside: hooks will need the old root once more
    isolab_leave_root,
    isolab_copy_up,           // a: slot of a tree, b: directory whose content is copied into it
    isolab_mount_overlay,     // a: directory that the layers are named from, entered, b: target, c: options
    isolab_execute,           // a: const char *const *candidates, b: argv, c: envp
};

/// The most trees that can be held between clone_tree and attach_tree.
#define ISOLAB_TREE_SLOTS 128

/// A namespace of others that the child is born in.
struct isolab_join {
    int32_t descriptor;
    /// CLONE_NEW…; 0 for whatever kind the descriptor is of.
    uint32_t namespace;
};

struct isolab_step {
    uint64_t operation;
    uint64_t a, b, c, d, e;
};

/// What went wrong when no launcher was there any more to look at the memory.
struct isolab_report {
    int32_t operation;
    int32_t error;
    int32_t hook_status;
    /// Which of the hooks of its kind; what it has said follows the structure.
    int32_t hook;
};

/// What is no report: a byte that says that nothing is left but the program. No report begins with it.
#define ISOLAB_READY 0xff

/// How much is kept of what a hook says, for the error.
#define ISOLAB_SAID_SIZE 240


/// A program run by the child itself, in its namespaces, with a text on its standard input.
struct isolab_hook {
    const char *path;
    const char *const *argv;
    const char *const *envp;
    const char *input;
    uint64_t length;
    /// Where it runs, if it may be entered; NULL: where the child is.
    const char *directory;
    /// Its place among those of its kind.
    int32_t number;
    /// Where in `input` the decimal pid is to be written, padded with spaces to ten places; 0: nowhere.
    uint64_t pid_offset;
    /// Milliseconds; 0: no limit.
    uint64_t timeout;
    /// A stack for the hook's child: the walker's own cannot be shared.
    void *stack;
    uint64_t stack_size;
};

/// A pseudo-terminal of the container's devpts, whose master goes to a UNIX socket.
struct isolab_terminal {
    int32_t socket;
    uint16_t rows, columns;
    /// The owner of the terminal inside.
    uint32_t user;
    /// Whether it is mounted on /dev/console.
    uint32_t console;
    /// Whether it becomes the controlling terminal at once.
    uint32_t controls;
};

/// Whole pages.
struct isolab_range {
    void *start;
    uint64_t length;
};

/// Everything a child needs, and everything it tells: shared memory of parent and child until execve.
struct isolab_child {
    const struct isolab_step *steps;
    uint64_t count;
    /// What follows isolab_succeed or isolab_hand_over, and a stack for it.
    const struct isolab_step *later_steps;
    uint64_t later_count;
    void *later_stack;
    uint64_t later_stack_size;
    /// Where a launcher stands that leaves its memory to the child.
    void *leaving_stack;
    uint64_t leaving_stack_size;
    /// The memory that whoever does that keeps, this structure included; all else of its maker's it does not have.
    const struct isolab_range *kept;
    uint64_t kept_count;
    /// The program's code.
    struct isolab_range code[4];
    uint64_t code_count;
    /// The end of each step, CLOCK_MONOTONIC_RAW in nanoseconds; 0 where it was not reached.
    volatile uint64_t *stamps;
    /// When the child's first instruction ran.
    volatile uint64_t began;
    void *stack;
    uint64_t stack_size;
    /// CLONE_NEW… and CLONE_VFORK; the rest (CLONE_VM, CLONE_PIDFD, CLONE_CLEAR_SIGHAND, …) is always added.
    uint64_t flags;
    /// With CLONE_VFORK, for a child that becomes a program and is timed as a whole: no step is (`stamps` and `began` are 1 where one
    /// was reached), nobody is waked by its end, and it has no descriptor.
    int32_t is_plain;
    /// Where a failure after isolab_hand_over is written as a `struct isolab_report`, or −1.
    int32_t report;
    /// What a process between joins, in this order, before it makes the child: the launcher stays where it is.
    const struct isolab_join *joins;
    uint64_t join_count;
    /// The index of the join that failed, or −1.
    int32_t failed_join;
    /// A directory of a cgroup v2 for CLONE_INTO_CGROUP, or −1.
    int32_t cgroup;
    /// What the child is called from its birth to its program (`/proc/<pid>/comm`), of fifteen bytes at most; empty: as its launcher.
    char name[16];
    int32_t pid;
    int32_t pidfd;
    /// The index of the step that failed, or −1; and its errno.
    volatile int32_t failed;
    volatile int32_t error;
    /// The exit status or signal of a hook that failed, as waitpid(2) puts them.
    volatile int32_t hook_status;
    /// The last hook's place, and the beginning of what it has said.
    volatile int32_t hook;
    volatile uint32_t said_length;
    char said[ISOLAB_SAID_SIZE];
    /// Futex words. `alive` is 1 while the child walks, ISOLAB_AT_GATE + n while it stands at gate n,
    /// ISOLAB_HANDED_OVER once it needs nobody, ISOLAB_FAILED where a step failed, and is cleared by the kernel when the child
    /// lets go of the memory.
    volatile uint32_t alive;
    /// The number of the last gate that the parent opened; ISOLAB_GIVE_UP lets the child end.
    volatile uint32_t gate;
    /// The descriptor of a seccomp listener in the child, or −1.
    volatile int32_t listener;
    /// The process that goes on by itself after isolab_succeed, or 0.
    volatile int32_t successor;
    /// Whether oom_score_adj might not be set.
    volatile int32_t declined;
    /// Files that take a label, or −1.
    int32_t labels[2];
    /// The pid namespace whose processes a new procfs shows, or −1: that of who mounts it.
    int32_t shown;
    /// The new root by descriptor, where it was bound so; or −1, and its path says where it is.
    int32_t root;
    /// The root that paths are looked up from, while it is another than the process's own or known to stay; or −1: the process's.
    int32_t inside;
    /// The directory in which devices are made; −1 before it is held; ISOLAB_FOREIGN where it is not the container's own.
    int32_t devices;
    /// Whether the working directory is the program's already.
    int32_t is_placed;
    /// The procfs and the sysfs mounted on /proc and /sys, whatever takes the place of their names; −1 before they are.
    int32_t proc, sys;
    /// /dev/null inside, checked to be it; −1 before it is needed.
    int32_t null;
    /// An empty read-only directory that masks others; −1 before it is needed.
    int32_t empty;
    int32_t trees[ISOLAB_TREE_SLOTS];
};

#define ISOLAB_FOREIGN (-2)
#define ISOLAB_AT_GATE 0x100u
#define ISOLAB_HANDED_OVER 0x10000u
#define ISOLAB_FAILED 0x20000u
#define ISOLAB_UNDER_WAY 0x40000u
#define ISOLAB_GIVE_UP 0xffffffffu

/// Makes the child (clone3(2)). Without CLONE_VFORK it runs beside the caller, who must call `isolab_child_join` before
/// the memory may go. Answers 0, or the errno.
int isolab_child_start(struct isolab_child *child);

/// For the launch of a successor, from before the child is made until its memory was taken back: others wait for their turn, and
/// whoever forks waits too. Released by the thread that acquired it.
void isolab_marks_acquire(void);
void isolab_marks_release(void);

/// Lets whatever this program makes by fork(2) have its memory again, once a successor has been made without it.
void isolab_child_take_back(void);

/// Ends this process. A child that waits in its memory after isolab_hand_over keeps what it needs of that, and is left alone with it;
/// where it may be dumped, by its user.
__attribute__((noreturn)) void isolab_leave(struct isolab_child *child, int is_dumpable);

/// Opens a gate of a child that waits in `isolab_await_gate`, or all of them for good with ISOLAB_GIVE_UP.
void isolab_child_open_gate(struct isolab_child *child, uint32_t gate);

/// Waits until the child's word is another than `known`, and answers it: a gate, ISOLAB_HANDED_OVER, ISOLAB_FAILED, or 0 once
/// it has called execve or is gone: from then on the memory is the caller's alone. After a tenth of a second ISOLAB_UNDER_WAY.
uint32_t isolab_child_await(struct isolab_child *child, uint32_t known);

/// The same by looking again and again, for a child that may make no system calls to wake anybody.
uint32_t isolab_child_poll(struct isolab_child *child, uint32_t known);

/// A signal that asks this program to end and that it holds back, or 0. Allocates nothing: a successor would have it too.
int isolab_pending_request_to_end(void);

#endif
