import ImageRuntime
import Machines
import OCI
import Testing

@testable import Engine

/// The places in which an image keeps data (`VOLUME`), and what is told of a container.
@Suite struct ImageVolumeTests {
    private static func image(_ volumes: [String]) -> ImageConfiguration {
        var image = ImageConfiguration()
        image.execution.command = ["sh"]
        for path in volumes { image.execution.volumes[path] = EmptyObject() }
        return image
    }

    /// Each is there, but where something of the user's is, or what every container has.
    @Test(
        arguments: [
            (["/data"], [], ["/data"]), (["data/", "/b//c/../d/.", "/"], [], ["/b/d", "/data"]),
            (["/data"], ["/data"], []),
            (["/data/db", "/other"], ["/data"], ["/other"]), (["/data"], ["/data/db"], ["/data"]),
            (["/database"], ["/data"], ["/database"]), (["/proc/x", "/dev/shm", "/sys", "/v"], [], ["/v"]),
        ] as [([String], [String], [String])])
    func places(volumes: [String], mounts: [String], paths: [String]) {
        #expect(ImageVolumes(Self.image(volumes), mounts: mounts).paths == paths)
    }

    private static func mounts(_ change: (inout RunOptions) throws -> Void) throws -> [RuntimeConfiguration.Mount] {
        var options = RunOptions()
        try change(&options)
        return try options.configuration(
            of: image(["/data"]), command: [], user: ResolvedUser(), id: String(repeating: "0", count: 64),
            rootPath: "/r", facts: RunFacts()
        ).mounts
    }

    /// In a root that nobody can write to a volume can be written to all the same; in others it is a directory, and no mount.
    @Test func readOnlyRoots() throws {
        #expect(try !Self.mounts { _ in }.contains { $0.destination == "/data" })
        let mount = try Self.mounts { $0.readOnly = true }.first { $0.destination == "/data" }
        #expect(mount?.type == "tmpfs" && mount?.options.contains("tmpcopyup") == true)
        let own = try Self.mounts {
            $0.readOnly = true
            $0.volumes = [try VolumeMount("-v", "/a:/data")]
        }.filter { $0.destination == "/data" }
        #expect(own.map(\.type) == ["bind"])
    }

    /// A guest makes them, too.
    @Test func guests() throws {
        let command = try RunOptions().guestCommand(
            of: Self.image(["/data"]), command: [], user: ResolvedUser(), id: String(repeating: "0", count: 64),
            facts: RunFacts())
        #expect(command.files.contains { $0.path == "/data" && $0.mode == 0o040_755 && $0.content.isEmpty })
    }

    /// What was asked for stands under the names that Docker's templates read.
    @Test func settings() throws {
        var options = RunOptions()
        options.environment = [try EnvironmentChange("-e", "A=1")]
        options.memory = try ByteSize("--memory", "64m")
        options.processors = try ProcessorTime("--cpus", "0.5")
        options.volumes = [try VolumeMount("-v", "/a:/b:ro")]
        options.temporaryMounts = [try TemporaryMount("--tmpfs", "/t:size=1k")]
        options.labels = [try NamedValue("--label", "l=1")]
        options.addedCapabilities = [try CapabilityChange("--cap-add", "NET_ADMIN")]
        options.limits = [try UserLimit("--ulimit", "nofile=1:2")]
        options.network = .host
        var image = Self.image(["/data"])
        image.execution.environment = ["PATH=/bin"]
        image.execution.entrypoint = ["/entry"]
        let tree = ContainerSettings(
            request: RunRequest(image: "img", command: ["a", "b"], options: options), image: image, hostname: "h",
            environment: [:]
        ).tree
        func text(_ value: JSONTree?) -> String { value.map { String(decoding: $0.json(), as: UTF8.self) } ?? "none" }
        let (config, host) = (tree["Config"], tree["HostConfig"])
        #expect(text(config?["Env"]) == #"["PATH=/bin","A=1"]"# && text(config?["Cmd"]) == #"["a","b"]"#)
        #expect(text(config?["Entrypoint"]) == #"["/entry"]"# && text(config?["Image"]) == #""img""#)
        #expect(text(config?["Labels"]) == #"{"l":"1"}"# && text(config?["Hostname"]) == #""h""#)
        #expect(text(host?["Memory"]) == "67108864" && text(host?["NanoCpus"]) == "500000000")
        #expect(text(host?["Binds"]) == #"["/a:/b:ro"]"# && text(host?["CapAdd"]) == #"["CAP_NET_ADMIN"]"#)
        #expect(text(host?["Ulimits"]) == #"[{"Name":"nofile","Hard":2,"Soft":1}]"#)
        #expect(text(host?["NetworkMode"]) == #""host""# && text(host?["RestartPolicy"]?["Name"]) == #""no""#)
        #expect(tree["Mounts"]?.elements?.map { text($0["Type"]) } == [#""bind""#, #""tmpfs""#])
        #expect(text(tree["NetworkSettings"]?["Networks"]?["host"]?["IPAddress"]) == #""""#)
    }
}
