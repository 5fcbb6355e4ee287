import Linux
import OCI

/// `--mount type=…,source=…,target=…`: a path of the host, a volume or a file system in memory, in Docker's long form: a line of CSV, so that a
/// path with a comma stands in quotation marks.
package enum MountOption: Equatable, Sendable {
    case host(VolumeMount)
    case named(NamedVolumeMount)
    case temporary(TemporaryMount)

    /// - Parameter directory: what a source that begins with `.` is seen from.
    package init(_ option: String, _ text: String, relativeTo directory: String? = nil) throws(OptionError) {
        func fail(_ problem: String) -> OptionError { OptionError(option, text, problem) }
        var fields = try Self.fields(option, text)
        let type = fields.removeValue(forKey: "type") ?? "volume"
        guard let place = fields.removeValue(forKey: "target") else { throw fail("needs target=PATH") }
        let target = try containerPath(option, text, place)
        let readOnly = try Self.isSet(fields.removeValue(forKey: "readonly"), option, text)
        // Of Docker Desktop.
        fields["consistency"] = nil
        switch type {
        case "bind":
            guard let source = fields.removeValue(forKey: "source") else { throw fail("needs source=PATH") }
            let propagation = fields.removeValue(forKey: "bind-propagation") ?? "rprivate"
            guard VolumeMount.propagations.contains(propagation) else {
                throw fail("bind-propagation is one of \(VolumeMount.propagations.joined(separator: ", "))")
            }
            self = .host(
                VolumeMount(
                    source: try VolumeMount.source(option, text, source, relativeTo: directory), target: target,
                    readOnly: readOnly, propagation: propagation, asked: AskingOption(option)))
        case "tmpfs":
            var options = TemporaryMount.defaults
            if let size = fields.removeValue(forKey: "tmpfs-size") {
                options.append("size=\(try ByteSize(option, size).bytes)")
            }
            if let mode = fields.removeValue(forKey: "tmpfs-mode") {
                guard let bits = UInt32(mode, radix: 8), bits <= 0o7777 else {
                    throw fail("tmpfs-mode is an octal number, such as 1777")
                }
                options.append("mode=\(String(bits, radix: 8))")
            }
            if readOnly { options.append("ro") }
            self = .temporary(TemporaryMount(target: target, options: options, asked: AskingOption(option)))
        case "volume":
            let name = fields.removeValue(forKey: "source").flatMap { $0.isEmpty ? nil : $0 }
            if let name { try NamedVolumeMount.check(option, text, name) }
            if let driver = fields.removeValue(forKey: "volume-driver"), driver != "local", !driver.isEmpty {
                throw fail("the only volume driver is local")
            }
            let copies = try !Self.isSet(fields.removeValue(forKey: "volume-nocopy"), option, text, "volume-nocopy")
            var mount = NamedVolumeMount(
                name: name, target: target, readOnly: readOnly, copies: copies, asked: AskingOption(option))
            if let path = fields.removeValue(forKey: "volume-subpath") {
                mount.subpath = try NamedVolumeMount.checkPath(option, text, path)
                // What is there is a part of it: the image's files are not.
                mount.copies = false
            }
            self = .named(mount)
        default: throw fail("type is bind, volume or tmpfs, not '\(type)'")
        }
        if let other = fields.keys.sorted().first { throw fail("type=\(type) takes no \(other)") }
    }

    private static func fields(_ option: String, _ text: String) throws(OptionError) -> [String: String] {
        let names = ["src": "source", "dst": "target", "destination": "target", "ro": "readonly"]
        var result: [String: String] = [:]
        let fields: [(name: String, value: String?)]
        do throws(CommaSeparated.Fault) { fields = try CommaSeparated.fields(text) } catch {
            throw OptionError(option, text, error.problem)
        }
        for (given, value) in fields where !given.isEmpty || value != nil {
            let name = names[given] ?? given
            guard result.updateValue(value ?? "", forKey: name) == nil else {
                throw OptionError(option, text, "\(given) is given twice")
            }
        }
        return result
    }

    private static func isSet(
        _ value: String?, _ option: String, _ text: String, _ field: String = "readonly"
    ) throws(OptionError) -> Bool {
        switch value {
        case nil, "false", "0": return false
        case "", "true", "1": return true
        case .some(let word): throw OptionError(option, text, "\(field) is true or false, not '\(word)'")
        }
    }
}
