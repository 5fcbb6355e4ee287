import OCI
import Testing

@testable import ImageRuntime

@Suite struct ImageRuntimeConfigurationTests {
    static func image(_ execution: ImageConfiguration.Execution = .init()) -> ImageConfiguration {
        ImageConfiguration(
            created: "2026-01-02T03:04:05Z", author: "A", platform: Platform(architecture: "arm64", variant: "v8"),
            execution: execution)
    }

    /// The table of conversion.md: verbatim fields, annotations, labels above them.
    @Test func imageBecomesContainer() throws {
        let image = Self.image(
            .init(
                user: "web", exposedPorts: ["80/tcp": EmptyObject(), "53/udp": EmptyObject()],
                environment: ["A=1", "PATH=/bin"], entrypoint: ["/entry"], command: ["one", "two"],
                workingDirectory: "/srv", labels: ["org.opencontainers.image.author": "B", "mine": "yes"],
                stopSignal: "SIGINT"))
        let user = ResolvedUser(uid: 33, gid: 34, supplementaryGids: [4], name: "web", home: "/srv/web")
        let configuration = try ImageRuntimeConfiguration(image, user: user).runtimeConfiguration(
            rootPath: "/r", seccomp: nil)
        let process = try #require(configuration.process)
        #expect(process.arguments == ["/entry", "one", "two"])
        #expect(process.environment == ["A=1", "PATH=/bin", "HOME=/srv/web"])
        #expect(process.workingDirectory == "/srv")
        #expect(process.user.uid == 33 && process.user.gid == 34)
        #expect(process.user.additionalGids == [34, 4])
        #expect(process.capabilities?.effective == [])
        #expect(process.capabilities?.bounding == RuntimeConfiguration.dockerCapabilities)
        #expect(configuration.root?.path == "/r")
        #expect(
            configuration.annotations == [
                "org.opencontainers.image.os": "linux", "org.opencontainers.image.architecture": "arm64",
                "org.opencontainers.image.variant": "v8", "org.opencontainers.image.author": "B",
                "org.opencontainers.image.created": "2026-01-02T03:04:05Z",
                "org.opencontainers.image.stopSignal": "SIGINT",
                "org.opencontainers.image.exposedPorts": "53/udp,80/tcp", "mine": "yes",
            ])
    }

    /// What is given in place of entry point and command, as `docker run` combines them.
    @Test(
        arguments: [
            (["e"], ["c"], nil, nil, ["e", "c"]),
            (["e"], ["c"], nil, ["x"], ["e", "x"]),
            (["e"], ["c"], ["n"], nil, ["n"]),
            (["e"], ["c"], ["n"], ["x"], ["n", "x"]),
            (["e"], ["c"], [], ["x"], ["x"]),
            ([], ["c"], nil, nil, ["c"]),
        ] as [([String], [String], [String]?, [String]?, [String])])
    func commands(
        entrypoint: [String], command: [String], ownEntrypoint: [String]?, ownCommand: [String]?, expected: [String]
    ) throws {
        var value = ImageRuntimeConfiguration(
            Self.image(.init(entrypoint: entrypoint, command: command)), user: ResolvedUser())
        value.entrypoint = ownEntrypoint
        value.command = ownCommand
        #expect(value.arguments == expected)
    }

    /// An image that names nothing to run is no container until somebody names it.
    @Test func nothingToRunIsRefused() {
        let value = ImageRuntimeConfiguration(Self.image(), user: ResolvedUser())
        #expect(throws: ConfigurationError.self) { try value.runtimeConfiguration(seccomp: nil) }
    }

    /// Variables are replaced in place, taken away, and completed.
    @Test func environment() {
        var value = ImageRuntimeConfiguration(
            Self.image(.init(environment: ["A=1", "B=2", "BARE", "=x", "HOME=/h"], command: ["true"])),
            user: ResolvedUser())
        value.environment = ["B=3", "C=4=5", "A", "ABSENT"]
        value.terminal = true
        #expect(value.fullEnvironment == [RuntimeConfiguration.dockerPath, "TERM=xterm", "B=3", "HOME=/h", "C=4=5"])
    }

    /// A working directory that is not absolute has no meaning in a container.
    @Test func relativeWorkingDirectoryIsRefused() {
        let value = ImageRuntimeConfiguration(
            Self.image(.init(command: ["true"], workingDirectory: "srv")), user: ResolvedUser())
        #expect(throws: ConfigurationError.self) { try value.runtimeConfiguration(seccomp: nil) }
    }
}
