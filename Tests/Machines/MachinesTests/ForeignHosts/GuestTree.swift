import Glibc
import Linux
import Testing

@testable import Machines

/// The root file system of a guest that runs programs of this host: each with the libraries it loads, where it looks for them.
struct GuestTree {
    let root: String

    init(root: String) throws {
        self.root = root
        for directory in ["bin", "dev", "etc", "mnt", "proc", "run", "sys", "tmp", "usr/bin", "root"] {
            try SystemFile.makeDirectories("\(root)/\(directory)")
        }
        chmod(root + "/tmp", 0o1777)
        try write("root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n", to: "/etc/passwd")
        try write("root:x:0:\nnogroup:x:65534:\n", to: "/etc/group")
    }

    /// A tree that is laid over another and brings no directories or users of its own.
    init(over root: String) throws {
        self.root = root
        try SystemFile.makeDirectories(root)
    }

    func write(_ text: String, to path: String, mode: mode_t = 0o644) throws {
        try makeParent(of: path)
        try WholeFile.replace(root + path, with: Array(text.utf8), mode: mode)
    }

    /// Adds a program of this host under another path or its own, with its libraries.
    ///
    /// - Parameters:
    ///   - stripped: without its symbols, which are most of a program built for debugging.
    ///   - isWanted: which of its libraries come along, by their names.
    func add(
        _ program: String, at path: String? = nil, stripped: Bool = false,
        libraries isWanted: (Substring) -> Bool = { _ in true }
    ) throws {
        try copy(program, to: path ?? program, stripped: stripped)
        let answer = try HostProgram.run("ldd", [program])
        // A static program has none, and ldd says so with a status of 1.
        for line in String(decoding: answer.output, as: UTF8.self).split(separator: "\n") {
            // `name => /path (address)`, or the loader's path alone.
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            let found = words.count >= 3 && words[1] == "=>" ? words[2] : words.first ?? ""
            guard found.hasPrefix("/"), isWanted(found[(found.lastIndex(of: "/") ?? found.startIndex)...].dropFirst())
            else { continue }
            // With usr merged, both names of a directory lead to the same file: it lies where the program looks.
            try copy(String(found), to: String(found))
        }
    }

    /// Adds a file or a directory of this host as it is, links in it followed.
    func addFiles(_ source: String, at path: String? = nil) throws {
        let path = path ?? source
        try makeParent(of: path)
        let answer = try HostProgram.run("cp", ["-rL", source, root + path])
        guard answer.status == 0 else { throw SystemError("cp", source, errno: 0, advice: answer.errorText) }
    }

    func link(_ name: String, to target: String) { symlink(target, root + name) }

    private func copy(_ source: String, to path: String, stripped: Bool = false) throws {
        guard access(root + path, F_OK) != 0 else { return }
        try makeParent(of: path)
        if stripped, let answer = try? HostProgram.run("strip", ["-o", root + path, source]), answer.status == 0 {
            return
        }
        try WholeFile.copy(source, to: root + path, mode: 0o755)
    }

    private func makeParent(of path: String) throws {
        let full = root + path
        try SystemFile.makeDirectories(String(full[..<(full.lastIndex(of: "/") ?? full.startIndex)]))
    }
}
