/// How a registry behaves.
public struct RegistrySettings: Sendable {
    /// Nothing is changed: pushes and deletions are refused with 405.
    public var isReadOnly = false
    /// Whether tags, manifests and blobs may be deleted.
    public var allowsDeletion = true
    /// Whether what a manifest names must be in the repository already; its subject never must.
    public var requiresContent = true
    /// Of blobs, in bytes.
    public var greatestBlob: Int64 = 1 << 40
    /// Of uploads that have begun and not ended; more are refused with 429.
    public var greatestUploadCount = 4096
    /// Seconds after which an upload that nobody writes to is removed.
    public var uploadExpiry = 24 * 3600
    /// Shown to whoever must log in.
    public var realm = "isolab registry"

    public init() {}
}
