// The floor of a container's start: the system calls of isolab's default container and nothing else.
//
//     floor ROOTFS FILTER MOUNTPOINT MEMORY QUOTA PIDS [PROGRAM]
//
// With PROGRAM it is a command like an OCI runtime's `run`: it starts that program once, on the bare root file system, with its
// own standard output, removes the cgroups and ends with the program's status.
//
// Without, everything that can be known beforehand is prepared before the first launch. Then, for each line "NONCE WORK" on standard
// input, it starts /isolab-workload in a new container and answers with one line
//
//     NONCE READY EXIT RELEASED STATUS BYTES
//
// (nanoseconds after the launch call until the workload's first byte, its reaping, and the removal of its cgroups; wait
// status; length), followed by that many bytes of what the workload said. The container: pid, mount, network, uts, ipc and
// cgroup namespaces, a cgroup in every hierarchy with limits on memory, cpu, pids and devices, an overlay root with its
// upper layer in memory, Docker's mounts, devices, kernel parameters, masked and read-only paths, its 14 capabilities and
// its seccomp program (FILTER: raw sock_filter instructions).
//
// Linux 5.12 or later (clone3, mount_setattr), x86-64 or arm64, root.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { max_hierarchies = 16, max_settings = 40 };

struct setting { char file[40], value[40]; };
struct hierarchy {
    int version;
    char root[256], controllers[64];
    struct setting settings[max_settings];
    int setting_count, is_cpuset;
    // Of the launch at hand.
    char directory[320];
    int tasks;
};

static struct hierarchy hierarchies[max_hierarchies];
static int hierarchy_count;
static struct sock_fprog filter;
static const char *mount_point;
// The root file system of the one start there is to be; NULL for many, each with an overlay.
static const char *bare_root;
// Hierarchies below it are reached from there: each walk through sysfs takes a lock that new network namespaces hold.
static const char top[] = "/sys/fs/cgroup/";
static char overlay_options[1024], upper[300], work_directory[300], merged[300];
static char *workload[8];
static char *environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};
static int output_end, own_pid;
static const char *volatile failed_step;
static volatile int failed_error;

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC_RAW, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void die(const char *what) {
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

// MARK: - Prepared once

static void add_setting(struct hierarchy *h, const char *file, const char *value) {
    if (h->setting_count == max_settings) { errno = E2BIG; die("settings"); }
    struct setting *setting = &h->settings[h->setting_count++];
    snprintf(setting->file, sizeof setting->file, "%s", file);
    snprintf(setting->value, sizeof setting->value, "%s", value);
}

static int has(const char *list, const char *word) {
    char copy[256];
    snprintf(copy, sizeof copy, "%s", list);
    for (char *item = strtok(copy, ","); item; item = strtok(NULL, ",")) {
        if (strcmp(item, word) == 0) return 1;
    }
    return 0;
}

static void add_limits(struct hierarchy *h, const char *options, const char *memory, const char *quota, const char *pids) {
    if (h->version == 2) {
        // Only where v2 has the controllers: a hybrid host keeps them in v1.
        char path[300], list[256] = "";
        snprintf(path, sizeof path, "%s/cgroup.controllers", h->root);
        FILE *file = fopen(path, "re");
        if (file) {
            if (!fgets(list, sizeof list, file)) list[0] = 0;
            fclose(file);
        }
        char both[64];
        snprintf(both, sizeof both, "%s 100000", quota);
        if (strstr(list, "memory")) add_setting(h, "memory.max", memory);
        if (strstr(list, "cpu ")) add_setting(h, "cpu.max", both);
        if (strstr(list, "pids")) add_setting(h, "pids.max", pids);
        return;
    }
    if (has(options, "memory")) add_setting(h, "memory.limit_in_bytes", memory);
    if (has(options, "cpu")) {
        add_setting(h, "cpu.cfs_period_us", "100000");
        add_setting(h, "cpu.cfs_quota_us", quota);
    }
    if (has(options, "pids")) add_setting(h, "pids.max", pids);
    if (has(options, "devices")) {
        add_setting(h, "devices.deny", "a");
        const char *allowed[] = {"c 1:5 rwm", "c 1:3 rwm", "c 1:9 rwm", "c 1:8 rwm", "c 5:0 rwm"};
        for (int i = 0; i < 5; i++) add_setting(h, "devices.allow", allowed[i]);
        add_setting(h, "devices.deny", "c 10:229 rwm");
        const char *always[] = {"c *:* m", "b *:* m", "c 1:7 rwm", "c 5:2 rwm", "c 136:* rwm"};
        for (int i = 0; i < 5; i++) add_setting(h, "devices.allow", always[i]);
    }
}

static int write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t count = write(file, text, strlen(text));
    close(file);
    return count < 0 ? -1 : 0;
}

// A cpuset of v1 admits nobody until it has processors and memory nodes: the root's, where it was not made with them.
static void fill_cpuset(const struct hierarchy *h, const char *directory) {
    static const char *files[] = {"cpuset.mems", "cpuset.cpus"};
    for (int i = 0; i < 2; i++) {
        char path[400], text[256];
        snprintf(path, sizeof path, "%s/%s", directory, files[i]);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t count = file < 0 ? -1 : read(file, text, sizeof text - 1);
        if (count < 0) die(path);
        close(file);
        if (count > 1) continue;
        char above[400];
        snprintf(above, sizeof above, "%s/%s", h->root, files[i]);
        file = open(above, O_RDONLY | O_CLOEXEC);
        count = file < 0 ? -1 : read(file, text, sizeof text - 1);
        if (count < 0) die(above);
        close(file);
        text[count] = 0;
        if (write_file(path, text) != 0) die(path);
    }
}

static void find_hierarchies(const char *memory, const char *quota, const char *pids) {
    FILE *mounts = fopen("/proc/self/mounts", "re");
    if (!mounts) die("/proc/self/mounts");
    int is_there = chdir(top) == 0;
    char source[256], target[256], type[64], options[256];
    while (fscanf(mounts, "%255s %255s %63s %255s %*d %*d", source, target, type, options) == 4) {
        int version = strcmp(type, "cgroup2") == 0 ? 2 : strcmp(type, "cgroup") == 0 ? 1 : 0;
        if (version == 0 || hierarchy_count == max_hierarchies) continue;
        struct hierarchy *h = &hierarchies[hierarchy_count++];
        h->version = version;
        h->is_cpuset = version == 1 && has(options, "cpuset");
        int is_below = is_there && strncmp(target, top, sizeof top - 1) == 0;
        snprintf(h->root, sizeof h->root, "%s", is_below ? target + sizeof top - 1 : target);
        const char *name = strrchr(target, '/') + 1;
        snprintf(h->controllers, sizeof h->controllers, "%.60s",
                 strcmp(name, "systemd") == 0 ? "name=systemd" : name);
        add_limits(h, options, memory, quota, pids);
        char base[300];
        snprintf(base, sizeof base, "%s/isolab-floor", h->root);
        if (!bare_root && mkdir(base, 0755) != 0 && errno != EEXIST) die(base);
        if (!bare_root && h->is_cpuset) {
            // What is made below is filled as it is made.
            char file[320];
            snprintf(file, sizeof file, "%s/cgroup.clone_children", base);
            if (write_file(file, "1") != 0) die(file);
            fill_cpuset(h, base);
        }
    }
    fclose(mounts);
}

static void read_filter(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) die(path);
    filter.len = (unsigned short)((size_t)status.st_size / sizeof(struct sock_filter));
    filter.filter = malloc((size_t)status.st_size);
    if (read(file, filter.filter, (size_t)status.st_size) != status.st_size) die(path);
    close(file);
}

// MARK: - The child

__attribute__((noreturn)) static void fail(const char *step) {
    failed_error = errno;
    failed_step = step;
    for (;;) syscall(SYS_exit_group, 127);
}

#define MUST(step, call) do { if ((call) < 0) fail(step); } while (0)

struct attributes { uint64_t set, clear, propagation, user_namespace; };

static long set_read_only(const char *path) {
    struct attributes attributes = {.set = 1};
    return syscall(SYS_mount_setattr, AT_FDCWD, path, 0, &attributes, sizeof attributes);
}

static void loopback_up(void) {
    int socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    MUST("socket", socket_);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    MUST("loopback", ioctl(socket_, SIOCSIFFLAGS, &request));
    close(socket_);
}

static void enter_root(void) {
    MUST("propagation", mount("", "/", NULL, MS_SLAVE | MS_REC, NULL));
    if (bare_root) {
        MUST("root", mount(bare_root, mount_point, NULL, MS_BIND | MS_REC, NULL));
        MUST("chdir", chdir(mount_point));
        MUST("pivot_root", syscall(SYS_pivot_root, ".", "."));
        MUST("old root", umount2(".", MNT_DETACH));
        MUST("chdir", chdir("/"));
        return;
    }
    MUST("upper tmpfs", mount("isolab", mount_point, "tmpfs", 0, "mode=0755"));
    MUST("upper", mkdir(upper, 0755));
    MUST("work", mkdir(work_directory, 0700));
    MUST("merged", mkdir(merged, 0755));
    MUST("overlay", mount("overlay", merged, "overlay", 0, overlay_options));
    MUST("chdir", chdir(merged));
    MUST("pivot_root", syscall(SYS_pivot_root, ".", "."));
    MUST("old root", umount2(".", MNT_DETACH));
    MUST("chdir", chdir("/"));
}

static void make_directory(const char *path) {
    if (mkdir(path, 0755) < 0 && errno != EEXIST) fail(path);
}

static void make_tree(void) {
    const unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    make_directory("/proc");
    MUST("/proc", mount("proc", "/proc", "proc", safe, NULL));
    make_directory("/dev");
    MUST("/dev", mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"));
    static const struct { const char *path; unsigned major, minor; } devices[] = {
        {"/dev/null", 1, 3}, {"/dev/zero", 1, 5}, {"/dev/full", 1, 7},
        {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
    };
    for (int i = 0; i < 6; i++) {
        MUST(devices[i].path, mknod(devices[i].path, S_IFCHR | 0666, makedev(devices[i].major, devices[i].minor)));
        MUST(devices[i].path, chmod(devices[i].path, 0666));
    }
    MUST("fd", symlink("/proc/self/fd", "/dev/fd"));
    MUST("stdin", symlink("/proc/self/fd/0", "/dev/stdin"));
    MUST("stdout", symlink("/proc/self/fd/1", "/dev/stdout"));
    MUST("stderr", symlink("/proc/self/fd/2", "/dev/stderr"));
    MUST("ptmx", symlink("pts/ptmx", "/dev/ptmx"));
    make_directory("/dev/pts");
    MUST("/dev/pts", mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
                           "newinstance,ptmxmode=0666,mode=0620,gid=5"));
    make_directory("/sys");
    MUST("/sys", mount("sysfs", "/sys", "sysfs", safe | MS_RDONLY, NULL));
    if (hierarchy_count == 1 && hierarchies[0].version == 2) {
        MUST("/sys/fs/cgroup", mount("cgroup", "/sys/fs/cgroup", "cgroup2", safe | MS_RDONLY, NULL));
    } else {
        MUST("/sys/fs/cgroup", mount("tmpfs", "/sys/fs/cgroup", "tmpfs", safe, "mode=755"));
        for (int i = 0; i < hierarchy_count; i++) {
            struct hierarchy *h = &hierarchies[i];
            char path[128];
            snprintf(path, sizeof path, "/sys/fs/cgroup/%s",
                     h->version == 2 ? "unified" : strcmp(h->controllers, "name=systemd") == 0 ? "systemd" : h->controllers);
            make_directory(path);
            MUST(path, mount("cgroup", path, h->version == 2 ? "cgroup2" : "cgroup", safe | MS_RDONLY,
                             h->version == 2 ? NULL : h->controllers));
        }
        MUST("/sys/fs/cgroup read-only", set_read_only("/sys/fs/cgroup"));
    }
    make_directory("/dev/mqueue");
    MUST("/dev/mqueue", mount("mqueue", "/dev/mqueue", "mqueue", safe, NULL));
    make_directory("/dev/shm");
    MUST("/dev/shm", mount("shm", "/dev/shm", "tmpfs", safe, "mode=1777,size=67108864"));
}

static void restrict_paths(void) {
    MUST("sysctl", write_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0"));
    MUST("sysctl", write_file("/proc/sys/net/ipv4/ping_group_range", "0 2147483647"));
    static const char *read_only[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
    for (int i = 0; i < 5; i++) {
        if (mount(read_only[i], read_only[i], NULL, MS_BIND | MS_REC, NULL) < 0) {
            if (errno == ENOENT || errno == ENOTDIR) continue;
            fail(read_only[i]);
        }
        MUST(read_only[i], set_read_only(read_only[i]));
    }
    static const char *masked[] = {
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
        "/sys/devices/virtual/powercap",
    };
    for (int i = 0; i < 12; i++) {
        if (mount("/dev/null", masked[i], NULL, MS_BIND, NULL) == 0 || errno == ENOENT) continue;
        if (errno != ENOTDIR) fail(masked[i]);
        if (mount("tmpfs", masked[i], "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0k") < 0 &&
            errno != ENOENT && errno != ENOTDIR) {
            fail(masked[i]);
        }
    }
}

static void limit_capabilities(void) {
    const uint64_t keep = 0xa80425fb;
    for (int capability = 0; capability < 64; capability++) {
        if (keep >> capability & 1) continue;
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) {
            if (errno == EINVAL) break;
            fail("bounding set");
        }
    }
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{(uint32_t)keep, (uint32_t)keep, 0}, {0, 0, 0}};
    MUST("capset", syscall(SYS_capset, &header, data));
}

__attribute__((noreturn, noinline)) static void child(void) {
    for (int i = 0; i < hierarchy_count; i++) {
        if (hierarchies[i].version == 1) MUST("tasks", write(hierarchies[i].tasks, "0", 1));
    }
    MUST("cgroup namespace", syscall(SYS_unshare, CLONE_NEWCGROUP));
    MUST("oom_score_adj", write_file("/proc/self/oom_score_adj", "0"));
    MUST("hostname", sethostname("floor", 5));
    loopback_up();
    enter_root();
    make_tree();
    restrict_paths();
    // Of the launcher's keys none is found inside.
    if (syscall(SYS_keyctl, 1, NULL) < 0 && errno != ENOSYS) fail("keyring");
    MUST("setsid", syscall(SYS_setsid));
    if (!bare_root) MUST("dup3", dup3(output_end, 1, 0));
    struct { void *handler; unsigned long flags; void *restorer; uint64_t mask; } standard = {0};
    MUST("SIGPIPE", syscall(SYS_rt_sigaction, SIGPIPE, &standard, NULL, 8));
    uint64_t none = 0;
    MUST("signal mask", syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8));
    MUST("close_range", syscall(SYS_close_range, 3, ~0u, 4));
    // Without no_new_privs a filter needs CAP_SYS_ADMIN: before the capabilities go.
    MUST("seccomp", syscall(SYS_seccomp, 1, 0, &filter));
    limit_capabilities();
    // Raw calls: the C library's would have every thread of a process do the same.
    MUST("setgroups", syscall(SYS_setgroups, 0, NULL));
    MUST("setresgid", syscall(SYS_setresgid, 0, 0, 0));
    MUST("setresuid", syscall(SYS_setresuid, 0, 0, 0));
    MUST("chdir", chdir("/"));
    execve(workload[0], workload, environment);
    fail("execve");
}

// MARK: - The launch

// clone3 on the caller's own stack, as vfork: the parent sleeps until the child has called execve or ended, and the child
// leaves this frame alone.
static inline long clone_like_vfork(struct clone_args *arguments) {
#if defined(__x86_64__)
    long result;
    __asm__ volatile("syscall" : "=a"(result)
                     : "a"(SYS_clone3), "D"(arguments), "S"(sizeof *arguments)
                     : "rcx", "r11", "memory");
    return result;
#else
    register long x8 __asm__("x8") = SYS_clone3;
    register long x0 __asm__("x0") = (long)arguments;
    register long x1 __asm__("x1") = sizeof *arguments;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
    return x0;
#endif
}

static int make_cgroups(unsigned number) {
    int unified = -1;
    for (int i = 0; i < hierarchy_count; i++) {
        struct hierarchy *h = &hierarchies[i];
        snprintf(h->directory, sizeof h->directory, "%s/isolab-floor%c%d-%u", h->root, bare_root ? '-' : '/', own_pid,
                 number);
        if (mkdir(h->directory, 0755) != 0) die(h->directory);
        if (h->is_cpuset) fill_cpuset(h, h->directory);
        char path[400];
        for (int s = 0; s < h->setting_count; s++) {
            snprintf(path, sizeof path, "%s/%s", h->directory, h->settings[s].file);
            if (write_file(path, h->settings[s].value) != 0) die(path);
        }
    }
    for (int i = 0; i < hierarchy_count; i++) {
        struct hierarchy *h = &hierarchies[i];
        char path[400];
        if (h->version == 2) {
            unified = h->tasks = open(h->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
        } else {
            snprintf(path, sizeof path, "%s/tasks", h->directory);
            h->tasks = open(path, O_WRONLY | O_CLOEXEC);
        }
        if (h->tasks < 0) die(h->directory);
    }
    return unified;
}

static void remove_cgroups(void) {
    for (int i = 0; i < hierarchy_count; i++) {
        // The kernel lets go of the last task a moment after its reaping.
        for (int attempt = 0; rmdir(hierarchies[i].directory) != 0; attempt++) {
            if (errno != EBUSY || attempt == 2000) die(hierarchies[i].directory);
            usleep(100);
        }
    }
}

// The child writes to this frame's neighbours on the stack: what must survive it is not kept there.
static int ends[2], pidfd;
static pid_t pid;
static uint64_t start, ready, end;

static void start_child(unsigned number) {
    static struct clone_args arguments;
    failed_step = NULL;
    int unified = make_cgroups(number);
    memset(&arguments, 0, sizeof arguments);
    arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND | CLONE_NEWPID | CLONE_NEWNET |
                      CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | (unified >= 0 ? CLONE_INTO_CGROUP : 0);
    arguments.pidfd = (uint64_t)&pidfd;
    arguments.exit_signal = SIGCHLD;
    arguments.cgroup = unified >= 0 ? (uint64_t)unified : 0;
    long result = clone_like_vfork(&arguments);
    if (result == 0) child();
    if (result < 0) {
        errno = (int)-result;
        die("clone3");
    }
    pid = (pid_t)result;
    for (int i = 0; i < hierarchy_count; i++) close(hierarchies[i].tasks);
}

static void check_failure(void) {
    if (!failed_step) return;
    errno = failed_error;
    die((const char *)failed_step);
}

static int launch_once(void) {
    start_child(0);
    int status = 0;
    waitpid(pid, &status, 0);
    remove_cgroups();
    check_failure();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void launch(unsigned number) {
    start = now();
    if (pipe2(ends, O_CLOEXEC) != 0) die("pipe");
    output_end = ends[1];
    start_child(number);
    close(ends[1]);

    static char said[8192];
    size_t length = 0;
    ready = 0;
    for (ssize_t count; (count = read(ends[0], said + length, sizeof said - length)) > 0;) {
        if (ready == 0) ready = now();
        length += (size_t)count;
    }
    close(ends[0]);
    int status = 0;
    waitpid(pid, &status, 0);
    end = now();
    close(pidfd);
    remove_cgroups();
    uint64_t released = now();
    check_failure();
    printf("%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %d %zu\n", workload[2], ready - start, end - start,
           released - start, status, length);
    fwrite(said, 1, length, stdout);
    fflush(stdout);
}

int main(int count, char **values) {
    if (count != 7 && count != 8) {
        fprintf(stderr, "usage: floor ROOTFS FILTER MOUNTPOINT MEMORY QUOTA PIDS [PROGRAM]\n");
        return 2;
    }
    if (count == 8) {
        bare_root = values[1];
        workload[0] = values[7];
    }
    own_pid = getpid();
    mount_point = values[3];
    if (mkdir(mount_point, 0755) != 0 && errno != EEXIST) die(mount_point);
    snprintf(upper, sizeof upper, "%.250s/upper", mount_point);
    snprintf(work_directory, sizeof work_directory, "%.250s/work", mount_point);
    snprintf(merged, sizeof merged, "%.250s/merged", mount_point);
    snprintf(overlay_options, sizeof overlay_options, "lowerdir=%.300s,upperdir=%s,workdir=%s,volatile", values[1],
             upper, work_directory);
    read_filter(values[2]);
    find_hierarchies(values[4], values[5], values[6]);

    if (bare_root) return launch_once();
    static char nonce[64], work[32];
    char *arguments[] = {"/isolab-workload", "--nonce", nonce, "--work", work, "exit", NULL};
    memcpy(workload, arguments, sizeof arguments);
    for (unsigned number = 0; scanf("%63s %31s", nonce, work) == 2; number++) launch(number);
    for (int i = 0; i < hierarchy_count; i++) {
        char base[300];
        snprintf(base, sizeof base, "%s/isolab-floor", hierarchies[i].root);
        rmdir(base);
    }
    return 0;
}
