import CLinux

/// What Landlock (`landlock(7)`) offers here.
public enum Landlock {
    /// The version of its interface, 1 or more.
    ///
    /// - Throws: ENOSYS where the kernel lacks it, EOPNOTSUPP where it is not among the enabled security modules.
    public static func version() throws(SystemError) -> Int {
        Int(try retryingOnInterrupt("landlock_create_ruleset", "version") { isolab_landlock_version() })
    }
}
