// Runs a command and stops the first process that it brings to life in a pid namespace below its own, before that one's first
// instruction, for as long as the tracer lives:
//
//   hold-newborn COMMAND…
//
// The command keeps the process number that it is started with; whoever traces it is `TracerPid` of the one that is held, and lets
// go of all by its end, which SIGTERM asks for. By SIGKILL it could end between the news of a signal and its passing on, and the
// signal would be lost. Whoever ends meanwhile is reaped, so that his parent hears of it.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

// How many numbers a process has: one for each pid namespace that it is in.
static int depth(pid_t pid) {
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    int count = 0;
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "NSpid:", 6)) continue;
        for (char *word = strtok(line + 6, " \t\n"); word; word = strtok(NULL, " \t\n")) count++;
    }
    if (file) fclose(file);
    return count;
}

static int trace(pid_t command) {
    long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
    if (ptrace(PTRACE_SEIZE, command, NULL, options) < 0) return 3;
    kill(command, SIGCONT);
    sigset_t news;
    sigemptyset(&news);
    sigaddset(&news, SIGCHLD);
    sigaddset(&news, SIGTERM);
    sigprocmask(SIG_BLOCK, &news, NULL);
    int own = depth(getpid()), is_holding = 0;
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, __WALL | WNOHANG);
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0) return 0;
        if (pid == 0) {
            if (sigwaitinfo(&news, NULL) == SIGTERM) return 0;
            continue;
        }
        if (!WIFSTOPPED(status)) continue;
        int signal = WSTOPSIG(status), event = status >> 16;
        if (event == PTRACE_EVENT_STOP && !is_holding && depth(pid) > own) {
            is_holding = 1;
            continue;
        }
        if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) ptrace(PTRACE_LISTEN, pid, NULL, NULL);
        else ptrace(PTRACE_CONT, pid, NULL, event ? 0L : (long)signal);
    }
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    pid_t command = getpid(), between = fork();
    if (between < 0) return 3;
    if (between == 0) {
        // A grandchild, of which the command knows nothing.
        if (fork() != 0) _exit(0);
        // Until the command waits for it.
        for (int turn = 0; turn < 10000; turn++) {
            char path[64], text[512];
            snprintf(path, sizeof path, "/proc/%d/stat", command);
            FILE *file = fopen(path, "r");
            size_t count = file ? fread(text, 1, sizeof text - 1, file) : 0;
            if (file) fclose(file);
            text[count] = 0;
            char *end = strrchr(text, ')');
            if (end && end[1] == ' ' && end[2] == 'T') _exit(trace(command));
            usleep(1000);
        }
        _exit(3);
    }
    waitpid(between, NULL, 0);
    raise(SIGSTOP);
    execvp(argv[1], argv + 1);
    return 127;
}
