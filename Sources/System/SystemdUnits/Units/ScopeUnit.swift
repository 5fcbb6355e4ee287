public import Linux

/// A scope that systemd is to make for a container: its name, its place and its settings. Pure; `SystemdManager` asks for it.
public struct ScopeUnit: Equatable, Sendable {
    public let place: SystemdPlace
    public let properties: [UnitProperty]

    public var name: String { place.scope }

    /// - Parameters:
    ///   - description: what `systemctl status` shows.
    ///   - limits: as far as systemd has words for them; it writes them anew whenever it is reloaded, over whatever stands there.
    ///   - additional: of the configuration's own; one of a name that is here already takes its place.
    ///   - facts: of the instance that is asked.
    public init(
        _ place: SystemdPlace, description: String, limits: CgroupLimits, additional: [UnitProperty] = [],
        facts: SystemdFacts
    ) {
        self.place = place
        var properties = [
            UnitProperty("Description", .string(description)), UnitProperty("Slice", .string(place.slice)),
            // What is below the scope is the container's, and no business of systemd's.
            UnitProperty("Delegate", .boolean(true)),
            // Else the host's shutdown would end it before the engine that looks after it.
            UnitProperty("DefaultDependencies", .boolean(false)),
            // One that ended badly goes as well, and its name is free again.
            UnitProperty("CollectMode", .string("inactive-or-failed")),
        ]
        properties += ["CPUAccounting", "IOAccounting", "MemoryAccounting", "TasksAccounting"].map {
            UnitProperty($0, .boolean(true))
        }
        properties += LimitProperties.of(limits, facts: facts)
        for property in additional {
            properties.removeAll { $0.name == property.name }
            properties.append(property)
        }
        self.properties = properties
    }
}

/// What has to be known of an instance of systemd to ask it for something. Asked once; given by hand in tests.
public struct SystemdFacts: Equatable, Sendable {
    /// 252 of `252.38-1~deb12u1`.
    public var version: Int
    /// The cgroup below which all of its units are; empty for the root.
    public var controlGroup: String
    /// An ordinary user's instance.
    public var isUser: Bool
    /// /proc/devices, by which kinds of devices have names.
    public var deviceNames: String

    public init(version: Int, controlGroup: String = "", isUser: Bool = false, deviceNames: String = "") {
        self.version = version
        self.controlGroup = controlGroup
        self.isUser = isUser
        self.deviceNames = deviceNames
    }
}
