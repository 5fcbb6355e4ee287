import OCI
import Presentation
import Testing

@testable import Engine

/// `ps --filter`: what containers are chosen by; and what PORTS shows of them.
@Suite struct ContainerFilterTests {
    private static func container(_ name: String, _ settings: JSONTree) -> StoredContainer {
        var container = StoredContainer(
            id: ContainerName.identifier(), name: name, image: "busybox", imageID: Digest(sha256Of: []),
            manifest: Descriptor(mediaType: .imageManifest, digest: Digest(sha256Of: []), size: 0), command: ["true"],
            created: "2026-11-24T08:50:07Z")
        container.settings = settings
        return container
    }

    private static func settings(exposed: String, host: String, network: String, id: String) -> JSONTree {
        let binding = JSONTree.object([.init("HostIp", .text("0.0.0.0")), .init("HostPort", .text(host))])
        let ports = JSONTree.object([.init("80/tcp", .list([binding]))])
        let networks = JSONTree.object([.init(network, .object([.init("NetworkID", .text(id))]))])
        let exposedPorts = JSONTree.object([.init(exposed, .object([]))])
        return .object([
            .init("Config", .object([.init("ExposedPorts", exposedPorts)])),
            .init("NetworkSettings", .object([.init("Ports", ports), .init("Networks", networks)])),
        ])
    }

    private static let containers = [
        container("web", settings(exposed: "53/udp", host: "8080", network: "front", id: "0123456789abcdef")),
        container("other", settings(exposed: "443/tcp", host: "9090", network: "none", id: "")),
    ]

    @Test(
        arguments: [
            ("publish=8080", ["web"]), ("publish=8000-9090/tcp", ["web", "other"]), ("publish=8080/udp", []),
            ("publish=80", []), ("expose=80", ["web", "other"]), ("expose=53/udp", ["web"]), ("expose=53", []),
            ("network=front", ["web"]), ("network=0123456789ab", ["web"]), ("network=0", []),
            ("network=none", ["other"]),
            ("health=healthy", ["web"]), ("health=none", ["other"]), ("health=starting", []),
        ] as [(String, [String])])
    func chosen(filter: String, names: [String]) throws {
        let found = try ContainerFilter("--filter", [filter]).filtered(
            Self.containers.map { ($0, .running) }, image: { _ in nil },
            health: { $0.name == "web" ? .healthy : nil })
        #expect(found.map(\.container.name) == names)
    }

    /// What an image exposes is shown of a container that runs in a network, and was published or not.
    @Test func ports() throws {
        var container = Self.containers[1]
        func shown(_ status: ContainerStatus) throws -> String {
            try Listing.containers([(container, status)]).text(ListFormat("{{.Ports}}"), limit: nil)
        }
        #expect(try shown(.running) == "0.0.0.0:9090->80/tcp\n")
        container.networks = NetworkOptions()
        container.networks?.joins = [NetworkJoin("front")]
        #expect(try shown(.running) == "443/tcp, 0.0.0.0:9090->80/tcp\n")
        #expect(try shown(.exited(0)) == "0.0.0.0:9090->80/tcp\n")
    }

    @Test(arguments: ["health=well", "publish=web", "publish=80:80", "expose=0", "isolation=hyperv"])
    func refused(filter: String) {
        #expect(throws: OptionError.self) { try ContainerFilter("--filter", [filter]) }
    }
}
