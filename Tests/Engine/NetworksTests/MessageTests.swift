import Linux
import Testing

@testable import Networks

/// Messages of rtnetlink as the kernel reads them (<linux/rtnetlink.h>, on a machine whose lowest byte comes first).
@Suite struct MessageTests {
    /// A pair of devices: one here on a bridge and up, the other in another namespace.
    @Test func pairs() {
        let message = RouteMessage.makeLink(
            "v", isUp: true,
            [.name("v"), .bridge(7), .isPair(other: [.name("e"), .namespace(descriptor: 9)])])
        #expect(
            message.bytes(sequence: 3) == [
                100, 0, 0, 0, 16, 0, 0x05, 0x06, 3, 0, 0, 0, 0, 0, 0, 0,  // nlmsghdr
                0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,  // ifinfomsg: up
                6, 0, 3, 0, 0x76, 0, 0, 0,  // IFLA_IFNAME "v"
                8, 0, 10, 0, 7, 0, 0, 0,  // IFLA_MASTER
                52, 0, 18, 0,  // IFLA_LINKINFO
                8, 0, 1, 0, 0x76, 0x65, 0x74, 0x68,  // IFLA_INFO_KIND "veth"
                40, 0, 2, 0, 36, 0, 1, 0,  // IFLA_INFO_DATA, VETH_INFO_PEER
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // its ifinfomsg
                6, 0, 3, 0, 0x65, 0, 0, 0,  // IFLA_IFNAME "e"
                8, 0, 28, 0, 9, 0, 0, 0,  // IFLA_NET_NS_FD
            ] as [UInt8])
    }

    @Test func addressesAndRoutes() {
        #expect(
            RouteMessage.addAddress([10, 1, 0, 2], prefixLength: 24, to: 5, "e").payload == [
                2, 24, 0, 0, 5, 0, 0, 0, 8, 0, 2, 0, 10, 1, 0, 2, 8, 0, 1, 0, 10, 1, 0, 2,
            ])
        let v6 = RouteMessage.addAddress(IPAddress("fd00::2")?.bytes ?? [], prefixLength: 64, to: 5, "e")
        #expect(v6.payload.prefix(12) == [10, 64, 2, 0, 5, 0, 0, 0, 20, 0, 1, 0], "in use at once (IFA_F_NODAD)")
        #expect(
            RouteMessage.addDefaultRoute(by: [10, 1, 0, 1], through: 5, "e").payload == [
                2, 0, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0, 8, 0, 5, 0, 10, 1, 0, 1, 8, 0, 4, 0, 5, 0, 0, 0,
            ])
    }

    /// What a driver changes of devices that are there.
    @Test func changes() {
        #expect(
            RouteMessage.reflect("v").payload == [
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // ifinfomsg: found by its name
                6, 0, 3, 0, 0x76, 0, 0, 0,  // IFLA_IFNAME "v"
                28, 0, 18, 0,  // IFLA_LINKINFO
                10, 0, 4, 0, 0x62, 0x72, 0x69, 0x64, 0x67, 0x65, 0, 0,  // IFLA_INFO_SLAVE_KIND "bridge"
                12, 0, 5, 0, 5, 0, 4, 0, 1, 0, 0, 0,  // IFLA_INFO_SLAVE_DATA, IFLA_BRPORT_MODE
            ] as [UInt8])
        #expect(
            RouteMessage.takeNoLocalAddress("e", 5).payload == [
                0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // ifinfomsg
                16, 0, 26, 0, 12, 0, 10, 0, 5, 0, 8, 0, 1, 0, 0, 0,  // IFLA_AF_SPEC, AF_INET6, IFLA_INET6_ADDR_GEN_MODE
            ] as [UInt8])
    }

    /// The host's routes are what they lead to; the default route and multicast are nobody's.
    @Test func routes() {
        func answer(_ length: UInt8, type: UInt8, _ address: [UInt8]) -> RouteConversation.Answer {
            .init(
                type: 24,
                payload: [2, length, 0, 0, 254, 2, 0, type, 0, 0, 0, 0]
                    + (address.isEmpty ? [] : RouteMessage.attribute(1, address)))
        }
        let found = HostRoutes.destinations([
            answer(8, type: 1, [10, 0, 0, 0]), answer(32, type: 2, [192, 0, 2, 1]), answer(0, type: 1, []),
            answer(4, type: 5, [224, 0, 0, 0]), .init(type: 24, payload: [2, 8]), .init(type: 3, payload: []),
        ])
        #expect(found.map(\.description) == ["10.0.0.0/8", "192.0.2.1/32"])
    }

    /// Attributes whose lengths lie are not read beyond what is there.
    @Test func hostileAttributes() {
        for payload: [UInt8] in [[3, 0, 1, 0], [200, 0, 1, 0, 1], [4, 0], [], [8, 0, 1, 0, 1, 2]] {
            #expect(RouteConversation.Answer(type: 0, payload: payload).attributes(after: 0).isEmpty)
        }
    }

    private static let network = Network(
        id: "0123456789ab" + String(repeating: "0", count: 52), name: "n", driver: "bridge", created: "", mtu: 1400,
        device: "il0123456789ab",
        v4: Subnet("10.1.0.0/24").map { AddressPool($0, gateway: IPAddress("10.1.0.1")) })

    /// What a driver will do is a value.
    @Test func plans() throws {
        let endpoint = Endpoint(
            container: "c", name: "one", interface: "eth0", device: "ve1", v4: IPAddress("10.1.0.2"),
            hardwareAddress: "02:49:0a:01:00:02")
        let (own, gateway) = (try #require(IPAddress("10.1.0.2")), try #require(IPAddress("10.1.0.1")))
        #expect(
            BridgeDriver().plan(endpoint, in: Self.network) == [
                .ensureBridge(
                    name: "il0123456789ab", hardwareAddress: [0x0A, 0x49, 0x01, 0x23, 0x45, 0x67], mtu: 1400,
                    addresses: [.init(address: gateway, prefixLength: 24)]),
                .addPair(
                    device: "ve1", bridge: "il0123456789ab", interface: "eth0",
                    hardwareAddress: [2, 0x49, 10, 1, 0, 2], mtu: 1400),
                .enableLoopback,
                .configure(
                    interface: "eth0", addresses: [.init(address: own, prefixLength: 24)], gateways: [gateway]),
            ])
        var isolated = Self.network
        isolated.isInternal = true
        #expect(
            BridgeDriver().plan(endpoint, in: isolated).last
                == .configure(interface: "eth0", addresses: [.init(address: own, prefixLength: 24)], gateways: []))
        var published = endpoint
        published.ports = [PublishedPort(.tcp, port: 80, containerPort: 80)]
        #expect(
            Array(BridgeDriver().plan(published, in: Self.network)[2...3]) == [
                .reflect(device: "ve1"), .allowLoopback(bridge: "il0123456789ab"),
            ])
        #expect(NoneDriver().plan(endpoint, in: Self.network) == [.enableLoopback])
        #expect(HostDriver().plan(endpoint, in: Self.network).isEmpty)
        #expect(Set(NetworkDrivers.all.map(\.name)) == ["none", "host", "bridge", "macvlan"])
    }

    /// A guest's cell is joined to a network as a sandbox is, by a device that has not the guest's hardware address; the guest is told
    /// the rest.
    @Test func guestPlans() throws {
        var endpoint = Endpoint(
            container: "c", name: "one", interface: "eth0", device: "ve1", v4: IPAddress("10.1.0.2"),
            hardwareAddress: "02:49:0a:01:00:02")
        endpoint.ports = [PublishedPort(.tcp, port: 80, containerPort: 80)]
        let (place, bridge) = GuestPlace.plan(endpoint, in: Self.network, number: 0, owner: 7)
        #expect(bridge.owner == 7 && bridge.asker == endpoint.v4 && bridge.mtu == 1400)
        let steps = try #require(BridgeDriver().plan(endpoint, in: Self.network, guest: bridge))
        #expect(
            Array(steps.dropFirst()) == [
                .addPair(device: "ve1", bridge: "il0123456789ab", interface: "up0", hardwareAddress: [], mtu: 1400),
                .reflect(device: "ve1"), .allowLoopback(bridge: "il0123456789ab"), .enableLoopback,
                .addGuestBridge(bridge),
            ])
        #expect(steps.first == BridgeDriver().plan(endpoint, in: Self.network).first)
        #expect(place.interface == "eth0" && place.tap == "tap0" && place.mtu == 1400)
        #expect(place.hardwareAddress == [2, 0x49, 10, 1, 0, 2])
        #expect(place.gateways.map(\.description) == ["10.1.0.1"])
        #expect(place.nameServer?.address == IPAddress("169.254.127.11"))
        #expect(place.nameServer?.hardwareAddress == [6, 0x49, 10, 1, 0, 2])
        // Of several networks it asks for names in the first.
        let second = GuestPlace.plan(endpoint, in: Self.network, number: 1, owner: 7)
        #expect(second.place.nameServer == nil && second.bridge.asker == nil && second.place.tap == "tap1")
        // Without an address of IPv4 it gets one to ask from.
        endpoint.v4 = nil
        let third = GuestPlace.plan(endpoint, in: Self.network, number: 0, owner: 7)
        #expect(third.bridge.asker == IPAddress("169.254.127.12") && third.place.addresses.count == 1)
        #expect(MacvlanDriver().plan(endpoint, in: Self.network, guest: bridge) == nil)
        #expect(NoneDriver().plan(endpoint, in: Self.network, guest: bridge) == nil)
    }

    /// A cell's bridge knows the guest beforehand and learns of nobody; its own address is for the guest alone, and it answers nobody who
    /// asks for its hardware address.
    @Test func guestBridges() throws {
        let asker = try #require(IPAddress("10.1.0.2"))
        let bridge = GuestBridge(number: 0, hardwareAddress: [2, 0x49, 10, 1, 0, 2], owner: 7, asker: asker)
        let messages = bridge.messages(bridge: 5, tap: 6, uplink: 8)
        func has(_ type: UInt16, _ payload: [UInt8]) -> Bool {
            messages.contains { $0.type == type && $0.payload == payload }
        }
        for port in [6, 8] as [UInt8] {
            // IFLA_INFO_SLAVE_DATA with IFLA_BRPORT_LEARNING.
            #expect(
                has(
                    16,
                    [0, 0, 0, 0, port, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 28, 0, 18, 0, 10, 0, 4, 0]
                        + Array("bridge".utf8) + [0, 0, 12, 0, 5, 0, 5, 0, 8, 0, 0, 0, 0, 0]))
        }
        // The guest is behind the tap device: AF_BRIDGE, NUD_NOARP, NTF_MASTER.
        #expect(has(28, [7, 0, 0, 0, 6, 0, 0, 0, 0x40, 0, 4, 0, 10, 0, 2, 0, 2, 0x49, 10, 1, 0, 2, 0, 0]))
        // The address, and that of the guest as its peer.
        #expect(has(20, [2, 32, 0, 0, 5, 0, 0, 0, 8, 0, 2, 0, 169, 254, 127, 11, 8, 0, 1, 0, 10, 1, 0, 2]))
        // Up, with IFF_NOARP, and only then with the guest for a neighbour: the kernel forgets neighbours of a device that changes so.
        let up: [UInt8] = [0, 0, 0, 0, 5, 0, 0, 0, 0x81, 0, 0, 0, 0x81, 0, 0, 0]
        let raised = try #require(messages.firstIndex { $0.payload == up })
        let known = try #require(messages.firstIndex { $0.operation == "add neighbour" })
        #expect(raised < known)
        #expect(
            bridge.makeBridge.payload.suffix(28) == [
                28, 0, 18, 0, 10, 0, 1, 0, 0x62, 0x72, 0x69, 0x64, 0x67, 0x65, 0, 0,  // IFLA_INFO_KIND "bridge"
                12, 0, 2, 0, 5, 0, 23, 0, 0, 0, 0, 0,  // IFLA_INFO_DATA, IFLA_BR_MCAST_SNOOPING
            ])
    }

    @Test(arguments: [
        ("80", "tcp::0:80"), ("8080:80", "tcp::8080:80"), ("127.0.0.1:8080:80/udp", "udp:127.0.0.1:8080:80"),
        ("[::1]:8080:80", "tcp:::1:8080:80"), ("0.0.0.0:1:2", "tcp:0.0.0.0:1:2"), ("[::]:1:2", "tcp::::1:2"),
        ("127.0.0.1::80", "tcp:127.0.0.1:0:80"),
        ("0:80", "tcp::0:80"), ("127.0.0.1:0:80/udp", "udp:127.0.0.1:0:80"),
        ("8000-8001:80-81", "tcp::8000:80 tcp::8001:81"), ("80-81", "tcp::0:80 tcp::0:81"), (":1:2", "tcp::1:2"),
    ])
    func ports(text: String, expected: String) throws {
        let shown = try PublishedPort.read(text).map {
            "\($0.transport.rawValue):\($0.address.map { "\($0)" } ?? ""):\($0.port):\($0.containerPort)"
        }
        #expect(shown.joined(separator: " ") == expected)
    }

    @Test(arguments: [
        "", "0", "65536", "80/icmp", "80/sctp", "a:80", "1.2.3:1:2", "1:2:3:4", "8000-8002:80-81", "9-8", "[::1]80",
        "::1:80:80", "80:", "-80", "+80", "80:80/tcp/udp",
    ])
    func portsRefused(text: String) {
        #expect(throws: PublishedPort.Fault.self, "\(text)") { try PublishedPort.read(text) }
    }

    @Test(arguments: [
        ("02:42:0a:00:00:02", true), ("02:42:0A:00:00:02", true), ("01:42:0a:00:00:02", false),
        ("02:42:0a:00:00", false),
        ("02-42-0a-00-00-02", false), ("+2:42:0a:00:00:02", false), ("", false),
    ])
    func hardwareAddresses(text: String, isOne: Bool) {
        #expect((Endpoint.bytes(ofHardwareAddress: text) != nil) == isOne)
    }

    /// All rules follow from the records, in one document that puts them in place of the last ones.
    @Test func rules() throws {
        var isolated = Self.network
        isolated.device = "il2"
        isolated.isInternal = true
        isolated.v4 = Subnet("10.2.0.0/24").map { AddressPool($0, gateway: nil) }
        var endpoint = Endpoint(container: "c", name: "one", v4: IPAddress("10.1.0.2"))
        endpoint.ports = [
            PublishedPort(.tcp, port: 8080, containerPort: 80),
            PublishedPort(.udp, address: IPAddress("127.0.0.1"), port: 53, containerPort: 5353),
            PublishedPort(.tcp, address: IPAddress("::1"), port: 1, containerPort: 1),
        ]
        endpoint.ports += [
            PublishedPort(.tcp, address: IPAddress("0.0.0.0"), port: 2, containerPort: 2),
            PublishedPort(.tcp, address: IPAddress("::"), port: 3, containerPort: 3),
        ]
        let document = FirewallPlan(table: "isolab", [(Self.network, [endpoint]), (isolated, [])]).document
        #expect(document.contains("table inet isolab\ndelete table inet isolab\ntable inet isolab {\n"))
        for words in [
            "set bridges { type ifname; elements = { \"il0123456789ab\", \"il2\" } }",
            "set internal { type ifname; elements = { \"il2\" } }",
            "set sources4 { type ipv4_addr; flags interval; elements = { 10.1.0.0/24 } }",
            "elements = { tcp . 8080 : 10.1.0.2 . 80, tcp . 2 : 10.1.0.2 . 2 } }",
            "elements = { 127.0.0.1 . udp . 53 : 10.1.0.2 . 5353 } }",
            "iifname \"il2\" ip saddr != 10.2.0.0/24 drop",
            "ip daddr 127.0.0.0/8 return\n    fib daddr type local jump",
        ] {
            #expect(document.contains(words), "\(words)")
        }
        #expect(!document.contains("::1 ."), "a container without IPv6 has nothing there")
        #expect(
            !document.contains("tcp . 3") && !document.contains("0.0.0.0"), "every address of a family is that one's")
    }
}
