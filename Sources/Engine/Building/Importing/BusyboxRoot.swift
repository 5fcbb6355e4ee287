import Glibc
import Linux

/// The smallest user space that is one: busybox under the names of all it can do, and the files a login expects.
struct BusyboxRoot {
    /// Of the host; static, for nothing else is in the image.
    let program: String

    /// The host's.
    init() throws(BuildError) {
        for path in ["/bin/busybox", "/usr/bin/busybox"] where access(path, X_OK) == 0 {
            guard Self.isStatic(path) else { continue }
            program = path
            return
        }
        throw .unavailable("there is no static busybox on this host", advice: "install busybox-static")
    }

    /// A program without an interpreter (elf(5), PT_INTERP).
    static func isStatic(_ path: String) -> Bool {
        guard let file = try? OwnedDescriptor(opening: path, O_RDONLY) else { return false }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(file.number, &bytes, bytes.count)
        guard count > 64, bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else { return false }
        func number(_ offset: Int, _ width: Int) -> Int {
            guard offset >= 0, offset + width <= count else { return 0 }
            return (0..<width).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
        }
        let (table, size, entries) = (number(32, 4), number(54, 2), number(56, 2))
        return !(0..<entries).contains { number(table + $0 * size, 4) == 3 }
    }

    /// Writes the tree into an empty directory.
    func write(to root: String) throws {
        for (path, mode) in Self.directories {
            try SystemFile.makeDirectories("\(root)/\(path)")
            chmod("\(root)/\(path)", mode)
        }
        try copyProgram(to: root + "/bin/busybox")
        for applet in try applets() where applet != "bin/busybox" {
            let parts = applet.split(separator: "/")
            guard parts.count >= 2, !parts.contains("..") else { continue }
            try SystemFile.makeDirectories("\(root)/\(parts.dropLast().joined(separator: "/"))")
            if symlink("/bin/busybox", "\(root)/\(applet)") != 0, errno != EEXIST {
                throw SystemError("symlink", applet)
            }
        }
        for (path, content) in Self.files {
            try SystemFile.replace("\(root)/\(path)", with: Array(content.utf8), mode: 0o644)
            chmod("\(root)/\(path)", 0o644)
        }
    }

    private func copyProgram(to path: String) throws {
        let source = try OwnedDescriptor(opening: program, O_RDONLY)
        let target = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o755)
        try FileContent.copy(source.number, to: target.number, path)
        fchmod(target.number, 0o755)
    }

    /// What it can do, each with its usual place.
    private func applets() throws -> [String] {
        let pipe = try Pipe("busybox's list")
        let process = try ProcessPlan(program, ["--list-full"], environment: []).spawn(
            StandardStreams(output: pipe.writeEnd))
        let text = try pipe.readAll()
        let exit = try process.wait()
        guard exit.succeeded else { throw BuildError.program("\(program) --list-full", ending: exit.ending) }
        return text.split(separator: "\n").map(String.init).sorted()
    }

    private static let directories: [(String, mode_t)] = [
        ("bin", 0o755), ("dev", 0o755), ("etc", 0o755), ("home", 0o755), ("proc", 0o755), ("root", 0o700),
        ("sys", 0o755),
        ("tmp", 0o1777), ("var", 0o755), ("var/tmp", 0o1777),
    ]

    private static let files = [
        (
            "etc/passwd",
            """
            root:x:0:0:root:/root:/bin/sh
            daemon:x:1:1:daemon:/usr/sbin:/bin/false
            nobody:x:65534:65534:nobody:/home:/bin/false

            """
        ),
        (
            "etc/group",
            """
            root:x:0:
            daemon:x:1:
            tty:x:5:
            nogroup:x:65534:

            """
        ),
        ("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"),
        ("etc/os-release", "ID=busybox\nNAME=BusyBox\nPRETTY_NAME=\"BusyBox of the host\"\n"),
    ]
}
