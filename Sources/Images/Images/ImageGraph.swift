import Content
import Linux
package import OCI

/// Everything that a manifest or an index leads to.
package struct ImageGraph: Equatable, Sendable {
    /// Indexes below each other.
    package static let greatestDepth = 4
    /// Manifests below one name: of platforms, signatures, attestations.
    package static let greatestCount = 1000
    /// Bytes of the documents below one name: read, they take many times as much.
    package static let greatestDocuments: Int64 = 64 << 20
    /// What overlayfs can stack (`OVL_MAX_STACK`).
    package static let greatestLayers = 500

    /// The manifests here, each with the descriptor that names it.
    package var manifests: [Node] = []
    /// The indexes below the entry that are here.
    package var indexes: [Descriptor] = []
    /// Every blob named: indexes, manifests, configurations, layers.
    package var digests: Set<Digest> = []
    /// What is named and not here.
    package var missing: [Descriptor] = []
    /// Bytes of the documents that were read: indexes, manifests, configurations.
    package private(set) var documentSize: Int64 = 0

    mutating func count(_ document: Descriptor) throws(ImageError) {
        documentSize +|= document.size
        guard documentSize <= Self.greatestDocuments else {
            throw .malformed(
                "manifest \(document.digest)",
                problem: "more than \(Self.greatestDocuments >> 20) MiB of documents belong to the same image")
        }
    }

    package struct Node: Equatable, Sendable {
        package var descriptor: Descriptor
        package var manifest: ImageManifest
        /// Nil for an artifact.
        package var configuration: ImageConfiguration?
    }

    /// Makes sure that an image can be kept here, by its manifest alone: whoever brings one can ask before anything of it comes.
    package static func check(_ manifest: ImageManifest, of descriptor: Descriptor) throws(ImageError) {
        guard manifest.layers.count <= greatestLayers else {
            throw .malformed(
                "manifest \(descriptor.digest)",
                problem: "has \(manifest.layers.count) layers; overlayfs stacks \(greatestLayers) at most")
        }
    }
}

extension Descriptor {
    /// Whether an index names an artifact beside its images: `unknown/unknown`, as Docker has it of attestations.
    var isOfNoPlatform: Bool { platform?.os == "unknown" }
}

extension ImageStore {
    /// Follows an entry to everything it leads to.
    ///
    /// - Throws: `ImageError` where a document that is here is damaged, does not fit the one that names it, or passes a limit.
    package func graph(of target: Descriptor) throws(ImageError) -> ImageGraph {
        var graph = ImageGraph()
        try follow(target, into: &graph, depth: 0)
        return graph
    }

    private func follow(_ target: Descriptor, into graph: inout ImageGraph, depth: Int) throws(ImageError) {
        guard depth < ImageGraph.greatestDepth else {
            throw .malformed("index \(target.digest)", problem: "indexes are nested too deeply")
        }
        guard graph.digests.insert(target.digest).inserted else { return }
        guard graph.digests.count <= ImageGraph.greatestCount * 8 else {
            throw .malformed("index \(target.digest)", problem: "leads to too many blobs")
        }
        guard content.contains(target.digest) else {
            graph.missing.append(target)
            return
        }
        if target.mediaType.isIndex {
            try graph.count(target)
            let index = try index(target)
            guard index.manifests.count <= ImageGraph.greatestCount else {
                throw .malformed(
                    "index \(target.digest)", problem: "names more than \(ImageGraph.greatestCount) manifests")
            }
            if depth > 0 { graph.indexes.append(target) }
            for child in index.manifests { try follow(child, into: &graph, depth: depth + 1) }
        } else if target.mediaType.isManifest {
            try follow(manifest: target, into: &graph)
        }
        // Anything else is a blob of a kind unknown here, kept as it is.
    }

    private func follow(manifest descriptor: Descriptor, into graph: inout ImageGraph) throws(ImageError) {
        try graph.count(descriptor)
        let manifest = try manifest(descriptor)
        let name = "manifest \(descriptor.digest)"
        try ImageGraph.check(manifest, of: descriptor)
        var node = ImageGraph.Node(descriptor: descriptor, manifest: manifest)
        for blob in [manifest.config] + manifest.layers {
            guard graph.digests.insert(blob.digest).inserted || content.contains(blob.digest) else { continue }
            guard let size = content.size(of: blob.digest) else {
                graph.missing.append(blob)
                continue
            }
            guard size == blob.size else {
                throw .content(.sizeMismatch(expected: blob.size, found: size, of: "blob \(blob.digest)"))
            }
        }
        if manifest.config.mediaType.isConfiguration, content.contains(manifest.config.digest) {
            try graph.count(manifest.config)
            let configuration = try configuration(manifest.config)
            guard configuration.rootfs.diffIDs.count == manifest.layers.count else {
                throw .malformed(
                    name,
                    problem:
                        "has \(manifest.layers.count) layers, and its configuration lists \(configuration.rootfs.diffIDs.count)"
                )
            }
            if let layer = manifest.layers.first(where: { !$0.mediaType.isLayer }) {
                // Docker's attestations look like images but for their layers.
                guard descriptor.isOfNoPlatform || manifest.artifactType != nil || manifest.subject != nil else {
                    throw .malformed(name, problem: "'\(layer.mediaType)' is not a layer's media type")
                }
            } else {
                node.configuration = configuration
            }
        }
        graph.manifests.append(node)
    }

    /// Takes content that was brought into the store as an image, under names or none.
    ///
    /// Whoever brings blobs holds a lease of `content` meanwhile. Of an index it is enough that one platform's image is whole.
    ///
    /// - Throws: `ImageError.malformed` where documents do not fit together; `ContentError.missing` where a blob is not here.
    @discardableResult
    package func add(_ target: Descriptor, as names: [ImageReference] = []) throws(ImageError) -> ImageGraph {
        let graph = try check(target, named: !names.isEmpty)
        try name(target, names)
        return graph
    }

    /// Makes sure that content which was brought is an image that can be kept.
    ///
    /// - Parameter named: whether it is to have a name.
    func check(_ target: Descriptor, named: Bool) throws(ImageError) -> ImageGraph {
        guard target.mediaType.isManifest || target.mediaType.isIndex else {
            throw .malformed(
                "blob \(target.digest)", problem: "'\(target.mediaType)' is neither a manifest nor an index")
        }
        let graph = try graph(of: target)
        let missing = Set(graph.missing.map(\.digest))
        // An artifact may be an index that names nothing.
        if graph.manifests.isEmpty, named || !graph.missing.isEmpty {
            throw .content(.missing(graph.missing.first?.digest ?? target.digest, store: root))
        }
        // Half a platform is none: a manifest whose blobs did not come would pass for an image.
        for node in graph.manifests {
            for blob in [node.manifest.config] + node.manifest.layers where missing.contains(blob.digest) {
                throw .content(.missing(blob.digest, store: root))
            }
        }
        return graph
    }
}
