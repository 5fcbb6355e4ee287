package import OCI

/// Instructions that change what an image says of itself, and nothing else: `--change` of an import or a commit.
package enum ConfigurationChange {
    private static let allowed: Set<String> = [
        "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "STOPSIGNAL", "USER", "VOLUME",
        "WORKDIR",
    ]

    /// Applies instructions, each a text of one line, in their order.
    ///
    /// - Returns: what the image says then; its author where none is said stays.
    package static func apply(
        _ texts: [String], to execution: ImageConfiguration.Execution
    ) throws(ContainerfileError) -> ImageConfiguration.Execution {
        var scope = StageScope(
            execution: execution, author: nil, escape: ASCII.backslash, globals: [:], request: BuildRequest())
        for text in texts {
            let name = InstructionLine(text).name
            guard allowed.contains(name) else {
                throw ContainerfileError(
                    instruction: name.isEmpty ? nil : name,
                    "a change is one of \(allowed.sorted().joined(separator: ", "))")
            }
            for located in try Containerfile.loose(text, line: 1) {
                try located.located { () throws(ContainerfileError) in
                    try scope.add(located) { (_) throws(ContainerfileError) in .context }
                }
            }
        }
        return scope.execution
    }
}
