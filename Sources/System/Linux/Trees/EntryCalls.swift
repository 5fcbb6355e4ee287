import CLinux

/// System calls on the entries of open directories. Each answers −1 and errno where it fails.
package enum EntryCalls {
    /// openat(2), close-on-exec.
    ///
    /// - Parameter mode: of a file that is made.
    package static func open(
        _ name: UnsafePointer<CChar>, in directory: Int32, _ flags: Int32, mode: UInt32 = 0
    ) -> Int32 {
        isolab_open_at(directory, name, flags, mode)
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

    /// copy_file_range(2) from and to where the descriptors are: how many bytes.
    package static func copyRange(from source: Int32, to target: Int32, _ count: Int) -> Int64 {
        isolab_copy_range(source, target, count)
    }

    /// utimensat(2), not following a link. An empty name is the open file itself.
    @discardableResult
    package static func setModificationTime(
        of name: UnsafePointer<CChar>, in directory: Int32, seconds: Int64, nanoseconds: Int
    ) -> Int32 {
        isolab_set_modification_time(directory, name, seconds, nanoseconds)
    }

    /// syncfs(2) of the file system that holds an open file.
    package static func synchronizeFileSystem(of descriptor: Int32) -> Int32 {
        isolab_synchronize_file_system(descriptor)
    }
}
