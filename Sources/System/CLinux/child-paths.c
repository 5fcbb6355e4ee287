// How the steps reach a path of the container. Its tree belongs to whoever made the image, and may be changed by him while it
// is entered: so a path is looked up once, from the container's root by descriptor, by no link of the kernel's own
// (/proc/self/fd/N would lead to whatever the launcher has open), and what was found is used by its descriptor from then on.
#define _GNU_SOURCE
#include "raw.h"

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/vfs.h>

// Far more than a system full of renames takes: each crosses one lookup of a ".." at most.
#define MOST_ATTEMPTS 100000
#define MOST_LINKS 40
#define PROC_MAGIC 0x9fa0

long isolab_open_from(int directory, const char *path, int flags, uint64_t resolve) {
    struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = resolve};
    // EAGAIN: a rename or a mount somewhere in the system crossed a ".." of the walk.
    for (int attempts = 1;; attempts++) {
        long result = CALL4(SYS_openat2, directory, path, &how, sizeof how);
        if (result != -EAGAIN || attempts == MOST_ATTEMPTS) return result;
    }
}

// The root, to be closed where it is not the one that is held.
static long open_root(const struct isolab_child *child) {
    if (child->inside >= 0) return child->inside;
    return CALL4(SYS_openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

static void close_root(const struct isolab_child *child, long root) {
    if (root != child->inside) CALL1(SYS_close, root);
}

long isolab_open_inside(const struct isolab_child *child, const char *path, int flags, uint64_t resolve) {
    long root = open_root(child);
    if (root < 0) return root;
    long result = isolab_open_from((int)root, path, flags, resolve | RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    close_root(child, root);
    return result;
}

int isolab_is_equal(const char *text, const char *other) {
    while (*text && *text == *other) {
        text++;
        other++;
    }
    return *text == *other;
}

// Whether a path names something below a directory; answers what is left of it, or NULL.
const char *isolab_below(const char *path, const char *directory) {
    while (*directory && *path == *directory) {
        path++;
        directory++;
    }
    if (*directory || *path != '/') return NULL;
    while (*path == '/') path++;
    return *path ? path : NULL;
}

int isolab_is_on(int descriptor, long magic) {
    struct statfs information;
    return CALL2(SYS_fstatfs, descriptor, &information) == 0 && information.f_type == magic;
}

long isolab_mount_number(int descriptor) {
    struct statx status;
    long result = CALL5(SYS_statx, descriptor, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &status);
    return result < 0 ? result : (long)status.stx_mnt_id;
}

// MARK: - Making what is absent

// A walk from the root, one component at a time. `done` is where it stands, without links and dots.
struct walk {
    const struct isolab_child *child;
    long here;
    long length;
    char done[PATH_LIMIT];
    char rest[PATH_LIMIT];
    char link[PATH_LIMIT];
};

static void stand(struct walk *walk, long descriptor) {
    if (walk->here >= 0) CALL1(SYS_close, walk->here);
    walk->here = descriptor;
}

// Back to where `done` says: a ".." of the kernel's would lead out of a directory that has been moved out meanwhile.
static long reopen(struct walk *walk) {
    walk->done[walk->length] = 0;
    const char *path = walk->length ? walk->done : ".";
    stand(walk, isolab_open_inside(walk->child, path, O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS));
    return walk->here;
}

static long go_up(struct walk *walk) {
    while (walk->length > 0 && walk->done[--walk->length] != '/');
    return reopen(walk);
}

static long go_down(struct walk *walk, const char *name, long descriptor) {
    stand(walk, descriptor);
    walk->done[walk->length++] = '/';
    for (; *name; name++) {
        if (walk->length >= PATH_LIMIT - 1) return -ENAMETOOLONG;
        walk->done[walk->length++] = *name;
    }
    return 0;
}

// Puts a link's text before what is left of the path.
static long follow(struct walk *walk, int link, const char *left) {
    long size = CALL4(SYS_readlinkat, link, "", walk->link, PATH_LIMIT);
    if (size < 0) return size;
    if (size == 0) return -ENOENT;
    if (size >= PATH_LIMIT) return -ENAMETOOLONG;
    if (left) {
        walk->link[size++] = '/';
        while (*left && size < PATH_LIMIT) walk->link[size++] = *left++;
    }
    if (size >= PATH_LIMIT) return -ENAMETOOLONG;
    for (long index = 0; index < size; index++) walk->rest[index] = walk->link[index];
    walk->rest[size] = 0;
    if (walk->rest[0] != '/') return 0;
    walk->length = 0;
    return reopen(walk);
}

static long make_entry(int directory, const char *name, int is_file) {
    long made = is_file ? CALL4(SYS_openat, directory, name, O_CREAT | O_EXCL | O_CLOEXEC, 0644)
                        : CALL3(SYS_mkdirat, directory, name, 0755);
    if (made < 0) return made == -EEXIST ? 0 : made;
    if (is_file) CALL1(SYS_close, made);
    return 0;
}

static long enter_or_make(int directory, const char *name, int is_file) {
    long found = CALL4(SYS_openat, directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
    if (found != -ENOENT) return found;
    long made = make_entry(directory, name, is_file);
    return made < 0 ? made : CALL4(SYS_openat, directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
}

static long take_steps(struct walk *walk, int is_file) {
    int links = 0;
    char *next = walk->rest;
    for (;;) {
        while (*next == '/') next++;
        if (*next == 0) return 0;
        char *end = next;
        while (*end && *end != '/') end++;
        int is_last = *end == 0;
        *end = 0;
        long result = 0;
        if (isolab_is_equal(next, "..")) {
            result = go_up(walk);
        } else if (!isolab_is_equal(next, ".")) {
            long found = enter_or_make((int)walk->here, next, is_last && is_file);
            if (found < 0) return found;
            struct stat status;
            result = CALL4(SYS_newfstatat, found, "", &status, AT_EMPTY_PATH);
            if (result >= 0 && S_ISLNK(status.st_mode)) {
                // What is written in one of the kernel's own is not where it leads, and nothing is to be made there.
                int is_kernel = isolab_is_on((int)found, PROC_MAGIC);
                result = is_kernel || ++links > MOST_LINKS ? -ELOOP : follow(walk, (int)found, is_last ? NULL : end + 1);
                CALL1(SYS_close, found);
                if (result < 0) return result;
                next = walk->rest;
                continue;
            }
            if (result < 0) CALL1(SYS_close, found);
            else result = go_down(walk, next, found);
        }
        if (result < 0) return result;
        if (is_last) return 0;
        next = end + 1;
    }
}

// Links are followed as the container would follow them, dangling ones too (an image's /etc/resolv.conf often is), so that
// nothing is made anywhere but where the walk has just been.
long isolab_make_inside(const struct isolab_child *child, const char *path, int is_file) {
    struct walk walk;
    walk.child = child;
    walk.here = -1;
    walk.length = 0;
    for (long index = 0;; index++) {
        if (index >= PATH_LIMIT) return -ENAMETOOLONG;
        walk.rest[index] = path[index];
        if (path[index] == 0) break;
    }
    long result = reopen(&walk);
    if (result >= 0) result = take_steps(&walk, is_file);
    if (result >= 0) return walk.here;
    stand(&walk, -1);
    return result;
}

// MARK: - Parents

long isolab_open_parent(const struct isolab_child *child, const char *path, char buffer[PATH_LIMIT], const char **name) {
    long length = 0;
    for (; path[length]; length++) {
        if (length >= PATH_LIMIT - 1) return -ENAMETOOLONG;
        buffer[length] = path[length];
    }
    while (length > 1 && buffer[length - 1] == '/') length--;
    buffer[length] = 0;
    long cut = length;
    while (cut > 0 && buffer[cut - 1] != '/') cut--;
    *name = buffer + cut;
    if (**name == 0) return -EEXIST;
    if (cut == 0) return isolab_open_inside(child, ".", O_PATH | O_DIRECTORY, 0);
    buffer[cut - 1] = 0;
    // The devices' directory is the one that was mounted for them, whatever its name leads to by now.
    if (child->devices >= 0 && isolab_is_equal(buffer, "/dev")) return child->devices;
    const char *rest = isolab_below(buffer, "/dev");
    if (child->devices >= 0 && rest) {
        return isolab_open_from(child->devices, rest, O_PATH | O_DIRECTORY, RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH);
    }
    return isolab_open_inside(child, buffer[0] ? buffer : "/", O_PATH | O_DIRECTORY, 0);
}

void isolab_close_parent(const struct isolab_child *child, long parent) {
    if (parent != child->devices) CALL1(SYS_close, parent);
}
