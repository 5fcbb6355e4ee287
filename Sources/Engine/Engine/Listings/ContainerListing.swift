package import Images
import Linux
import OCI
package import Presentation

extension Listing {
    /// `isolab ps`
    ///
    /// - Parameters:
    ///   - sizes: by identifier, what each wrote and what lies below; nil: no such column.
    ///   - health: by identifier, of those that are asked for it.
    package static func containers(
        _ containers: [(container: StoredContainer, status: ContainerStatus)],
        sizes: [String: DiskUse.Container]? = nil, health: [String: HealthRecord.Status] = [:],
        noTruncation: Bool = false, now: Int64 = Age.now()
    ) -> Listing {
        Listing(
            [
                Column("ID", "CONTAINER ID"), Column("Image", "IMAGE", .cut),
                Column("Command", "COMMAND", .cut), Column("RunningFor", "CREATED", .cutLast),
                Column("Status", "STATUS", .cutLast), Column("Ports", "PORTS", .below),
                Column("Names", "NAMES", .kept),
            ] + (sizes == nil ? [] : [Column("Size", "SIZE")]),
            further: [
                "CreatedAt": "CREATED AT", "State": "STATE", "Labels": "LABELS",
                "Kind": "KIND",
                "ExitCode": "EXIT CODE", "ImageID": "IMAGE ID", "Networks": "NETWORKS",
                "Mounts": "MOUNTS", "LocalVolumes": "LOCAL VOLUMES",
            ],
            hidden: ["Label"],
            rows: containers.map { container, status in
                .object([
                    .init("ID", .text(noTruncation ? container.id : container.shortID)),
                    .init("Image", .text(container.image)),
                    .init("ImageID", .text("\(container.imageID)")),
                    .init("Command", .text(command(container, isWhole: noTruncation))),
                    .init("CreatedAt", .text(container.created)),
                    .init("RunningFor", .text(Age.since(container.created, now: now))),
                    .init("State", .text("\(status)")),
                    .init("Status", .text(words(status, container, health[container.id], now))),
                    .init("ExitCode", container.exitCode.map { .number($0) } ?? .null),
                    .init("Kind", .text(container.isGuest ? "guest" : "container")),
                    .init("Names", .text(container.name)),
                    .init("Ports", .text(ports(container, isAlive: status.isAlive))),
                    .init("Networks", .text(networks(container))),
                    .init("Mounts", .text(mounts(container))),
                    .init("LocalVolumes", .text(String(localVolumes(container)))),
                    .init("Size", .text(sizes.map { size($0[container.id]) } ?? "")),
                    .init("Label", JSONTree(container.labels)),
                    .init(
                        "Labels",
                        .text(
                            container.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(
                                separator: ","))),
                ])
            })
    }

    /// In quotation marks, and cut to twenty characters as docker cuts it: a line is for telling containers apart.
    private static func command(_ container: StoredContainer, isWhole: Bool) -> String {
        let command = container.command.joined(separator: " ")
        guard !isWhole, command.count > 20 else { return TemplateQuotation.text(command, onlyASCII: false) }
        return TemplateQuotation.text(command.prefix(19) + "…", onlyASCII: false)
    }

    /// How many of its mounts are volumes.
    private static func localVolumes(_ container: StoredContainer) -> Int {
        (container.settings?["Mounts"]?.elements ?? []).count { $0["Type"]?.string == "volume" }
    }

    /// `0.0.0.0:8080->80/tcp`; and `443/tcp` of one that runs in a network of its own, where the image exposes it and nobody publishes it.
    private static func ports(_ container: StoredContainer, isAlive: Bool) -> String {
        let published = container.settings?["NetworkSettings"]?["Ports"]?.members ?? []
        let isInNetwork = container.networks?.joins.isEmpty == false
        let exposed = isAlive && isInNetwork ? container.settings?["Config"]?["ExposedPorts"]?.members ?? [] : []
        let closed = exposed.map(\.name).filter { name in !published.contains { $0.name == name } }
        let open: [String] = published.flatMap { port in
            (port.value.elements ?? []).map { binding in
                let address = binding["HostIp"]?.string ?? ""
                let shown = address.holds(":") ? "[\(address)]" : address
                return "\(shown):\(binding["HostPort"]?.string ?? "")->\(port.name)"
            }
        }
        return (closed + open).joined(separator: ", ")
    }

    /// Those it is in, or what it has in place of one.
    private static func networks(_ container: StoredContainer) -> String {
        let names = (container.settings?["NetworkSettings"]?["Networks"]?.members ?? []).map(\.name)
        return names.isEmpty
            ? container.settings?["HostConfig"]?["NetworkMode"]?.string ?? "" : names.joined(separator: ",")
    }

    /// The sources of what it is shown of the host.
    private static func mounts(_ container: StoredContainer) -> String {
        (container.settings?["Mounts"]?.elements ?? []).compactMap { ($0["Name"] ?? $0["Source"])?.string }
            .filter { !$0.isEmpty }
            .joined(separator: ",")
    }

    /// `3.15MB (virtual 5.28MB)`: what it wrote, and that with its image's layers. A guest keeps nothing.
    private static func size(_ use: DiskUse.Container?) -> String {
        guard let use else { return "0B" }
        return "\(HumanSize.text(use.own)) (virtual \(HumanSize.text(use.own + use.shared)))"
    }

    /// `Up 3 minutes`, `Exited (0) 2 hours ago`; `Up 3 minutes (guest)`, for a guest is no container.
    private static func words(
        _ status: ContainerStatus, _ container: StoredContainer, _ health: HealthRecord.Status?, _ now: Int64
    ) -> String {
        let started = container.started.flatMap(Age.seconds).map { Age.text(seconds: max(0, now - $0)) }
        switch status {
        case .created: return "Created"
        case .running:
            let kind = container.isGuest ? " (guest)" : ""
            guard let health else { return "Up \(started ?? "")\(kind)" }
            return "Up \(started ?? "")\(kind) (\(health == .starting ? "health: starting" : health.rawValue))"
        case .paused: return "Up \(started ?? "") (Paused)"
        case .restarting(let code):
            return "Restarting (\(code.map(String.init) ?? "?")) \(Age.since(container.finished, now: now))"
        case .exited(let code):
            return "Exited (\(code.map(String.init) ?? "?")) \(Age.since(container.finished, now: now))"
        }
    }
}
