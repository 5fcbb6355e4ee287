package import Linux
package import OCI

/// What one container sees as its root: an image's layers, and a layer of its own that takes what it writes.
package struct Snapshot: Equatable, Sendable {
    /// Of the container: a name for a directory.
    package var id: String
    /// The directory that holds all of it: `containers/<id>` in the image store.
    package var directory: String
    /// The image it was made from, as it is in the store.
    package var image: Descriptor
    /// The layers, stacked.
    package var stack: LayerStack
    package var form: Form

    package enum Form: String, CaseIterable, JSONValue, Sendable {
        /// Overlayfs over the layers.
        case overlay
        /// A copy of all layers' files, where overlayfs cannot be mounted.
        case copy
    }

    /// What the container wrote, as overlayfs keeps it; of a copy, everything.
    package var upper: String { directory + (form == .overlay ? "/upper" : "/root") }

    /// How the root comes about. Nothing is mounted by a snapshot itself: a runtime mounts this in the container's own mount
    /// namespace, from which nothing is left behind, however it ends.
    ///
    /// - Parameter volatile: for a container that is removed when it ends.
    package func root(volatile: Bool = false) -> Root {
        switch form {
        case .overlay:
            .overlay(
                OverlayMount(
                    stack: stack.path, count: stack.count, upper: upper, work: directory + "/work", isVolatile: volatile
                ))
        case .copy: .directory(upper)
        }
    }

    package enum Root: Equatable, Sendable {
        case overlay(OverlayMount)
        case directory(String)
    }
}

extension Snapshot {
    /// What a runtime makes in every container's root for its mounts, where the image has it not.
    static let stubs = Set(
        ["dev", "proc", "sys", "etc", "etc/hosts", "etc/hostname", "etc/resolv.conf"].map { Array($0.utf8) })
}

/// `snapshot.json`: what a later process must know of it.
struct SnapshotRecord: JSONObject {
    var image: Descriptor
    var diffIDs: [Digest]
    var stack: String
    var form: Snapshot.Form

    static var blank: SnapshotRecord { SnapshotRecord(image: .blank, diffIDs: [], stack: "", form: .overlay) }

    mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("image", &image)
        try members.required("diffIDs", &diffIDs)
        try members.required("stack", &stack)
        try members.required("form", &form)
    }
}
