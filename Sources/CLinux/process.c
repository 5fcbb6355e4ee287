#define _GNU_SOURCE
#include "CLinux.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int isolab_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int isolab_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
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

int isolab_set_child_subreaper(int on) { return prctl(PR_SET_CHILD_SUBREAPER, on, 0, 0, 0); }

int isolab_bounding_set_has(int capability) { return prctl(PR_CAPBSET_READ, capability, 0, 0, 0); }

int isolab_unshare_thread(int flags) { return unshare(flags); }

int64_t isolab_clock_ticks(void) { return sysconf(_SC_CLK_TCK); }
