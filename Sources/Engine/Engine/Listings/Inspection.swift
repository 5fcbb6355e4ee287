import Containers
package import Images
package import OCI

// What `isolab inspect` shows, with the members' names that Docker gave them.

extension StoredImage {
    /// Of an image.
    package func inspection(_ store: ImageStore) -> JSONTree {
        let rootfs: [JSONTree.Member] = [
            .init("Type", .text("layers")),
            .init("Layers", .list(configuration.rootfs.diffIDs.map { .text("\($0)") })),
        ]
        let unpacked: [JSONTree] = configuration.rootfs.diffIDs.filter { store.isUnpacked($0) }.map {
            .text(store.tree(of: $0))
        }
        let driver: [JSONTree.Member] = [
            .init("Name", .text("overlay")), .init("Data", .object([.init("Layers", .list(unpacked))])),
        ]
        return .object([
            .init("Id", .text("\(id)")),
            .init(
                "RepoTags",
                .list(((try? store.names(of: id)) ?? names).filter { $0.tag != nil }.map { .text($0.familiar) })),
            .init("RepoDigests", .list(repositoryDigests.map { .text($0) })),
            .init("Created", configuration.created.map { .text($0) } ?? .null),
            .init("Author", .text(configuration.author ?? "")),
            .init("Architecture", .text(configuration.platform.architecture)),
            .init("Variant", .text(configuration.platform.variant ?? "")),
            .init("Os", .text(configuration.platform.os)),
            .init("Size", .number(store.unpackedSize(of: manifest))),
            .init("Config", .object(configuration.execution.inspection)),
            .init("RootFS", .object(rootfs)),
            .init("Manifest", JSONTree(manifest)),
            .init("Descriptor", JSONTree(descriptor)),
            .init("GraphDriver", .object(driver)),
        ])
    }
}

extension ImageConfiguration.Execution {
    fileprivate var inspection: [JSONTree.Member] {
        let check: JSONTree = healthcheck.map { JSONTree($0) } ?? .null
        return [
            .init("User", .text(user ?? "")),
            .init("Env", .list(environment.map { .text($0) })),
            .init("Entrypoint", .list(entrypoint.map { .text($0) })),
            .init("Cmd", .list(command.map { .text($0) })),
            .init("WorkingDir", .text(workingDirectory ?? "")),
            .init("ExposedPorts", JSONTree(exposedPorts)),
            .init("Volumes", JSONTree(volumes)),
            .init("Labels", JSONTree(labels)),
            .init("StopSignal", .text(stopSignal ?? "")),
            .init("Healthcheck", check),
            .init("OnBuild", .list(onBuild.map { .text($0) })),
            .init("Shell", .list(shell.map { .text($0) })),
        ]
    }
}

extension Engine {
    /// Of a container.
    ///
    /// - Parameter size: what it wrote, and that with its image's layers; nil: neither is counted.
    package func inspection(of container: StoredContainer, size: DiskUse.Container? = nil) -> JSONTree {
        let status = status(of: container)
        let state = try? runtime.state(of: container.id)
        var isRestarting = false
        if case .restarting = status { isRestarting = true }
        // Docker's word for what has not been.
        let never = "0001-01-01T00:00:00Z"
        var members: [JSONTree.Member] = [
            .init("Id", .text(container.id)),
            .init("Name", .text(container.name)),
            .init("Created", .text(container.created)),
            .init("Path", .text(container.command.first ?? "")),
            .init("Args", .list(container.command.dropFirst().map { .text($0) })),
            .init(
                "State",
                .object([
                    .init("Status", .text("\(status)")),
                    .init("Running", .bool(status.isAlive)),
                    .init("Paused", .bool(status == .paused)), .init("Restarting", .bool(isRestarting)),
                    .init("Pid", .number(status.isAlive && !isRestarting ? state?.pid ?? 0 : 0)),
                    // Of one that has ended without a witness it is not known.
                    .init("ExitCode", container.exitCode.map { .number($0) } ?? (status.isAlive ? .number(0) : .null)),
                    .init("OOMKilled", .bool(container.memoryKills != nil)), .init("Dead", .bool(false)),
                    .init("Error", .text(container.failure ?? "")),
                    .init("Health", health(of: container).map { JSONTree($0) } ?? .null),
                    .init("StartedAt", .text(container.started ?? never)),
                    .init("FinishedAt", .text(container.finished ?? never)),
                ])),
            .init("Image", .text("\(container.imageID)")),
            .init("ImageName", .text(container.image)),
            .init("Kind", .text(container.isGuest ? "guest" : "container")),
            .init("AutoRemove", .bool(container.removes)),
            .init("Labels", JSONTree(container.labels)),
            .init("StopTimeout", container.stopTimeout.map { .number($0) } ?? .null),
            .init("ImageManifestDescriptor", JSONTree(container.manifest)),
            .init("RestartCount", .number(container.background?.restarts ?? 0)),
            .init("Driver", .text("overlay")), .init("Platform", .text("linux")),
            .init("LogPath", .text(logPath(of: container))),
        ]
        members += container.settings?.members ?? []
        if let size {
            members += [.init("SizeRw", .number(size.own)), .init("SizeRootFs", .number(size.own &+ size.shared))]
        }
        if let snapshot = try? images.snapshot(container.id) {
            members.append(
                .init(
                    "GraphDriver",
                    .object([
                        .init("Name", .text(snapshot.form.rawValue)),
                        .init("Data", .object([.init("UpperDir", .text(snapshot.upper))])),
                    ])))
        }
        if let configuration = try? runtime.configuration(of: container.id) {
            members.append(.init("OCIConfig", JSONTree(configuration)))
        }
        return .object(members)
    }

    /// The file that is written; empty where there is none.
    private func logPath(of container: StoredContainer) -> String {
        guard let background = container.background, background.isDetached, background.log.driver == .file else {
            return ""
        }
        return LogFiles(directory: shelf.directory(container.id), id: container.id).path
    }
}
