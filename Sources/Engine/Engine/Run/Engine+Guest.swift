import Containers
import Glibc
import ImageRuntime
import Images
import Linux
import Machines
package import OCI

extension Engine {
    /// Runs a guest of an image, attached to the caller's streams, and waits for its end.
    ///
    /// Its root is the image's, with memory over it: what the command writes goes with the guest, whether it is to be removed
    /// (`--rm`) or not.
    ///
    /// - Parameters:
    ///   - kernel: a kernel of the user's own.
    ///   - connect: a libvirt URI; nil: the embedded driver.
    ///   - fetch: gets an image from its registry.
    /// - Returns: the exit status as a shell has it.
    package func runGuest(
        _ request: RunRequest, kernel: String?, connect: String?, fetch: (ImageReference, Platform?) throws -> Void
    ) throws -> Int32 {
        let options = request.options
        try options.validate()
        try options.refuseWhatNoGuestHas()
        try refuseNetworks(of: options, connect: connect)
        try releaseLeftovers()
        // Kernels come from there.
        try StandardDirectories.check(StandardDirectories.cache)
        let facts = try RunFacts.detect(for: options)
        let image = try image(for: request, fetch: fetch)
        // Whatever happens to the image's names, what the guest is made of stays as long as it runs.
        let hold = try images.hold()
        defer { withExtendedLifetime(hold) {} }
        let stack = try hold.unpack(image)
        let trees = stack.diffIDs.map { images.tree(of: $0) }
        // The guest reads its packed root as long as it runs.
        let use = try images.useCaches()
        defer { withExtendedLifetime(use) {} }
        let user = try options.user(of: image.configuration, in: UserDatabase(layers: trees.reversed()))
        var container = StoredContainer(
            id: ContainerName.identifier(), name: "", image: request.image, imageID: image.id,
            manifest: image.descriptor, command: [], created: Timestamp.now(nanoseconds: true), removes: true,
            isGuest: true, terminal: options.terminal,
            labels: image.configuration.execution.labels.merging(
                options.labels.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
        container.keeper = try ProcessIdentity(of: getpid())
        container.networks = options.networks(of: image.configuration)
        var request = request
        let care = try add(&container, for: &request, of: image.configuration)
        record("create", container)
        defer {
            leaveNetworks(container.id)
            try? removeAnonymousVolumes(of: container)
            try? forget(container)
        }
        let networks = try joinNetworks(guest: container)
        defer { withExtendedLifetime(networks) {} }
        let command = try request.options.guestCommand(
            of: image.configuration, command: request.command, user: user, id: container.id,
            facts: facts, networks: networks)
        try fillVolumes(container.volumes, from: trees.reversed())
        try options.writeIdentifier(container.id)
        container.command = command.arguments
        container.settings =
            ContainerSettings(
                request: request, image: image.configuration, hostname: command.hostname,
                environment: facts.environment
            ).tree
        container.started = Timestamp.now(nanoseconds: true)
        try shelf.write(container)
        record("start", container)
        var runner = GuestRunner()
        runner.kernel = kernel
        runner.connect = connect
        // A collection keeps what is named after the stack as long as the image is there.
        var problem: (any Error)?
        let exit: GuestExit
        do throws(GuestError) {
            exit = try runner.run(
                command, root: .layers(trees, key: stack.name, directory: images.guestRoots)
            ) { cell throws(GuestError) in
                guard let networks else { return }
                do { try attach(networks, to: &container, cell: cell) } catch {
                    problem = error
                    throw .unprepared
                }
            }
        } catch { throw problem ?? error }
        _ = consume care
        recordEnd(of: container, status: exit.shellStatus)
        if case .notStarted(let failure) = exit { throw EngineError.guest(failure) }
        return exit.shellStatus
    }

    /// What keeps a guest out of networks is said before anything is fetched or made.
    private func refuseNetworks(of options: RunOptions, connect: String?) throws {
        guard options.network == .networks else { return }
        guard StandardDirectories.isHostRoot else { throw Self.needsRoot }
        guard connect == nil else {
            throw OptionError("--network", "", "is for isolab's own driver of guests: omit --connect")
        }
    }
}
