/// One line of `/proc/<pid>/mountinfo` (proc_pid_mountinfo(5)).
public struct MountEntry: Equatable, Sendable {
    /// The part of the file system that is mounted.
    public var root: String
    public var target: String
    /// The mount's own options.
    public var options: String
    public var type: String
    public var source: String
    /// The file system's options.
    public var superOptions: String

    /// Nil where the line is not of the format, or its type is not wanted.
    public init?(line: some StringProtocol, ofType isWanted: (Substring) -> Bool = { _ in true }) {
        let fields = line.parts(between: " ")
        guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count >= dash + 3, isWanted(fields[dash + 1])
        else { return nil }
        root = Self.unescaped(fields[3])
        target = Self.unescaped(fields[4])
        options = String(fields[5])
        type = String(fields[dash + 1])
        source = Self.unescaped(fields[dash + 2])
        superOptions = fields.count > dash + 3 ? String(fields[dash + 3]) : ""
    }

    /// The mounts a process sees.
    public static func all(of process: String = "self") throws(SystemError) -> [MountEntry] {
        try SystemFile.read("/proc/\(process)/mountinfo").parts(between: "\n").compactMap { MountEntry(line: $0) }
    }

    /// Space, tab, newline and backslash are written as three octal digits.
    private static func unescaped(_ text: some StringProtocol) -> String {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
