import OCI

/// A stage while it is built: the layers it has and what it says.
struct StageState {
    var configuration: ImageConfiguration
    var layers: [Descriptor]
    /// When the last layer was made; nil before one was.
    var created: String?
    /// When what it says was changed last in this build; nil where it was not.
    var changed: String?

    var diffIDs: [Digest] {
        get { configuration.rootfs.diffIDs }
        set { configuration.rootfs.diffIDs = newValue }
    }

    /// The name of the stack of layers; nil without any.
    var chain: Digest? { configuration.rootfs.chainIDs.last }

    mutating func add(_ record: LayerCache.Record, createdBy: String, comment: String?) {
        // A layer from the cache may be older than what was said since.
        created = max(record.created, changed ?? "")
        if let diffID = record.diffID, let layer = record.layer {
            diffIDs.append(diffID)
            layers.append(layer)
        }
        addHistory(createdBy: createdBy, comment: comment, emptyLayer: record.diffID == nil)
    }

    mutating func addHistory(createdBy: String, comment: String?, emptyLayer: Bool) {
        configuration.history.append(
            ImageConfiguration.History(
                created: created, author: configuration.author, createdBy: createdBy, comment: comment,
                emptyLayer: emptyLayer))
    }
}
