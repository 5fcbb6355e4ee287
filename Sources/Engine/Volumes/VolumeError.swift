import OCI

/// A request that a volume cannot meet.
package enum VolumeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No volume of that name or identifier.
    case unknown(String)
    /// The beginning of several volumes' identifiers.
    case ambiguous(String, candidates: [String])
    /// Another volume has the name.
    case nameTaken(String)
    /// Containers were made with it: which, by their names.
    case inUse(String, containers: [String])
    /// A container's or an archive's files would mix with those that are there.
    case notEmpty(String)
    /// A text that is not a name.
    case malformedName(String)
    /// Its record cannot be read.
    case damaged(String)

    package var description: String {
        switch self {
        case .unknown(let name): "there is no volume \(quoting: name); `isolab volume ls` lists all volumes"
        case .ambiguous(let name, let candidates):
            "'\(name)' begins the identifiers of \(candidates.count) volumes: "
                + candidates.map { String($0.prefix(12)) }.joined(separator: ", ")
        case .nameTaken(let name):
            "the name '\(name)' is taken by another volume; remove it with `isolab volume rm \(name)`, or choose another"
        case .inUse(let name, let containers):
            "volume '\(name)' is in use by \(containers.count == 1 ? "container" : "containers") "
                + containers.joined(separator: ", ")
                + "; remove \(containers.count == 1 ? "it" : "them") first with `isolab rm \(containers.joined(separator: " "))`"
        case .notEmpty(let name):
            "volume '\(name)' is not empty: import into a new one, so that no files of both are mixed"
        case .malformedName(let name): "volume name \(quoting: name): \(VolumeName.rule)"
        case .damaged(let id):
            "the record of volume \(id.prefix(12)) cannot be read: `isolab volume rm \(id.prefix(12))` removes it"
        }
    }
}
