// What loading a seccomp program costs: filter-load FILE COUNT prints the least and the median µs of seccomp(2), each time in
// a new process.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC_RAW, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

int main(int count, char **values) {
    if (count != 3) {
        fprintf(stderr, "usage: filter-load FILE COUNT\n");
        return 2;
    }
    int loads = atoi(values[2]);
    int file = open(values[1], O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (loads < 1 || file < 0 || fstat(file, &status) != 0) return 1;
    struct sock_fprog program = {.len = (unsigned short)((size_t)status.st_size / sizeof(struct sock_filter))};
    program.filter = malloc((size_t)status.st_size);
    uint64_t *times = mmap(NULL, (size_t)loads * sizeof *times, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (read(file, program.filter, (size_t)status.st_size) != status.st_size || times == MAP_FAILED) return 1;
    for (int i = 0; i < loads; i++) {
        pid_t child = fork();
        if (child == 0) {
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            uint64_t start = now();
            long result = syscall(SYS_seccomp, 1, 0, &program);
            times[i] = now() - start;
            _exit(result == 0 ? 0 : 1);
        }
        int exit_status = 0;
        if (child < 0 || waitpid(child, &exit_status, 0) != child || exit_status != 0) return 1;
    }
    qsort(times, (size_t)loads, sizeof *times, ascending);
    printf("%.1f %.1f\n", (double)times[0] / 1e3, (double)times[loads / 2] / 1e3);
    return 0;
}
