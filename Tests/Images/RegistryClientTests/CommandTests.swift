import Content
import Glibc
import Images
import Linux
import OCI
import Synchronization
import Testing

@testable import RegistryClient

/// `isolab-transfer` as users and scripts meet it.
@Suite struct CommandTests {
    private func imageStore(_ place: Place) throws -> ImageStore { try ImageStore(root: "\(place.path)/data/images") }

    /// A registry's words do not steer the terminal that they are shown on; programs get them as they are.
    @Test func terminalsAreNotSteered() throws {
        let place = try Place()
        var image = TestImage(layers: [])
        let label = "x\u{1B}[2J\u{202E}y"
        let platform = Platform.host
        image.configurationBytes = Array(
            #"{"architecture":"\#(platform.architecture)","os":"linux","config":{"Labels":{"a":"x\u001b[2J\#u{202E}y"}},"rootfs":{"type":"layers","diff_ids":[]}}"#
                .utf8)
        image.configuration = Descriptor(.imageConfiguration, of: image.configurationBytes)
        image.manifestBytes = ImageManifest(config: image.configuration, layers: []).json()
        image.manifest = Descriptor(.imageManifest, of: image.manifestBytes)
        let server = try ScriptedServer { [image] request, wire in
            if !image.answer(request, wire) { wire.answer(404) }
        }
        let program = TransferProgram(place)
        let name = "\(server.name)/a/b"
        let template = ["inspect", "--format", "{{.Config.config.Labels.a}}", name]
        #expect(try program.run(template).output == label + "\n")
        #expect(try program.run(["inspect", name]).output.contains(#""a": "x\u001b[2J\u202ey""#))
        #expect(try Array(program.run(["inspect", "--config", name]).output.utf8) == image.configurationBytes)
        for arguments in [template, ["inspect", name], ["inspect", "--config", name], ["inspect", "--raw", name]] {
            let shown = try program.runOnTerminal(arguments)
            #expect(!shown.isEmpty && !shown.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" }, "\(shown)")
        }
    }

    /// Push from the store, pull into another, by name; then the name stands for the image.
    @Test(.enabled(if: SystemFile.exists("/usr/bin/docker-registry"), "docker-registry is not installed"))
    func pushAndPull() throws {
        let place = try Place()
        let registry = try DockerRegistry(in: place)
        let program = TransferProgram(place)
        let image = TestImage()
        let name = "\(registry.name)/team/app:1.0"
        let images = try imageStore(place)
        try image.store(in: images.content)
        try images.add(image.manifest, as: [try ImageReference(name)])

        let pushed = try program.run(["push", name])
        #expect(pushed.status == 0, "\(pushed.complaints)")
        #expect(pushed.output == "\(registry.name)/team/app@\(image.manifest.digest)\n")
        #expect(try program.run(["push", "-q", name]).output == "\(image.manifest.digest)\n")

        let pulled = try program.run(["pull", name, "--store", "\(place.path)/other"])
        #expect(pulled.status == 0, "\(pulled.complaints)")
        #expect(pulled.output == name + "\n")
        #expect(
            pulled.complaints.contains("digest: \(image.manifest.digest)")
                && pulled.complaints.contains("pulled 4 blobs"))
        let quiet = try program.run(["pull", "-q", name, "--store", "\(place.path)/other"])
        #expect(quiet.output == name + "\n" && quiet.complaints.isEmpty)
        let other = try ImageStore(root: "\(place.path)/other")
        #expect(try other.image(name).descriptor.digest == image.manifest.digest)

        #expect(try program.run(["list", "\(registry.name)/team/app"]).output == "1.0\n")
        #expect(try program.run(["search", "\(registry.name)/*app"]).output == "\(registry.name)/team/app\n")
        #expect(try program.run(["search", "\(registry.name)/team/app:1*"]).output == name + "\n")
        let digest = try program.run(["inspect", "--format", "{{.Digest}} {{.Config.os}}", name])
        #expect(digest.output == "\(image.manifest.digest) linux\n")
        let nothing = try program.run(["inspect", "--format", "{{.Nothing}}", name])
        #expect(nothing.status == 1 && nothing.complaints.contains("no field 'Nothing'"))
        #expect(
            try program.run(["inspect", "--raw", name]).output == String(decoding: image.manifestBytes, as: UTF8.self))
        #expect(
            try program.run(["inspect", "--config", name]).output
                == String(decoding: image.configurationBytes, as: UTF8.self))
        let copied = try program.run(["copy", "-q", name, "\(registry.name)/b/c"])
        #expect(copied.output == "\(image.manifest.digest)\n", "\(copied.complaints)")
        #expect(try program.run(["delete", "\(registry.name)/b/c@\(image.manifest.digest)"]).status == 0)
        let gone = try program.run(["pull", "\(registry.name)/b/c"])
        #expect(gone.status == 1 && gone.complaints.contains("status 404: MANIFEST_UNKNOWN"))
    }

    /// A registry that deletes nothing: it is said what would let it, of a tag and of a digest.
    @Test func refusedDeletion() throws {
        let place = try Place()
        let registry = try OwnRegistry(in: place, deletes: false)
        let image = TestImage(layers: [1000])
        let here = try place.store("here")
        try image.store(in: here)
        let name = try ImageReference("\(registry.name)/app:1")
        _ = try RegistryClient(.test()).push(image.manifest, from: here, as: name)
        for text in ["\(registry.name)/app:1", "\(registry.name)/app@\(image.manifest.digest)"] {
            let result = try TransferProgram(place).run(["delete", text])
            #expect(result.status == 1, "\(result.complaints)")
            #expect(result.complaints.contains("`isolab registry serve --delete`"), "\(result.complaints)")
        }
        #expect(try RegistryClient(.test()).tags(of: name) == ["1"])
    }

    /// A mistake that is found while a command runs shows that command's usage.
    @Test(arguments: [
        (["pull", "https://foo/bar"], "isolab pull"), (["login", "--password-stdin"], "isolab login"),
        (["registry", "inspect", "https://foo/bar"], "isolab registry inspect"),
    ])
    func usage(arguments: [String], command: String) throws {
        let result = try TransferProgram(try Place()).run(arguments)
        #expect(result.status == 2 && result.complaints.contains("Usage: \(command) ["), "\(result.complaints)")
        #expect(result.complaints.contains("See '\(command) --help'"), "\(result.complaints)")
    }

    /// A pull that is killed goes on where it was, in another process.
    @Test func killedPull() throws {
        let place = try Place()
        let image = TestImage(layers: [500_000])
        let layer = image.layers[0]
        let isFirst = Mutex(true)
        let server = try ScriptedServer { request, wire in
            let isBroken =
                request.path.hasSuffix("\(layer.descriptor.digest)")
                && isFirst.withLock { first in
                    defer { first = false }
                    return first
                }
            if isBroken {
                // The first half, and then nothing more is heard.
                wire.send(wire.head(200, [("Content-Length", "\(layer.bytes.count)")]) + layer.bytes.prefix(300_000))
            } else if !image.answer(request, wire) {
                wire.answer(404)
            }
        }
        let program = TransferProgram(place)
        let process = try program.start(["pull", "\(server.name)/a/b"])
        let left = "\(place.path)/data/images/ingest/pull-sha256-\(layer.descriptor.digest.hexadecimal)"
        for _ in 0..<1000 {
            var status = stat()
            if stat(left, &status) == 0, status.st_size == 300_000 { break }
            usleep(20_000)
        }
        try process.kill(SIGKILL)
        _ = try process.wait()
        let result = try program.run(["pull", "\(server.name)/a/b"])
        #expect(result.status == 0, "\(result.complaints)")
        #expect(image.isWhole(in: try imageStore(place).content))
        let ranges = server.requests.filter { $0.path.hasSuffix("\(layer.descriptor.digest)") }.map {
            $0.fields["range"]
        }
        #expect(ranges == [nil, "bytes=300000-"])
    }

    /// A login is shown to the registry first, kept for its owner alone, used by what follows, and forgotten.
    @Test(.enabled(if: SystemFile.exists("/usr/bin/docker-registry"), "docker-registry is not installed"))
    func logsIn() throws {
        let place = try Place()
        let registry = try DockerRegistry(.password, in: place)
        let program = TransferProgram(place)
        func login(_ password: String) throws -> TransferProgram.Result {
            try program.run(
                ["login", registry.name, "-u", DockerRegistry.user, "--password-stdin"], input: password + "\n")
        }
        let file = "\(place.path)/home/.docker/config.json"
        let wrong = try login("wrong")
        #expect(wrong.status == 1 && wrong.complaints.contains("does not accept this name and password"))
        #expect(!SystemFile.exists(file))
        let before = try program.run(["list", "\(registry.name)/x"])
        #expect(before.status == 1 && before.complaints.contains("isolab login \(registry.name)"))

        let good = try login(DockerRegistry.password)
        #expect(good.status == 0, "\(good.complaints)")
        #expect(!(good.output + good.complaints + wrong.complaints).contains(DockerRegistry.password))
        var status = stat()
        #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
        let after = try program.run(["search", "\(registry.name)/"])
        #expect(after.status == 0, "\(after.complaints)")

        #expect(try program.run(["logout", registry.name]).status == 0)
        #expect(try program.run(["logout", registry.name]).status == 1)
        #expect(try program.run(["search", "\(registry.name)/"]).status == 1)
        let noTerminal = try program.run(["login", registry.name, "--password-stdin"])
        #expect(noTerminal.status == 2)
    }

    /// A credential helper is asked, told and made to forget; one that hangs up, lies or is missing is named.
    @Test(.enabled(if: SystemFile.exists("/usr/bin/docker-registry"), "docker-registry is not installed"))
    func credentialHelper() throws {
        let place = try Place()
        let registry = try DockerRegistry(.password, in: place)
        try SystemFile.makeDirectories("\(place.path)/bin")
        try SystemFile.makeDirectories("\(place.path)/home/.docker")
        try place.write(
            """
            #!/bin/sh
            # Keeps one entry in a file, as the protocol has it.
            kept="\(place.path)/kept"
            input=$(cat)
            echo "$1" >> "\(place.path)/calls"
            case "$1" in
            store) printf '%s' "$input" > "$kept" ;;
            erase) rm -f "$kept" ;;
            get) [ -e "$kept" ] || { echo "credentials not found in native keychain"; exit 1; }; cat "$kept" ;;
            esac

            """, to: "bin/docker-credential-test", mode: 0o755)
        try place.write("#!/bin/sh\necho nonsense\n", to: "bin/docker-credential-liar", mode: 0o755)
        try place.write(
            "#!/bin/sh\necho broken >&2; echo no luck; exit 3\n", to: "bin/docker-credential-broken", mode: 0o755)
        try place.write("{\"credsStore\":\"test\"}", to: "home/.docker/config.json")
        var program = TransferProgram(place)
        program.environment = ["PATH=\(place.path)/bin:/usr/bin:/bin"]
        let login = try program.run(
            ["login", registry.name, "-u", DockerRegistry.user, "--password-stdin"], input: DockerRegistry.password)
        #expect(login.status == 0 && login.output.contains("docker-credential-test"), "\(login.complaints)")
        #expect(place.read("home/.docker/config.json") == "{\"credsStore\":\"test\"}")
        #expect(try program.run(["search", "\(registry.name)/"]).status == 0)
        #expect(try program.run(["logout", registry.name]).status == 0)
        #expect(!SystemFile.exists("\(place.path)/kept"))
        #expect(try program.run(["search", "\(registry.name)/"]).status == 1)
        let calls = place.read("calls").split(separator: "\n")
        #expect(calls.contains("store") && calls.contains("get") && calls.contains("erase"))

        for (name, words) in [("liar", "did not answer with a secret"), ("broken", "no luck"), ("absent", "absent")] {
            try place.write("{\"credHelpers\":{\"\(registry.name)\":\"\(name)\"}}", to: "home/.docker/config.json")
            let result = try program.run(["search", "\(registry.name)/"])
            #expect(result.status == 1 && result.complaints.contains(words), "\(result.complaints)")
        }
    }

    /// Wrong command lines are told apart from requests that fail.
    @Test(arguments: [
        ["pull"], ["pull", "A/B:?"], ["pull", "x", "--platform", "linux"], ["pull", "x", "--parallel", "0"],
        ["inspect", "x", "--raw", "--config"], ["delete", "repository"], ["list", "x", "--limit", "0"], ["fly"],
        ["search", "nothing"], ["pull", "x", "--insecure-registry", "http://x"], ["login", "a b"],
        ["inspect", "x", "--format", "{{.A"],
    ])
    func wrongLines(arguments: [String]) throws {
        let result = try TransferProgram(try Place()).run(arguments)
        #expect(result.status == 2, "\(result.complaints)")
        #expect(result.output.isEmpty && !result.complaints.isEmpty)
    }

    @Test(arguments: ["pull", "push", "copy", "inspect", "list", "search", "delete", "login", "logout"])
    func help(command: String) throws {
        let result = try TransferProgram(try Place()).run([command, "--help"])
        #expect(result.status == 0 && result.output.contains("--insecure-registry"))
        #expect(result.output.split(separator: "\n").contains { $0.hasPrefix("OVERVIEW") })
        // Users call it by `isolab`, where `inspect` alone is of what is here.
        let called = ["inspect", "delete"].contains(command) ? "registry \(command)" : command
        #expect(result.output.contains("USAGE: isolab \(called) ") && !result.output.contains("isolab-transfer"))
    }

    /// The same from `isolab`, for what is handed over under a word of its own.
    @Test(arguments: [["pull"], ["image", "copy"], ["registry", "inspect"], ["registry", "delete"], ["list"]])
    func helpHandedOver(words: [String]) throws {
        let place = try Place()
        let usage = words == ["image", "copy"] ? ["copy"] : words
        try place.write(
            "#!/bin/sh\nexec '\(StandardDirectories.programs)/isolab' \(words.joined(separator: " ")) --help > '\(place.path)/help'\n",
            to: "call", mode: 0o755)
        try place.run(["\(place.path)/call"])
        #expect(place.read("help").contains("USAGE: isolab \(usage.joined(separator: " ")) "), "\(place.read("help"))")
    }

    /// What is not there says so: an image to push, a host, a port.
    @Test func absentThings() throws {
        let place = try Place()
        let program = TransferProgram(place)
        let image = try program.run(["push", "127.0.0.1:1/nothing"])
        #expect(image.status == 1 && image.complaints.contains("no image"))
        let (socket, port) = try Loopback.bind()
        defer { close(socket) }
        let host = try program.run(["pull", "127.0.0.1:\(port)/x", "--attempts", "2"])
        #expect(host.status == 1 && host.complaints.contains("pull 127.0.0.1:\(port)/x:latest"))
        #expect(host.complaints.split(separator: "\n").count == 1)
    }

    /// Plain HTTP is for hosts that are named, and this machine.
    @Test func insecureRegistries() throws {
        var options = ClientOptions.test()
        let place = try Place()
        try place.write("# of ours\nPlain.example:5000 # the old one\n\n  other.example\n", to: "list")
        try options.readInsecureRegistries(from: ["\(place.path)/list", "\(place.path)/absent"])
        #expect(options.insecureRegistries == ["plain.example:5000", "other.example"])
        let session = try RegistrySession("registry.example", options)
        #expect(session.base.description == "https://registry.example/")
        #expect(try RegistrySession("docker.io", options).base.host == "registry-1.docker.io")
        #expect(session.mayBePlain(HTTPAddress(scheme: .http, host: "plain.example", port: 5000)))
        #expect(!session.mayBePlain(HTTPAddress(scheme: .http, host: "plain.example")))
        #expect(!session.mayBePlain(HTTPAddress(scheme: .http, host: "registry.example")))
    }
}
