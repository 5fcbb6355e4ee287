import Containerfiles
import Content
import Glibc
import Images
import Layers
import Linux
import OCI

/// One build while it runs.
struct Build {
    private let builder: ImageBuilder
    private let context: BuildContext
    private let plan: BuildPlan
    private let workspace: BuildWorkspace
    private let signals: SignalWatch
    /// Nobody collects what this build works with, or has made and nothing refers to yet.
    private let hold: ImageHold
    /// The images it begins with or copies from, kept from its start: their names may go meanwhile.
    private let images: [ImageName: StoredImage]
    private let cache: LayerCache
    private let maker: LayerMaker
    private let files: FileSteps
    private let commands: CommandRunner
    /// What RUN shows its commands of them stays meanwhile.
    private let caches: FileLock
    private var stages: [Int: StageState] = [:]
    private var number = 0
    private var cachedLayers = 0

    private var store: ImageStore { builder.store }
    private var options: BuildOptions { builder.options }

    init(_ builder: ImageBuilder, _ context: BuildContext, _ plan: BuildPlan) throws {
        self.builder = builder
        self.context = context
        self.plan = plan
        signals = try SignalWatch()
        hold = try builder.store.hold()
        caches = try builder.store.useCaches()
        images = try Self.images(of: plan, builder, hold, file: context.containerfile.name)
        workspace = try BuildWorkspace(builder.store)
        cache = try LayerCache(builder.store)
        maker = LayerMaker(store: builder.store, hold: hold, options: builder.options)
        files = FileSteps(views: try MergedViews(workspace), workspace: workspace)
        commands = try CommandRunner(
            builder.store, workspace, builder.options, signals, file: context.containerfile.name)
    }

    mutating func run() throws -> BuiltImage {
        for stage in plan.stages { stages[stage.index] = try build(stage) }
        guard var state = stages[plan.target] else { preconditionFailure("a plan holds its target") }
        let labels = state.configuration.execution.labels.merging(plan.labels) { $1 }
        if labels != state.configuration.execution.labels {
            state.configuration.execution.labels = labels
            state.created = try timeOfChange(of: state.configuration, by: "--label", above: state.layers.last)
        }
        let target = try ImageWriter(store: store, options: options).write(state)
        try cache.prune()
        return BuiltImage(id: target.id, target: target.descriptor, cachedLayers: cachedLayers)
    }

    // MARK: - Images

    private struct ImageName: Hashable {
        var name: String
        var platform: Platform
    }

    private static func images(
        of plan: BuildPlan, _ builder: ImageBuilder, _ hold: ImageHold, file: String
    ) throws -> [ImageName: StoredImage] {
        var images: [ImageName: StoredImage] = [:]
        for stage in plan.stages {
            func keep(_ name: ImageName, _ find: (String, Platform) throws -> StoredImage) throws {
                guard images[name] == nil else { return }
                let image = try find(name.name, name.platform)
                try hold.keep(image)
                images[name] = image
            }
            // The plan has pulled what stages begin with.
            if case .image(let name, let base) = stage.base {
                try keep(ImageName(name: name, platform: base.configuration.platform), builder.image)
            }
            for step in stage.steps {
                for case .image(let name) in step.origins {
                    do {
                        try keep(ImageName(name: name, platform: builder.options.request.platform), builder.pulledImage)
                    } catch {
                        throw BuildError.step(
                            file: file, line: step.line, instruction: String(step.text.prefix { $0 != " " }),
                            problem: "there is no stage '\(name)', and as an image it cannot be used: \(error)")
                    }
                }
            }
        }
        return images
    }

    private func image(_ name: String, _ platform: Platform) -> StoredImage {
        guard let image = images[ImageName(name: name, platform: platform)] else {
            preconditionFailure("a plan's images are kept before its steps are done")
        }
        return image
    }

    // MARK: - Stages

    private mutating func build(_ stage: BuildPlan.Stage) throws -> StageState {
        number += 1
        builder.tell(.step(number, of: plan.stepCount, text: stage.text))
        var state = try base(of: stage)
        state.configuration.execution = stage.baseExecution
        for step in stage.steps {
            try signals.check()
            number += 1
            builder.tell(.step(number, of: plan.stepCount, text: step.text))
            do {
                try perform(step, on: &state)
            } catch {
                throw placed(error, step)
            }
            state.configuration.execution = step.execution
            state.configuration.author = step.author
        }
        return state
    }

    /// Errors that do not say where they happened are told where.
    private func placed(_ error: any Error, _ step: BuildStep) -> any Error {
        switch error {
        case BuildError.command, BuildError.interrupted, BuildError.step: error
        default:
            BuildError.step(
                file: context.containerfile.name, line: step.line, instruction: String(step.text.prefix { $0 != " " }),
                problem: "\(error)")
        }
    }

    private func base(of stage: BuildPlan.Stage) throws -> StageState {
        switch stage.base {
        case .scratch:
            return StageState(configuration: ImageConfiguration(platform: stage.platform), layers: [], created: nil)
        case .stage(let index, _):
            guard let state = stages[index] else { preconditionFailure("a stage is planned after its base") }
            return state
        case .image(let name, let planned):
            let image = image(name, planned.configuration.platform)
            return StageState(
                configuration: image.configuration, layers: image.manifest.layers, created: image.configuration.created)
        }
    }

    // MARK: - Steps

    private mutating func perform(_ step: BuildStep, on state: inout StageState) throws {
        let began = HostClock.now()
        var sources: CopySources?
        var fetched: [FetchedFile] = []
        var shown: [String: CopySources] = [:]
        var content: [Digest] = []
        switch step.action {
        case .copy(let copy):
            let found = try finder.find(
                copy.sources, in: copy.origin, excluding: copy.excludes, pivots: copy.pivots,
                keepsOwners: FileSteps.keepsOwners(copy))
            if let fetch = options.fetch {
                for address in copy.addresses { fetched.append(try FetchedFile(address, workspace, fetch)) }
            }
            content = [found.digest] + fetched.map(\.digest)
            sources = found
        case .run(let run):
            for mount in run.mounts {
                guard case .files(let files) = mount.kind else { continue }
                let found = try finder.find(
                    [files.source], in: files.origin, keepsOwners: files.origin != .context)
                content.append(found.digest)
                shown[mount.target] = found
            }
        case .configure, .makeDirectory: break
        }
        guard let key = step.cacheKey(parent: state.chain, content: Self.digest(content), epoch: options.epoch) else {
            var changed = state.configuration
            changed.execution = step.execution
            changed.author = step.author
            state.changed = try timeOfChange(of: changed, by: step.createdBy, above: state.layers.last)
            state.created = state.changed
            state.addHistory(createdBy: step.createdBy, comment: Self.comment, emptyLayer: true)
            return
        }
        if !options.ignoresCache, let record = try cache.record(key) {
            builder.tell(.cached)
            cachedLayers += 1
            state.add(record, createdBy: step.createdBy, comment: Self.comment)
            return
        }
        let stack = try unpacked(state)
        let upper = try makeUpper(over: stack)
        switch step.action {
        case .configure: break
        case .makeDirectory(let path):
            try files.makeDirectory(path, user: step.execution.user, stack, upper: upper)
        case .copy(let copy): if let sources { try files.copy(copy, sources, fetched, stack, upper: upper) }
        case .run(let run):
            var paths: [String: String] = [:]
            for (target, sources) in shown {
                paths[target] = try files.laidOut(sources, keepsOwners: sources.keepsOwners)
            }
            try commands.run(run, of: step, state.configuration, stack, upper: upper, files: paths)
        }
        try signals.check()
        let record = try maker.make(of: upper)
        try TreeRemoval.remove(upper)
        try cache.keep(record, key)
        state.add(record, createdBy: step.createdBy, comment: Self.comment)
        builder.tell(.done(nanoseconds: HostClock.now() - began, layerSize: record.layer?.size))
    }

    /// When a change of what an image says of itself was made first: now, unless the cache has seen it. So the same build is the
    /// same image again, and another one is new.
    private func timeOfChange(
        of configuration: ImageConfiguration, by change: String, above layer: Descriptor?
    ) throws -> String {
        guard options.epoch == nil else { return options.created }
        let key = Digest(sha256Of: Array("\(change)\n".utf8) + configuration.json())
        if !options.ignoresCache, let record = try cache.record(key) { return record.created }
        let record = LayerCache.Record(layer: layer, created: options.created)
        try cache.keep(record, key)
        return record.created
    }

    private static let comment = "isolab"

    /// One digest of several, whose order counts.
    private static func digest(_ digests: [Digest]) -> Digest? {
        guard digests.count > 1 else { return digests.first }
        return Digest(sha256Of: digests.map(\.description).joined(separator: "\n").utf8)
    }

    private var finder: SourceFinder {
        SourceFinder(context: context) { origin in
            switch origin {
            case .context: preconditionFailure("the context is not a stage")
            case .stage(let index):
                guard let state = stages[index] else {
                    preconditionFailure("a stage is planned before it is copied from")
                }
                return try files.views.readable(unpacked(state), "stage \(index)")
            case .image(let name):
                return try files.views.readable(hold.unpack(image(name, options.request.platform)), "image \(name)")
            }
        }
    }

    /// The layers so far, ready to be stacked: those that were kept are unpacked only now.
    private func unpacked(_ state: StageState) throws -> LayerStack {
        try hold.unpack(state.layers, state.diffIDs)
    }

    /// Where a step writes: a directory that looks like the image's root, which it stands before.
    private func makeUpper(over stack: LayerStack) throws -> String {
        let upper = try workspace.makeDirectory("upper", mode: 0o755)
        guard let top = stack.diffIDs.last else { return upper }
        var status = stat()
        guard stat(store.tree(of: top), &status) == 0 else { throw SystemError("stat", store.tree(of: top)) }
        if chown(upper, status.st_uid, status.st_gid) != 0 { throw SystemError("chown", upper) }
        if chmod(upper, status.st_mode & 0o7777) != 0 { throw SystemError("chmod", upper) }
        return upper
    }
}
