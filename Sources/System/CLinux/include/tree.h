// Directory trees by descriptor. Swift's Glibc imports neither variadic functions nor <sys/xattr.h>, and glibc 2.36 has no
// wrapper for openat2. All answer −1 and set errno on failure, unless they say otherwise. <sys/types.h> is not included here:
// see clock.h.
#ifndef ISOLAB_TREE_H
#define ISOLAB_TREE_H

#include <stddef.h>
#include <stdint.h>

/// openat(2), close-on-exec.
int isolab_open_at(int directory, const char *path, int flags, unsigned mode);

/// openat2(2) with RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV, close-on-exec: absolute links and `..` stay below
/// `root`, whatever the tree holds.
int isolab_open_in_root(int root, const char *path, int flags, unsigned mode);

/// The same without RESOLVE_NO_XDEV, for directories that a user named on this host: what is mounted in them is meant, too.
int isolab_open_in_root_across_mounts(int root, const char *path, int flags, unsigned mode);

/// fsetxattr(2), and lsetxattr(2) on `/proc/self/fd/directory/name` for what cannot be opened: links, devices, pipes.
int isolab_set_attribute(int descriptor, const char *name, const void *value, size_t size);
int isolab_set_attribute_at(int directory, const char *path, const char *name, const void *value, size_t size);

/// flistxattr(2) and fgetxattr(2) with their forms for what cannot be opened: the size, also with a null buffer.
long isolab_list_attributes(int descriptor, char *names, size_t size);
long isolab_list_attributes_at(int directory, const char *path, char *names, size_t size);
long isolab_get_attribute(int descriptor, const char *name, void *value, size_t size);
long isolab_get_attribute_at(int directory, const char *path, const char *name, void *value, size_t size);

/// fremovexattr(2).
int isolab_remove_attribute(int descriptor, const char *name);

/// Linux's 64-bit device numbers (makedev(3)).
uint64_t isolab_device_number(uint32_t major, uint32_t minor);
uint32_t isolab_device_major(uint64_t device);
uint32_t isolab_device_minor(uint64_t device);

/// utimensat(2) without following links: the modification time, the access time left alone. A path of "" is the directory
/// itself.
int isolab_set_modification_time(int directory, const char *path, int64_t seconds, long nanoseconds);

/// copy_file_range(2) from and to where the descriptors are.
int64_t isolab_copy_range(int source, int target, size_t count);

/// renameat2(2) with RENAME_NOREPLACE: EEXIST where something has the new name.
int isolab_rename_new(int source_directory, const char *source, int target_directory, const char *target);

/// syncfs(2).
int isolab_synchronize_file_system(int descriptor);

/// Characters of the calling thread are ASCII (uselocale(3)), whatever the program's locale. Answers what to give back to
/// `isolab_restore_characters`, null on failure.
void *isolab_use_ascii(void);
void isolab_restore_characters(void *previous);

#endif
