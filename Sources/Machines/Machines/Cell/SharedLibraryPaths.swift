internal import Glibc
internal import Linux

/// Where a program's libraries are beside the system's directories: what stands in it (DT_RUNPATH and DT_RPATH of elf(5)), and in
/// LD_LIBRARY_PATH. Programs built with a toolchain in somebody's home find Swift's there.
enum SharedLibraryPaths {
    /// Directories that are there.
    static func of(_ program: String) -> [String] {
        var paths = (getenv("LD_LIBRARY_PATH").map { String(cString: $0) } ?? "").split(separator: ":").map(String.init)
        let origin = String(program[..<(program.lastIndex(of: "/") ?? program.startIndex)])
        if let bytes = try? SystemFile.bytes(of: program) {
            let inside = runPath(in: bytes).split(separator: ":").map(String.init)
            paths += inside.map { (path: String) -> String in path.replacing("$ORIGIN", with: origin) }
        }
        return paths.filter { $0.hasPrefix("/") && access($0, R_OK) == 0 }
    }

    /// The run path of a little-endian ELF of 64 bits; empty where it has none or is none.
    static func runPath(in file: [UInt8]) -> String {
        func number(_ at: Int, _ length: Int) -> Int? {
            guard at >= 0, at <= file.count - length else { return nil }
            return (0..<length).reversed().reduce(0) { $0 << 8 | Int(truncatingIfNeeded: file[at + $1]) }
        }
        guard file.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]), let table = number(32, 8), let size = number(54, 2),
            let count = number(56, 2), size >= 56
        else { return "" }
        var segments: [(type: Int, offset: Int, address: Int, length: Int)] = []
        for index in 0..<count {
            let at = table &+ index &* size
            guard let type = number(at, 4), let offset = number(at &+ 8, 8), let address = number(at &+ 16, 8),
                let length = number(at &+ 32, 8)
            else { return "" }
            segments.append((type, offset, address, length))
        }
        guard let dynamic = segments.first(where: { $0.type == 2 }) else { return "" }
        var (strings, run): (Int?, Int?) = (nil, nil)
        for at in stride(from: dynamic.offset, to: min(dynamic.offset &+ dynamic.length, file.count), by: 16) {
            guard let tag = number(at, 8), let value = number(at + 8, 8) else { break }
            switch tag {
            case 5: strings = value  // DT_STRTAB
            case 29: run = value  // DT_RUNPATH
            case 15: run = run ?? value  // DT_RPATH
            default: break
            }
        }
        guard let strings, let run,
            let segment = segments.first(where: {
                $0.type == 1 && strings >= $0.address && strings - $0.address < $0.length
            })
        else { return "" }
        let start = segment.offset &+ (strings - segment.address) &+ run
        guard start >= 0, start < file.count else { return "" }
        return String(decoding: file[start...].prefix { $0 != 0 }, as: UTF8.self)
    }
}
