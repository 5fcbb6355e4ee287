import Linux

/// What an ordinary user can do: in a user namespace of his own he runs and builds images, as root does without one.
enum UserChecks {
    /// The name of the capability that says whether images run.
    static let name = "images without root"

    /// - Parameter ground: looks at what has to be there, by steps that join the namespace.
    static func all(_ ground: ([ChildStep]) -> [Capability]) -> [Capability] {
        do throws(SystemError) {
            let namespace = try OwnUserNamespace.trial()
            let found = ground([.joinNamespace(.file("/proc/self/fd/\(namespace.number)"), .user)])
            _ = consume namespace
            return [images(found, lack: OwnUserNamespace.lack.map { "\($0)" })] + found
        } catch {
            let problem = Capability(
                name, .missing, "a user namespace could not be made: \(error)", remedy: "sudo isolab run")
            return [problem] + ground([])
        }
    }

    /// - Parameters:
    ///   - found: what is there inside of the namespace.
    ///   - lack: why he has no ids but his own.
    static func images(_ found: [Capability], lack: String?) -> Capability {
        let kinds = ["mnt", "pid", "net", "uts", "ipc"].map { "namespace \($0)" } + ["overlay file system"]
        let missing = found.filter { kinds.contains($0.name) && $0.state == .missing }.map(\.name)
        guard missing.isEmpty else {
            return Capability(
                name, missing == ["overlay file system"] ? .limited : .missing,
                "no \(missing.joined(separator: ", ")) in a user namespace of yours"
                    + (missing == ["overlay file system"] ? ": each container copies its image" : ""))
        }
        if let lack {
            return Capability(
                name, .limited, "isolab run and build work, but all files are yours alone: \(lack)")
        }
        return Capability(name, .works, "isolab run and build work for you, in a user namespace of your own")
    }
}
