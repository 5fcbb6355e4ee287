#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int isolab_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int isolab_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int isolab_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int isolab_pidfd_getfd(int pidfd, int descriptor) { return (int)syscall(SYS_pidfd_getfd, pidfd, descriptor, 0); }

int isolab_join_namespace(int descriptor, int flags) { return setns(descriptor, flags); }

int isolab_set_dumpable(int on) { return prctl(PR_SET_DUMPABLE, on, 0, 0, 0); }

int isolab_is_dumpable(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1; }

int isolab_hold_signals(void) {
    sigset_t held;
    sigfillset(&held);
    // Faults are this program's own, and a terminal's job control is between it and its shell.
    const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP, SIGPIPE, SIGTTIN, SIGTTOU};
    for (unsigned index = 0; index < sizeof own / sizeof *own; index++) sigdelset(&held, own[index]);
    // Of a program that nohup(1) started, a hangup is nobody's affair.
    struct sigaction hangup;
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN) sigdelset(&held, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &held, NULL) != 0) return -1;
    return signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
}

int isolab_next_signal(int descriptor) {
    struct signalfd_siginfo information;
    return read(descriptor, &information, sizeof information) == sizeof information ? (int)information.ssi_signo : 0;
}

int64_t isolab_splice(int source, int target, int64_t most) {
    return splice(source, NULL, target, NULL, (size_t)most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

void isolab_block_broken_pipes(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    sigprocmask(SIG_BLOCK, &signals, NULL);
}

void isolab_close_all_but(int descriptor) {
    if (descriptor > 0) syscall(SYS_close_range, 0, descriptor - 1, 0);
    syscall(SYS_close_range, descriptor + 1, ~0U, 0);
}

int isolab_cgroup_is_frozen(int directory, int is_classic) {
    int file = openat(directory, is_classic ? "freezer.state" : "cgroup.events", O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    char text[256];
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    if (count <= 0) return 0;
    text[count] = 0;
    return is_classic ? strncmp(text, "THAWED", 6) != 0 : strstr(text, "frozen 1") != NULL;
}

int isolab_wait(int pid, int options, struct isolab_exit *how, struct rusage *usage) {
    siginfo_t information = {0};
    int result = (int)syscall(SYS_waitid, P_PID, pid, &information, options, usage);
    if (result == 0) {
        how->pid = information.si_pid;
        how->code = information.si_code;
        how->status = information.si_status;
    }
    return result;
}

uint64_t isolab_ignored_signals(void) {
    uint64_t ignored = 0;
    for (int number = 1; number <= 64; number++) {
        // Asked of the kernel: glibc tells nothing of the two that it keeps to itself, which whoever started us may have ignored.
        struct {
            uintptr_t handler;
            unsigned long flags;
            uintptr_t restorer;
            uint64_t mask;
        } action;
        if (syscall(SYS_rt_sigaction, number, NULL, &action, sizeof action.mask) == 0 && action.handler == (uintptr_t)SIG_IGN)
            ignored |= 1ull << (number - 1);
    }
    return ignored;
}

int isolab_fork(void) { return fork(); }

int isolab_fork_bound(void) {
    int parent = getpid();
    int pid = fork();
    if (pid != 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent) _exit(1);
    return 0;
}

int isolab_hold_place(void) {
    int parent = getpid();
    int pid = fork();
    if (pid != 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    // Whoever waits for the end of a pipe of ours does not wait for this one.
    syscall(SYS_close_range, 0, ~0U, 0);
    if (getppid() != parent) _exit(0);
    for (;;) pause();
}

int isolab_set_child_subreaper(int on) { return prctl(PR_SET_CHILD_SUBREAPER, on, 0, 0, 0); }

int isolab_bounding_set_has(int capability) { return prctl(PR_CAPBSET_READ, capability, 0, 0, 0); }

int isolab_unshare_thread(int flags) { return unshare(flags); }

int64_t isolab_clock_ticks(void) { return sysconf(_SC_CLK_TCK); }
