// Mounts by descriptor, for the launcher's side. Glibc 2.36 knows the calls, Swift's overlay none of them.
#ifndef ISOLAB_MOUNT_H
#define ISOLAB_MOUNT_H

/// A detached, close-on-exec copy of what is mounted at a path (open_tree(2)), with the ids of a user namespace
/// (MOUNT_ATTR_IDMAP); −1 and errno. `recursive`: with what is mounted below; `deep`: the ids of that as well.
int isolab_mapped_tree(const char *source, int recursive, int user_namespace, int deep);

/// The kernel's debugging files (debugfs), by a descriptor of a mount that is attached nowhere; -1 and errno.
int isolab_debug_files(void);

/// Makes what is mounted at a path read-only, with what is mounted below (mount_setattr(2)); -1 and errno.
int isolab_mount_read_only(const char *path);

#endif
