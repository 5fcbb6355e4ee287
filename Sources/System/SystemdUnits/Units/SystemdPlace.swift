import Linux

/// A container's place among systemd's units, as `linux.cgroupsPath` says it where systemd manages cgroups: `slice:prefix:name`
/// stands for the scope `prefix-name.scope` in a slice. Pure.
public struct SystemdPlace: Equatable, Sendable {
    /// With its ending, `machine.slice`; `-.slice` is the root.
    public let slice: String
    /// With its ending, `libpod-1234.scope`.
    public let scope: String

    /// A path that names no scope, and why.
    public struct Invalid: Error, Equatable, Sendable, CustomStringConvertible {
        public let path: String
        public let reason: String

        public var description: String { "'\(path)' \(reason)" }
    }

    /// Longer names systemd does not take (systemd.unit(5)).
    private static let longestName = 255
    /// What a scope is called where nobody names it.
    static let prefix = "isolab"

    /// - Parameters:
    ///   - path: empty: a scope of isolab's own for the container, in the instance's default slice.
    ///   - isUser: of an ordinary user's instance, whose containers are in `user.slice`; else in `system.slice`.
    /// - Throws: `Invalid` for a path of another form, or a slice that is none.
    public init(_ path: String, id: String, isUser: Bool) throws(Invalid) {
        func invalid(_ reason: String) -> Invalid { Invalid(path: path, reason: reason) }
        var fields = path.isEmpty ? ["", Self.prefix, id] : path.fields(between: ":").map(String.init)
        guard fields.count == 3 else {
            throw invalid("does not have the form slice:prefix:name that systemd's cgroups need")
        }
        // Older engines write "-" for the root slice.
        if fields[0].isEmpty { fields[0] = isUser ? "user.slice" : "system.slice" }
        if fields[0] == "-" { fields[0] = "-.slice" }
        guard let stem = Self.stem(of: fields[0]) else {
            throw invalid("does not begin with a slice such as machine.slice")
        }
        if stem != "-", stem.fields(between: "-").contains(where: \.isEmpty) {
            throw invalid("begins with '\(fields[0])', which has an empty part between dashes")
        }
        guard !fields[2].isEmpty else { throw invalid("names no scope") }
        guard !fields[2].ends(".slice") else {
            throw invalid("names a slice: a container's processes are in a scope, and slices hold scopes")
        }
        let name = fields[1].isEmpty ? fields[2] : "\(fields[1])-\(fields[2])"
        slice = fields[0]
        scope = Self.escaped(name) + ".scope"
        guard scope.utf8.count <= Self.longestName else { throw invalid("makes a unit name longer than 255 bytes") }
    }

    /// The cgroup below the manager's own. A slice is below those whose names it begins with: `a-b.slice` is in
    /// `/a.slice/a-b.slice` (systemd.slice(5)).
    public var path: String {
        guard let stem = Self.stem(of: slice), stem != "-" else { return "/" + scope }
        var path = ""
        var name = ""
        for part in stem.fields(between: "-") {
            name += name.isEmpty ? "\(part)" : "-\(part)"
            path += "/\(name).slice"
        }
        return path + "/" + scope
    }

    /// A slice's name without its ending; nil for what is no slice's.
    private static func stem(of slice: String) -> Substring? {
        let ending = ".slice"
        guard slice.ends(ending) else { return nil }
        let stem = slice.utf8.dropLast(ending.utf8.count)
        guard !stem.isEmpty, stem.allSatisfy(isAllowed) else { return nil }
        return Substring(stem)
    }

    /// The bytes a unit's name can have (systemd.unit(5)).
    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", ":", "-", "_", ".", "\\", "@": true
        default: false
        }
    }

    /// Others as systemd-escape(1) writes them, `\x2b` for a plus sign.
    private static func escaped(_ name: String) -> String {
        var result = ""
        for byte in name.utf8 {
            if isAllowed(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return result
    }
}
