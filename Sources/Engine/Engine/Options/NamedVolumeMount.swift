import Linux
import OCI
import Volumes

/// `-v NAME:TARGET[:OPTIONS]`, `-v TARGET` and `--mount type=volume`: data that outlives the container.
package struct NamedVolumeMount: Equatable, Sendable {
    /// Nil: a new one, for this container.
    package var name: String?
    package var target: String
    package var readOnly = false
    /// Whether a volume that never had any files begins with those that the image has there.
    package var copies = true
    /// Which directory or file of the volume is shown, relative; nil: all of it.
    package var subpath: String?
    /// Which option asked for it, for errors.
    var asked = AskingOption("--volume")

    init(name: String?, target: String, readOnly: Bool = false, copies: Bool = true, asked: AskingOption) {
        self.name = name
        self.target = target
        self.readOnly = readOnly
        self.copies = copies
        self.asked = asked
    }

    /// - Parameter parts: of `-v`, between the colons.
    fileprivate init(_ option: String, _ text: String, _ parts: [String]) throws(OptionError) {
        func fail(_ problem: String) -> OptionError { OptionError(option, text, problem) }
        asked = AskingOption(option)
        if parts.count == 1 {
            target = try containerPath(option, text, parts[0])
            return
        }
        name = parts[0]
        try Self.check(option, text, parts[0])
        target = try containerPath(option, text, parts[1])
        var isDecided = false
        for word in parts.count == 3 ? parts[2].parts(between: ",").map(String.init) : [] {
            switch word {
            case "ro", "rw":
                guard !isDecided || readOnly == (word == "ro") else { throw fail("is not both ro and rw") }
                readOnly = word == "ro"
                isDecided = true
            case "nocopy": copies = false
            case "z", "Z": break
            default: throw fail("'\(word)' is not one of ro, rw, nocopy, z: a volume takes no other")
            }
        }
    }

    /// A path in a volume: relative, and nowhere above it.
    static func checkPath(_ option: String, _ text: String, _ path: String) throws(OptionError) -> String {
        let parts = path.parts(between: "/").filter { $0 != "." }
        guard !path.starts("/"), !parts.contains(".."), !parts.isEmpty else {
            throw OptionError(option, text, "volume-subpath takes a path in the volume, such as a/b")
        }
        return parts.joined(separator: "/")
    }

    static func check(_ option: String, _ text: String, _ name: String) throws(OptionError) {
        guard VolumeName.isName(name) else {
            throw OptionError(option, text, "the name of a volume \(VolumeName.rule), not \(quoting: name)")
        }
    }
}

/// `-v`: a path of the host, or a volume.
package enum VolumeOption: Equatable, Sendable {
    case host(VolumeMount)
    case named(NamedVolumeMount)

    /// - Parameter directory: what a source that begins with `.` is seen from.
    package init(_ option: String, _ text: String, relativeTo directory: String? = nil) throws(OptionError) {
        let parts = text.fields(between: ":").map(String.init)
        let isPath = parts[0].holds("/") || parts[0].starts(".") || parts[0].isEmpty
        if parts.count == 1 ? isPath : !isPath && parts.count <= 3 {
            self = .named(try NamedVolumeMount(option, text, parts))
        } else {
            self = .host(try VolumeMount(option, text, relativeTo: directory))
        }
    }
}

/// `--volumes-from CONTAINER[:ro]`: everything that is mounted in another container.
package struct VolumesFrom: Equatable, Sendable {
    /// By name, identifier or its beginning.
    package var container: String
    /// Whatever it is there.
    package var readOnly = false

    package init(_ option: String, _ text: String) throws(OptionError) {
        let parts = text.fields(between: ":", maxSplits: 1).map(String.init)
        container = parts[0]
        guard !container.isEmpty else { throw OptionError(option, text, "takes CONTAINER or CONTAINER:ro") }
        for word in parts.count == 2 ? parts[1].parts(between: ",").map(String.init) : [] {
            switch word {
            case "ro": readOnly = true
            case "rw", "z", "Z": break
            default: throw OptionError(option, text, "'\(word)' is not one of ro, rw, z")
            }
        }
    }
}
