import OCI

/// What a container's configuration isolates, in a reader's words: read from the configuration that runs, so that no lane
/// claims what it is not given.
enum IsolationPhrases {
    static func of(_ configuration: RuntimeConfiguration) -> [String] {
        var phrases: [String] = []
        let linux = configuration.linux
        let kinds = (linux?.namespaces ?? []).filter { $0.path == nil }.map(\.kind)
        if kinds.contains(.user) { phrases.append("user namespace") }
        let others = kinds.filter { $0 != .user }.map(\.rawValue).sorted()
        if let last = others.last {
            let list = others.count > 1 ? "\(others.dropLast().joined(separator: ", ")) and \(last)" : last
            phrases.append("\(list) \(others.count == 1 ? "namespace" : "namespaces")")
        }
        let resources = linux?.resources
        if resources?.memory != nil || resources?.cpu != nil || resources?.pids != nil {
            phrases.append("cgroup limits")
        }
        if let capabilities = configuration.process?.capabilities {
            let count = Set(capabilities.bounding).count
            phrases.append(count == 0 ? "no capabilities" : "\(count) capabilities")
        }
        if let masked = linux?.maskedPaths, !masked.isEmpty { phrases.append("masked paths") }
        if configuration.root?.readonly == true { phrases.append("read-only root") }
        if configuration.process?.noNewPrivileges == true { phrases.append("no new privileges") }
        if linux?.seccomp != nil { phrases.append("seccomp (Docker's profile)") }
        return phrases
    }
}
