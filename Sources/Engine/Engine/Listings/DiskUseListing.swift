package import Images
import Linux
import OCI
package import Presentation
import Volumes

/// What everything takes on disk, with the containers it was counted for.
package struct EngineDiskUse: Sendable {
    package var store: DiskUse
    /// By identifier; those that are gone since are missing.
    package var containers: [String: (container: StoredContainer, status: ContainerStatus)]
    /// With the bytes that are in them.
    package var volumes: [(found: VolumeWithUsers, size: Int64)]
}

extension Engine {
    /// Counts what images, containers and all that is kept for speed take.
    package func diskUse() throws -> EngineDiskUse {
        // Looked at as it is: what is left behind is shown, not freed.
        let containers: [(container: StoredContainer, status: ContainerStatus)] = try containers().map {
            ($0, status(of: $0))
        }
        return EngineDiskUse(
            store: try images.diskUse(),
            containers: Dictionary(containers.map { ($0.container.id, $0) }, uniquingKeysWith: { first, _ in first }),
            volumes: try listVolumes().map { ($0, volumes.size(of: $0.volume.id)) })
    }

    /// What each container wrote, and what lies below, by identifier.
    package func containerUse() throws -> [String: DiskUse.Container] {
        Dictionary(try images.containerUse().map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

extension Listing {
    /// `isolab system df`: a line a kind.
    package static func diskUse(_ use: EngineDiskUse) -> Listing {
        let store = use.store
        let alive = store.containers.filter { use.containers[$0.id]?.status.isAlive == true }
        let written = store.containers.reduce(0) { $0 +| $1.own }
        func row(_ type: String, _ total: Int, active: Int, _ size: Int64, reclaimable: Int64) -> JSONTree {
            let share = size > 0 ? " (\(Int((Double(reclaimable) / Double(size) * 100).rounded()))%)" : ""
            return .object([
                .init("Type", .text(type)), .init("TotalCount", .number(total)), .init("Active", .number(active)),
                .init("Size", .text(HumanSize.text(size))), .init("Bytes", .number(size)),
                .init("Reclaimable", .text(HumanSize.text(reclaimable) + share)),
                .init("ReclaimableBytes", .number(reclaimable)),
            ])
        }
        func kept(_ type: String, _ kept: DiskUse.Kept) -> JSONTree {
            row(type, kept.count, active: 0, kept.size, reclaimable: kept.size)
        }
        return Listing(
            [
                Column("Type", "TYPE"), Column("TotalCount", "TOTAL"), Column("Active", "ACTIVE"),
                Column("Size", "SIZE"), Column("Reclaimable", "RECLAIMABLE"),
            ],
            further: ["Bytes": "BYTES", "ReclaimableBytes": "RECLAIMABLE BYTES"],
            rows: [
                row(
                    "Images", store.images.count, active: store.images.count { !$0.containers.isEmpty },
                    store.blobs + store.layers, reclaimable: store.reclaimable),
                row(
                    "Containers", store.containers.count, active: alive.count, written,
                    reclaimable: written -| alive.reduce(0) { $0 +| $1.own }),
                row(
                    "Local Volumes", use.volumes.count, active: use.volumes.count { !$0.found.containers.isEmpty },
                    use.volumes.reduce(0) { $0 +| $1.size },
                    reclaimable: use.volumes.filter(\.found.containers.isEmpty).reduce(0) { $0 +| $1.size }),
                kept("Guest roots", store.guestRoots), kept("Build caches", store.buildCaches),
                kept("Unfinished", store.unfinished),
            ], identifier: "Type")
    }

    /// `isolab system df -v`: what each image has alone, and what it has together with others.
    package static func diskUseOfImages(_ use: EngineDiskUse, noTruncation: Bool = false) -> Listing {
        Listing(
            [
                Column("Image", "IMAGE", .cut), Column("ID", "IMAGE ID"), Column("Shared", "SHARED"),
                Column("Own", "OWN"), Column("Containers", "CONTAINERS"),
            ],
            further: furtherShares,
            rows: use.store.images.map { image in
                .object(
                    [
                        .init(
                            "Image",
                            .text(
                                image.names.isEmpty ? "<none>" : image.names.map(\.familiar).joined(separator: ", "))),
                        .init("ID", .text(noTruncation ? "\(image.id)" : image.id.short)),
                    ] + shares(image.shared, own: image.own)
                        + [.init("Containers", .number(image.containers.count))])
            })
    }

    /// `isolab system df -v`: what each container wrote, and the layers below it, which others of its image have, too.
    package static func diskUseOfContainers(_ use: EngineDiskUse, noTruncation: Bool = false) -> Listing {
        Listing(
            [
                Column("ID", "CONTAINER ID"), Column("Name", "NAME", .kept), Column("Image", "IMAGE", .cut),
                Column("State", "STATE"), Column("Shared", "SHARED"), Column("Own", "OWN"),
            ],
            further: furtherShares,
            rows: use.store.containers.map { counted in
                let known = use.containers[counted.id]
                return .object(
                    [
                        .init("ID", .text(noTruncation ? counted.id : String(counted.id.prefix(12)))),
                        .init("Name", .text(known?.container.name ?? "")),
                        .init("Image", .text(known?.container.image ?? counted.image.short)),
                        .init("State", .text(known.map { "\($0.status)" } ?? "unknown")),
                    ] + shares(counted.shared, own: counted.own))
            })
    }

    /// `isolab system df -v`: what is in each volume, and how many containers have it.
    package static func diskUseOfVolumes(_ use: EngineDiskUse) -> Listing {
        Listing(
            [Column("Name", "VOLUME NAME", .kept), Column("Links", "LINKS"), Column("Size", "SIZE")],
            further: ["Bytes": "BYTES"],
            rows: use.volumes.map { volume in
                .object([
                    .init("Name", .text(volume.found.volume.name)),
                    .init("Links", .number(volume.found.containers.count)),
                    .init("Size", .text(HumanSize.text(volume.size))), .init("Bytes", .number(volume.size)),
                ])
            }, identifier: "Name")
    }

    private static let furtherShares = ["SharedBytes": "SHARED BYTES", "OwnBytes": "OWN BYTES"]

    private static func shares(_ shared: Int64, own: Int64) -> [JSONTree.Member] {
        [
            .init("Shared", .text(HumanSize.text(shared))), .init("SharedBytes", .number(shared)),
            .init("Own", .text(HumanSize.text(own))), .init("OwnBytes", .number(own)),
        ]
    }
}
