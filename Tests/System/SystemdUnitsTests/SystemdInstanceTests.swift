import Glibc
import Testing

@testable import SystemdUnits

/// Which instance of systemd is asked, and where.
struct SystemdInstanceTests {
    private func detect(
        root: Bool, _ environment: [String: String] = [:], there: Set<String> = []
    ) -> SystemdInstance {
        .detect(isHostRoot: root, environment: { environment[$0] }, mayConnect: { there.contains($0) })
    }

    @Test func ofTheHost() {
        #expect(
            detect(root: true, ["XDG_RUNTIME_DIR": "/run/user/0"])
                == SystemdInstance(
                    isUser: false,
                    addresses: [
                        BusAddress(path: "/run/systemd/private", isBus: false),
                        BusAddress(path: "/run/dbus/system_bus_socket", isBus: true),
                    ]))
        let elsewhere = detect(root: true, ["DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/x"])
        #expect(elsewhere.addresses.last == BusAddress(path: "/x", isBus: true))
    }

    @Test func ofAUser() {
        let instance = detect(
            root: false, ["XDG_RUNTIME_DIR": "/run/user/7", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/tmp/bus"],
            there: ["/run/user/7/bus"])
        #expect(instance.isUser)
        #expect(instance.addresses.map(\.path) == ["/run/user/7/systemd/private", "/tmp/bus", "/run/user/7/bus"])
    }

    /// Root of a user namespace in which systemd is init, as in a container of LXC's.
    @Test(.enabled(if: geteuid() == 0, "[user] an ordinary user is root of none")) func ofAContainer() {
        #expect(!detect(root: false, there: ["/run/systemd/private"]).isUser)
        #expect(detect(root: false).isUser)
        #expect(detect(root: false, there: ["/run/dbus/system_bus_socket"]).isUser)
    }
}
