// The steps that build a container's file tree. All of them run in the child's own mount namespace; those after
// pivot_root see nothing but the container, so no path of theirs, however an image twists it, leads to the host.
#define _GNU_SOURCE
#include "raw.h"

#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define PROC_MAGIC 0x9fa0
#define SYS_MAGIC 0x62656572
#define PATH_LIMIT 4096
#define NO_MAGIC_LINKS 0x02
#define NO_SYMBOLIC_LINKS 0x04
#define NO_OTHER_MOUNT 0x01
#define BENEATH 0x08

static long open_beneath(int directory, const char *path, int flags, uint64_t resolve) {
    struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = resolve};
    return CALL4(SYS_openat2, directory, path, &how, sizeof how);
}

static int starts_with_proc(const char *path) {
    return path[0] == '/' && path[1] == 'p' && path[2] == 'r' && path[3] == 'o' && path[4] == 'c' &&
           (path[5] == '/' || path[5] == 0);
}

static int is_on(int descriptor, long magic) {
    struct statfs information;
    return CALL2(SYS_fstatfs, descriptor, &information) == 0 && information.f_type == magic;
}

static int is_on_procfs(int descriptor) { return is_on(descriptor, PROC_MAGIC); }

static int is_equal(const char *text, const char *other) {
    while (*text && *text == *other) {
        text++;
        other++;
    }
    return *text == *other;
}

// A file of /proc by a way that no mount and no link inside it can bend: what is written shall reach the kernel's
// parameter it names, not a tmpfs or another parameter put there by somebody else (CVE-2019-16884, CVE-2025-52881).
static long open_parameter(const char *path, int flags) {
    if (!starts_with_proc(path) || path[5] == 0) return CALL4(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0);
    long proc = CALL4(SYS_openat, AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, 0);
    if (proc < 0) return proc;
    // "self" is a link of the kernel's own.
    const char *rest = path + 6;
    char own[64];
    if (rest[0] == 's' && rest[1] == 'e' && rest[2] == 'l' && rest[3] == 'f' && rest[4] == '/') {
        long length = CALL4(SYS_readlinkat, proc, "self", own, 16);
        if (length > 0 && length < 16) {
            long index = 0;
            for (; rest[4 + index] && length + index < 63; index++) own[length + index] = rest[4 + index];
            own[length + index] = 0;
            rest = own;
        }
    }
    long result = -EPERM;
    if (is_on_procfs((int)proc)) {
        result = open_beneath((int)proc, rest, flags, NO_SYMBOLIC_LINKS | NO_MAGIC_LINKS | NO_OTHER_MOUNT);
    }
    CALL1(SYS_close, proc);
    return result;
}

static long write_file(const char *path, const void *bytes, uint64_t length) {
    long descriptor = open_parameter(path, O_WRONLY);
    if (descriptor < 0) return descriptor;
    long result = CALL3(SYS_write, descriptor, bytes, length);
    CALL1(SYS_close, descriptor);
    return result < 0 ? result : 0;
}

static long clone_tree(struct isolab_child *child, uint64_t slot, const char *source, uint64_t recursive) {
    long tree = CALL3(SYS_open_tree, AT_FDCWD, source, TREE_CLONE | O_CLOEXEC | recursive);
    if (tree < 0) return tree;
    child->trees[slot] = (int32_t)tree;
    return 0;
}

static long make_tree(struct isolab_child *child, uint64_t slot, const char *type, const char *const *options,
                      uint64_t attributes) {
    long context = CALL2(SYS_fsopen, type, FILE_SYSTEM_CLOEXEC);
    if (context < 0) return context;
    long result = 0;
    if (is_equal(type, "proc") && child->shown >= 0) {
        result = CALL5(SYS_fsconfig, context, SET_DESCRIPTOR, "pidns", NULL, child->shown);
    }
    for (; result >= 0 && options[0]; options += 2) {
        // A key without a value is a flag.
        result = CALL5(SYS_fsconfig, context, options[1] ? SET_STRING : SET_FLAG, options[0], options[1], 0);
    }
    if (result >= 0) result = CALL5(SYS_fsconfig, context, COMMAND_CREATE, NULL, NULL, 0);
    if (result >= 0) result = CALL3(SYS_fsmount, context, FILE_SYSTEM_CLOEXEC, attributes);
    CALL1(SYS_close, context);
    if (result < 0) return result;
    child->trees[slot] = (int32_t)result;
    return 0;
}

// Between the look at a path and its use a link can take its place: the directory found is the one that is bound and
// entered, by descriptor.
static long bind_root(struct isolab_child *child, const char *path) {
    long place = open_beneath(AT_FDCWD, path, O_PATH | O_DIRECTORY, NO_SYMBOLIC_LINKS | NO_MAGIC_LINKS);
    if (place < 0) return place;
    long tree = CALL3(SYS_open_tree, place, "", TREE_CLONE | TREE_RECURSIVE | O_CLOEXEC | AT_EMPTY_PATH);
    long result = tree;
    if (tree >= 0) {
        result = CALL5(SYS_move_mount, tree, "", place, "", MOVE_FROM_EMPTY_PATH | TO_EMPTY_PATH);
        if (result >= 0) child->root = (int32_t)tree;
        else CALL1(SYS_close, tree);
    }
    CALL1(SYS_close, place);
    return result;
}

static long change_to_root(const struct isolab_child *child, const char *path) {
    return child->root >= 0 ? CALL1(SYS_fchdir, child->root) : CALL1(SYS_chdir, path);
}

static long pivot(const struct isolab_child *child, const char *root) {
    long result = change_to_root(child, root);
    if (result < 0) return result;
    // The old root is stacked on the new one (pivot_root(2)) and must go before any path is looked up: ".." at the root
    // crosses into what is mounted on it, so a symbolic link in an image could lead out.
    result = CALL2(SYS_pivot_root, ".", ".");
    if (result >= 0) result = CALL2(SYS_umount2, ".", MNT_DETACH);
    if (result >= 0) result = CALL1(SYS_chdir, "/");
    return result;
}

// Makes what a mount is to cover where the image has not got it: directories down to it, and a file or directory at the
// end. Links are followed as the container would follow them, dangling ones too (an image's /etc/resolv.conf often is),
// one component at a time, so that nothing is made anywhere but where the walk has just been.
static long make_target(const char *target, int is_file) {
    char rest[PATH_LIMIT], link[PATH_LIMIT];
    long length = 0;
    for (; target[length]; length++) {
        if (length >= PATH_LIMIT - 1) return -ENAMETOOLONG;
        rest[length] = target[length];
    }
    rest[length] = 0;
    long here = CALL4(SYS_openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    int links = 0;
    char *next = rest;
    while (here >= 0) {
        while (*next == '/') next++;
        if (*next == 0) break;
        char *end = next;
        while (*end && *end != '/') end++;
        int is_last = *end == 0;
        *end = 0;
        long found = CALL4(SYS_openat, here, next, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
        if (found == -ENOENT) {
            long made = is_last && is_file ? CALL4(SYS_openat, here, next, O_CREAT | O_EXCL | O_CLOEXEC, 0644)
                                           : CALL3(SYS_mkdirat, here, next, 0755);
            if (made < 0 && made != -EEXIST) {
                found = made;
            } else {
                if (is_last && is_file && made >= 0) CALL1(SYS_close, made);
                found = CALL4(SYS_openat, here, next, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
            }
        }
        struct stat status;
        if (found >= 0 && CALL4(SYS_newfstatat, found, "", &status, AT_EMPTY_PATH) < 0) status.st_mode = 0;
        if (found >= 0 && S_ISLNK(status.st_mode)) {
            long size = CALL4(SYS_readlinkat, found, "", link, PATH_LIMIT - 1);
            CALL1(SYS_close, found);
            if (size < 0 || ++links > 40) {
                CALL1(SYS_close, here);
                return size < 0 ? size : -ELOOP;
            }
            // The link's own text, then what was left of the path.
            long tail = 0;
            if (!is_last) {
                link[size++] = '/';
                for (const char *left = end + 1; left[tail]; tail++) {
                    if (size + tail >= PATH_LIMIT - 1) {
                        CALL1(SYS_close, here);
                        return -ENAMETOOLONG;
                    }
                    link[size + tail] = left[tail];
                }
            }
            link[size + tail] = 0;
            for (long index = 0; index <= size + tail; index++) rest[index] = link[index];
            next = rest;
            if (rest[0] == '/') {
                CALL1(SYS_close, here);
                here = CALL4(SYS_openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
            }
            continue;
        }
        CALL1(SYS_close, here);
        here = found;
        next = end + 1;
        if (is_last) break;
    }
    return here;
}

// What a mount covers, by descriptor, so that what was looked at is what is covered. A target that a link led into
// /proc although its name is elsewhere would hide or replace what the kernel's own files protect (CVE-2019-19921).
static long open_target(const char *target, int is_file, uint64_t resolve) {
    long descriptor = open_beneath(AT_FDCWD, target, O_PATH, NO_MAGIC_LINKS | resolve);
    if (descriptor == -ENOENT) descriptor = make_target(target, is_file);
    if (descriptor < 0) return descriptor;
    if (!starts_with_proc(target) && is_on_procfs((int)descriptor)) {
        CALL1(SYS_close, descriptor);
        return -EPERM;
    }
    return descriptor;
}

// Takes hold of what has just been mounted on /proc or /sys. Somebody who shares the image may rename the directory or put a
// link in its place at any time; masks and read-only paths would then cover other files, and the kernel's own be open in
// another place (CVE-2023-27561).
static long hold_kernel_files(struct isolab_child *child, const char *target, int is_needed) {
    int is_proc = is_equal(target, "/proc"), is_sys = is_equal(target, "/sys");
    if (!is_proc && !is_sys) return 0;
    long descriptor = CALL4(SYS_openat, AT_FDCWD, target, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (descriptor < 0) return is_needed ? descriptor : 0;
    if (!is_on((int)descriptor, is_proc ? PROC_MAGIC : SYS_MAGIC)) {
        CALL1(SYS_close, descriptor);
        return is_needed ? -EPERM : 0;
    }
    int32_t *held = is_proc ? &child->proc : &child->sys;
    if (*held >= 0) CALL1(SYS_close, *held);
    *held = (int32_t)descriptor;
    return 0;
}

// A path that shall be masked or read-only: by way of the file systems held above.
static long open_covered(const struct isolab_child *child, const char *path) {
    int is_sys = path[0] == '/' && path[1] == 's' && path[2] == 'y' && path[3] == 's' && path[4] == '/';
    if (child->proc >= 0 && starts_with_proc(path) && path[5]) {
        for (path += 5; *path == '/';) path++;
        return open_beneath(child->proc, *path ? path : ".", O_PATH, NO_MAGIC_LINKS | BENEATH);
    }
    if (child->sys >= 0 && is_sys) {
        for (path += 4; *path == '/';) path++;
        return open_beneath(child->sys, *path ? path : ".", O_PATH, NO_MAGIC_LINKS | BENEATH);
    }
    return open_beneath(AT_FDCWD, path, O_PATH, NO_MAGIC_LINKS);
}

// A procfs that shows the processes of another pid namespace than its maker's (`pidns=`, since Linux 6.18).
static long mount_shown(struct isolab_child *child, long place, uint64_t flags, const char *data) {
    long context = CALL2(SYS_fsopen, "proc", FILE_SYSTEM_CLOEXEC);
    if (context < 0) return context;
    long result = CALL5(SYS_fsconfig, context, SET_DESCRIPTOR, "pidns", NULL, child->shown);
    char option[256];
    while (result >= 0 && data && *data) {
        uint64_t length = 0;
        char *value = NULL;
        for (; *data && *data != ','; data++) {
            if (length == sizeof option - 1) result = -ENAMETOOLONG;
            else option[length++] = *data;
            if (*data == '=' && !value) {
                option[length - 1] = 0;
                value = option + length;
            }
        }
        option[length] = 0;
        if (*data) data++;
        if (result >= 0 && length) result = CALL5(SYS_fsconfig, context, value ? SET_STRING : SET_FLAG, option, value, 0);
    }
    // MS_RDONLY, MS_NOSUID, MS_NODEV and MS_NOEXEC have the same bits as their attributes.
    if (result >= 0) result = CALL5(SYS_fsconfig, context, COMMAND_CREATE, NULL, NULL, 0);
    if (result >= 0) result = CALL3(SYS_fsmount, context, FILE_SYSTEM_CLOEXEC, flags & 0xf);
    CALL1(SYS_close, context);
    if (result < 0) return result;
    long tree = result;
    result = CALL5(SYS_move_mount, tree, "", place, "", MOVE_FROM_EMPTY_PATH | TO_EMPTY_PATH);
    CALL1(SYS_close, tree);
    return result;
}

// A new file system on a directory: by way of the working directory, for mount(2) takes no descriptors. The kernel's own files
// come where their name says, not where a link of the image leads (CVE-2019-19921).
static long mount_new(struct isolab_child *child, const char *source, const char *target, const char *type, uint64_t flags,
                      const char *data) {
    int is_kernel = is_equal(type, "proc") || is_equal(type, "sysfs");
    long place = open_target(target, 0, is_kernel ? NO_SYMBOLIC_LINKS : 0);
    if (place < 0) return place;
    long result;
    if (child->shown >= 0 && is_equal(type, "proc")) {
        result = mount_shown(child, place, flags, data);
    } else {
        result = CALL1(SYS_fchdir, place);
        if (result >= 0) result = CALL5(SYS_mount, source, ".", type, flags, data);
    }
    CALL1(SYS_close, place);
    return result >= 0 && is_kernel ? hold_kernel_files(child, target, 1) : result;
}

static long move_tree(int tree, const char *target, int is_file) {
    int is_kernel = is_on(tree, PROC_MAGIC) || is_on(tree, SYS_MAGIC);
    long place = open_target(target, is_file, is_kernel && !is_file ? NO_SYMBOLIC_LINKS : 0);
    if (place < 0) return place;
    long result = CALL5(SYS_move_mount, tree, "", place, "", MOVE_FROM_EMPTY_PATH | TO_EMPTY_PATH);
    CALL1(SYS_close, place);
    return result;
}

static long attach_tree(struct isolab_child *child, uint64_t slot, const char *target, int is_file) {
    long result = move_tree(child->trees[slot], target, is_file);
    CALL1(SYS_close, child->trees[slot]);
    child->trees[slot] = -1;
    return result >= 0 && !is_file ? hold_kernel_files(child, target, 0) : result;
}

static long set_attributes(const char *path, uint64_t set, uint64_t clear, uint64_t recursive) {
    struct mount_attributes attributes = {.set = set, .clear = clear};
    return CALL5(SYS_mount_setattr, AT_FDCWD, path, recursive, &attributes, sizeof attributes);
}

// The container's /dev/null, made sure to be the null device: a link put in its place would be mounted over what was to
// be masked, writable (CVE-2025-31133).
static long null_device(struct isolab_child *child) {
    if (child->null >= 0) return child->null;
    long descriptor = CALL4(SYS_openat, AT_FDCWD, "/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
    if (descriptor < 0) return descriptor;
    struct stat status;
    long result = CALL4(SYS_newfstatat, descriptor, "", &status, AT_EMPTY_PATH);
    if (result >= 0 && (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3))) result = -ENODEV;
    if (result < 0) {
        CALL1(SYS_close, descriptor);
        return result;
    }
    child->null = (int32_t)descriptor;
    return descriptor;
}

// An empty read-only directory; all that is masked by one is masked by the same.
static long attach_empty(struct isolab_child *child, long place) {
    long tree;
    if (child->empty < 0) {
        const char *const options[] = {"size", "0", "nr_inodes", "2", NULL, NULL};
        struct isolab_child own;
        tree = make_tree(&own, 0, "tmpfs", options, 1 /* ro */ | 2 /* nosuid */ | 4 /* nodev */ | 8 /* noexec */);
        if (tree >= 0) tree = own.trees[0];
    } else {
        tree = CALL3(SYS_open_tree, child->empty, "", TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH);
    }
    if (tree < 0) return tree;
    long result = CALL5(SYS_move_mount, tree, "", place, "", MOVE_FROM_EMPTY_PATH | TO_EMPTY_PATH);
    // Once attached it can be cloned; kept until the descriptors are closed.
    if (result >= 0 && child->empty < 0) child->empty = (int32_t)tree;
    else CALL1(SYS_close, tree);
    return result;
}

static long attach_null(struct isolab_child *child, long place) {
    long null = null_device(child);
    if (null < 0) return null;
    long tree = CALL3(SYS_open_tree, null, "", TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH);
    if (tree < 0) return tree;
    long result = CALL5(SYS_move_mount, tree, "", place, "", MOVE_FROM_EMPTY_PATH | TO_EMPTY_PATH);
    CALL1(SYS_close, tree);
    return result;
}

static long mask(struct isolab_child *child, const char *path) {
    long place = open_covered(child, path);
    if (place < 0) return is_absent(place) ? 0 : place;
    struct stat status;
    long result = CALL4(SYS_newfstatat, place, "", &status, AT_EMPTY_PATH);
    // A file cannot cover a directory.
    if (result >= 0) result = S_ISDIR(status.st_mode) ? attach_empty(child, place) : attach_null(child, place);
    CALL1(SYS_close, place);
    return result;
}

static long make_read_only(const struct isolab_child *child, const char *path) {
    long place = open_covered(child, path);
    if (place < 0) return is_absent(place) ? 0 : place;
    long tree = CALL3(SYS_open_tree, place, "", TREE_CLONE | TREE_RECURSIVE | O_CLOEXEC | AT_EMPTY_PATH);
    long result = tree;
    if (tree >= 0) {
        struct mount_attributes attributes = {.set = ATTRIBUTE_READ_ONLY};
        result = CALL5(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
        if (result >= 0) {
            result = CALL5(SYS_move_mount, tree, "", place, "", MOVE_FROM_EMPTY_PATH | TO_EMPTY_PATH);
        }
        CALL1(SYS_close, tree);
    }
    CALL1(SYS_close, place);
    return result;
}

static long make_device(const char *path, uint64_t mode, uint64_t device, uint64_t user, uint64_t group) {
    long result = CALL4(SYS_mknodat, AT_FDCWD, path, mode, device);
    if (result == -EEXIST) {
        // What an image brought is kept only where it is the same device.
        struct stat status;
        result = CALL4(SYS_newfstatat, AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW);
        if (result < 0) return result;
        int same = (status.st_mode & S_IFMT) == (mode & S_IFMT) && (S_ISFIFO(mode) || status.st_rdev == device);
        return same ? 0 : -EEXIST;
    }
    if (result < 0) return result;
    // mknod applies the umask; the specification's mode is exact.
    result = CALL3(SYS_fchmodat, AT_FDCWD, path, mode & 07777);
    if (result < 0 || (user == 0 && group == 0)) return result;
    return CALL5(SYS_fchownat, AT_FDCWD, path, user, group, AT_SYMLINK_NOFOLLOW);
}

long isolab_step_mounts(struct isolab_child *child, const struct isolab_step *step) {
    uint64_t a = step->a, b = step->b, c = step->c, d = step->d, e = step->e;
    long result;
    switch ((enum isolab_operation)step->operation) {
    case isolab_mount:
        // Without a type something that is there is bound, moved or changed.
        return c ? mount_new(child, (const char *)a, (const char *)b, (const char *)c, d, (const char *)e)
                 : CALL5(SYS_mount, a, b, c, d, e);
    case isolab_mount_overlay:
        result = CALL1(SYS_chdir, a);
        return result < 0 ? result : CALL5(SYS_mount, "overlay", b, "overlay", 0, c);
    case isolab_set_attributes: return set_attributes((const char *)a, b, c, d);
    case isolab_clone_tree: return clone_tree(child, a, (const char *)b, c);
    case isolab_make_tree: return make_tree(child, a, (const char *)b, (const char *const *)c, d);
    case isolab_attach_tree: return attach_tree(child, a, (const char *)b, 0);
    case isolab_bind_file: return attach_tree(child, a, (const char *)b, 1);
    case isolab_set_tree_attributes: {
        struct mount_attributes attributes = {.set = b, .clear = c, .propagation = e};
        return CALL5(SYS_mount_setattr, child->trees[a], "", AT_EMPTY_PATH | d, &attributes, sizeof attributes);
    }
    case isolab_enter_root:
        child->outside = (int32_t)CALL4(SYS_openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        if (child->outside < 0) return child->outside;
        result = change_to_root(child, (const char *)a);
        if (result >= 0) result = CALL1(SYS_chroot, ".");
        return result < 0 ? result : CALL1(SYS_chdir, "/");
    case isolab_leave_root:
        result = CALL1(SYS_fchdir, child->outside);
        if (result >= 0) result = CALL1(SYS_chroot, ".");
        CALL1(SYS_close, child->outside);
        return result;
    case isolab_adopt_tree:
        child->trees[a] = (int32_t)b;
        return 0;
    case isolab_copy_up: return isolab_step_copy_up(child->trees[a], (const char *)b);
    case isolab_detach: return CALL2(SYS_umount2, a, MNT_DETACH);
    case isolab_bind_root: return bind_root(child, (const char *)a);
    case isolab_pivot_root: return pivot(child, (const char *)a);
    case isolab_move_root:
        result = change_to_root(child, (const char *)a);
        if (result >= 0) result = CALL5(SYS_mount, ".", "/", NULL, MS_MOVE, NULL);
        if (result >= 0) result = CALL1(SYS_chroot, ".");
        if (result >= 0) result = CALL1(SYS_chdir, "/");
        return result;
    case isolab_mask: return mask(child, (const char *)a);
    case isolab_make_read_only: return make_read_only(child, (const char *)a);
    case isolab_make_directory:
        result = CALL3(SYS_mkdirat, AT_FDCWD, a, b);
        return result == -EEXIST || c ? 0 : result;
    case isolab_make_device: return make_device((const char *)a, b, c, d, e);
    case isolab_make_link:
        result = CALL3(SYS_symlinkat, a, AT_FDCWD, b);
        return result == -EEXIST ? 0 : result;
    case isolab_write_file: return write_file((const char *)a, (const void *)b, c);
    default: return -ENOSYS;
    }
}
