import Glibc

/// A regular file that has no name yet (`O_TMPFILE`, open(2)): of a writer that is killed nothing stays, not even half a file.
enum NamelessFile {
    /// Makes one, of a directory's file system.
    ///
    /// - Returns: nil where the file system or the kernel has no such files, or no /proc is there to name them by: the caller then
    ///   writes to a named one, and learns what else is wrong.
    static func open(in directory: String, mode: mode_t) -> OwnedDescriptor? {
        // `O_TMPFILE`, which Swift's overlay lacks.
        let nameless: Int32 = 0x41_0000
        guard let file = try? OwnedDescriptor(opening: directory, O_WRONLY | nameless, mode: mode),
            access(own(file.number), F_OK) == 0
        else { return nil }
        return file
    }

    /// Gives it a name that nothing has.
    static func name(_ descriptor: Int32, _ path: String) throws(SystemError) {
        // By descriptor alone (`AT_EMPTY_PATH`) only root may.
        if linkat(AT_FDCWD, own(descriptor), AT_FDCWD, path, AT_SYMLINK_FOLLOW) != 0 { throw SystemError("link", path) }
    }

    private static func own(_ descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }
}
