import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// Where warnings go: never into a stream that a container keeps.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason))
struct WarningTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// With a limit that this host cannot give, and a mount by a deprecated destination: two warnings.
    private func configuration() throws -> RuntimeConfiguration {
        try SystemFile.makeDirectories(engine.place + "/shared")
        return engine.configuration("echo out; echo err >&2; exec sleep 1000") {
            $0.mounts.append(
                .init(destination: "mnt/rel", type: "bind", source: engine.place + "/shared", options: ["bind"]))
        }
    }

    /// An engine keeps what comes from the standard error that it gives `create`, `run --detach` and `exec --detach` as the
    /// container's; with `--log` it is in the log, and on standard error where the command itself keeps that.
    @Test func streamsOfContainers() throws {
        let configuration = try configuration()
        let (container, made) = try engine.create(configuration)
        #expect(made.status == 0 && made.complaints.isEmpty, "\(made.complaints)")
        #expect(try engine.call("start", container.id).status == 0)
        try container.awaitOutput("out")
        try Eventually.holds("it says err") { container.streams.complaints.contains("err") }
        #expect(container.streams.complaints == "err\n")

        let process = engine.place + "/process.json"
        var joined = RuntimeConfiguration.Process(arguments: ["/bin/sh", "-c", "echo joined"])
        joined.capabilities = .init(bounding: ["CAP_FLY"])
        try SystemFile.replace(process, with: joined.json())
        let detached = try engine.call("exec", "--detach", "--process", process, container.id)
        #expect(detached.status == 0 && detached.complaints.isEmpty, "\(detached.complaints)")
        let attached = try engine.call("exec", "--process", process, container.id)
        #expect(
            attached.complaints.contains("warning: process.capabilities.bounding")
                && attached.complaints.contains("CAP_FLY"),
            "\(attached.complaints)")
        try container.remove()

        let bundle = try engine.bundle(configuration)
        let id = engine.name()
        let run = try engine.call("run", "--detach", "--bundle", bundle, id)
        #expect(run.status == 0 && !run.complaints.contains("warning"), "\(run.complaints)")
        #expect(try engine.call("delete", "--force", id).status == 0)
        let log = engine.place + "/log"
        let logged = try engine.run(
            [Engine.program, "--root", engine.root, "--log", log, "create", "--bundle", bundle, id])
        #expect(logged.status == 0 && logged.complaints.isEmpty, "\(logged.complaints)")
        #expect(Engine.text(log).contains("mounts[7].destination"), "\(Engine.text(log))")
        #expect(try engine.call("delete", "--force", id).status == 0)
    }

    /// A container that has a terminal does not have that standard error, and an engine keeps it all the same.
    @Test func console() throws {
        let path = engine.place + "/console"
        let listener = UnixSocket.listen(path)
        try #require(listener >= 0)
        defer { close(listener) }
        var configuration = try configuration()
        configuration.process?.terminal = true
        let bundle = try engine.bundle(configuration)
        for words in [["create"], ["run", "--detach"]] {
            let id = engine.name()
            let answer = try engine.call(words + ["--console-socket", path, "--bundle", bundle, id])
            #expect(answer.status == 0 && !answer.complaints.contains("warning"), "\(words): \(answer.complaints)")
            #expect(try engine.call("delete", "--force", id).status == 0)
        }
    }

    /// Without a log they are the host's: a datagram as syslog(3) sends it. One that nobody reads holds up nothing.
    @Test func systemLog() throws {
        let path = engine.place + "/syslog"
        let descriptor = OwnedDescriptor(owning: socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor.number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        let bundle = try engine.bundle(try configuration())
        let answer = try engine.shell(
            """
            [ -e /dev/log ] || { : > /dev/log && made=yes; }
            for n in $(seq 40); do unshare --mount sh -c \
                "mount --bind $place/syslog /dev/log && $runtime create --bundle \(bundle) n$n && $runtime delete --force n$n" || exit
            done; [ -z "$made" ] || rm /dev/log
            """)
        #expect(answer.status == 0 && answer.complaints.isEmpty, "\(answer.complaints)")
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor.number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        #expect(text.hasPrefix("<28>isolab-runtime["), "\(text)")
        #expect(text.contains("]: warning: config.json: mounts[7].destination"), "\(text)")
    }

    /// A pipe or a device in place of a document is refused, whichever option names it, and so is one without an end.
    @Test func documents() throws {
        let container = try engine.started("exec sleep 1000")
        let pipe = engine.place + "/pipe"
        mkfifo(pipe, 0o600)
        let large = engine.place + "/large"
        #expect(try engine.run(["truncate", "-s", "17M", large]).status == 0)
        for (file, words) in [
            (pipe, "use a regular file"), ("/dev/zero", "use a regular file"), (engine.place, "Is a directory"),
            (large, "more than 16777216 bytes are not read"),
        ] {
            for command in [["exec", "--process", file], ["update", "-r", file]] {
                let answer = try engine.call(command + [container.id])
                #expect(
                    answer.status == (command[0] == "exec" ? 255 : 1) && answer.complaints.contains(words),
                    "\(command): \(answer.complaints)")
            }
        }
        let endless = try engine.shell("$runtime update -r - \(container.id) < /dev/zero")
        #expect(endless.status == 1 && endless.complaints.contains("more than 16777216 bytes"), "\(endless.complaints)")
        try container.remove()
    }
}
