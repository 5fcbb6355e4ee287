import CLinux

/// A copy of what is mounted at a path, attached nowhere yet. Each call answers −1 and errno where it fails.
package enum DetachedTree {
    /// open_tree(2) with OPEN_TREE_CLONE, close-on-exec.
    ///
    /// - Parameters:
    ///   - recursive: with what is mounted below.
    ///   - follows: what is mounted in the copy is not mounted at the path, though the other way round it is (MS_SLAVE).
    package static func copy(of path: String, recursive: Bool, follows: Bool) -> Int32 {
        isolab_host_tree(path, recursive ? 1 : 0, follows ? 1 : 0)
    }

    /// Gives the copy the ids of a user namespace (MOUNT_ATTR_IDMAP).
    ///
    /// - Parameter deep: what is mounted below it as well.
    package static func map(_ tree: Int32, to userNamespace: Int32, deep: Bool) -> Int32 {
        isolab_map_tree(tree, userNamespace, deep ? 1 : 0)
    }
}
