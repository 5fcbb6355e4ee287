import OCI

/// What an entry of `index.json` is called.
extension Descriptor {
    /// The name of the image; nil for one without (dangling), or with one that is none.
    var imageName: ImageReference? {
        guard let text = annotations[Annotation.imageName] ?? annotations[Annotation.referenceName],
            let name = try? ImageReference(text)
        else { return nil }
        return name.withDefaultTag
    }

    /// The same content under a name, or none.
    func named(_ name: ImageReference?) -> Descriptor {
        var result = self
        result.annotations[Annotation.imageName] = name?.description
        result.annotations[Annotation.referenceName] = name?.description
        return result
    }
}
