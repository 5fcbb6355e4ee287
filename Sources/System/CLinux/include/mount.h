// Mounts by descriptor, for the launcher's side. Glibc 2.36 knows the calls, Swift's overlay none of them.
#ifndef ISOLAB_MOUNT_H
#define ISOLAB_MOUNT_H

/// A detached, close-on-exec copy of what is mounted at a path (open_tree(2)); −1 and errno. `recursive`: with what is mounted below;
/// `follows`: what is mounted in it is not mounted at the path, though the other way round it is (MS_SLAVE).
int isolab_host_tree(const char *source, int recursive, int follows);

/// Gives such a copy the ids of a user namespace (MOUNT_ATTR_IDMAP); −1 and errno. `deep`: what is mounted below it as well.
int isolab_map_tree(int tree, int user_namespace, int deep);

/// Makes what is mounted at a path read-only, with what is mounted below (mount_setattr(2)); -1 and errno.
int isolab_mount_read_only(const char *path);

#endif
