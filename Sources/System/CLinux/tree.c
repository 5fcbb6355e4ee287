#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

int isolab_open_at(int directory, const char *path, int flags, unsigned mode) {
    return openat(directory, path, flags | O_CLOEXEC, mode);
}

static int open_in_root(int root, const char *path, int flags, unsigned mode, uint64_t further) {
    struct open_how how = {
        .flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
        .mode = mode,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | further,
    };
    // EAGAIN: a rename somewhere in the system crossed a `..` of the walk.
    for (int attempts = 0;; attempts++) {
        int descriptor = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
        if (descriptor >= 0 || errno != EAGAIN || attempts == 128) return descriptor;
    }
}

int isolab_open_in_root(int root, const char *path, int flags, unsigned mode) {
    return open_in_root(root, path, flags, mode, RESOLVE_NO_XDEV);
}

int isolab_open_in_root_across_mounts(int root, const char *path, int flags, unsigned mode) {
    return open_in_root(root, path, flags, mode, 0);
}

int isolab_set_attribute(int descriptor, const char *name, const void *value, size_t size) {
    return fsetxattr(descriptor, name, value, size, 0);
}

// The extended attribute calls have no …at form before Linux 6.13.
static char *descriptor_path(int directory, const char *path) {
    char *full = NULL;
    int length = directory == AT_FDCWD ? asprintf(&full, "%s", path) : asprintf(&full, "/proc/self/fd/%d/%s", directory, path);
    if (length >= 0) return full;
    errno = ENOMEM;
    return NULL;
}

#define DESCRIPTOR_PATH(buffer) \
    char *buffer = descriptor_path(directory, path); \
    if (buffer == NULL) return -1;

#define RELEASED(buffer, call) \
    __typeof__(call) result = call; \
    int number = errno; \
    free(buffer); \
    errno = number; \
    return result

int isolab_set_attribute_at(int directory, const char *path, const char *name, const void *value, size_t size) {
    DESCRIPTOR_PATH(full)
    RELEASED(full, lsetxattr(full, name, value, size, 0));
}

long isolab_list_attributes(int descriptor, char *names, size_t size) { return flistxattr(descriptor, names, size); }

long isolab_list_attributes_at(int directory, const char *path, char *names, size_t size) {
    DESCRIPTOR_PATH(full)
    RELEASED(full, llistxattr(full, names, size));
}

long isolab_get_attribute(int descriptor, const char *name, void *value, size_t size) {
    return fgetxattr(descriptor, name, value, size);
}

long isolab_get_attribute_at(int directory, const char *path, const char *name, void *value, size_t size) {
    DESCRIPTOR_PATH(full)
    RELEASED(full, lgetxattr(full, name, value, size));
}

int isolab_remove_attribute(int descriptor, const char *name) { return fremovexattr(descriptor, name); }

uint64_t isolab_device_number(uint32_t major, uint32_t minor) { return makedev(major, minor); }
uint32_t isolab_device_major(uint64_t device) { return major(device); }
uint32_t isolab_device_minor(uint64_t device) { return minor(device); }

int isolab_set_modification_time(int directory, const char *path, int64_t seconds, long nanoseconds) {
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = seconds, .tv_nsec = nanoseconds}};
    return path[0] == '\0' ? futimens(directory, times) : utimensat(directory, path, times, AT_SYMLINK_NOFOLLOW);
}

int64_t isolab_copy_range(int source, int target, size_t count) {
    return copy_file_range(source, NULL, target, NULL, count, 0);
}

int isolab_rename_new(int source_directory, const char *source, int target_directory, const char *target) {
    return (int)syscall(SYS_renameat2, source_directory, source, target_directory, target, 1 /* RENAME_NOREPLACE */);
}

int isolab_synchronize_file_system(int descriptor) { return syncfs(descriptor); }

struct characters {
    locale_t ascii, previous;
};

void *isolab_use_ascii(void) {
    struct characters *characters = malloc(sizeof *characters);
    if (characters == NULL) return NULL;
    characters->ascii = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
    if (characters->ascii == (locale_t)0) {
        free(characters);
        return NULL;
    }
    characters->previous = uselocale(characters->ascii);
    return characters;
}

void isolab_restore_characters(void *previous) {
    struct characters *characters = previous;
    if (characters == NULL) return;
    uselocale(characters->previous);
    freelocale(characters->ascii);
    free(characters);
}
