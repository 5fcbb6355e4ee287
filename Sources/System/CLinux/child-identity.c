// The steps that turn the child into the container's process: who it is and what it may do.
#define _GNU_SOURCE
#include "raw.h"

#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static long set_groups(uint64_t group, const uint32_t *additional, uint64_t count, uint64_t leave) {
    // Raw calls: glibc's would signal every thread of the parent to do the same.
    if (!leave) {
        long result = CALL2(SYS_setgroups, count, additional);
        if (result < 0) return result;
    }
    return CALL3(SYS_setresgid, group, group, group);
}

// What a keyring that others are to join by its name allows: everything to whoever has it already, to its owner that he finds
// it. Not that he sees it (/proc/keys), for its name is what keeps others out.
#define KEYRING_RIGHTS (0x3f000000 | 0x00080000)

// Keys of a session are found by whoever was born in it: without this, by all of a container whose filter allows the calls.
static long session_keyring(const char *name) {
    long keyring = CALL2(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);
    // A kernel without keys has none to find.
    if (keyring == -ENOSYS) return 0;
    // A filter that stands above this process forbids keys to all that come of it as well.
    if (keyring == -EPERM && CALL3(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) == -EPERM) return 0;
    if (keyring < 0 || !name) return keyring;
    return CALL3(SYS_keyctl, KEYCTL_SETPERM, keyring, KEYRING_RIGHTS);
}

static long limit_bounding(uint64_t keep) {
    for (long capability = 0; capability < 64; capability++) {
        if (keep >> capability & 1) continue;
        long result = CALL5(SYS_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0);
        // EINVAL: past the last capability of this kernel.
        if (result == -EINVAL) return 0;
        if (result < 0) return result;
    }
    return 0;
}

static long set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2] = {
        {(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
        {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
    };
    return CALL2(SYS_capset, &header, data);
}

static long set_ambient(uint64_t capabilities) {
    long result = CALL5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (long capability = 0; result >= 0 && capability < 64; capability++) {
        if (capabilities >> capability & 1) {
            result = CALL5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
        }
    }
    return result;
}

static long set_streams(const int *descriptors) {
    int sources[3];
    for (int stream = 0; stream < 3; stream++) {
        sources[stream] = descriptors[stream];
        // A source among 0…2 could be overwritten before it is used: move it up first.
        if (sources[stream] >= 0 && sources[stream] < 3 && sources[stream] != stream) {
            long moved = CALL3(SYS_fcntl, sources[stream], F_DUPFD_CLOEXEC, 3);
            if (moved < 0) return moved;
            sources[stream] = (int)moved;
        }
    }
    for (int stream = 0; stream < 3; stream++) {
        if (sources[stream] < 0) continue;
        long result = sources[stream] == stream ? CALL3(SYS_fcntl, stream, F_SETFD, 0)
                                                : CALL3(SYS_dup3, sources[stream], stream, 0);
        if (result < 0) return result;
    }
    return 0;
}

static int is_null(const struct stat *status) {
    return S_ISCHR(status->st_mode) && status->st_rdev == makedev(1, 3);
}

// The host's null device has an inode of the host, whose mode and owner the container's root could change by its descriptor. Where
// the container has none, the host's stays.
static long null_streams(void) {
    for (int stream = 0; stream < 3; stream++) {
        struct stat status;
        if (CALL4(SYS_newfstatat, stream, "", &status, AT_EMPTY_PATH) < 0 || !is_null(&status)) continue;
        long flags = CALL2(SYS_fcntl, stream, F_GETFL);
        if (flags < 0) return flags;
        // Not to wait, should there be a FIFO of that name.
        long own = CALL4(SYS_openat, AT_FDCWD, "/dev/null", (flags & O_ACCMODE) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
        if (own < 0) continue;
        long result = CALL4(SYS_newfstatat, own, "", &status, AT_EMPTY_PATH);
        if (result >= 0 && is_null(&status)) {
            result = CALL3(SYS_fcntl, own, F_SETFL, flags & ~O_ACCMODE);
            if (result >= 0) result = CALL3(SYS_dup3, own, stream, 0);
        }
        CALL1(SYS_close, own);
        if (result < 0) return result;
    }
    return 0;
}

// A program that changed its user must still be able to open /dev/stdout again; the null device is everybody's already,
// and what may not be given away (a read-only file system, another user's file) is left.
static long own_streams(uint64_t user) {
    for (int stream = 0; stream < 3; stream++) {
        struct stat status;
        if (CALL4(SYS_newfstatat, stream, "", &status, AT_EMPTY_PATH) < 0) continue;
        if (status.st_uid == user || is_null(&status)) continue;
        long result = CALL5(SYS_fchownat, stream, "", user, -1, AT_EMPTY_PATH);
        if (result < 0 && result != -EPERM && result != -EINVAL && result != -EROFS) return result;
    }
    return 0;
}

static long reset_signals(uint64_t ignored) {
    // CLONE_CLEAR_SIGHAND leaves what the parent ignores; a program expects the standard answer to every signal. Those that may be
    // ignored are few: all 62 would cost a plain process a tenth of its start.
    struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        uint64_t mask;
    } standard = {0};
    for (int signal = 1; signal <= 64; signal++) {
        if (ignored >> (signal - 1) & 1) CALL4(SYS_rt_sigaction, signal, &standard, NULL, 8);
    }
    uint64_t none = 0;
    return CALL4(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
}

// Closed now rather than on execve: a container that waits for its start must hold nothing of the host.
static long close_others(const int *kept, uint64_t count, uint64_t first) {
    unsigned next = (unsigned)first;
    for (uint64_t index = 0; index < count; index++) {
        if (kept[index] < 0 || (unsigned)kept[index] < next) continue;
        if ((unsigned)kept[index] > next) {
            long result = CALL3(SYS_close_range, next, kept[index] - 1, 0);
            if (result < 0) return result;
        }
        next = (unsigned)kept[index] + 1;
    }
    return CALL3(SYS_close_range, next, ~0u, 0);
}

// What the steps held of the tree is among what is closed: from here on the process's own root is the one to go from.
static void let_go(struct isolab_child *child) {
    child->root = child->inside = child->devices = child->proc = child->sys = child->null = child->empty = -1;
}

// What a filter says of a call that it forbids, and no file system of a look.
static int is_refusal(long result) { return result == -EPERM || result == -ENOSYS; }

// By mode before there is a filter, and as root: which of the container's users may run it, the kernel says in the end.
static long find_program(const char *const *candidates, uint64_t by_mode) {
    long error = -ENOENT;
    for (; *candidates; candidates++) {
        struct stat status;
        long result = CALL4(SYS_newfstatat, AT_FDCWD, *candidates, &status, 0);
        if (result >= 0) {
            result = by_mode ? -ENOSYS : CALL4(SYS_faccessat2, AT_FDCWD, *candidates, 1 /* X_OK */, 0x200 /* AT_EACCESS */);
            if (is_refusal(result)) result = status.st_mode & 0111 ? 0 : -EACCES;
            if (result >= 0 && S_ISREG(status.st_mode)) return 0;
            error = -EACCES;
        } else if (is_refusal(result)) {
            return 0;
        } else if (result == -EACCES) {
            error = result;
        } else if (!is_absent(result)) {
            return result;
        }
    }
    return error;
}

static int is_digit(char byte) { return byte >= '0' && byte <= '9'; }

// As much of a database is read as of an image's.
#define GREATEST_DATABASE (16 << 20)

// Only a regular file, of a size that a database can have: looked at before it is opened, for that does something to many a device,
// and again afterwards, for another may stand there by then. The kernel's own files are regular ones of no size: to read some of them
// takes away what others wait for (/proc/kmsg).
static long open_database(const char *path) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
    for (int is_open = 0;; is_open = 1) {
        long file = CALL4(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
        if (file < 0) return file;
        struct stat status;
        long result = CALL4(SYS_newfstatat, file, "", &status, AT_EMPTY_PATH);
        if (result >= 0 && (!S_ISREG(status.st_mode) || status.st_size == 0 || status.st_size > GREATEST_DATABASE)) result = -EINVAL;
        if (result >= 0 && is_open) return file;
        CALL1(SYS_close, file);
        if (result < 0) return result;
        how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    }
}

// The home directory of a user, as the container's own /etc/passwd has it (passwd(5)); without one it stays what it is.
static long find_home(char *entry, uint64_t size, uint32_t user) {
    long file = open_database("/etc/passwd");
    if (file < 0) return 0;
    char buffer[4096];
    // What grows while it is read, or never ends, is read no further.
    long count = CALL3(SYS_read, file, buffer, sizeof buffer), total = 0;
    uint64_t number = 0, length = 0, digits = 0;
    const uint64_t start = 5; // after HOME=
    int field = 0, is_found = 0;
    for (; count > 0 && !is_found && total <= GREATEST_DATABASE; count = CALL3(SYS_read, file, buffer, sizeof buffer)) {
        total += count;
        for (long index = 0; index < count && !is_found; index++) {
            char byte = buffer[index];
            int is_user = field == 5 && digits > 0 && number == user;
            if (is_user && (byte == ':' || byte == '\n')) is_found = 1;
            else if (byte == '\n') field = 0, number = 0, digits = 0;
            else if (byte == ':') field++;
            else if (field == 2 && is_digit(byte) && number <= UINT32_MAX) number = number * 10 + (uint64_t)(byte - '0'), digits++;
            else if (field == 2) number = UINT64_MAX, digits = 1;
            else if (is_user && start + length + 1 < size) entry[start + length++] = byte;
        }
    }
    CALL1(SYS_close, file);
    if (length) entry[start + length] = 0;
    return 0;
}

// A process may write its own label only, by a file that was opened in the memory it still has; and where it has joined another
// pid namespace, its own files are not to be found in the procfs there.
static long hold_label(struct isolab_child *child, uint64_t which, const char *const *candidates) {
    long descriptor = -ENOENT;
    for (; is_absent(descriptor) && *candidates; candidates++) {
        descriptor = CALL4(SYS_openat, AT_FDCWD, *candidates, O_WRONLY | O_CLOEXEC, 0);
    }
    if (descriptor < 0) return descriptor;
    child->labels[which] = (int32_t)descriptor;
    return 0;
}

static long write_label(struct isolab_child *child, uint64_t which, const void *bytes, uint64_t length) {
    long result = CALL3(SYS_write, child->labels[which], bytes, length);
    CALL1(SYS_close, child->labels[which]);
    child->labels[which] = -1;
    return result < 0 ? result : 0;
}

static long adjust_memory_score(struct isolab_child *child, const void *bytes, uint64_t length) {
    long descriptor = CALL4(SYS_openat, AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC, 0);
    long result = descriptor < 0 ? descriptor : CALL3(SYS_write, descriptor, bytes, length);
    if (descriptor >= 0) CALL1(SYS_close, descriptor);
    // Lowering it takes CAP_SYS_RESOURCE, which a host that is a container itself may not have. Less than nothing is a protection
    // that somebody asked for; nothing is what engines write of themselves.
    int is_protection = *(const char *)bytes == '-';
    if ((result == -EACCES || result == -EPERM) && !is_protection) child->declined = 1;
    else if (result < 0) return result;
    return 0;
}

static long execute(const char *const *candidates, const uint64_t argv, const uint64_t envp) {
    long error = -ENOENT;
    for (; *candidates; candidates++) {
        long result = CALL3(SYS_execve, *candidates, argv, envp);
        // As execvp(3): keep looking past what is absent, remember what is there but may not run.
        if (result == -EACCES) error = result;
        else if (!is_absent(result)) return result;
    }
    return error;
}

long isolab_step_identity(struct isolab_child *child, const struct isolab_step *step) {
    uint64_t a = step->a, b = step->b, c = step->c, d = step->d;
    switch ((enum isolab_operation)step->operation) {
    case isolab_set_groups: return set_groups(a, (const uint32_t *)b, c, d);
    case isolab_set_user: return CALL3(SYS_setresuid, a, a, a);
    case isolab_session_keyring: return session_keyring((const char *)a);
    case isolab_keep_capabilities: return CALL5(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
    case isolab_limit_bounding: return limit_bounding(a);
    case isolab_set_capabilities: return set_capabilities(a, b, c);
    case isolab_set_ambient: return set_ambient(a);
    case isolab_no_new_privileges: return CALL5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    case isolab_seccomp: return CALL3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, b, a);
    case isolab_pass_listener: {
        // With SECCOMP_FILTER_FLAG_NEW_LISTENER the answer is the listener's descriptor.
        long result = CALL3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, b, a);
        if (result >= 0) child->listener = (int32_t)result;
        return result;
    }
    case isolab_set_limit: {
        uint64_t limit[2] = {b, c};
        return CALL4(SYS_prlimit64, 0, a, limit, NULL);
    }
    case isolab_streams: return set_streams((const int *)a);
    case isolab_null_streams: return null_streams();
    case isolab_own_streams: return own_streams(a);
    case isolab_reset_signals: return reset_signals(a);
    case isolab_close_on_exec: return CALL3(SYS_close_range, a, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
    case isolab_close_others:
        let_go(child);
        return close_others((const int *)a, b, c);
    case isolab_find_program: return find_program((const char *const *)a, b);
    case isolab_find_home: return find_home((char *)a, b, (uint32_t)c);
    case isolab_hold_label: return hold_label(child, a, (const char *const *)b);
    case isolab_write_label: return write_label(child, a, (const void *)b, c);
    case isolab_adjust_memory_score: return adjust_memory_score(child, (const void *)a, b);
    case isolab_execute: return execute((const char *const *)a, b, c);
    default: return -ENOSYS;
    }
}
