// The steps that make directories, devices and links of a container: in a directory that is held, by one name.
#define _GNU_SOURCE
#include "raw.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

// An image may have a link for its /dev, and a mount may have put a directory of the host's where that leads.
static long hold_devices(struct isolab_child *child) {
    long root = isolab_open_inside(child, "/", O_PATH | O_DIRECTORY, 0);
    if (root < 0) return root;
    long place = isolab_open_inside(child, "/dev", O_PATH | O_DIRECTORY, 0);
    if (place == -ENOENT) place = isolab_make_inside(child, "/dev", 0);
    long own = isolab_mount_number((int)root), found = place < 0 ? place : isolab_mount_number((int)place);
    CALL1(SYS_close, root);
    if (place < 0) return place;
    if (own >= 0 && found == own) {
        child->devices = (int32_t)place;
        return 0;
    }
    CALL1(SYS_close, place);
    if (own < 0 || found < 0) return own < 0 ? own : found;
    child->devices = ISOLAB_FOREIGN;
    return 0;
}

// ENXIO: in somebody else's /dev nothing is made.
static long open_device_parent(const struct isolab_child *child, const char *path, char buffer[PATH_LIMIT],
                               const char **name) {
    if (child->devices == ISOLAB_FOREIGN && isolab_below(path, "/dev")) return -ENXIO;
    return isolab_open_parent(child, path, buffer, name);
}

long isolab_make_device_place(const struct isolab_child *child, const char *path) {
    char buffer[PATH_LIMIT];
    const char *name;
    long parent = open_device_parent(child, path, buffer, &name);
    if (parent < 0) return parent;
    long made = CALL4(SYS_mknodat, parent, name, S_IFREG | 0644, 0);
    long place = made < 0 && made != -EEXIST ? made : CALL4(SYS_openat, parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
    isolab_close_parent(child, parent);
    return place;
}

static long make_directory(const struct isolab_child *child, const char *path, uint64_t mode) {
    char buffer[PATH_LIMIT];
    const char *name;
    long parent = open_device_parent(child, path, buffer, &name);
    if (parent < 0) return parent == -ENXIO || parent == -EEXIST ? 0 : parent;
    long result = CALL3(SYS_mkdirat, parent, name, mode);
    isolab_close_parent(child, parent);
    return result == -EEXIST ? 0 : result;
}

static long ensure_directory(const struct isolab_child *child, const char *path) {
    long place = isolab_open_inside(child, path, O_PATH | O_DIRECTORY, 0);
    if (place == -ENOENT) place = isolab_make_inside(child, path, 0);
    if (place >= 0) CALL1(SYS_close, place);
    return 0;
}

// What is there already is left where it is the same, or was put there by a mount of the configuration's own; of what an image
// brought another device is refused.
static long is_right(int parent, const char *name, uint64_t mode, uint64_t device) {
    struct statx status;
    long result = CALL5(SYS_statx, parent, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &status);
    if (result < 0) return result;
    if (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) return 0;
    if ((status.stx_mode & S_IFMT) != (mode & S_IFMT)) return -EEXIST;
    if (!S_ISCHR(mode) && !S_ISBLK(mode)) return 0;
    return makedev(status.stx_rdev_major, status.stx_rdev_minor) == device ? 0 : -EEXIST;
}

// Given away by descriptor: by its name it might be another's by now.
static long own(int parent, const char *name, uint64_t mode, uint64_t device, uint64_t user, uint64_t group) {
    long made = CALL4(SYS_openat, parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
    if (made < 0) return made;
    struct stat status;
    long result = CALL4(SYS_newfstatat, made, "", &status, AT_EMPTY_PATH);
    int is_own = (status.st_mode & S_IFMT) == (mode & S_IFMT) && status.st_nlink == 1 && status.st_rdev == device;
    if (result >= 0 && !is_own) result = -ESTALE;
    if (result >= 0) result = CALL5(SYS_fchownat, made, "", user, group, AT_EMPTY_PATH);
    CALL1(SYS_close, made);
    return result;
}

static long make_device_in(int parent, const char *name, uint64_t mode, uint64_t device, uint64_t user, uint64_t group) {
    // The specification's mode is exact, and is never changed by name afterwards.
    long mask = CALL1(SYS_umask, 0);
    long result = CALL4(SYS_mknodat, parent, name, mode, device);
    CALL1(SYS_umask, mask);
    if (result == -EEXIST) return is_right(parent, name, mode, device);
    return result < 0 || (user == 0 && group == 0) ? result : own(parent, name, mode, device, user, group);
}

static long make_device(const struct isolab_child *child, const char *path, uint64_t mode, uint64_t device, uint64_t user,
                        uint64_t group) {
    char buffer[PATH_LIMIT];
    const char *name;
    long parent = open_device_parent(child, path, buffer, &name);
    if (parent < 0) return parent == -ENXIO ? 0 : parent;
    long result = make_device_in((int)parent, name, mode, device, user, group);
    isolab_close_parent(child, parent);
    return result;
}

static long make_link(const struct isolab_child *child, const char *target, const char *path) {
    char buffer[PATH_LIMIT];
    const char *name;
    long parent = open_device_parent(child, path, buffer, &name);
    if (parent < 0) return parent == -ENXIO ? 0 : parent;
    long result = CALL3(SYS_symlinkat, target, parent, name);
    isolab_close_parent(child, parent);
    return result == -EEXIST ? 0 : result;
}

long isolab_step_nodes(struct isolab_child *child, const struct isolab_step *step) {
    uint64_t a = step->a, b = step->b, c = step->c, d = step->d, e = step->e;
    switch ((enum isolab_operation)step->operation) {
    case isolab_hold_devices: return hold_devices(child);
    case isolab_make_directory: return make_directory(child, (const char *)a, b);
    case isolab_ensure_directory: return ensure_directory(child, (const char *)a);
    case isolab_make_device: return make_device(child, (const char *)a, b, c, d, e);
    case isolab_make_link: return make_link(child, (const char *)a, (const char *)b);
    default: return -ENOSYS;
    }
}
