import CLinux

/// System calls on the entries of open directories. Each answers −1 and errno where it fails.
package enum EntryCalls {
    /// openat(2), close-on-exec.
    package static func open(_ name: UnsafePointer<CChar>, in directory: Int32, _ flags: Int32) -> Int32 {
        isolab_open_at(directory, name, flags, 0)
    }

    /// openat2(2), close-on-exec: absolute links and `..` stay below the root, whatever the tree holds.
    ///
    /// - Parameter crossesMounts: whether what is mounted in the tree belongs to it.
    package static func open(
        _ path: UnsafePointer<CChar>, inRoot root: Int32, crossesMounts: Bool = false, _ flags: Int32
    ) -> Int32 {
        crossesMounts
            ? isolab_open_in_root_across_mounts(root, path, flags, 0) : isolab_open_in_root(root, path, flags, 0)
    }

    /// renameat2(2): EEXIST where something has the new name.
    package static func renameNew(
        _ name: UnsafePointer<CChar>, in source: Int32, to newName: UnsafePointer<CChar>, in target: Int32
    ) -> Int32 {
        isolab_rename_new(source, name, target, newName)
    }

    /// syncfs(2) of the file system that holds an open file.
    package static func synchronizeFileSystem(of descriptor: Int32) -> Int32 {
        isolab_synchronize_file_system(descriptor)
    }
}
