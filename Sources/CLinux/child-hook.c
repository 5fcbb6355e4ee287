// A hook that must run inside the container (createContainer, startContainer): the child itself makes it, for the
// launcher may be gone by then.
#define _GNU_SOURCE
#include "raw.h"

#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

struct hook_process {
    const struct isolab_hook *hook;
    int input;
    long error;
};

__attribute__((noreturn, used)) static void hook_main(struct hook_process *process) {
    long result = CALL3(SYS_dup3, process->input, 0, 0);
    // The hook inherits nothing of the container's but its standard streams.
    if (result >= 0) result = CALL3(SYS_close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
    if (result >= 0) result = CALL3(SYS_execve, process->hook->path, process->hook->argv, process->hook->envp);
    process->error = result;
    end_process(127);
}

// As in child.c: the new process returns on a stack of its own, with its parent suspended (CLONE_VFORK).
static long clone_hook(struct hook_process *process, void *stack, uint64_t size, int *pidfd) {
    struct clone_args arguments;
    arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
    arguments.pidfd = (uint64_t)pidfd;
    arguments.child_tid = 0;
    arguments.parent_tid = 0;
    arguments.exit_signal = SIGCHLD;
    arguments.stack = (uint64_t)stack;
    arguments.stack_size = size;
    arguments.tls = 0;
    arguments.set_tid = 0;
    arguments.set_tid_size = 0;
    arguments.cgroup = 0;
    return isolab_clone(&arguments, (void (*)(void *))hook_main, process);
}

// Written with SIGPIPE held back: a hook need not read its input.
static void feed(int descriptor, const char *text, uint64_t length) {
    uint64_t pipe = 1ull << (SIGPIPE - 1), before = 0;
    CALL4(SYS_rt_sigprocmask, SIG_BLOCK, &pipe, &before, 8);
    while (length > 0) {
        long count = CALL3(SYS_write, descriptor, text, length);
        if (count == -EINTR) continue;
        if (count <= 0) break;
        text += count;
        length -= (uint64_t)count;
    }
    uint64_t none[2];
    none[0] = none[1] = 0;
    CALL4(SYS_rt_sigtimedwait, &pipe, NULL, none, 8);
    CALL4(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
}

static void write_pid(char *place) {
    long pid = CALL0(SYS_getpid);
    char digits[10];
    int count = 0;
    do {
        digits[count++] = (char)('0' + pid % 10);
        pid /= 10;
    } while (pid > 0 && count < 10);
    for (int index = 0; index < 10; index++) place[index] = index < count ? digits[count - 1 - index] : ' ';
}

long isolab_step_hook(struct isolab_child *child, const struct isolab_hook *hook) {
    if (hook->pid_offset) write_pid((char *)hook->input + hook->pid_offset);
    int pipe[2];
    long result = CALL2(SYS_pipe2, pipe, O_CLOEXEC);
    if (result < 0) return result;
    // Field by field, here and below: a successor has no function of the C library that would fill a whole structure.
    struct hook_process process;
    process.hook = hook;
    process.input = pipe[0];
    process.error = 0;
    int pidfd = -1;
    long pid = clone_hook(&process, hook->stack, hook->stack_size, &pidfd);
    CALL1(SYS_close, pipe[0]);
    if (pid >= 0 && process.error == 0) feed(pipe[1], hook->input, hook->length);
    CALL1(SYS_close, pipe[1]);
    if (pid < 0) return pid;
    if (hook->timeout) {
        struct pollfd end = {.fd = pidfd, .events = POLLIN};
        uint64_t limit[2] = {hook->timeout / 1000, hook->timeout % 1000 * 1000000};
        long ready = CALL5(SYS_ppoll, &end, 1, limit, NULL, 8);
        if (ready == 0) {
            CALL4(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
            process.error = -ETIMEDOUT;
        }
    }
    CALL1(SYS_close, pidfd);
    int status = 0;
    do result = CALL4(SYS_wait4, pid, &status, 0, NULL);
    while (result == -EINTR);
    if (process.error) return process.error;
    if (status != 0) {
        child->hook_status = status;
        return -ECANCELED;
    }
    return 0;
}
