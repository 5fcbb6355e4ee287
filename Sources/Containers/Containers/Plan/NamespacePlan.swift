public import Linux
import OCI

/// Which namespaces a container has of its own, new ones and those of others (config-linux.md, "Namespaces").
struct NamespacePlan: Equatable {
    var created: Namespaces = []
    var joins: [NamespaceJoin] = []

    var all: Namespaces { joins.reduce(created) { $0.union($1.namespace) } }

    func joined(_ namespace: Namespaces) -> String? { joins.first { $0.namespace == namespace }?.path }

    init(_ linux: RuntimeConfiguration.LinuxSettings) throws(PlanError) {
        for (index, namespace) in linux.namespaces.enumerated() {
            let kind = Self.kinds[namespace.kind] ?? []
            guard !all.contains(kind) else {
                throw PlanError("linux.namespaces[\(index)]", "\(namespace.kind.rawValue) is listed twice")
            }
            guard let path = namespace.path, !path.isEmpty else {
                created.insert(kind)
                continue
            }
            guard path.starts("/") else {
                throw PlanError("linux.namespaces[\(index)].path", "must be absolute, is '\(path)'")
            }
            joins.append(NamespaceJoin(namespace: kind, path: path))
        }
    }

    static let kinds: [RuntimeConfiguration.Namespace.Kind: Namespaces] = [
        .pid: .pid, .network: .network, .mount: .mount, .ipc: .ipc, .uts: .uts, .user: .user, .cgroup: .cgroup,
        .time: .time,
    ]
}

/// A namespace of others, and the file by which it is joined.
public struct NamespaceJoin: Equatable, Sendable {
    public var namespace: Namespaces
    public var path: String
}

/// A network device that changes its namespace.
public struct NetworkDeviceMove: Equatable, Sendable {
    public var device: String
    /// Inside.
    public var name: String
}
