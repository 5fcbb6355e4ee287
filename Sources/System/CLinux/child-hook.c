// A hook that must run inside the container (createContainer, startContainer): the child itself makes it, for the
// launcher may be gone by then.
#define _GNU_SOURCE
#include "raw.h"

#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#define SECOND 1000000000ull
#define MONOTONIC_RAW 4

struct hook_process {
    const struct isolab_hook *hook;
    int input, output;
    long error;
};

__attribute__((noreturn, used)) static void hook_main(struct hook_process *process) {
    long result = CALL3(SYS_dup3, process->input, 0, 0);
    // What it says is for its error: the container's streams are the program's.
    if (result >= 0) result = CALL3(SYS_dup3, process->output, 1, 0);
    if (result >= 0) result = CALL3(SYS_dup3, process->output, 2, 0);
    // One that the container's root may not enter is no reason to fail.
    if (result >= 0 && process->hook->directory) CALL1(SYS_chdir, process->hook->directory);
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

static uint64_t monotonic_now(void) {
    uint64_t now[2];
    return CALL2(SYS_clock_gettime, MONOTONIC_RAW, now) < 0 ? 0 : now[0] * SECOND + now[1];
}

// What is left until a moment of the clock, as ppoll(2) takes it.
static void set_rest(uint64_t end, uint64_t rest[2]) {
    uint64_t now = monotonic_now(), left = now < end ? end - now : 0;
    rest[0] = left / SECOND;
    rest[1] = left % SECOND;
}

static void expect(struct pollfd *event, int descriptor, short events) {
    event->fd = descriptor;
    event->events = events;
    event->revents = 0;
}

// Waits for a hook's end, for what it says, or for room in the pipe of its input. Answers 0 when the time is over.
static long await(struct pollfd *events, unsigned count, uint64_t end) {
    for (;;) {
        uint64_t rest[2];
        if (end) set_rest(end, rest);
        long ready = CALL5(SYS_ppoll, events, count, end ? rest : NULL, NULL, 8);
        if (ready != -EINTR) return ready;
    }
}

// Keeps the beginning; the rest is taken off the pipe, so that it holds nobody up.
static long hear(struct isolab_child *child, int output) {
    char rest[256];
    uint32_t room = ISOLAB_SAID_SIZE - child->said_length;
    long count = room ? CALL3(SYS_read, output, child->said + child->said_length, room)
                      : CALL3(SYS_read, output, rest, sizeof rest);
    if (count > 0 && room) child->said_length += (uint32_t)count;
    return count;
}

// Tells a hook the state, which it need not read, and hears it until it has ended or its time is over (0). Closes the input, whose
// end a hook may wait for. With SIGPIPE held back.
static long converse(struct isolab_child *child, const struct isolab_hook *hook, int input, int output, int pidfd,
                     uint64_t end) {
    uint64_t pipe = 1ull << (SIGPIPE - 1), before = 0;
    CALL4(SYS_rt_sigprocmask, SIG_BLOCK, &pipe, &before, 8);
    const char *text = hook->input;
    uint64_t length = hook->length;
    long result;
    int has_ended = 0;
    do {
        if (length == 0 && input >= 0) {
            CALL1(SYS_close, input);
            input = -1;
        }
        struct pollfd events[3];
        expect(&events[0], pidfd, POLLIN);
        expect(&events[1], output, POLLIN);
        expect(&events[2], input, POLLOUT);
        result = await(events, 3, end);
        if (result <= 0) break;
        if (events[1].revents && hear(child, output) == 0) output = -1;
        if (events[2].revents) {
            long count = CALL3(SYS_write, input, text, length);
            if (count > 0) {
                text += count;
                length -= (uint64_t)count;
            } else if (count != -EINTR && count != -EAGAIN) {
                length = 0;
            }
        }
        has_ended = events[0].revents != 0;
    } while (!has_ended);
    // What it has left behind may hold the pipe open, and is not waited for: only what can be in a pipe.
    for (int part = 0; part < 256 && has_ended && output >= 0; part++) {
        if (hear(child, output) <= 0) break;
    }
    if (input >= 0) CALL1(SYS_close, input);
    uint64_t none[2];
    none[0] = none[1] = 0;
    CALL4(SYS_rt_sigtimedwait, &pipe, NULL, none, 8);
    CALL4(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
    return result;
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

static long run(struct isolab_child *child, const struct isolab_hook *hook) {
    if (hook->pid_offset) write_pid((char *)hook->input + hook->pid_offset);
    child->hook = hook->number;
    child->said_length = 0;
    int input[2], output[2];
    long result = CALL2(SYS_pipe2, input, O_CLOEXEC);
    if (result < 0) return result;
    result = CALL2(SYS_pipe2, output, O_CLOEXEC);
    if (result < 0) {
        CALL1(SYS_close, input[0]);
        CALL1(SYS_close, input[1]);
        return result;
    }
    // Its own ends alone: the hook's may be read and written as ever.
    CALL3(SYS_fcntl, input[1], F_SETFL, O_WRONLY | O_NONBLOCK);
    CALL3(SYS_fcntl, output[0], F_SETFL, O_RDONLY | O_NONBLOCK);
    // Field by field, here and below: a successor has no function of the C library that would fill a whole structure.
    struct hook_process process;
    process.hook = hook;
    process.input = input[0];
    process.output = output[1];
    process.error = 0;
    int pidfd = -1;
    // Beyond some hundred years there is no limit.
    uint64_t now = hook->timeout ? monotonic_now() : 0;
    uint64_t end = hook->timeout && hook->timeout < (UINT64_MAX - now) / 1000000 ? now + hook->timeout * 1000000 : 0;
    long pid = clone_hook(&process, hook->stack, hook->stack_size, &pidfd);
    CALL1(SYS_close, input[0]);
    CALL1(SYS_close, output[1]);
    long ready = 1;
    if (pid >= 0 && process.error == 0) ready = converse(child, hook, input[1], output[0], pidfd, end);
    else CALL1(SYS_close, input[1]);
    CALL1(SYS_close, output[0]);
    if (pid < 0) return pid;
    if (ready == 0) {
        CALL4(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
        process.error = -ETIMEDOUT;
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

long isolab_step_hook(struct isolab_child *child, const struct isolab_hook *hook, int is_last) {
    long result = run(child, hook);
    uint8_t ready = ISOLAB_READY;
    if (result >= 0 && is_last && child->report >= 0) CALL3(SYS_write, child->report, &ready, 1);
    return result;
}
