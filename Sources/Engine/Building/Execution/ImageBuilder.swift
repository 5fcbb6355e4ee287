package import Containerfiles
import Glibc
package import Images
import Layers
import Linux
import OCI

/// Builds images from Containerfiles: what `isolab image build` does.
///
/// Every step that changes files makes a layer, and finds the layer it made before where nothing it depends on has changed.
/// Commands run in containers of isolab's own runtime core, without a network unless one is asked for. However a build ends, the store holds whole
/// layers and whole images only.
package struct ImageBuilder: Sendable {
    package let store: ImageStore
    package var options: BuildOptions
    /// Is told what happens.
    let tell: @Sendable (BuildEvent) -> Void

    package init(
        _ store: ImageStore, _ options: BuildOptions = BuildOptions(),
        tell: @escaping @Sendable (BuildEvent) -> Void = { _ in }
    ) {
        self.store = store
        self.options = options
        self.tell = tell
    }

    /// What a build would do; nothing is done.
    package func plan(_ context: BuildContext) throws(BuildError) -> BuildPlan {
        try BuildError.telling {
            // One that several stages begin with is pulled once.
            var found: [String: StoredImage] = [:]
            return try BuildPlan(context.containerfile, options.request) { name, platform in
                let key = "\(name) \(platform)"
                let image = try found[key] ?? pulledImage(name, platform)
                found[key] = image
                return BaseImage(id: image.id.description, configuration: image.configuration)
            }
        }
    }

    /// An image that is pulled where that is asked for, or it is not here; an identifier is no name that a registry knows.
    func pulledImage(_ name: String, _ platform: Platform) throws -> StoredImage {
        guard let pull = options.pull, let reference = try? ImageReference(name), Digest(name) == nil else {
            return try image(name, platform)
        }
        if !options.pullsAlways {
            do throws(ImageError) {
                let image = try stored(name, platform)
                // One for another platform alone is found by its name whatever is asked for.
                if platform.runs(image.configuration.platform) { return image }
            } catch {
                guard error.isAbsence else { throw error }
            }
        }
        try pull(reference.withDefaultTag, platform)
        return try image(name, platform)
    }

    /// In a Containerfile a word is a name: `FROM beef` means no image whose identifier begins so.
    private func stored(_ name: String, _ platform: Platform) throws(ImageError) -> StoredImage {
        try store.image(name, platform: platform, byBeginning: name.utf8.starts(with: "sha256:".utf8))
    }

    func image(_ name: String, _ platform: Platform) throws -> StoredImage {
        do throws(ImageError) { return try stored(name, platform) } catch {
            guard case .unknown = error else { throw error }
            throw BuildError.unavailable(
                "there is no image '\(name)' here",
                advice: options.isPlan
                    ? "run `isolab pull \(name)` first: --plan pulls nothing"
                    : "run `isolab pull \(name)`, or build without --pull=never")
        }
    }

    /// Builds.
    ///
    /// - Throws: `BuildError`. Layers that were made stay, for the next build; nothing else does.
    package func build(_ context: BuildContext) throws(BuildError) -> BuiltImage {
        let plan = try plan(context)
        return try BuildError.telling {
            guard geteuid() == 0 else {
                throw BuildError.unavailable(
                    "a build needs root, of the host or of a user namespace", advice: "run `isolab image build`")
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

}
