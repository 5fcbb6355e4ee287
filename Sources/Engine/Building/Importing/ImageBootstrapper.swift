import Glibc
package import Images
import Layers
import Linux
package import OCI

/// Makes images of whole systems out of what the host has: what `isolab image bootstrap` does.
package struct ImageBootstrapper: Sendable {
    package let store: ImageStore
    package var names: [ImageReference]
    /// Seconds since 1970 later than which nothing is said to be, so that the same packages make the same image; nil: as it is.
    package var epoch: Int64?
    package var isQuiet: Bool

    package init(_ store: ImageStore, names: [ImageReference] = [], epoch: Int64? = nil, isQuiet: Bool = false) {
        self.store = store
        self.names = names
        self.epoch = epoch
        self.isQuiet = isQuiet
    }

    private func importer(_ command: String) -> ImageImporter {
        var options = ImageImporter.Options()
        options.names = names
        options.changes = [command]
        options.epoch = epoch
        return ImageImporter(store, options)
    }

    /// A system of nothing but the host's static busybox.
    package func busybox() throws(BuildError) -> BuiltImage {
        try BuildError.telling {
            let root = try BusyboxRoot()
            let workspace = try BuildWorkspace(store)
            let tree = try workspace.makeDirectory("tree", mode: 0o755)
            try root.write(to: tree)
            return try importer(#"CMD ["sh"]"#).importDirectory(tree, asRoot: true, createdBy: "bootstrap busybox")
        }
    }

    /// Debian, or what else the host's package sources lead to.
    ///
    /// - Parameters:
    ///   - suite: the release; nil: the host's.
    ///   - variant: mmdebstrap's.
    ///   - include: packages beside the variant's.
    package func debian(suite: String? = nil, variant: String = "minbase", include: [String] = []) throws(BuildError)
        -> BuiltImage
    {
        try BuildError.telling {
            let workspace = try BuildWorkspace(store)
            let scratch = try workspace.makeDirectory("sources", mode: 0o755)
            let root = DebianRoot(suite: suite, variant: variant, include: include, epoch: epoch)
            let archive = try OwnedDescriptor(opening: scratch + "/root.tar", O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
            try root.write(to: archive.number, scratch: scratch, quiet: isQuiet)
            lseek(archive.number, 0, SEEK_SET)
            return try importer(#"CMD ["bash"]"#).importArchive(
                archive.number, "mmdebstrap's archive", createdBy: "bootstrap debian \(suite ?? "") \(variant)")
        }
    }
}
