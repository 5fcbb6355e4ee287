/// The name of a container, unique on a host among those of one runtime. It becomes the name of directories.
///
/// The same names as runc's: letters, digits, `_`, `+`, `-` and `.`, but neither `.` nor `..`; at most 1024 of them.
public struct ContainerIdentifier: Hashable, Sendable, CustomStringConvertible {
    public static let greatestLength = 1024

    public let description: String

    public init(_ name: String) throws(ConfigurationError) {
        func fail(_ problem: String) -> ConfigurationError {
            ConfigurationError(document: "container id", path: "", problem: problem)
        }
        guard !name.isEmpty else { throw fail("is empty") }
        guard name.utf8.count <= Self.greatestLength else {
            throw fail("is longer than \(Self.greatestLength) bytes")
        }
        guard name != ".", name != ".." else { throw fail("\(quoting: name) is a directory's own name") }
        guard name.utf8.allSatisfy(Self.isAllowed) else {
            throw fail("\(quoting: name) may hold letters, digits, '_', '+', '-' and '.' only")
        }
        description = name
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}
