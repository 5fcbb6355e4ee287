internal import Glibc
internal import Linux

/// The loadable parts of a kernel that a guest's devices need.
///
/// What is not there as a module may be built in: it is left out, and missed only where the guest cannot do without.
struct KernelModules: Equatable {
    /// Where they lie: below it, at any depth.
    let directory: String

    /// The modules of those names and what they depend on, each after what it needs, uncompressed.
    func load(_ names: [String]) throws(SystemError) -> [(name: String, content: [UInt8])] {
        let files = Self.files(below: directory)
        var done: Set<String> = []
        var modules: [(name: String, content: [UInt8])] = []
        for name in names { try add(name, files, &done, &modules) }
        return modules
    }

    private func add(
        _ name: String, _ files: [String: String], _ done: inout Set<String>,
        _ modules: inout [(name: String, content: [UInt8])]
    ) throws(SystemError) {
        guard done.insert(name).inserted, let path = files[name] else { return }
        let content = try Self.content(of: path)
        for needed in ModuleInformation.dependencies(of: content) { try add(needed, files, &done, &modules) }
        modules.append((name, content))
    }

    /// Every module below a directory by its name, in which `-` is `_` (`modprobe(8)`).
    private static func files(below directory: String) -> [String: String] {
        var files: [String: String] = [:]
        var directories = [directory]
        while let directory = directories.popLast() {
            for name in (try? SystemFile.names(in: directory)) ?? [] {
                let path = "\(directory)/\(name)"
                if let module = moduleName(name) {
                    files[module] = path
                } else {
                    var information = stat()
                    if lstat(path, &information) == 0, information.st_mode & S_IFMT == S_IFDIR {
                        directories.append(path)
                    }
                }
            }
        }
        return files
    }

    /// `virtio-rng.ko.xz` is `virtio_rng`; nil for what is no module.
    static func moduleName(_ file: String) -> String? {
        guard let ending = [".ko", ".ko.xz", ".ko.zst", ".ko.gz"].first(where: { file.hasSuffix($0) }) else {
            return nil
        }
        return String(file.dropLast(ending.count).map { $0 == "-" ? "_" : $0 })
    }

    private static func content(of path: String) throws(SystemError) -> [UInt8] {
        let program =
            path.hasSuffix(".xz") ? "xz" : path.hasSuffix(".zst") ? "zstd" : path.hasSuffix(".gz") ? "gzip" : nil
        let bytes = try SystemFile.bytes(of: path)
        guard let program else { return bytes }
        let result = try HostProgram.run(program, ["-dc"], input: bytes)
        guard result.status == 0 else {
            throw SystemError(program, path, errno: 0, advice: result.errorText)
        }
        return result.output
    }
}

/// What a module says of itself: the section `.modinfo` of its ELF file (elf(5)), texts that end in a zero.
enum ModuleInformation {
    static func dependencies(of module: [UInt8]) -> [String] {
        guard let section = section(".modinfo", of: module) else { return [] }
        let mark = "depends="
        for text in module[section].split(separator: 0) {
            let text = String(decoding: text, as: UTF8.self)
            if text.hasPrefix(mark) {
                return text.dropFirst(mark.count).split(separator: ",").map { String($0.map { $0 == "-" ? "_" : $0 }) }
            }
        }
        return []
    }

    /// The bytes of a section of a 64-bit little-endian ELF file; nil where there is none, or where the file lies.
    static func section(_ name: String, of file: [UInt8]) -> Range<Int>? {
        func number(_ at: Int, _ size: Int) -> Int? {
            guard at >= 0, at <= file.count - size else { return nil }
            let value = (0..<size).reduce(UInt64(0)) { $0 | UInt64(file[at + $1]) << (8 * UInt64($1)) }
            return Int(exactly: value)
        }
        guard file.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]), let table = number(40, 8), let size = number(58, 2),
            let count = number(60, 2), let names = number(62, 2), size >= 64
        else { return nil }
        func range(_ index: Int) -> Range<Int>? {
            let (place, overflow) = table.addingReportingOverflow(index * size)
            guard !overflow, place >= 0, place <= file.count, let start = number(place + 24, 8),
                let length = number(place + 32, 8),
                start <= file.count, length <= file.count - start
            else { return nil }
            return start..<start + length
        }
        guard let texts = range(names) else { return nil }
        for index in 0..<count {
            guard let offset = number(table + index * size, 4), offset < texts.count else { continue }
            if file[texts].dropFirst(offset).prefix(while: { $0 != 0 }).elementsEqual(name.utf8) {
                return range(index)
            }
        }
        return nil
    }
}
