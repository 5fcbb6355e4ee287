import Containers
import Linux
import OCI

extension Engine {
    /// Changes the limits or the restart policy of a container, whether it runs or not.
    ///
    /// - Returns: its name.
    @discardableResult
    package func update(_ text: String, _ options: UpdateOptions) throws -> String {
        try options.validate()
        try releaseLeftovers()
        var container = try shelf.find(text)
        guard !container.isGuest else {
            throw EngineError.unsupported(
                "'\(text)' is a guest (--vm), whose limits are set when it starts", advice: nil)
        }
        if let restart = options.restart, restart.kind != .no, container.removes {
            throw OptionError("--restart", restart.text, "'\(text)' is removed when it ends (--rm)")
        }
        if options.hasLimits {
            let state = status(of: container)
            if state == .running || state == .paused { try runtime.update(container.id, options.resources) }
            // For its next run; one that will have none has nothing to be made with.
            if var configuration = try? shelf.configuration(of: container.id) {
                var linux = configuration.linux ?? RuntimeConfiguration.LinuxSettings()
                var resources = linux.resources ?? RuntimeConfiguration.Resources()
                options.apply(to: &resources)
                linux.resources = resources
                configuration.linux = linux
                try shelf.keep(configuration, of: container.id)
            }
        }
        // Its keeper may have written meanwhile how a run has ended.
        container = shelf.container(container.id) ?? container
        if let restart = options.restart { container.background?.restart = restart }
        if options.hasLimits { container.background?.needsCgroup = true }
        var settings = container.settings ?? .object([])
        var shown = settings["HostConfig"] ?? .object([])
        options.apply(to: &shown)
        settings["HostConfig"] = shown
        container.settings = settings
        try shelf.write(container)
        record("update", container)
        return container.name
    }
}
