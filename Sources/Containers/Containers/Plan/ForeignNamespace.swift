public import Linux
import OCI

/// A namespace of others that a configuration changes: joined by a path that leads to the launcher's own, it would be the host
/// that is changed. What the path leads to is known when it is opened.
public struct ForeignNamespace: Equatable, Sendable {
    public var namespace: Namespaces
    /// What would change it, as config.json names it.
    public var field: String

    static func all(_ asked: NamespacePlan, _ configuration: RuntimeConfiguration) -> [ForeignNamespace] {
        var found: [ForeignNamespace] = []
        func add(_ namespace: Namespaces, _ field: String) {
            guard asked.joined(namespace) != nil, !found.contains(where: { $0.namespace == namespace }) else { return }
            found.append(ForeignNamespace(namespace: namespace, field: field))
        }
        // The root would be any directory of the host's: whoever wants that lists no mount namespace.
        add(.mount, "linux.namespaces")
        if configuration.hostname != nil { add(.uts, "hostname") }
        if configuration.domainname != nil { add(.uts, "domainname") }
        for parameter in configuration.linux?.sysctl ?? [:] {
            guard let kind = KernelParameter(parameter.name)?.namespace, let namespace = NamespacePlan.kinds[kind]
            else { continue }
            add(namespace, "linux.sysctl.\(parameter.name)")
        }
        return found
    }

    /// By an open file of the namespace, which cannot become another one before it is joined.
    func check(_ descriptor: Int32, _ path: String) throws(SystemError) {
        guard try Procfs.isOwnNamespace(descriptor, namespace) else { return }
        throw SystemError(
            "join", "\(namespace) of \(path)", errno: 0, stage: "config.json, \(field)",
            advice: "it is the host's own namespace, which a container does not change")
    }
}
