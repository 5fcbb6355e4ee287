import Glibc

/// What a child needs to be born in, or to walk into, a cgroup: open files, closed when it goes.
package struct CgroupEntry: ~Copyable {
    /// v1's `tasks` files, open for writing.
    package let taskFiles: [Int32]
    /// v2's directory, or −1.
    package let unified: Int32

    /// Into no cgroup: the child stays in its parent's.
    package static var none: CgroupEntry { CgroupEntry(taskFiles: [], unified: -1) }

    deinit {
        for file in taskFiles { Glibc.close(file) }
        if unified >= 0 { Glibc.close(unified) }
    }
}
