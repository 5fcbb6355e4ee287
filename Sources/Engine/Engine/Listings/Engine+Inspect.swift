import Images
import Linux
import Networks
import OCI
import Volumes

/// What `isolab inspect` looks among, in the order in which docker does.
enum InspectedKind: String, CaseIterable {
    case container, image, network, volume
}

extension Engine {
    /// The text of `isolab inspect`, and what is wrong with the names of which it does not tell: what is there is told of though
    /// others are not.
    ///
    /// - Parameters:
    ///   - kind: `container`, `image`, `network` or `volume`; nil: whatever has the name, in this order.
    ///   - format: a template, applied to each; nil: JSON, a list of all.
    ///   - sized: whether it is counted what containers wrote (`--size`).
    package func inspect(_ names: [String], kind: String?, format: String?, sized: Bool = false) throws -> (
        text: String, faults: [any Error]
    ) {
        var kinds = InspectedKind.allCases
        if let kind {
            guard let only = InspectedKind(rawValue: kind) else {
                let known = kinds.map(\.rawValue).joined(separator: ", ")
                throw OptionError("--type", kind, "takes one of \(known)")
            }
            kinds = [only]
        }
        if kinds.contains(.container) { try endOrphans() }
        // As docker: nothing is listed here, `table` is a word of the template.
        let template = try InspectionFormat.template(format)
        let sizes = sized ? try containerUse() : nil
        var found: [JSONTree] = []
        var faults: [any Error] = []
        for name in names {
            do { found.append(try inspection(of: name, among: kinds, sizes)) } catch { faults.append(error) }
        }
        return (try InspectionFormat.text(found, template), faults)
    }

    /// - Parameter kinds: of several, those are passed over that do not know the name.
    private func inspection(
        of name: String, among kinds: [InspectedKind], _ sizes: [String: DiskUse.Container]?
    ) throws -> JSONTree {
        for kind in kinds {
            do { return try inspection(of: name, kind, sizes) } catch {
                guard kinds.count > 1, kind == .container || Self.isUnknown(name, error) else { throw error }
            }
        }
        throw EngineError.unsupported("there is no container, image, network or volume '\(name)'", advice: nil)
    }

    private func inspection(
        of name: String, _ kind: InspectedKind, _ sizes: [String: DiskUse.Container]?
    ) throws -> JSONTree {
        switch kind {
        case .container:
            let container = try container(name)
            let none = DiskUse.Container(id: container.id, image: container.imageID, own: 0, shared: 0)
            return inspection(of: container, size: sizes.map { $0[container.id] ?? none })
        case .image: return try images.image(name).inspection(images)
        case .network:
            let network = try networks.find(name)
            return Self.inspection(of: network, try networks.endpoints(of: network))
        case .volume: return inspection(of: try volumeWithUsers(name))
        }
    }

    private static func isUnknown(_ name: String, _ error: any Error) -> Bool {
        switch error as? ImageError {
        case .unknown?: return true
        // Volumes and networks have names that no image may have, such as those with capitals.
        case .document?: return (try? ImageReference(name)) == nil
        default: break
        }
        return isUnknownNetwork(error) || isUnknownVolume(error)
    }
}
