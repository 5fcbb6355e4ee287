package import OCI

/// What a build will do: stages, in the order in which they are built, and their steps. A value that can be printed
/// (`isolab image build --plan`), compared and tested without root.
package struct BuildPlan: Equatable, Sendable {
    /// What a stage begins with.
    package enum Base: Equatable, Sendable {
        case scratch
        /// Another stage, by its place in the Containerfile, and its name there.
        case stage(Int, name: String)
        /// An image, by the name it is given in the Containerfile, variables replaced.
        case image(String, BaseImage)
    }

    package struct Stage: Equatable, Sendable {
        /// Its place in the Containerfile, from 0.
        package var index: Int
        package var name: String?
        package var line: Int
        package var base: Base
        package var platform: Platform
        package var steps: [BuildStep]
        /// What its base says of its containers, triggers taken off.
        package var baseExecution: ImageConfiguration.Execution
        package var baseAuthor: String?

        /// What its image says in the end.
        package var execution: ImageConfiguration.Execution { steps.last?.execution ?? baseExecution }
        package var author: String? { steps.last?.author ?? baseAuthor }
    }

    /// Only those the target needs.
    package let stages: [Stage]
    /// The stage that becomes the image, by its place in the Containerfile.
    package let target: Int
    package let labels: [String: String]
    /// What is done, though it is hardly what was meant.
    package let warnings: [String]
    /// Build arguments that no instruction declares.
    package let unusedArguments: [String]

    /// - Parameter image: finds an image by its name; throws where there is none.
    /// - Throws: `ContainerfileError`, also for what `image` throws.
    package init(
        _ containerfile: Containerfile, _ request: BuildRequest = BuildRequest(),
        image: (_ name: String, _ platform: Platform) throws -> BaseImage
    ) throws {
        var planner: StagePlanner
        do {
            planner = try StagePlanner(containerfile, request)
            target = try planner.targetIndex()
            try planner.plan(target, image: image)
        } catch let error as ContainerfileError {
            throw error.inFile(containerfile.name)
        }
        stages = planner.planned.values.sorted { $0.index < $1.index }
        labels = request.labels
        warnings = planner.warnings
        unusedArguments = request.arguments.keys.filter {
            !planner.declared.contains($0) && !BuildRequest.predefined.contains($0)
        }.sorted()
    }

    /// A stage by its place in the Containerfile.
    package func stage(_ index: Int) -> Stage? { stages.first { $0.index == index } }

    /// What is said of those, in BuildKit's words; nil where every one is declared.
    package var unusedArgumentsWarning: String? {
        unusedArguments.isEmpty
            ? nil : "One or more build-args [\(unusedArguments.joined(separator: " "))] were not consumed"
    }

    /// How many steps are shown: each stage's FROM is one.
    package var stepCount: Int { stages.reduce(0) { $0 + $1.steps.count + 1 } }
}

extension BuildPlan.Stage {
    /// As written into a Containerfile: `FROM debian:12 AS base`.
    package var text: String {
        let base =
            switch base {
            case .scratch: "scratch"
            case .stage(_, let name): name
            case .image(let name, _): name
            }
        return "FROM \(base)" + (name.map { " AS \($0)" } ?? "")
    }
}

extension BuildPlan: CustomStringConvertible {
    package var description: String {
        var lines: [String] = []
        for stage in stages {
            lines.append("stage \(stage.index): \(stage.text) (\(stage.platform))")
            if case .image(_, let image) = stage.base { lines.append("  base \(image.id)") }
            for (number, step) in stage.steps.enumerated() {
                lines.append("  \(number + 1). \(step.text)")
                lines += step.action.details.map { "       \($0)" }
            }
        }
        lines.append("image: stage \(target)")
        lines += labels.sorted { $0.key < $1.key }.map { "  label \($0.key)=\($0.value)" }
        if let unusedArgumentsWarning { lines.append("warning: \(unusedArgumentsWarning)") }
        return lines.joined(separator: "\n")
    }
}

extension BuildStep.Action {
    /// What will be done, a line each.
    var details: [String] {
        switch self {
        case .configure: return []
        case .makeDirectory(let path): return ["make \(path) where it is missing"]
        case .copy(let copy):
            var lines = ["from \(copy.origin) to \(copy.destination)\(copy.intoDirectory ? "/" : "")"]
            if copy.unpacks { lines.append("archives are unpacked") }
            lines += copy.documents.map { "\($0.name): \($0.content.utf8.count) bytes of the Containerfile" }
            return lines
        case .run(let run):
            return [
                "run \(run.arguments)", "as \(run.user ?? "root") in \(run.workingDirectory)",
                "with \(run.environment.joined(separator: " "))",
            ]
                + run.mounts.map { mount in
                    switch mount.kind {
                    case .memory: "memory at \(mount.target)"
                    case .cache(let cache): "cache \(cache.identifier) at \(mount.target)"
                    case .files(let source): "\(source.path) of \(source.origin) at \(mount.target)"
                    case .secret(let secret):
                        "secret \(secret.identifier) at \(secret.isFile ? mount.target : secret.variable ?? "")"
                    }
                }
        }
    }
}
