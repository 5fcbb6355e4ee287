/// How a registry behaves.
package struct RegistrySettings: Sendable {
    /// Nothing is changed: pushes and deletions are refused with 405.
    package var isReadOnly = false
    /// Whether tags, manifests and blobs may be deleted. Not unless asked for: where nobody is asked for a password, whoever
    /// reaches the port could.
    package var allowsDeletion = false
    /// Whether what a manifest names must be in the repository already; its subject never must.
    package var requiresContent = true
    /// Of blobs, in bytes.
    package var greatestBlob: Int64 = 1 << 40
    /// Of uploads that hold bytes and have not ended; for one more, one of the client's that has most is given up.
    package var greatestUploadCount = 4096
    /// The same of one user, or of one address where nobody needs a name: one of its own is given up.
    package var greatestUploadCountOfOne = 256
    /// Seconds after which an upload that nobody writes to is removed.
    package var uploadExpiry = 3600
    /// The same of one to which nothing was ever written.
    package var emptyUploadExpiry = 600
    var emptyUploadLifetime: Int { min(emptyUploadExpiry, uploadExpiry) }
    /// By whom it is called.
    package var hosts = HostPolicy()
    /// Shown to whoever must log in.
    package var realm = "isolab registry"

    package init() {}
}
