import Glibc

/// The cgroups below one, however many and however deep: a container may nest them until no path reaches them. So they are walked by
/// descriptor, one open at a time, without recursion.
struct CgroupTree {
    /// Where it is in the walk.
    private struct Level {
        let name: String
        var children: [String]
    }

    private let path: String

    init(_ path: String) { self.path = path }

    /// Shows every cgroup, the outer ones first. What goes meanwhile is passed over.
    func visit(_ body: (Int32) throws(SystemError) -> Void) throws(SystemError) {
        try walk(
            enter: { (directory: Int32) throws(SystemError) in
                try body(directory)
                return true
            }, leave: { _, _ in true })
    }

    /// The processes in all of them.
    func processes() throws(SystemError) -> [Int32] {
        var result: [Int32] = []
        try visit { (directory: Int32) throws(SystemError) in
            result += Self.processes(in: directory)
        }
        return result
    }

    /// Where a process is, as an open directory: its path may be longer than any that can be opened.
    ///
    /// - Returns: nil where it is in none of them.
    func place(of process: Int32) throws(SystemError) -> OwnedDescriptor? {
        var found: Int32 = -1
        try walk(
            enter: { (directory: Int32) throws(SystemError) in
                guard Self.processes(in: directory).contains(process) else { return true }
                found = try retryingOnInterrupt("fcntl", path) { fcntl(directory, F_DUPFD_CLOEXEC, 0) }
                return false
            }, leave: { _, _ in true })
        return found >= 0 ? OwnedDescriptor(owning: found) : nil
    }

    /// Those right in a cgroup, without those below.
    private static func processes(in directory: Int32) -> [Int32] {
        // 0 stands for a process outside the reader's pid namespace.
        (read("cgroup.procs", in: directory) ?? "").parts(between: "\n").compactMap { Int32($0) }.filter { $0 > 0 }
    }

    /// Removes those below, the innermost first, as far as nobody is in them.
    func removeBelow() throws(SystemError) {
        try walk(enter: { _ in true }, leave: { unlinkat($0, $1, AT_REMOVEDIR) == 0 })
    }

    /// The content of a file of the kernel's; nil where the cgroup is gone.
    static func read(_ name: String, in directory: Int32) -> String? {
        let number = openat(directory, name, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let file = OwnedDescriptor(owning: number)
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(file.number, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(decoding: content, as: UTF8.self) }
            content += chunk[..<count]
        }
    }

    static func write(_ text: String, to name: String, in directory: Int32) {
        let number = openat(directory, name, O_WRONLY | O_CLOEXEC)
        guard number >= 0 else { return }
        _ = text.withCString { Glibc.write(number, $0, strlen($0)) }
        close(number)
    }

    /// The same of what must not fail.
    ///
    /// - Parameter path: what the directory is called in the error.
    static func put(_ text: String, to name: String, in directory: Int32, _ path: String) throws(SystemError) {
        let file = OwnedDescriptor(
            owning: try retryingOnInterrupt("open", "\(path)/\(name)") {
                openat(directory, name, O_WRONLY | O_CLOEXEC)
            })
        if text.withCString({ Glibc.write(file.number, $0, strlen($0)) }) < 0 {
            throw SystemError("write", "\(path)/\(name) (\(text))")
        }
    }

    /// - Parameters:
    ///   - enter: called on the way down; the walk ends where it answers false.
    ///   - leave: called on the way up, with the directory above and the name in it.
    private func walk(
        enter: (Int32) throws(SystemError) -> Bool, leave: (Int32, String) -> Bool
    ) throws(SystemError) {
        var here = try OwnedDescriptor(opening: path, O_RDONLY | O_DIRECTORY)
        guard try enter(here.number) else { return }
        var levels = [Level(name: "", children: Self.children(of: here.number))]
        while !levels.isEmpty {
            if let name = levels[levels.count - 1].children.popLast() {
                let number = openat(here.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                guard number >= 0 else { continue }
                here = OwnedDescriptor(owning: number)
                guard try enter(here.number) else { return }
                levels.append(Level(name: name, children: Self.children(of: here.number)))
            } else {
                let done = levels.removeLast()
                guard !levels.isEmpty else { return }
                // No cgroup is ever moved below another.
                let number = openat(here.number, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                guard number >= 0 else { throw SystemError("open the cgroup above", done.name) }
                here = OwnedDescriptor(owning: number)
                _ = leave(here.number, done.name)
            }
        }
    }

    /// The names of the cgroups right below.
    private static func children(of directory: Int32) -> [String] {
        // A descriptor of its own, whose place in the directory nobody else moves.
        let number = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0, let list = fdopendir(number) else { return [] }
        defer { closedir(list) }
        var names: [String] = []
        while let entry = readdir(list) {
            // Besides cgroups there are only the kernel's files.
            guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}
