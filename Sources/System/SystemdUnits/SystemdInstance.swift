import Glibc
public import Linux

/// An instance of systemd: the host's, or an ordinary user's own.
public struct SystemdInstance: Equatable, Sendable {
    public var isUser: Bool
    /// Where it can be spoken to, itself before a message bus: the former is there without one.
    public var addresses: [BusAddress]

    public init(isUser: Bool, addresses: [BusAddress]) {
        self.isUser = isUser
        self.addresses = addresses
    }

    /// The one that manages the caller's cgroups: the system's for root of the host, the user's own for everybody else; root of a
    /// user namespace can be either, and is the system's where he may speak to that (a container that systemd runs).
    public static func detect(
        isHostRoot: Bool = StandardDirectories.isHostRoot, environment: (String) -> String? = Self.variable,
        mayConnect: (String) -> Bool = Self.mayConnect
    ) -> SystemdInstance {
        let system = SystemdInstance(isUser: false, addresses: systemAddresses(environment))
        if isHostRoot { return system }
        let user = SystemdInstance(isUser: true, addresses: userAddresses(environment))
        // On a bus everybody may speak to the system's, which does nothing for him.
        let isSystems =
            geteuid() == 0 && !user.addresses.contains { mayConnect($0.path) }
            && system.addresses.contains { !$0.isBus && mayConnect($0.path) }
        return isSystems ? system : user
    }

    /// Whether there is anything to speak to.
    public var isThere: Bool { addresses.contains { Self.mayConnect($0.path) } }

    /// To connect is to write (unix(7)).
    public static func mayConnect(_ path: String) -> Bool { faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 }

    private static func systemAddresses(_ environment: (String) -> String?) -> [BusAddress] {
        let bus = environment("DBUS_SYSTEM_BUS_ADDRESS").flatMap { BusAddress(list: $0) }
        return [
            BusAddress(path: "/run/systemd/private", isBus: false),
            bus ?? BusAddress(path: "/run/dbus/system_bus_socket", isBus: true),
        ]
    }

    private static func userAddresses(_ environment: (String) -> String?) -> [BusAddress] {
        let directory = environment("XDG_RUNTIME_DIR") ?? "/run/user/\(StandardDirectories.userID)"
        var addresses = [BusAddress(path: directory + "/systemd/private", isBus: false)]
        if let bus = environment("DBUS_SESSION_BUS_ADDRESS").flatMap({ BusAddress(list: $0) }) { addresses.append(bus) }
        let standard = BusAddress(path: directory + "/bus", isBus: true)
        if !addresses.contains(standard) { addresses.append(standard) }
        return addresses
    }

    /// A variable of this process's environment; nil where it is empty, too.
    public static func variable(_ name: String) -> String? {
        guard let value = getenv(name), value[0] != 0 else { return nil }
        return String(cString: value)
    }
}
