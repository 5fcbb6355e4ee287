// The steps that build a container's file tree. All of them run in the child's own mount namespace; what they do to the
// container they do by paths from its root (child-paths.c), so that none, however an image twists it, leads to the host.
#define _GNU_SOURCE
#include "raw.h"

#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define PROC_MAGIC 0x9fa0
#define SYS_MAGIC 0x62656572
#define PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

static int is_proc(const char *path) { return isolab_is_equal(path, "/proc") || isolab_below(path, "/proc"); }

static int is_directory(int descriptor) {
    struct stat status;
    return CALL4(SYS_newfstatat, descriptor, "", &status, AT_EMPTY_PATH) >= 0 && S_ISDIR(status.st_mode);
}

// A file of /proc by a way that no mount and no link inside it can bend: what is written shall reach the kernel's
// parameter it names, not a tmpfs or another parameter put there by somebody else (CVE-2019-16884, CVE-2025-52881).
static long open_parameter(const struct isolab_child *child, const char *path, int flags) {
    const uint64_t straight = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
    const char *rest = isolab_below(path, "/proc");
    if (!rest) return isolab_open_inside(child, path, flags, 0);
    long proc = CALL4(SYS_openat, AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, 0);
    if (proc < 0) return proc;
    long result = isolab_is_on((int)proc, PROC_MAGIC) ? 0 : -EPERM;
    const char *own = isolab_below(path, "/proc/self");
    if (result >= 0 && own) {
        // "self" is a link of the kernel's own, to a number.
        char number[16];
        result = CALL4(SYS_readlinkat, proc, "self", number, sizeof number - 1);
        if (result >= 0) {
            number[result] = 0;
            result = isolab_open_from((int)proc, number, O_PATH | O_DIRECTORY, straight);
        }
        CALL1(SYS_close, proc);
        if (result < 0) return result;
        proc = result;
        rest = own;
    }
    if (result >= 0) result = isolab_open_from((int)proc, rest, flags, straight);
    CALL1(SYS_close, proc);
    return result;
}

static long write_file(const struct isolab_child *child, const char *path, const void *bytes, uint64_t length) {
    long descriptor = open_parameter(child, path, O_WRONLY);
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

// A source that a mount before it has brought.
static long clone_inside(struct isolab_child *child, uint64_t slot, const char *source, uint64_t recursive) {
    long place = isolab_open_inside(child, source, O_PATH, 0);
    if (place < 0) return place;
    long tree = CALL3(SYS_open_tree, place, "", TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH | recursive);
    CALL1(SYS_close, place);
    if (tree < 0) return tree;
    child->trees[slot] = (int32_t)tree;
    return 0;
}

long isolab_new_tree(const char *type, const char *const *options, uint64_t attributes, int shown) {
    long context = CALL2(SYS_fsopen, type, FILE_SYSTEM_CLOEXEC);
    if (context < 0) return context;
    long result = 0;
    if (shown >= 0) result = CALL5(SYS_fsconfig, context, SET_DESCRIPTOR, "pidns", NULL, shown);
    for (; result >= 0 && options[0]; options += 2) {
        // A key without a value is a flag.
        result = CALL5(SYS_fsconfig, context, options[1] ? SET_STRING : SET_FLAG, options[0], options[1], 0);
    }
    if (result >= 0) result = CALL5(SYS_fsconfig, context, COMMAND_CREATE, NULL, NULL, 0);
    if (result >= 0) result = CALL3(SYS_fsmount, context, FILE_SYSTEM_CLOEXEC, attributes);
    CALL1(SYS_close, context);
    return result;
}

static long make_tree(struct isolab_child *child, uint64_t slot, const char *type, const char *const *options,
                      uint64_t attributes) {
    long tree = isolab_new_tree(type, options, attributes, isolab_is_equal(type, "proc") ? child->shown : -1);
    if (tree < 0) return tree;
    child->trees[slot] = (int32_t)tree;
    return 0;
}

// Between the look at a path and its use a link can take its place: the directory found is the one that is bound and
// entered, by descriptor.
static long bind_root(struct isolab_child *child, const char *path) {
    long place = isolab_open_from(AT_FDCWD, path, O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
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

// From here on paths are the container's.
static long begin_inside(struct isolab_child *child, const char *path) {
    long root = child->root >= 0 ? child->root : CALL4(SYS_openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (root >= 0) child->inside = (int32_t)root;
    return root < 0 ? root : 0;
}

// The process itself stays outside, and nothing leads to its root but paths that no step takes while this lasts.
static long leave_root(struct isolab_child *child) {
    if (child->inside != child->root) CALL1(SYS_close, child->inside);
    child->inside = -1;
    return CALL1(SYS_chdir, "/");
}

static long pivot(struct isolab_child *child, const char *root) {
    long result = change_to_root(child, root);
    if (result < 0) return result;
    // The old root is stacked on the new one (pivot_root(2)) and must go before any path is looked up: ".." at the root
    // crosses into what is mounted on it, so a symbolic link in an image could lead out.
    result = CALL2(SYS_pivot_root, ".", ".");
    if (result >= 0) result = CALL2(SYS_umount2, ".", MNT_DETACH);
    if (result >= 0) result = CALL1(SYS_chdir, "/");
    return result < 0 ? result : begin_inside(child, "/");
}

static long move_root(struct isolab_child *child, const char *root) {
    long result = change_to_root(child, root);
    if (result >= 0) result = CALL5(SYS_mount, ".", "/", NULL, MS_MOVE, NULL);
    if (result >= 0) result = CALL1(SYS_chroot, ".");
    if (result >= 0) result = CALL1(SYS_chdir, "/");
    return result < 0 ? result : begin_inside(child, "/");
}

static long hold_root(struct isolab_child *child, const char *path, int descriptor) {
    long root = descriptor;
    if (path) root = isolab_open_from(AT_FDCWD, path, O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
    if (root >= 0) child->root = (int32_t)root;
    return root < 0 ? root : 0;
}

static long change_root(struct isolab_child *child) {
    long result = CALL1(SYS_fchdir, child->root);
    if (result >= 0) result = CALL1(SYS_chroot, ".");
    if (result >= 0) result = CALL1(SYS_chdir, "/");
    return result < 0 ? result : begin_inside(child, "/");
}

// What of the host's stays below the container's root where that was moved over it. A procfs or sysfs that is there whole,
// out of sight or not, lets whoever makes a user namespace inside mount another, without what is masked (mount_too_revealing
// in the kernel).
static long conceal(const char *path) {
    long result = CALL2(SYS_umount2, path, MNT_DETACH);
    if (result != -EINVAL && result != -EPERM) return result;
    return CALL5(SYS_mount, "isolab", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0,nr_inodes=2");
}

// What a mount covers, by descriptor, so that what was looked at is what is covered. A target that a link led into
// /proc although its name is elsewhere would hide or replace what the kernel's own files protect (CVE-2019-19921).
static long open_target(const struct isolab_child *child, const char *target, int is_file, uint64_t resolve, int *is_made) {
    long descriptor = isolab_open_inside(child, target, O_PATH, resolve);
    *is_made = descriptor == -ENOENT;
    if (*is_made) descriptor = isolab_make_inside(child, target, is_file);
    if (descriptor < 0) return descriptor;
    if (!is_proc(target) && isolab_is_on((int)descriptor, PROC_MAGIC)) {
        CALL1(SYS_close, descriptor);
        return -EPERM;
    }
    return descriptor;
}

// Takes hold of what has just been mounted on /proc or /sys. Somebody who shares the image may rename the directory or put a
// link in its place at any time; masks and read-only paths would then cover other files, and the kernel's own be open in
// another place (CVE-2023-27561).
static long hold_kernel_files(struct isolab_child *child, const char *target, int is_needed) {
    int is_procfs = isolab_is_equal(target, "/proc"), is_sysfs = isolab_is_equal(target, "/sys");
    if (!is_procfs && !is_sysfs) return 0;
    long descriptor = isolab_open_inside(child, target, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
    if (descriptor < 0) return is_needed ? descriptor : 0;
    if (!isolab_is_on((int)descriptor, is_procfs ? PROC_MAGIC : SYS_MAGIC)) {
        CALL1(SYS_close, descriptor);
        return is_needed ? -EPERM : 0;
    }
    int32_t *held = is_procfs ? &child->proc : &child->sys;
    if (*held >= 0) CALL1(SYS_close, *held);
    *held = (int32_t)descriptor;
    return 0;
}

// The kernel says EINVAL of a file over a directory, and of the reverse, as of much else; mount(2) says ENOTDIR.
static long attach(int tree, int place) {
    long result = CALL5(SYS_move_mount, tree, "", place, "", MOVE_FROM_EMPTY_PATH | TO_EMPTY_PATH);
    return result == -EINVAL && is_directory(tree) != is_directory(place) ? -ENOTDIR : result;
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
    result = attach((int)tree, (int)place);
    CALL1(SYS_close, tree);
    return result;
}

// Whether one of a file system's options, which commas part, begins so.
static int has_option(const char *data, const char *name) {
    while (data && *data) {
        const char *left = name;
        while (*left && *data == *left) {
            data++;
            left++;
        }
        if (*left == 0) return 1;
        while (*data && *data != ',') data++;
        if (*data) data++;
    }
    return 0;
}

// The options of a tmpfs with the mode of the directory that it covers, where they name none.
static const char *with_mode(const char *data, int place, char buffer[PATH_LIMIT]) {
    struct stat status;
    if (has_option(data, "mode=") || CALL4(SYS_newfstatat, place, "", &status, AT_EMPTY_PATH) < 0) return data;
    const char name[] = "mode=0";
    long length = 0;
    for (; data && data[length]; length++) {
        if (length >= PATH_LIMIT - 16) return data;
        buffer[length] = data[length];
    }
    if (length) buffer[length++] = ',';
    for (const char *letter = name; *letter; letter++) buffer[length++] = *letter;
    for (int shift = 9; shift >= 0; shift -= 3) buffer[length++] = (char)('0' + (status.st_mode >> shift & 7));
    buffer[length] = 0;
    return buffer;
}

// A new file system on a directory: by way of the working directory, for mount(2) takes no descriptors. The kernel's own files
// come where their name says, not where a link of the image leads (CVE-2019-19921).
static long mount_new(struct isolab_child *child, const char *source, const char *target, const char *type, uint64_t flags,
                      const char *data) {
    int is_kernel = isolab_is_equal(type, "proc") || isolab_is_equal(type, "sysfs"), is_made;
    long place = open_target(child, target, 0, is_kernel ? RESOLVE_NO_SYMLINKS : 0, &is_made);
    if (place < 0) return place;
    long result;
    if (child->shown >= 0 && isolab_is_equal(type, "proc")) {
        result = mount_shown(child, place, flags, data);
    } else {
        char options[PATH_LIMIT];
        if (!is_made && !(flags & MS_REMOUNT) && isolab_is_equal(type, "tmpfs")) data = with_mode(data, (int)place, options);
        result = CALL1(SYS_fchdir, place);
        if (result >= 0) result = CALL5(SYS_mount, source, ".", type, flags, data);
    }
    CALL1(SYS_close, place);
    return result >= 0 && is_kernel ? hold_kernel_files(child, target, 1) : result;
}

// Something that is there is bound, changed, or passes its mounts on in another way.
static long mount_old(struct isolab_child *child, const char *source, const char *target, uint64_t flags, const char *data) {
    long place = isolab_open_inside(child, target, O_PATH, 0);
    if (place < 0) return place;
    uint64_t recursive = flags & MS_REC ? TREE_RECURSIVE : 0;
    long result;
    if ((flags & MS_BIND) && !(flags & MS_REMOUNT)) {
        result = CALL3(SYS_open_tree, AT_FDCWD, source, TREE_CLONE | O_CLOEXEC | recursive);
        if (result >= 0) {
            long tree = result;
            result = attach((int)tree, (int)place);
            CALL1(SYS_close, tree);
        }
    } else if (flags & PROPAGATION) {
        struct mount_attributes attributes = {.propagation = flags & PROPAGATION};
        result = CALL5(SYS_mount_setattr, place, "", AT_EMPTY_PATH | recursive, &attributes, sizeof attributes);
    } else {
        result = CALL1(SYS_fchdir, place);
        if (result >= 0) result = CALL5(SYS_mount, source, ".", NULL, flags, data);
    }
    CALL1(SYS_close, place);
    return result;
}

static long attach_tree(struct isolab_child *child, uint64_t slot, const char *target) {
    int tree = child->trees[slot], is_made;
    int is_file = !is_directory(tree), is_kernel = isolab_is_on(tree, PROC_MAGIC) || isolab_is_on(tree, SYS_MAGIC);
    child->trees[slot] = -1;
    long place = open_target(child, target, is_file, is_kernel && !is_file ? RESOLVE_NO_SYMLINKS : 0, &is_made);
    long result = place;
    if (place >= 0) {
        result = attach(tree, (int)place);
        CALL1(SYS_close, place);
    }
    if (result >= 0 && !is_file && isolab_is_equal(target, "/dev")) {
        // What belongs into it is made in this one, not in what takes the place of its name.
        if (child->devices >= 0) CALL1(SYS_close, child->devices);
        child->devices = tree;
        return 0;
    }
    CALL1(SYS_close, tree);
    return result >= 0 && !is_file ? hold_kernel_files(child, target, 0) : result;
}

// A device of the host's, where none can be made: over an empty file.
static long bind_device(struct isolab_child *child, uint64_t slot, const char *target) {
    int tree = child->trees[slot];
    child->trees[slot] = -1;
    long place = isolab_make_device_place(child, target);
    long result = place;
    if (place >= 0) {
        result = attach(tree, (int)place);
        CALL1(SYS_close, place);
    }
    CALL1(SYS_close, tree);
    return result == -ENXIO ? 0 : result;
}

static long set_attributes(const struct isolab_child *child, const char *path, uint64_t set, uint64_t clear,
                           uint64_t recursive) {
    int is_held = child->devices >= 0 && isolab_is_equal(path, "/dev");
    long place = is_held ? child->devices : isolab_open_inside(child, path, O_PATH, 0);
    if (place < 0) return place;
    struct mount_attributes attributes = {.set = set, .clear = clear};
    long result = CALL5(SYS_mount_setattr, place, "", AT_EMPTY_PATH | recursive, &attributes, sizeof attributes);
    if (!is_held) CALL1(SYS_close, place);
    return result;
}

long isolab_step_mounts(struct isolab_child *child, const struct isolab_step *step) {
    uint64_t a = step->a, b = step->b, c = step->c, d = step->d, e = step->e;
    long result;
    switch ((enum isolab_operation)step->operation) {
    case isolab_mount:
        // Without a type something that is there is bound, moved or changed.
        return c ? mount_new(child, (const char *)a, (const char *)b, (const char *)c, d, (const char *)e)
                 : mount_old(child, (const char *)a, (const char *)b, d, (const char *)e);
    case isolab_mount_overlay:
        result = CALL1(SYS_chdir, a);
        return result < 0 ? result : CALL5(SYS_mount, "overlay", b, "overlay", 0, c);
    case isolab_set_attributes: return set_attributes(child, (const char *)a, b, c, d);
    case isolab_clone_tree: return clone_tree(child, a, (const char *)b, c);
    case isolab_make_tree: return make_tree(child, a, (const char *)b, (const char *const *)c, d);
    case isolab_clone_inside: return clone_inside(child, a, (const char *)b, c);
    case isolab_attach_tree: return attach_tree(child, a, (const char *)b);
    case isolab_bind_device: return bind_device(child, a, (const char *)b);
    case isolab_set_tree_attributes: {
        struct mount_attributes attributes = {.set = b, .clear = c, .propagation = e};
        return CALL5(SYS_mount_setattr, child->trees[a], "", AT_EMPTY_PATH | d, &attributes, sizeof attributes);
    }
    case isolab_enter_root: return begin_inside(child, (const char *)a);
    case isolab_leave_root: return leave_root(child);
    case isolab_adopt_tree:
        child->trees[a] = (int32_t)b;
        return 0;
    case isolab_copy_up: return isolab_step_copy_up(child, child->trees[a], (const char *)b);
    case isolab_detach: return CALL2(SYS_umount2, a, MNT_DETACH);
    case isolab_conceal: return conceal((const char *)a);
    case isolab_bind_root: return bind_root(child, (const char *)a);
    case isolab_pivot_root: return pivot(child, (const char *)a);
    case isolab_hold_root: return hold_root(child, (const char *)a, (int)b);
    case isolab_change_root: return change_root(child);
    case isolab_move_root: return move_root(child, (const char *)a);
    case isolab_mask: return isolab_mask_path(child, (const char *)a);
    case isolab_make_read_only: return isolab_make_path_read_only(child, (const char *)a);
    case isolab_write_file: return write_file(child, (const char *)a, (const void *)b, c);
    default: return isolab_step_nodes(child, step);
    }
}
