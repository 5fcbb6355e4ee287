// What the kernel's security modules offer. Glibc has no wrapper for Landlock, and `syscall` is variadic.
#ifndef ISOLAB_SECURITY_H
#define ISOLAB_SECURITY_H

/// The version of Landlock's interface (landlock_create_ruleset(2) with LANDLOCK_CREATE_RULESET_VERSION); −1 and errno
/// where the kernel has none (ENOSYS) or does not enable it (EOPNOTSUPP).
int isolab_landlock_version(void);

/// The errno of a call that does nothing whoever makes it, for its arguments are nonsense: 0 keyctl(2), 1 userfaultfd(2),
/// 2 add_key(2). A seccomp filter answers before the kernel looks at them.
int isolab_harmless_call(int call);

#endif
