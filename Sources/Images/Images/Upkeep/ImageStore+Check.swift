package import Content
import Glibc
import Layers
import Linux
package import OCI

/// What an integrity check found.
package struct CheckReport: Equatable, Sendable {
    /// Blobs that are what their names say.
    package var blobs = 0
    /// Their bytes.
    package var size: Int64 = 0
    package var problems: [Problem] = []

    package enum Problem: Equatable, Sendable, CustomStringConvertible {
        /// Not what its name says.
        case damaged(Digest, found: Digest)
        /// Cannot be read.
        case unreadable(Digest, ContentError)
        /// What an image needs is not here.
        case missing(Digest, image: String)
        /// An image's documents do not fit together.
        case malformed(image: String, ImageError)
        /// An unpacked layer without its record.
        case incompleteLayer(String)
        /// A file where only blobs should be.
        case stray(String)

        package var description: String {
            switch self {
            case .damaged(let digest, let found): "blob \(digest) is damaged: its content is \(found)"
            case .unreadable(let digest, let error): "blob \(digest) cannot be read: \(error)"
            case .missing(let digest, let image): "blob \(digest), which \(image) needs, is missing"
            case .malformed(let image, let error): "\(image): \(error)"
            case .incompleteLayer(let name): "layer \(name) is incomplete"
            case .stray(let path): "\(path) is not a blob"
            }
        }
    }
}

extension ImageStore {
    /// Reads every blob and compares it with its name, and follows every image to all it needs.
    ///
    /// - Parameter repairing: removes damaged blobs and incomplete layers, so that pulling or loading the image again brings
    ///   them back. The names stay.
    package func check(repairing: Bool = false) throws(ImageError) -> CheckReport {
        let lock = try reading { () throws(ContentError) in try content.lock(repairing ? .exclusive : .shared) }
        defer { withExtendedLifetime(lock) {} }
        var report = CheckReport()
        try checkBlobs(&report, repairing)
        for entry in try index().manifests {
            let name = entry.imageName?.familiar ?? "image \(entry.digest.short)"
            do throws(ImageError) {
                let graph = try graph(of: entry)
                let platforms = Set(graph.manifests.map(\.descriptor.digest))
                for blob in graph.missing {
                    // Of several platforms, only those asked for were brought.
                    let isOtherPlatform = blob.mediaType.isManifest && !platforms.isEmpty
                    if !isOtherPlatform { report.problems.append(.missing(blob.digest, image: name)) }
                }
            } catch {
                report.problems.append(.malformed(image: name, error))
            }
        }
        for layer in try unpackedLayers() where !SystemFile.exists("\(root)/layers/\(layer)/layer.json") {
            report.problems.append(.incompleteLayer(layer))
            if repairing { try calling { () throws(SystemError) in try TreeRemoval.remove("\(root)/layers/\(layer)") } }
        }
        return report
    }

    private func checkBlobs(_ report: inout CheckReport, _ repairing: Bool) throws(ImageError) {
        for algorithm in Digest.Algorithm.allCases {
            for name in try names("\(ImageLayout.blobs)/\(algorithm.rawValue)") {
                guard let digest = Digest("\(algorithm.rawValue):\(name)") else {
                    report.problems.append(.stray("\(ImageLayout.blobs)/\(algorithm.rawValue)/\(name)"))
                    continue
                }
                do throws(ContentError) {
                    report.size +|= try content.verify(digest)
                    report.blobs += 1
                } catch {
                    switch error {
                    case .digestMismatch(_, let found): report.problems.append(.damaged(digest, found: found))
                    // Removed since its name was read.
                    case .missing: continue
                    default: report.problems.append(.unreadable(digest, error))
                    }
                    if repairing { try reading { () throws(ContentError) in try content.delete(digest) } }
                }
            }
        }
    }
}
