// Processes by descriptor. Glibc 2.36 declares few of these, and Swift's overlay imports none of them:
// `syscall` is variadic, which Swift cannot call. All answer −1 and set errno on failure.
#ifndef ISOLAB_PROCESS_H
#define ISOLAB_PROCESS_H

#include <stdint.h>
#include <sys/resource.h>

/// Whether a cgroup, an open directory of v1's freezer hierarchy or of v2, stands still. Allocates nothing.
int isolab_cgroup_is_frozen(int directory, int is_classic);

/// Closes all descriptors but one.
void isolab_close_all_but(int descriptor);

/// pidfd_open(2): a close-on-exec descriptor of a process.
int isolab_pidfd_open(int pid);

/// pidfd_send_signal(2): a signal that cannot hit a recycled process number.
int isolab_pidfd_send_signal(int pidfd, int signal);

/// pidfd_getfd(2): a copy of another process's descriptor.
int isolab_pidfd_getfd(int pidfd, int descriptor);

/// pipe2(2), both ends close-on-exec.
int isolab_pipe(int ends[2]);

/// setns(2): the calling thread joins a namespace; a pid namespace takes its next children.
int isolab_join_namespace(int descriptor, int flags);

/// prctl(PR_SET_DUMPABLE): with 0 nobody without CAP_SYS_PTRACE over us may look into /proc/<pid> of this memory.
int isolab_set_dumpable(int on);

/// prctl(PR_GET_DUMPABLE).
int isolab_is_dumpable(void);

/// Runs this program again from a read-only mount of its own file that nothing else can reach. Answers 0 where it runs from
/// a read-only mount already, and −errno where it cannot.
///
/// A program linked with `-e isolab_entry` has done so before it set anything up, where its arguments have `create`, `run` or
/// `exec` among them.
long isolab_run_from_read_only_self(char *const argv[], char *const envp[]);

/// Whether a procfs can be made that shows another pid namespace than its maker's (`pidns=`, since Linux 6.18).
int isolab_procfs_takes_namespace(void);

/// Overwrites this process's environment, which has none from then on: a process that is made like fork(2) and comes into a
/// container's sight has a copy of its maker's memory, and what an engine was told by its environment is not the container's.
void isolab_forget_environment(void);

/// Blocks every signal that can be passed on to another process and answers a descriptor that reads them, non-blocking and
/// close-on-exec (signalfd(2)); −1 and errno.
int isolab_hold_signals(void);

/// The next signal of such a descriptor, 0 where there is none.
int isolab_next_signal(int descriptor);

/// splice(2) that waits for neither side where that is a pipe: what it moved, 0 at the end, −1 and errno.
int64_t isolab_splice(int source, int target, int64_t most);

/// Lets writes that nobody reads answer EPIPE on the calling thread, rather than end the process.
void isolab_block_broken_pipes(void);

/// The signals that this process ignores, SIGHUP being bit 0.
uint64_t isolab_ignored_signals(void);

/// How a process ended: waitid(2)'s si_code (CLD_EXITED, CLD_KILLED, CLD_DUMPED) and si_status.
struct isolab_exit {
    int32_t pid;
    int32_t code;
    int32_t status;
};

/// waitid(2) on a process number with its fifth argument, the resource usage, which glibc's function lacks.
/// With WNOHANG and nothing to report, `pid` stays 0.
int isolab_wait(int pid, int options, struct isolab_exit *how, struct rusage *usage);

/// fork(2), for a process of one thread: 0 in the copy.
int isolab_fork(void);

/// The same; the copy is killed when its parent ends.
int isolab_fork_bound(void);

/// A process that does nothing until it is killed, or the calling thread ends: it holds a place that needs somebody in it. Its
/// number, or −1 and errno.
int isolab_hold_place(void);

/// prctl(PR_SET_CHILD_SUBREAPER): orphans of descendants come to the calling process.
int isolab_set_child_subreaper(int on);

/// Whether a capability is in the calling thread's bounding set (prctl(PR_CAPBSET_READ)): 1, 0 or −1.
int isolab_bounding_set_has(int capability);

/// unshare(2) of the calling thread.
int isolab_unshare_thread(int flags);

/// sysconf(_SC_CLK_TCK): the unit of the times in /proc/<pid>/stat.
int64_t isolab_clock_ticks(void);

#endif
