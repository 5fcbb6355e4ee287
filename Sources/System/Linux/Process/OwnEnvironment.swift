import CLinux

/// This process's environment.
package enum OwnEnvironment {
    /// Overwrites it: there is none from then on. A process that is made like fork(2) and comes into a container's sight has a copy of
    /// its maker's memory, and what an engine was told by its environment is not the container's.
    package static func forget() { isolab_forget_environment() }
}
