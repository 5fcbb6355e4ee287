// Puts this program beyond the reach of the containers it makes, before anything else of it runs.
#define _GNU_SOURCE
#include "CLinux.h"
#include "raw.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define STATFS_READ_ONLY 1

// The program's file by its name, on this mount namespace's own mount of it: −errno where another file has the name now.
static long own_by_name(long own) {
    char path[PATH_MAX];
    long length = CALL4(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", path, sizeof path - 1);
    if (length < 0) return length;
    path[length] = 0;
    long named = CALL4(SYS_openat, AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
    if (named < 0) return named;
    struct stat mine, other;
    long result = CALL2(SYS_fstat, own, &mine);
    if (result >= 0) result = CALL2(SYS_fstat, named, &other);
    if (result >= 0 && (mine.st_ino != other.st_ino || mine.st_dev != other.st_dev)) result = -ENOENT;
    if (result >= 0) return named;
    CALL1(SYS_close, named);
    return result;
}

long isolab_run_from_read_only_self(char *const argv[], char *const envp[]) {
    long own = CALL4(SYS_openat, AT_FDCWD, "/proc/self/exe", O_PATH | O_CLOEXEC, 0);
    if (own < 0) return own;
    struct statfs information;
    long result = CALL2(SYS_fstatfs, own, &information);
    if (result >= 0 && (information.f_flags & STATFS_READ_ONLY)) {
        CALL1(SYS_close, own);
        return 0;
    }
    // A detached copy of the mount, of this one file: a process in a container that gets hold of /proc/<pid>/exe finds a
    // file that cannot be opened for writing, and no mount to make writable (CVE-2019-5736).
    long tree = CALL3(SYS_open_tree, own, "", TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH);
    if (tree == -EINVAL) {
        // It was started before it entered its mount namespace, from a mount of the former one.
        long named = own_by_name(own);
        if (named >= 0) {
            tree = CALL3(SYS_open_tree, named, "", TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH);
            CALL1(SYS_close, named);
        }
    }
    CALL1(SYS_close, own);
    if (tree < 0) return tree;
    struct mount_attributes attributes = {.set = ATTRIBUTE_READ_ONLY};
    result = CALL5(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
    if (result >= 0) result = CALL5(SYS_execveat, tree, "", argv, envp, AT_EMPTY_PATH);
    CALL1(SYS_close, tree);
    return result;
}

void isolab_forget_environment(void) {
    for (char **entry = environ; entry && *entry; entry++) explicit_bzero(*entry, strlen(*entry));
    static char *none[] = {NULL};
    environ = none;
}

// MARK: - The entry

static int is_equal(const char *text, const char *other) {
    while (*text && *text == *other) {
        text++;
        other++;
    }
    return *text == *other;
}

// Words that are commands which make processes in containers; where one stands for something else, nothing is lost but time.
static int enters_containers(char *const *words) {
    for (; *words; words++) {
        if (is_equal(*words, "run") || is_equal(*words, "create") || is_equal(*words, "exec")) return 1;
        if (is_equal(*words, "build") || is_equal(*words, "launch") || is_equal(*words, "bench")) return 1;
        if (is_equal(*words, "selftest") || is_equal(*words, "start") || is_equal(*words, "restart")) return 1;
        if (is_equal(*words, "keep")) return 1;
    }
    return 0;
}

// Where a standard stream is closed, the next file that is opened would be taken for it, and kept by whoever inherits it: a lock,
// a directory of the host.
static void open_missing_streams(void) {
    for (int stream = 0; stream < 3; stream++) {
        if (CALL2(SYS_fcntl, stream, F_GETFD) != -EBADF) continue;
        CALL4(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
    }
}

// What the kernel put on the stack: the count of arguments, they, a null, the environment, a null.
//
// Nothing is set up yet: no thread storage, no relocations, so no function of the C library, not even one that the
// compiler would put in by itself. A failure is left to the program, which tries again and says what is wrong.
__attribute__((used, no_stack_protector, no_builtin, no_sanitize("address", "thread", "undefined"))) void
isolab_protect(uint64_t *stack) {
    char **arguments = (char **)(stack + 1);
    char **environment = arguments + stack[0] + 1;
    open_missing_streams();
    if (enters_containers(arguments)) isolab_run_from_read_only_self(arguments, environment);
}

// The program's own entry (`ld -e isolab_entry`), before the C library's: the program is executed twice, and setting up
// C library and Swift runtime would be most of the first time.
#if defined(__x86_64__)
__asm__(".text\n"
        ".globl isolab_entry\n"
        ".type isolab_entry, @function\n"
        "isolab_entry:\n"
        "    xor %ebp, %ebp\n"
        "    mov %rdx, %r12\n"
        "    mov %rsp, %rbx\n"
        "    mov %rsp, %rdi\n"
        "    and $-16, %rsp\n"
        "    call isolab_protect\n"
        "    mov %rbx, %rsp\n"
        "    mov %r12, %rdx\n"
        "    jmp _start\n"
        ".size isolab_entry, . - isolab_entry\n");
#elif defined(__aarch64__)
__asm__(".text\n"
        ".globl isolab_entry\n"
        ".type isolab_entry, @function\n"
        "isolab_entry:\n"
        "    mov x29, #0\n"
        "    mov x19, x0\n"
        "    mov x0, sp\n"
        "    bl isolab_protect\n"
        "    mov x0, x19\n"
        "    b _start\n"
        ".size isolab_entry, . - isolab_entry\n");
#endif
