import Glibc
import Linux

/// What this host is called, and what runs on it, in its own words; empty where it does not say.
enum HostDescription {
    static var kernel: String { line(of: "/proc/sys/kernel/osrelease") }
    static var name: String { line(of: "/proc/sys/kernel/hostname") }

    /// As uname(2) has it: `x86_64`.
    static var machine: String {
        var names = utsname()
        guard uname(&names) == 0 else { return "" }
        return withUnsafeBytes(of: &names.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// The distribution (os-release(5)).
    static var system: String {
        let text = (try? SystemFile.read("/etc/os-release")) ?? ""
        let value = text.parts(between: "\n").compactMap { $0.rest(after: "PRETTY_NAME=") }.first ?? ""
        return String(value.filter { $0 != "\"" })
    }

    private static func line(of path: String) -> String {
        String(((try? SystemFile.read(path)) ?? "").prefix { $0 != "\n" })
    }
}
