internal import CLinux
internal import Glibc

extension MergedTree {
    /// A directory of a tree as a tree of its own, held by its descriptors.
    package final class Part {
        private let directories: [TreeDirectory]

        fileprivate init(_ directories: [TreeDirectory]) { self.directories = directories }

        /// Valid as long as this is.
        package var tree: MergedTree {
            MergedTree(layers: directories.map { "/proc/self/fd/\($0.descriptor.number)" })
        }
    }

    /// The directory at a path of the merged tree: links are followed as in a container whose root this is, and never lead outside.
    ///
    /// - Returns: nil where there is no such directory.
    package func part(at path: String) throws(SystemError) -> Part? {
        guard case .directory(let directories)? = try place(at: path) else { return nil }
        return Part(directories)
    }
}
