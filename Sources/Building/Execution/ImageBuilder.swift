public import Containerfiles
import Glibc
public import Images
import Layers
import Linux
import OCI

/// Builds images from Containerfiles: what `isolab image build` does.
///
/// Every step that changes files makes a layer, and finds the layer it made before where nothing it depends on has changed.
/// Commands run in containers of isolab's own runtime core, without a network. However a build ends, the store holds whole
/// layers and whole images only.
public struct ImageBuilder: Sendable {
    public let store: ImageStore
    public var options: BuildOptions
    /// Is told what happens.
    let tell: @Sendable (BuildEvent) -> Void

    public init(
        _ store: ImageStore, _ options: BuildOptions = BuildOptions(),
        tell: @escaping @Sendable (BuildEvent) -> Void = { _ in }
    ) {
        self.store = store
        self.options = options
        self.tell = tell
    }

    /// What a build would do; nothing is done.
    public func plan(_ context: BuildContext) throws(BuildError) -> BuildPlan {
        try BuildError.telling {
            try BuildPlan(context.containerfile, options.request) { name, platform in
                if let pull = options.pull, let reference = try? ImageReference(name), Digest(name) == nil {
                    try pull(reference.withDefaultTag, platform)
                }
                let image = try image(name, platform)
                return BaseImage(id: image.id.description, configuration: image.configuration)
            }
        }
    }

    private func image(_ name: String, _ platform: Platform) throws -> StoredImage {
        do throws(ImageError) {
            // In a Containerfile a word is a name: `FROM beef` means no image whose identifier begins so.
            return try store.image(
                name, platform: platform, byBeginning: name.utf8.starts(with: "sha256:".utf8))
        } catch {
            guard case .unknown = error else { throw error }
            throw BuildError.unavailable(
                "there is no image '\(name)' here", advice: "`isolab pull \(name)` first, or build with --pull")
        }
    }

    /// Builds.
    ///
    /// - Throws: `BuildError`. Layers that were made stay, for the next build; nothing else does.
    public func build(_ context: BuildContext) throws(BuildError) -> BuiltImage {
        let plan = try plan(context)
        return try BuildError.telling {
            guard geteuid() == 0 else {
                throw BuildError.unavailable(
                    "a build needs to be root, of the host or of a user namespace", advice: "run `isolab image build`")
            }
            if let problem = try store.overlayProblem() {
                throw BuildError.unavailable(
                    "a build needs overlayfs: \(problem)", advice: "use another file system for ISOLAB_DATA")
            }
            for warning in plan.warnings { tell(.warning(warning)) }
            if let warning = plan.unusedArgumentsWarning { tell(.warning(warning)) }
            var build = try Build(self, context, plan)
            return try build.run()
        }
    }

    func storedImage(_ name: String, _ platform: Platform) throws -> StoredImage { try image(name, platform) }
}
