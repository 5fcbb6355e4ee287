internal import CLinux
internal import Glibc
internal import Linux

/// A root file system as overlayfs stacks it: directories, the lowest first; a higher name hides a lower one, a character
/// device 0/0 removes it, and a directory with the attribute `overlay.opaque` hides what lies below it.
///
/// Names are bytes: an image may hold any.
struct LayeredTree {
    /// One name of the tree.
    struct Entry {
        /// Relative to the root, without a slash in front.
        let name: [UInt8]
        /// Where it lies, in its own layer.
        let path: [UInt8]
        let information: stat
    }

    let layers: [String]

    /// Visits every name but the root's: a directory before what it holds, the names of a directory in the order of their
    /// bytes. One directory's names are in memory at a time.
    func visit(_ body: (Entry) throws(SystemError) -> Void) throws(SystemError) {
        // From the top down: the first that has a name decides.
        try visit([], layers.reversed().map { Array($0.utf8) }, body)
    }

    /// The root directory itself, as the highest layer has it.
    func root() throws(SystemError) -> CpioArchive.Node {
        guard let highest = layers.last else { return CpioArchive.Node(mode: S_IFDIR | 0o755, links: 2) }
        var information = stat()
        guard stat(highest, &information) == 0 else { throw SystemError("stat", highest) }
        return CpioArchive.Node(
            mode: information.st_mode, user: information.st_uid, group: information.st_gid, links: 2)
    }

    private struct Found {
        var entry: Entry
        var isHidden = false
        /// The directories that merge, from the top down.
        var directories: [[UInt8]] = []
        /// Whether a lower layer may still add to it.
        var isOpen = false
    }

    private func visit(
        _ name: [UInt8], _ directories: [[UInt8]], _ body: (Entry) throws(SystemError) -> Void
    ) throws(SystemError) {
        var found: [[UInt8]: Found] = [:]
        for directory in directories {
            for leaf in try Self.names(in: directory) {
                if let known = found[leaf], !known.isOpen { continue }
                let path = directory + [0x2f] + leaf
                var information = stat()
                let result = Self.call(path) { lstat($0, &information) }
                guard result == 0 else { throw SystemError("lstat", Self.text(path)) }
                let isDirectory = information.st_mode & S_IFMT == S_IFDIR
                if found[leaf] != nil {
                    // Only a directory over a directory merges.
                    if isDirectory {
                        found[leaf]?.directories.append(path)
                        found[leaf]?.isOpen = !Self.isOpaque(path)
                    } else {
                        found[leaf]?.isOpen = false
                    }
                    continue
                }
                let full = name.isEmpty ? leaf : name + [0x2f] + leaf
                found[leaf] = Found(
                    entry: Entry(name: full, path: path, information: information),
                    isHidden: information.st_mode & S_IFMT == S_IFCHR && information.st_rdev == 0,
                    directories: isDirectory ? [path] : [], isOpen: isDirectory && !Self.isOpaque(path))
            }
        }
        for leaf in found.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard let one = found[leaf], !one.isHidden else { continue }
            try body(one.entry)
            if !one.directories.isEmpty { try visit(one.entry.name, one.directories, body) }
        }
    }

    /// overlayfs's own mark, in the host's and in a user's namespace (Documentation/filesystems/overlayfs.rst).
    private static func isOpaque(_ path: [UInt8]) -> Bool {
        ["trusted.overlay.opaque", "user.overlay.opaque"].contains { name in
            var value = [CChar](repeating: 0, count: 4)
            return call(path) { isolab_vm_attribute($0, name, &value, value.count) } == 1 && value[0] == 0x79
        }
    }

    private static func names(in directory: [UInt8]) throws(SystemError) -> [[UInt8]] {
        guard let stream = call(directory, { opendir($0) }) else { throw SystemError("opendir", text(directory)) }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [0x2e] && name != [0x2e, 0x2e] { names.append(name) }
        }
        guard errno == 0 else { throw SystemError("readdir", text(directory)) }
        return names
    }

    /// Calls with a path of bytes.
    static func call<Result>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        (path + [0]).withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { chars in
                guard let start = chars.baseAddress else { preconditionFailure("a path has a zero at its end") }
                return body(start)
            }
        }
    }

    static func text(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }
}
