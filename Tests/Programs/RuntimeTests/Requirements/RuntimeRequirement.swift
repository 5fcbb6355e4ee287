import Testing

/// What a runtime was found not to do.
struct Unmet: Error, CustomStringConvertible {
    let description: String
}

/// One requirement of the OCI runtime specification, which a runtime meets or not, by its command line alone. The list follows the
/// topics of the specification's own validation programs.
struct RuntimeRequirement: Sendable, CustomTestStringConvertible {
    /// Where the specification has it: `runtime.md, Create`.
    let place: String
    let text: String
    let check: @Sendable (RuntimeFixture) throws -> Void

    init(_ place: String, _ text: String, _ check: @escaping @Sendable (RuntimeFixture) throws -> Void) {
        self.place = place
        self.text = text
        self.check = check
    }

    var testDescription: String { "\(place): \(text)" }

    static let all =
        lifecycle + deletion + process + processLimits + hooks + hookFailures + mounts + namespaces + devices + cgroups
        + kernel + documents + commandLine
}
