#define _GNU_SOURCE
#include "CKeeper.h"

#include <malloc.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>

int keeper_open_log(const char *path) { return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); }

void keeper_save_memory(void) {
    // By default the C library keeps 128 KiB of what is freed, and asks for as much more than it needs.
    mallopt(M_TOP_PAD, 4096);
    mallopt(M_TRIM_THRESHOLD, 16384);
    mallopt(M_MMAP_THRESHOLD, 32768);
}

int keeper_hold_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    for (const int *signal = (const int[]){SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGPIPE, 0}; *signal; signal++)
        sigaddset(&set, *signal);
    if (sigprocmask(SIG_SETMASK, &set, NULL) != 0) return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int keeper_next_signal(int descriptor) {
    struct signalfd_siginfo information;
    return read(descriptor, &information, sizeof information) == sizeof information ? (int)information.ssi_signo : 0;
}

int keeper_accept(int socket) { return accept4(socket, NULL, NULL, SOCK_CLOEXEC); }

void keeper_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags >= 0) fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

void keeper_set_inherited(int descriptor, int is) { fcntl(descriptor, F_SETFD, is ? 0 : FD_CLOEXEC); }

void keeper_resize(int terminal, int rows, int columns) {
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    ioctl(terminal, TIOCSWINSZ, &size);
}

static int shell_status(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

int keeper_reap(int pid, int *status) {
    int how = 0;
    pid_t found = waitpid(pid, &how, WNOHANG);
    if (found == pid) *status = shell_status(how);
    return found == pid ? 1 : found == 0 ? 0 : -1;
}

int keeper_reap_other(int kept, int *status) {
    for (;;) {
        siginfo_t information = {0};
        // Looked at first: the kept one's status is for keeper_reap.
        if (waitid(P_ALL, 0, &information, WEXITED | WNOHANG | WNOWAIT) != 0 || information.si_pid == 0) return 0;
        if (information.si_pid == kept) return 0;
        int how = 0;
        if (waitpid(information.si_pid, &how, WNOHANG) != information.si_pid) return 0;
        *status = shell_status(how);
        return information.si_pid;
    }
}

static void release_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

int keeper_start(char *const *arguments, int *pid) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    // The copy shares this program's memory until it is another one: it makes system calls alone.
    pid_t child = vfork();
    if (child == 0) {
        setpgid(0, 0);
        release_signals();
        dup2(ends[1], 1);
        execv(arguments[0], arguments);
        _exit(127);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return -1;
    }
    *pid = child;
    keeper_set_nonblocking(ends[0]);
    return ends[0];
}

int64_t keeper_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void keeper_instant(int64_t *seconds, int64_t *nanoseconds) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *seconds = now.tv_sec;
    *nanoseconds = now.tv_nsec;
}

void keeper_become(char *const *arguments) {
    release_signals();
    execv(arguments[0], arguments);
}
