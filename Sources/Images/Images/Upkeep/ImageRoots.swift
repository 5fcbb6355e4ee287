import Content
import Linux
import OCI

/// What must stay: everything that names and containers lead to.
struct ImageRoots {
    var digests: Set<Digest> = []
    /// The layers, by the hexadecimal of their diffIDs.
    var layers: Set<String> = []
    /// The stacks of layers, by the names of their directories.
    var stacks: Set<String> = ["empty"]
    /// What caches may be named after: manifests, configurations, stacks.
    var keys: Set<String> = []

    mutating func insert(_ graph: ImageGraph) {
        digests.formUnion(graph.digests)
        for node in graph.manifests {
            keys.insert(String(node.descriptor.digest.hexadecimal))
            keys.insert(String(node.manifest.config.digest.hexadecimal))
            guard let rootfs = node.configuration?.rootfs else { continue }
            layers.formUnion(rootfs.diffIDs.map { String($0.hexadecimal) })
            let stack = LayerStack.name(of: LayerStack.distinct(rootfs.diffIDs))
            stacks.insert(stack)
            keys.insert(stack)
        }
    }

    mutating func insert(_ snapshot: Snapshot) {
        layers.formUnion(snapshot.stack.diffIDs.map { String($0.hexadecimal) })
        stacks.insert(snapshot.stack.name)
    }
}

extension ImageStore {
    /// Follows everything that is named.
    ///
    /// - Throws: where a document is damaged: what it led to cannot be known, so nothing may be removed.
    func roots(_ index: ImageIndex) throws(ImageError) -> ImageRoots {
        var roots = ImageRoots()
        for entry in index.manifests { roots.insert(try graph(of: entry)) }
        for id in try snapshots() {
            guard let snapshot = try snapshot(id) else { continue }
            roots.insert(snapshot)
            roots.insert(try graph(of: snapshot.image))
        }
        return roots
    }
}
