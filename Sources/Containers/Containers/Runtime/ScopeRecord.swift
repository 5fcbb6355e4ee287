import Linux
public import OCI
import SystemdUnits

/// What is written down of the scope that a container's cgroup is.
public struct ScopeRecord: Equatable, Sendable {
    /// `isolab-c1.scope`.
    public var unit: String
    /// Where systemd was spoken to.
    public var socket: String
    public var isBus: Bool
    public var isUser: Bool
    /// Which run of a unit of that name it is; nil until it runs.
    public var invocation: String?

    var instance: SystemdInstance {
        SystemdInstance(isUser: isUser, addresses: [BusAddress(path: socket, isBus: isBus)])
    }

    /// Ends the unit, and waits until it is gone.
    func stop() throws(BusError) {
        let manager = try SystemdManager(instance)
        try manager.stop(unit)
    }

    /// Takes this process to where an ordinary user's containers are.
    func enterInstance() throws(BusError) {
        if isUser { try OwnScope.enter(instance) }
    }
}

extension ScopeRecord: JSONObject {
    public static var blank: Self { Self(unit: "", socket: "", isBus: false, isUser: false) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("unit", &unit)
        try members.required("socket", &socket)
        try members.defaulted("isBus", &isBus)
        try members.defaulted("isUser", &isUser)
        try members.optional("invocation", &invocation)
    }
}

extension Runtime {
    /// Ends a container's scope with everything in it.
    ///
    /// - Returns: whether the unit was there; one that systemd has let go already may have left directories on cgroup v1.
    func end(_ scope: ScopeRecord, _ cgroup: Cgroup) throws -> Bool {
        do throws(BusError) {
            let manager = try SystemdManager(scope.instance)
            guard let invocation = try manager.invocation(of: scope.unit) else { return false }
            guard invocation == scope.invocation else {
                warn("the unit \(scope.unit) is kept: it belongs to another process")
                return true
            }
            do throws(SystemError) { try cgroup.end() } catch {
                throw BusError("end", scope.unit, .system(error))
            }
            try manager.stop(scope.unit)
            return true
        } catch {
            guard case .system(let reason) = error.reason, reason.operation == "connect" else { throw error }
            // Without systemd there is nobody to give its name back to.
            warn("\(error)")
            return false
        }
    }
}
