import Linux
import OCI
package import Presentation
import Volumes

extension Listing {
    /// `isolab volume ls`
    package static func volumes(_ volumes: [VolumeWithUsers]) -> Listing {
        Listing(
            [
                Column("Driver", "DRIVER"), Column("Name", "VOLUME NAME", .kept),
                Column("Containers", "CONTAINERS", .cutLast),
            ],
            further: [
                "ID": "VOLUME ID", "CreatedAt": "CREATED AT", "Labels": "LABELS", "Scope": "SCOPE",
                "Anonymous": "ANONYMOUS", "Links": "LINKS",
            ],
            hidden: ["Label"],
            rows: volumes.map { found in
                .object([
                    .init("Driver", .text("local")), .init("Name", .text(found.volume.name)),
                    .init("Containers", .text(found.containers.joined(separator: ","))),
                    .init("ID", .text(found.volume.id)), .init("CreatedAt", .text(found.volume.created)),
                    .init("Scope", .text("local")), .init("Anonymous", .bool(found.volume.isAnonymous)),
                    .init("Links", .number(found.containers.count)),
                    .init("Label", JSONTree(found.volume.labels)),
                    .init(
                        "Labels",
                        .text(
                            found.volume.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                                .joined(separator: ","))),
                ])
            }, identifier: "Name")
    }
}

extension Engine {
    /// The text of `isolab volume inspect`, and what is wrong with the names of which it does not tell.
    package func inspectVolumes(_ names: [String], format: String?) throws -> (text: String, faults: [any Error]) {
        let template = try InspectionFormat.template(format)
        var found: [JSONTree] = []
        var faults: [any Error] = []
        for name in names {
            do { found.append(inspection(of: try volumeWithUsers(name))) } catch { faults.append(error) }
        }
        return (try InspectionFormat.text(found, template), faults)
    }

    func inspection(of found: VolumeWithUsers) -> JSONTree {
        .object([
            .init("Name", .text(found.volume.name)), .init("Id", .text(found.volume.id)),
            .init("Driver", .text("local")), .init("Mountpoint", .text(volumes.data(found.volume.id))),
            .init("CreatedAt", .text(found.volume.created)), .init("Labels", JSONTree(found.volume.labels)),
            .init("Options", .null), .init("Scope", .text("local")),
            .init("Anonymous", .bool(found.volume.isAnonymous)),
            .init("Containers", .list(found.containers.map { .text($0) })),
        ])
    }
}
