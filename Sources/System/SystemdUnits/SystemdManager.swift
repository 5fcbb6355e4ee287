import Glibc
import Linux

/// Asks an instance of systemd for units and waits until it has done what it was asked for (org.freedesktop.systemd1(5)).
public struct SystemdManager {
    public let isUser: Bool
    private let connection: BusConnection
    /// Its own name on a bus, whoever may have its well-known one later; nil where it is spoken to directly.
    private let owner: String?

    private static let service = "org.freedesktop.systemd1"
    private static let managerPath = "/org/freedesktop/systemd1"
    private static let manager = "org.freedesktop.systemd1.Manager"
    private static let noSuchUnit = "org.freedesktop.systemd1.NoSuchUnit"
    private static let unitExists = "org.freedesktop.systemd1.UnitExists"

    /// Connects to the first of its sockets that answers.
    public init(_ instance: SystemdInstance) throws(BusError) {
        isUser = instance.isUser
        connection = try Self.connect(instance)
        owner = connection.address.isBus ? try Self.owner(on: connection) : nil
        if connection.address.isBus { try subscribe() }
    }

    private static func owner(on connection: BusConnection) throws(BusError) -> String {
        let answer = try connection.call(
            .call(
                "GetNameOwner", of: "org.freedesktop.DBus", at: "/org/freedesktop/DBus", to: "org.freedesktop.DBus",
                [.string(service)]), about: "systemd")
        guard case .string(let name)? = answer.first else {
            throw BusError("GetNameOwner", "systemd", .malformed("it has no name"))
        }
        return name
    }

    private static func connect(_ instance: SystemdInstance) throws(BusError) -> BusConnection {
        var reason = BusError.Reason.malformed("it has no address")
        for address in instance.addresses {
            do throws(BusError) { return try BusConnection(to: address) } catch { reason = error.reason }
        }
        throw BusError(
            "connect to", instance.isUser ? "your own systemd" : "systemd", reason,
            advice: instance.isUser
                ? "log in through systemd (machinectl shell USER@), or set XDG_RUNTIME_DIR"
                : "systemd must be the host's init for --systemd-cgroup")
    }

    /// The socket it is spoken to by.
    public var address: BusAddress { connection.address }

    /// Signals come by themselves from systemd itself; from a bus only to who asks for them.
    private func subscribe() throws(BusError) {
        let rule = "type='signal',sender='\(Self.service)',interface='\(Self.manager)',member='JobRemoved'"
        _ = try connection.call(
            .call(
                "AddMatch", of: "org.freedesktop.DBus", at: "/org/freedesktop/DBus", to: "org.freedesktop.DBus",
                [.string(rule)]), about: "JobRemoved")
        _ = try ask("Subscribe", about: "systemd", [])
    }

    private func ask(_ member: String, about object: String, _ body: [BusValue]) throws(BusError) -> [BusValue] {
        try connection.call(
            .call(
                member, of: Self.manager, at: Self.managerPath, to: connection.address.isBus ? Self.service : nil, body),
            about: object)
    }

    // MARK: - Facts

    public func facts() throws(BusError) -> SystemdFacts {
        var version = 0
        if case .string(let text)? = try property("Version", of: Self.manager, at: Self.managerPath) {
            version = Int(text.prefix { ("0"..."9").contains($0) }) ?? 0
        }
        var controlGroup = ""
        if case .string(let text)? = try property("ControlGroup", of: Self.manager, at: Self.managerPath) {
            controlGroup = text == "/" ? "" : text
        }
        return SystemdFacts(
            version: version, controlGroup: controlGroup, isUser: isUser,
            deviceNames: (try? SystemFile.read("/proc/devices")) ?? "")
    }

    private func property(
        _ name: String, of interface: String, at path: String
    ) throws(BusError) -> BusValue? {
        let answer = try connection.call(
            .call(
                "Get", of: "org.freedesktop.DBus.Properties", at: path,
                to: connection.address.isBus ? Self.service : nil, [.string(interface), .string(name)]), about: name)
        if case .variant(let value)? = answer.first { return value }
        return nil
    }

    /// What tells one run of a unit from every other of its name; nil where there is no such unit, or it has not run.
    public func invocation(of unit: String) throws(BusError) -> String? {
        let path: String
        do throws(BusError) {
            guard case .objectPath(let found)? = try ask("GetUnit", about: unit, [.string(unit)]).first else {
                return nil
            }
            path = found
        } catch {
            if error.refusal == Self.noSuchUnit { return nil }
            throw error
        }
        do throws(BusError) {
            guard
                case .array(_, let bytes)? = try property("InvocationID", of: Self.service + ".Unit", at: path),
                !bytes.isEmpty
            else { return nil }
            return bytes.map { value in
                guard case .byte(let byte) = value else { return "" }
                return (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
        } catch {
            // It went between the two questions.
            if case .refused = error.reason { return nil }
            throw error
        }
    }

    // MARK: - Units

    /// Makes a scope with processes in it, and waits until they are.
    ///
    /// - Parameter processes: as this process's pid namespace numbers them; at least one.
    public func start(_ unit: ScopeUnit, processes: [Int32]) throws(BusError) {
        let members = UnitProperty("PIDs", .array(of: "u", processes.map { .uint32(UInt32(bitPattern: $0)) }))
        let body: [BusValue] = [
            .string(unit.name), .string("fail"), UnitProperty.list(unit.properties + [members]),
            .array(of: "(sa(sv))", []),
        ]
        var job: [BusValue]
        do throws(BusError) { job = try ask("StartTransientUnit", about: unit.name, body) } catch {
            guard error.refusal == Self.unitExists else { throw error }
            // One that failed can be there still, with nobody in it.
            _ = try? ask("ResetFailedUnit", about: unit.name, [.string(unit.name)])
            do throws(BusError) { job = try ask("StartTransientUnit", about: unit.name, body) } catch {
                throw BusError(
                    error.operation, error.object, error.reason,
                    advice: error.refusal == Self.unitExists
                        ? "use another cgroupsPath, or stop that unit" : nil)
            }
        }
        try finish(job, "StartTransientUnit", unit.name)
    }

    /// Ends a unit and waits until it is gone; none of that name is no error.
    public func stop(_ unit: String) throws(BusError) {
        do throws(BusError) {
            let job = try ask("StopUnit", about: unit, [.string(unit), .string("replace")])
            try finish(job, "StopUnit", unit)
        } catch {
            guard error.refusal == Self.noSuchUnit else { throw error }
        }
        _ = try? ask("ResetFailedUnit", about: unit, [.string(unit)])
    }

    /// Changes settings until the unit ends or the host does.
    public func set(_ properties: [UnitProperty], of unit: String) throws(BusError) {
        guard !properties.isEmpty else { return }
        _ = try ask(
            "SetUnitProperties", about: unit, [.string(unit), .boolean(true), UnitProperty.list(properties)])
    }

    /// Waits for the end of a job, which every change of a unit is.
    private func finish(_ answer: [BusValue], _ operation: String, _ unit: String) throws(BusError) {
        guard case .objectPath(let job)? = answer.first else {
            throw BusError(operation, unit, .malformed("it names no job"))
        }
        let result: String = try connection.signal("JobRemoved", from: owner, about: unit) { body in
            guard body.count == 4, case .objectPath(job) = body[1], case .string(let result) = body[3] else {
                return nil
            }
            return result
        }
        guard result == "done" else {
            throw BusError(
                operation, unit, .refused(name: result, message: "the job ended with '\(result)'"),
                advice: "see systemctl\(isUser ? " --user" : "") status \(unit)")
        }
    }
}
