package import OCI

extension ImageStore {
    /// Names content that is in the store; a name that stood for something else stands for this now, and what it stood for
    /// stays without a name (dangling) until it is pruned.
    ///
    /// Does not look at the content: `add` does.
    ///
    /// - Parameter name: without a tag and a digest, the tag is `latest`.
    func name(_ target: Descriptor, _ names: [ImageReference]) throws(ImageError) {
        try name([LoadedImage(target: target, names: names)])
    }

    /// The same for several at once: all of them or none.
    func name(_ images: [LoadedImage]) throws(ImageError) {
        try update { (index) throws(ImageError) in
            for image in images {
                let target = image.target
                for name in image.names {
                    let name = name.withDefaultTag
                    Self.remove(name, from: &index)
                    index.manifests.removeAll { $0.digest == target.digest && $0.imageName == nil }
                    index.manifests.append(target.named(name))
                }
                if image.names.isEmpty, !index.manifests.contains(where: { $0.digest == target.digest }) {
                    index.manifests.append(target.named(nil))
                }
            }
        }
    }

    /// Gives an image one more name.
    ///
    /// - Parameter image: a name, a digest or the beginning of an identifier.
    package func tag(_ image: String, as name: ImageReference) throws(ImageError) {
        let target = try target(of: image)
        try self.name(target, [name])
    }

    /// Takes a name away; the image itself stays, without a name if that was its last.
    package func untag(_ name: ImageReference) throws(ImageError) {
        let name = name.withDefaultTag
        try update { (index) throws(ImageError) in
            guard Self.remove(name, from: &index) else { throw .unknown(name.familiar) }
        }
    }

    /// Takes a name out of an index; what it stood for stays, without a name if it has no other.
    @discardableResult
    static func remove(_ name: ImageReference, from index: inout ImageIndex) -> Bool {
        guard let place = index.manifests.firstIndex(where: { $0.imageName == name }) else { return false }
        let entry = index.manifests.remove(at: place)
        if !index.manifests.contains(where: { $0.digest == entry.digest }) {
            index.manifests.insert(entry.named(nil), at: place)
        }
        return true
    }
}
