// What a process in a container can reach: one line a probe, "name <tab> open|closed|absent <tab> why".
//
//   attack-surface                    tries everything, from inside
//   attack-surface NAME…              tries these
//   attack-surface names              says what each probe tries: "name <tab> description"
//   attack-surface with-key COMMAND…  joins a session keyring that has a secret in it, and runs a command
//   attack-surface with-own-key COMMAND…  puts the secret into the session keyring it has, and runs a command
//   attack-surface leave-root         tries to leave its root by changing it, and says where it is then
//   attack-surface keep PID           traces a process, lets it run, and keeps its end to itself
//   attack-surface hold PID           traces a process, stops it, and lets it neither run nor end
//   attack-surface deaf-files PLACE   mounts a file system there that answers nobody, and serves it
//   attack-surface join-key ID        tries to find the keyring of another container by name, as runc names it and as /proc/keys does
//
// *open* is what a container could use against its host or its neighbours, or code of the kernel that it need not reach; not
// every one of them is a hole. *absent* is what this kernel has not. Each probe runs in a process of its own: one that is killed
// for trying is closed.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/fuse.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ABSENT (-1)
#define SECRET "isolab-probe-secret"

// 0 is open, ABSENT, or the error number that closes it.
static int verdict(long result) { return result >= 0 ? 0 : errno; }

static int reads(const char *path) {
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return errno == ENOENT ? ABSENT : errno;
    char byte;
    long count = read(file, &byte, 1);
    // A path that is masked reads as empty.
    return count > 0 || (count < 0 && errno == EAGAIN) ? 0 : count == 0 ? ENODATA : errno;
}

static int lists(const char *path) {
    DIR *directory = opendir(path);
    if (!directory) return errno == ENOENT ? ABSENT : errno;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory));) count += entry->d_name[0] != '.';
    return count ? 0 : ENODATA;
}

static int opens_for_writing(const char *path) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    return file >= 0 ? 0 : errno == ENOENT ? ABSENT : errno;
}

static int opens_device(mode_t type, unsigned major, unsigned minor) {
    char path[64];
    snprintf(path, sizeof path, "/tmp/probe-device-%d", getpid());
    if (mknod(path, type | 0600, makedev(major, minor)) != 0) return errno;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int error = errno;
    unlink(path);
    // Whoever may open it but finds no hardware behind it would have got it.
    return file >= 0 ? 0 : error == ENXIO || error == ENODEV || error == EIO || error == ENOMEDIUM ? 0 : error;
}

static int socket_of(int family, int type, int protocol) {
    int number = socket(family, type, protocol);
    return number >= 0 ? 0 : errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT || errno == ESOCKTNOSUPPORT ? ABSENT : errno;
}

// A call that a filter lets through fails with anything but the filter's error: EPERM there, ENOSYS for calls it does not know.
static int reaches(long result) { return result >= 0 || (errno != EPERM && errno != ENOSYS && errno != EACCES) ? 0 : errno; }

// MARK: - Calls

static int socket_alg(void) { return socket_of(38, SOCK_SEQPACKET, 0); }
static int socket_vsock(void) { return socket_of(40, SOCK_STREAM, 0); }
static int socket_netlink_audit(void) { return socket_of(AF_NETLINK, SOCK_RAW, 9); }
static int socket_packet(void) { return socket_of(AF_PACKET, SOCK_RAW, 0); }
static int socket_unused(void) {
    // DECnet, Econet, ATM's SVC, IrDA, WAN-PIPE, IUCV, CAIF.
    static const int families[] = {12, 19, 20, 23, 25, 34, 37};
    int closed = EPERM;
    for (unsigned index = 0; index < sizeof families / sizeof *families; index++) {
        int number = socket(families[index], SOCK_DGRAM, 0);
        // "Not supported" is the kernel's word: the filter let it through.
        if (number >= 0 || errno != EPERM) return 0;
        closed = errno;
    }
    return closed;
}
static int call_keyctl(void) { return reaches(syscall(SYS_keyctl, 0, -3, 0)); }
static int call_add_key(void) { return reaches(syscall(SYS_add_key, "user", "probe", "x", 1, -3)); }
static int session_key(void) {
    char text[64];
    long key = syscall(SYS_keyctl, 10, -3, "user", SECRET, 0);
    return verdict(key < 0 ? key : syscall(SYS_keyctl, 11, key, text, sizeof text));
}
static int call_bpf(void) {
    union bpf_attr attributes = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    return verdict(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes));
}
static int call_perf(void) {
    struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE, .size = sizeof attributes, .config = 1};
    return reaches(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
}
static int call_userfaultfd(void) { return verdict(syscall(SYS_userfaultfd, 0)); }
static int call_io_uring(void) {
    uint64_t parameters[32] = {0};
    return verdict(syscall(425, 1, parameters));
}
static int call_open_by_handle(void) {
    struct {
        struct file_handle head;
        char bytes[128];
    } handle = {.head = {.handle_bytes = 128}};
    int mount = 0;
    if (name_to_handle_at(AT_FDCWD, "/etc", &handle.head, &mount, 0) != 0) return errno == EOPNOTSUPP ? ABSENT : errno;
    int place = open("/", O_RDONLY | O_DIRECTORY);
    return reaches(syscall(SYS_open_by_handle_at, place, &handle, O_RDONLY));
}
static int new_user_namespace(void) { return verdict(unshare(CLONE_NEWUSER)); }
static int new_mount_namespace(void) { return verdict(unshare(CLONE_NEWNS)); }
static int clone3_user_namespace(void) {
    uint64_t arguments[11] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
    long child = syscall(435, arguments, sizeof arguments);
    if (child == 0) _exit(0);
    int result = verdict(child);
    if (child > 0) waitpid((int)child, NULL, 0);
    return result;
}
static int call_mount(void) {
    mkdir("/tmp/probe-mount", 0755);
    return verdict(mount("tmpfs", "/tmp/probe-mount", "tmpfs", 0, NULL));
}
static int call_setns(void) { return reaches(setns(open("/proc/self/ns/net", O_RDONLY), CLONE_NEWNET)); }
static int call_pivot_root(void) { return reaches(syscall(SYS_pivot_root, ".", ".")); }
static int call_ptrace(void) {
    int child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    int result = verdict(ptrace(PTRACE_ATTACH, child, NULL, NULL));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return result;
}
static int trace_first(void) { return getpid() == 1 ? ABSENT : verdict(ptrace(PTRACE_SEIZE, 1, NULL, NULL)); }
static int call_module(void) { return reaches(syscall(SYS_init_module, "", 0UL, "")); }
static int call_kexec(void) { return reaches(syscall(SYS_kexec_load, 0UL, 0UL, NULL, 0UL)); }
static int call_reboot(void) { return reaches(syscall(SYS_reboot, 0, 0, 0, NULL)); }
static int call_swapon(void) { return reaches(syscall(SYS_swapon, "/tmp/none", 0)); }
static int call_settime(void) { return reaches(syscall(SYS_clock_settime, CLOCK_REALTIME, NULL)); }
static int call_acct(void) { return reaches(syscall(SYS_acct, "/tmp/none")); }
static int call_quotactl(void) { return reaches(syscall(SYS_quotactl, 0x800002, NULL, 0, NULL)); }
static int call_syslog(void) { return verdict(syscall(SYS_syslog, 10, NULL, 0)); }
static int call_fanotify(void) { return verdict(syscall(SYS_fanotify_init, 0, O_RDONLY)); }
static int call_fsopen(void) { return reaches(syscall(430, "tmpfs", 0)); }
static int call_kcmp(void) { return reaches(syscall(SYS_kcmp, getpid(), getpid(), 0, 0, 0)); }
static int call_iopl(void) {
#ifdef SYS_iopl
    return reaches(syscall(SYS_iopl, 3));
#else
    return ABSENT;
#endif
}
static int call_personality(void) { return verdict(personality(ADDR_NO_RANDOMIZE)); }
static int call_numa(void) { return reaches(syscall(SYS_set_mempolicy, 0, NULL, 0)); }
static int call_dcookie(void) {
#ifdef SYS_lookup_dcookie
    char text[8];
    return reaches(syscall(SYS_lookup_dcookie, 0UL, text, sizeof text));
#else
    return ABSENT;
#endif
}
static int socketcall_alg(void) {
#ifdef __x86_64__
    // The 32-bit multiplexer, called by its number on the old gate; its operands must lie below 4 GiB.
    uint32_t *operands = (uint32_t *)syscall(SYS_mmap, 0x10000000, 4096, 3, 0x32, -1, 0);
    if ((long)operands < 0) return errno;
    operands[0] = 38;
    operands[1] = SOCK_SEQPACKET;
    operands[2] = 0;
    int32_t result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(102), "b"(1), "c"(operands) : "memory", "r8", "r9", "r10", "r11");
    if (result >= 0) return 0;
    // No 32-bit programs here, or no such sockets.
    return result == -ENOSYS || result == -97 ? ABSENT : -result;
#else
    return ABSENT;
#endif
}

// MARK: - Devices

static int device_console(void) { return opens_device(S_IFCHR, 5, 1); }
static int device_memory(void) { return opens_device(S_IFCHR, 1, 1); }
static int device_port(void) { return opens_device(S_IFCHR, 1, 4); }
static int device_messages(void) { return opens_device(S_IFCHR, 1, 11); }
static int device_fuse(void) { return opens_device(S_IFCHR, 10, 229); }
static int device_kvm(void) { return opens_device(S_IFCHR, 10, 232); }
static int device_tun(void) { return opens_device(S_IFCHR, 10, 200); }
static int device_disk(void) {
    // Every block device there is: the host's root is one of them.
    DIR *directory = opendir("/sys/dev/block");
    int closed = ABSENT;
    if (!directory) return errno;
    for (struct dirent *entry; (entry = readdir(directory));) {
        unsigned major, minor;
        if (sscanf(entry->d_name, "%u:%u", &major, &minor) != 2) continue;
        int result = opens_device(S_IFBLK, major, minor);
        if (result == 0) return 0;
        closed = result;
    }
    return closed;
}
static int terminal_injection(void) {
    int terminal = open("/dev/tty", O_RDWR);
    if (terminal < 0) return errno == ENXIO || errno == ENOENT ? ABSENT : errno;
    return verdict(ioctl(terminal, TIOCSTI, "x"));
}

// MARK: - The kernel's file systems

static int proc_kcore(void) { return reads("/proc/kcore"); }
static int proc_keys(void) { return reads("/proc/keys"); }
static int proc_interrupts(void) { return reads("/proc/interrupts"); }
static int proc_timers(void) { return reads("/proc/timer_list"); }
static int proc_latency(void) { return reads("/proc/latency_stats"); }
static int proc_sched(void) { return reads("/proc/sched_debug"); }
static int proc_acpi(void) { return lists("/proc/acpi"); }
static int proc_scsi(void) { return lists("/proc/scsi"); }
static int proc_asound(void) { return lists("/proc/asound"); }
static int proc_sysrq(void) { return opens_for_writing("/proc/sysrq-trigger"); }
static int proc_core_pattern(void) { return opens_for_writing("/proc/sys/kernel/core_pattern"); }
static int proc_modprobe(void) { return opens_for_writing("/proc/sys/kernel/modprobe"); }
static int proc_panic(void) { return opens_for_writing("/proc/sys/vm/panic_on_oom"); }
static int proc_irq(void) { return opens_for_writing("/proc/irq/default_smp_affinity"); }
static int sys_firmware(void) { return lists("/sys/firmware"); }
static int sys_powercap(void) { return lists("/sys/devices/virtual/powercap"); }
static int sys_heat(void) { return lists("/sys/devices/system/cpu/cpu0/thermal_throttle"); }
static int sys_uevent_helper(void) { return opens_for_writing("/sys/kernel/uevent_helper"); }
static int sys_module(void) { return opens_for_writing("/sys/module/kernel/parameters/panic"); }
static int sys_tracing(void) { return lists("/sys/kernel/tracing"); }
static int sys_debug(void) { return lists("/sys/kernel/debug"); }
static int remount_sys(void) { return verdict(mount(NULL, "/sys", NULL, MS_REMOUNT | MS_BIND, NULL)); }

// Every hierarchy of v1 that there is, mounted anew: what stands at its root is the cgroup namespace's.
static int cgroup_root_at(const char *place) {
    FILE *file = fopen("/proc/self/cgroup", "r");
    char line[4096];
    int closed = ABSENT;
    char agent[100];
    snprintf(agent, sizeof agent, "%s/release_agent", place);
    while (file && fgets(line, sizeof line, file)) {
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path || path == controllers + 1) continue;
        *path = 0;
        if (mount("none", place, "cgroup", 0, controllers + 1) != 0) {
            closed = errno;
            continue;
        }
        int found = access(agent, F_OK) == 0;
        umount2(place, MNT_DETACH);
        if (found) {
            fprintf(stderr, "release_agent of %s\n", controllers + 1);
            return 0;
        }
        closed = ENOENT;
    }
    return closed;
}
static int cgroup_root(void) {
    // Its own, wherever it is tried: the host is tried as well, by more than one process.
    char place[] = "/tmp/probe-cgroup-XXXXXX";
    if (!mkdtemp(place)) return errno;
    int verdict = cgroup_root_at(place);
    rmdir(place);
    return verdict;
}
static int cgroup_writable(void) {
    DIR *directory = opendir("/sys/fs/cgroup");
    if (!directory) return errno == ENOENT ? ABSENT : errno;
    int closed = opens_for_writing("/sys/fs/cgroup/cgroup.procs");
    for (struct dirent *entry; closed != 0 && (entry = readdir(directory));) {
        char path[512];
        snprintf(path, sizeof path, "/sys/fs/cgroup/%s/cgroup.procs", entry->d_name);
        int result = opens_for_writing(path);
        if (result != ABSENT) closed = result;
    }
    return closed;
}

// MARK: - What was handed in

// Whether a stream leads to a file of the host's file systems, or can be opened the other way round.
static int streams(void) {
    int closed = ENOENT;
    for (int stream = 0; stream < 3; stream++) {
        struct stat status;
        if (fstat(stream, &status) != 0) continue;
        if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode) || S_ISSOCK(status.st_mode)) {
            fprintf(stderr, "stream %d is a file of the host\n", stream);
            return 0;
        }
    }
    return closed;
}
static int null_device(void) {
    // The null device on a stream is the container's own: its file system is the container's /dev.
    struct stat own, status;
    if (stat("/dev/null", &own) != 0) return ABSENT;
    int closed = ABSENT;
    for (int stream = 0; stream < 3; stream++) {
        if (fstat(stream, &status) != 0 || !S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3)) continue;
        if (status.st_dev != own.st_dev || status.st_ino != own.st_ino) return 0;
        closed = ENOENT;
    }
    return closed;
}
static int descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    if (!directory) return errno;
    for (struct dirent *entry; (entry = readdir(directory));) {
        int number = atoi(entry->d_name);
        if (number > 2 && number != dirfd(directory)) return 0;
    }
    return ENOENT;
}
static int processes(void) {
    // Somebody else's process is in sight.
    DIR *directory = opendir("/proc");
    if (!directory) return errno;
    for (struct dirent *entry; (entry = readdir(directory));) {
        int pid = atoi(entry->d_name);
        if (pid > 1 && pid != getpid() && pid != getppid()) return 0;
    }
    return ENOENT;
}
static int signals_outside(void) { return getppid() == 0 || getppid() == 1 ? ESRCH : verdict(kill(-1, 0)); }
static int capability(int number) {
    uint32_t header[2] = {0x20080522, 0}, data[6] = {0};
    if (syscall(SYS_capget, header, data) != 0) return errno;
    uint64_t effective = data[0] | (uint64_t)data[3] << 32;
    return effective >> number & 1 ? 0 : EPERM;
}
static int capability_admin(void) { return capability(21); }
static int capability_net_admin(void) { return capability(12); }
static int capability_ptrace(void) { return capability(19); }
static int capability_module(void) { return capability(16); }
static int capability_dac_read(void) { return capability(2); }
static int capability_mknod(void) { return capability(27); }
static int capability_net_raw(void) { return capability(13); }
static int capability_inherited(void) {
    uint32_t header[2] = {0x20080522, 0}, data[6] = {0};
    if (syscall(SYS_capget, header, data) != 0) return errno;
    return data[2] || data[5] ? 0 : EPERM;
}

static const struct {
    const char *name, *description;
    int (*run)(void);
} probes[] = {
    {"socket-alg", "a socket of the kernel's cryptography (AF_ALG)", socket_alg},
    {"socketcall-alg", "the same by the 32-bit `socketcall`", socketcall_alg},
    {"socket-vsock", "a socket to the hypervisor (AF_VSOCK)", socket_vsock},
    {"socket-unused", "a socket of a family nobody uses (DECnet, IrDA, CAIF, …)", socket_unused},
    {"socket-audit", "a socket to the audit subsystem", socket_netlink_audit},
    {"socket-packet", "a raw packet socket, of its own network", socket_packet},
    {"keyctl", "the calls for keys", call_keyctl},
    {"add-key", "a key of its own", call_add_key},
    {"session-key", "a key of the session of whoever started it", session_key},
    {"bpf", "a BPF map", call_bpf},
    {"perf", "performance counters", call_perf},
    {"userfaultfd", "handling page faults", call_userfaultfd},
    {"io-uring", "a ring of io_uring", call_io_uring},
    {"open-by-handle", "a file by handle (the host's by guessing)", call_open_by_handle},
    {"new-user", "a new user namespace", new_user_namespace},
    {"new-user-clone3", "the same by clone3", clone3_user_namespace},
    {"new-mount", "a new mount namespace", new_mount_namespace},
    {"mount", "mounting a file system", call_mount},
    {"fsopen", "the same by the newer calls", call_fsopen},
    {"setns", "joining a namespace", call_setns},
    {"pivot-root", "changing the root", call_pivot_root},
    {"remount-sys", "making /sys writable", remount_sys},
    {"ptrace", "tracing a process of its own", call_ptrace},
    {"ptrace-first", "tracing the first process in sight", trace_first},
    {"module", "loading a kernel module", call_module},
    {"kexec", "loading another kernel", call_kexec},
    {"reboot", "restarting the host", call_reboot},
    {"swapon", "turning swap on", call_swapon},
    {"clock", "setting the clock", call_settime},
    {"acct", "process accounting", call_acct},
    {"quota", "quotas of a file system", call_quotactl},
    {"syslog", "the kernel's messages", call_syslog},
    {"fanotify", "watching the files of others", call_fanotify},
    {"kcmp", "comparing kernel objects", call_kcmp},
    {"iopl", "the ports of devices", call_iopl},
    {"no-randomize", "switching address randomization off", call_personality},
    {"numa", "memory policy", call_numa},
    {"dcookie", "paths by cookie", call_dcookie},
    {"device-console", "a node of the host's console (5:1), made and opened", device_console},
    {"device-mem", "one of the host's memory (1:1)", device_memory},
    {"device-port", "one of the host's ports (1:4)", device_port},
    {"device-kmsg", "one of the kernel's messages (1:11)", device_messages},
    {"device-fuse", "one of FUSE (10:229)", device_fuse},
    {"device-kvm", "one of KVM (10:232)", device_kvm},
    {"device-tun", "one of TUN (10:200)", device_tun},
    {"device-disk", "one of any of the host's disks", device_disk},
    {"terminal-input", "typing into its caller's terminal (TIOCSTI)", terminal_injection},
    {"proc-kcore", "reading /proc/kcore", proc_kcore},
    {"proc-keys", "reading /proc/keys", proc_keys},
    {"proc-interrupts", "reading /proc/interrupts", proc_interrupts},
    {"proc-timers", "reading /proc/timer_list", proc_timers},
    {"proc-latency", "reading /proc/latency_stats", proc_latency},
    {"proc-sched", "reading /proc/sched_debug", proc_sched},
    {"proc-acpi", "listing /proc/acpi", proc_acpi},
    {"proc-scsi", "listing /proc/scsi", proc_scsi},
    {"proc-asound", "listing /proc/asound", proc_asound},
    {"proc-sysrq", "writing /proc/sysrq-trigger", proc_sysrq},
    {"core-pattern", "writing the core pattern, a program of the host's", proc_core_pattern},
    {"modprobe-path", "writing the module loader's path", proc_modprobe},
    {"panic-on-oom", "writing a parameter of the whole host", proc_panic},
    {"proc-irq", "writing the affinity of interrupts", proc_irq},
    {"sys-firmware", "listing /sys/firmware", sys_firmware},
    {"sys-powercap", "listing power meters", sys_powercap},
    {"sys-heat", "listing a processor's heat counters", sys_heat},
    {"uevent-helper", "writing the kernel's uevent helper, a program of the host's", sys_uevent_helper},
    {"sys-module", "writing a module's parameter", sys_module},
    {"sys-tracing", "the kernel's tracing", sys_tracing},
    {"sys-debug", "the kernel's debugging", sys_debug},
    {"cgroup-root", "the host's root of a cgroup v1 hierarchy (`release_agent`)", cgroup_root},
    {"cgroup-write", "moving processes between cgroups", cgroup_writable},
    {"streams", "a file, socket or disk of the host on a standard stream", streams},
    {"null-device", "the host's own null device on a standard stream", null_device},
    {"descriptors", "a further descriptor of its maker's", descriptors},
    {"processes", "a process of somebody else in sight", processes},
    {"signals", "a process of somebody else to signal", signals_outside},
    {"cap-sys-admin", "CAP_SYS_ADMIN", capability_admin},
    {"cap-net-admin", "CAP_NET_ADMIN", capability_net_admin},
    {"cap-sys-ptrace", "CAP_SYS_PTRACE", capability_ptrace},
    {"cap-sys-module", "CAP_SYS_MODULE", capability_module},
    {"cap-dac-read", "CAP_DAC_READ_SEARCH", capability_dac_read},
    {"cap-mknod", "CAP_MKNOD", capability_mknod},
    {"cap-net-raw", "CAP_NET_RAW", capability_net_raw},
    {"cap-inherited", "inheritable capabilities", capability_inherited},
};
#define COUNT (sizeof probes / sizeof *probes)

static void try_one(unsigned index) {
    fflush(stdout);
    int child = fork();
    if (child == 0) {
        alarm(20);
        int result = probes[index].run();
        _exit(result == ABSENT ? 255 : result & 0x7f);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0) status = 255 << 8;
    if (WIFSIGNALED(status)) {
        printf("%s\tclosed\tkilled by signal %d\n", probes[index].name, WTERMSIG(status));
    } else if (WEXITSTATUS(status) == 255) {
        printf("%s\tabsent\t\n", probes[index].name);
    } else if (WEXITSTATUS(status) == 0) {
        printf("%s\topen\t\n", probes[index].name);
    } else {
        printf("%s\tclosed\t%s\n", probes[index].name, strerrorname_np(WEXITSTATUS(status)));
    }
}

// A working directory outside of the root is a way out of it: ".." ends at the root only for who comes by it (chroot(2)).
static int leave_root(void) {
    struct stat before, after;
    int above = open("/", O_PATH | O_DIRECTORY);
    if (stat("/", &before) < 0 || mkdir("/tmp/below", 0700) < 0) return 3;
    unshare(CLONE_NEWUSER);
    int changed = chroot("/tmp/below");
    if (fchdir(above) < 0) return 3;
    for (int step = 0; step < 64; step++) {
        if (chdir("..") < 0) return 3;
    }
    if (stat(".", &after) < 0) return 3;
    int is_outside = before.st_dev != after.st_dev || before.st_ino != after.st_ino;
    printf("%s %s\n", changed < 0 ? "refused" : "changed", is_outside ? "outside" : "inside");
    return 0;
}

static int is_killed(pid_t pid) {
    unsigned long status = 0;
    return ptrace(PTRACE_GETEVENTMSG, pid, NULL, &status) == 0 && (status & 0x7f) == SIGKILL;
}

// Its parent hears of a traced process's end when its tracer has: this one never listens. Killed, it is held on its way out.
static int keep(pid_t pid) {
    if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)(long)PTRACE_O_TRACEEXIT) < 0) return 3;
    puts("kept");
    fflush(stdout);
    siginfo_t stop;
    while (waitid(P_PID, pid, &stop, WSTOPPED | __WALL) == 0) {
        int signal = stop.si_status & 0xff, event = stop.si_status >> 8;
        if (event == PTRACE_EVENT_EXIT && is_killed(pid)) break;
        if (event == 128 /* PTRACE_EVENT_STOP */ && signal != SIGTRAP) ptrace(PTRACE_LISTEN, pid, NULL, NULL);
        else ptrace(PTRACE_CONT, pid, NULL, event ? 0L : (long)signal);
    }
    for (;;) pause();
}

static int hold(pid_t pid) {
    siginfo_t stop;
    if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)(long)PTRACE_O_TRACEEXIT) < 0) return 3;
    if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0) return 3;
    if (waitid(P_PID, pid, &stop, WSTOPPED | __WALL) < 0) return 3;
    puts("held");
    fflush(stdout);
    for (;;) pause();
}

// What it is asked it takes, so that it is under way, and not even SIGKILL ends the waiting for its answer.
static int serve_deaf_files(const char *place) {
    static char request[1 << 18];
    int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    char options[100];
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", device);
    if (device < 0 || mount("deaf", place, "fuse", MS_NOSUID | MS_NODEV, options) < 0) return 3;
    if (read(device, request, sizeof request) < (ssize_t)sizeof(struct fuse_in_header)) return 3;
    struct {
        struct fuse_out_header header;
        struct fuse_init_out body;
    } answer = {
        .header = {.len = sizeof answer, .unique = ((struct fuse_in_header *)request)->unique},
        .body = {.major = 7, .minor = 31, .max_write = 4096},
    };
    if (write(device, &answer, sizeof answer) != sizeof answer) return 3;
    puts("deaf");
    fflush(stdout);
    while (read(device, request, sizeof request) > 0) {}
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 2 && !strcmp(argv[1], "with-key")) {
        if (syscall(SYS_keyctl, 1, "probe") < 0 || syscall(SYS_add_key, "user", SECRET, "x", 1, -3) < 0) return 3;
        execvp(argv[2], argv + 2);
        return 127;
    }
    if (argc > 2 && !strcmp(argv[1], "with-own-key")) {
        if (syscall(SYS_add_key, "user", SECRET, "x", 1, -3) < 0) return 3;
        execvp(argv[2], argv + 2);
        return 127;
    }
    if (argc == 3 && !strcmp(argv[1], "join-key")) {
        char name[600], line[1200];
        snprintf(name, sizeof name, "_ses.%s", argv[2]);
        FILE *keys = fopen("/proc/keys", "r");
        while (keys && fgets(line, sizeof line, keys)) {
            char *found = strstr(line, name);
            if (!found) continue;
            found[strcspn(found, ": \n")] = 0;
            snprintf(name, sizeof name, "%s", found);
        }
        syscall(SYS_keyctl, 1, name);
        puts(session_key() == 0 ? "joined" : "not joined");
        return 0;
    }
    if (argc == 2 && !strcmp(argv[1], "leave-root")) return leave_root();
    if (argc == 3 && !strcmp(argv[1], "keep")) return keep(atoi(argv[2]));
    if (argc == 3 && !strcmp(argv[1], "hold")) return hold(atoi(argv[2]));
    if (argc == 3 && !strcmp(argv[1], "deaf-files")) return serve_deaf_files(argv[2]);
    if (argc == 2 && !strcmp(argv[1], "names")) {
        for (unsigned index = 0; index < COUNT; index++) printf("%s\t%s\n", probes[index].name, probes[index].description);
        return 0;
    }
    for (unsigned index = 0; index < COUNT; index++) {
        int wanted = argc == 1;
        for (int word = 1; word < argc; word++) wanted |= !strcmp(argv[word], probes[index].name);
        if (wanted) try_one(index);
    }
    return 0;
}
