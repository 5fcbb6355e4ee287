public import Images
import OCI
public import Presentation

extension Listing {
    /// `isolab ps`
    ///
    /// - Parameter sizes: by identifier, what each wrote and what lies below; nil: no such column.
    public static func containers(
        _ containers: [(container: StoredContainer, status: ContainerStatus)],
        sizes: [String: DiskUse.Container]? = nil, noTruncation: Bool = false, now: Int64 = Age.now()
    ) -> Listing {
        Listing(
            [
                Column("ID", "CONTAINER ID"), Column("Image", "IMAGE", cut: true),
                Column("Command", "COMMAND", cut: true), Column("RunningFor", "CREATED", cutLast: true),
                Column("Status", "STATUS", cutLast: true), Column("Names", "NAMES", cut: true),
            ] + (sizes == nil ? [] : [Column("Size", "SIZE")]),
            further: [
                "CreatedAt": "CREATED AT", "State": "STATE", "Labels": "LABELS",
                "Kind": "KIND",
                "ExitCode": "EXIT CODE", "ImageID": "IMAGE ID", "Ports": "PORTS", "Networks": "NETWORKS",
                "Mounts": "MOUNTS",
            ],
            rows: containers.map { container, status in
                .object([
                    .init("ID", .text(noTruncation ? container.id : container.shortID)),
                    .init("Image", .text(container.image)),
                    .init("ImageID", .text("\(container.imageID)")),
                    .init("Command", .text("\"\(oneLine(container.command.joined(separator: " ")))\"")),
                    .init("CreatedAt", .text(container.created)),
                    .init("RunningFor", .text(Age.since(container.created, now: now))),
                    .init("State", .text("\(status)")),
                    .init("Status", .text(words(status, container, now))),
                    .init("ExitCode", container.exitCode.map { .number($0) } ?? .null),
                    .init("Kind", .text(container.isGuest ? "guest" : "container")),
                    .init("Names", .text(container.name)), .init("Ports", .text("")),
                    .init(
                        "Networks", .text(container.settings?["HostConfig"]?["NetworkMode"]?.string ?? "")),
                    .init("Mounts", .text(mounts(container))),
                    .init("Size", .text(sizes.map { size($0[container.id]) } ?? "")),
                    .init(
                        "Labels",
                        .text(
                            container.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(
                                separator: ","))),
                ])
            })
    }

    /// The sources of what it is shown of the host.
    private static func mounts(_ container: StoredContainer) -> String {
        (container.settings?["Mounts"]?.elements ?? []).compactMap { $0["Source"]?.string }.filter { !$0.isEmpty }
            .joined(separator: ",")
    }

    /// `3.15MB (virtual 5.28MB)`: what it wrote, and that with its image's layers. A guest keeps nothing.
    private static func size(_ use: DiskUse.Container?) -> String {
        guard let use else { return "0B" }
        return "\(HumanSize.text(use.own)) (virtual \(HumanSize.text(use.own + use.shared)))"
    }

    /// `Up 3 minutes`, `Exited (0) 2 hours ago`; `Up 3 minutes (guest)`, for a guest is no container.
    private static func words(_ status: ContainerStatus, _ container: StoredContainer, _ now: Int64) -> String {
        let started = container.started.flatMap(Age.seconds).map { Age.text(seconds: max(0, now - $0)) }
        switch status {
        case .created: return "Created"
        case .running: return "Up \(started ?? "")\(container.isGuest ? " (guest)" : "")"
        case .paused: return "Up \(started ?? "") (Paused)"
        case .exited(let code):
            return "Exited (\(code.map(String.init) ?? "?")) \(Age.since(container.finished, now: now))"
        }
    }
}
