/// What users of docker and podman type and isolab does not have: said by its name, with the nearest thing that it has.
enum AbsentFeature {
    /// A command, by its words.
    static func command(_ word: String, below parent: [String]) -> String? {
        let name = (parent.dropFirst() + [word]).joined(separator: " ")
        return commands[name].map { "there is no `isolab \(name)`: \($0)" }
    }

    /// An option of a command.
    static func option(_ name: String, of command: [String]) -> String? {
        if let words = furtherOption(name, of: command.last ?? "") { return "\(name): not supported; \(words)" }
        switch command.dropFirst().joined(separator: " ") {
        case "run", "container run", "create", "container create":
            return options[name].map { "\(name): not supported; \($0)" }
        case "exec", "container exec": return executeOptions[name].map { "\(name): not supported; \($0)" }
        case "build", "image build": return buildOptions[name].map { "\(name): not supported; \($0)" }
        default: return nil
        }
    }

    /// A command line without an option that asks for what is so anyway; nil where it asks for something else.
    static func withoutHarmless(_ name: String, in words: [String], of command: [String]) -> [String]? {
        let group = command.last == "build" ? "build" : ["run", "create"].contains(command.last) ? "run" : ""
        guard let values = harmless[group]?[name] ?? furtherHarmless(name, of: command.last ?? "") else {
            return nil
        }
        for (place, word) in words.enumerated() where word == name || word.utf8.starts(with: "\(name)=".utf8) {
            let value = word == name ? "" : String(word.dropFirst(name.count + 1))
            if word != name || values.contains("") {
                return values.contains(value) ? Array(words[..<place] + words[(place + 1)...]) : nil
            }
            guard place + 1 < words.count, values.contains(words[place + 1]) else { return nil }
            return Array(words[..<place] + words[(place + 2)...])
        }
        return nil
    }

    /// By the command and the option: the values that change nothing; an empty one is the option alone.
    private static let harmless: [String: [String: Set<String>]] = [
        "run": [
            "-P": ["false"], "--isolation": ["default"], "--userns": ["host"],
            "--disable-content-trust": ["", "true", "false"], "--publish-all": ["false"],
            "--oom-kill-disable": ["false"],
        ],
        "build": [
            "--load": ["", "true"], "--rm": ["", "true"], "--force-rm": ["", "true"], "--layers": ["", "true"],
            "--push": ["false"], "--squash": ["false"], "--provenance": ["false"], "--sbom": ["false"],
            "--disable-content-trust": ["", "true", "false"], "--isolation": ["default"],
        ],
    ]

    private static let commands: [String: String] = [
        "builder": "`isolab image prune --build-cache` removes what builds keep",
        "buildx": "`isolab build` reads BuildKit's Containerfiles",
        "compose": "start each container with `isolab run`",
        "context": "isolab works on this host only",
        "events": "`isolab ps -a` shows the status of every container",
        "import": "`isolab image import` makes an image of an archive or a directory",
        "machine": "isolab runs on Linux directly and needs no virtual machine",
        "manifest": "`isolab copy --all-platforms` copies an index with all its images",
        "play": "start each container with `isolab run`", "kube": "start each container with `isolab run`",
        "pod":
            "containers share a network with --network container:NAME, and with the host --network, --pid and --ipc host",
        "plugin": "isolab has no plugins",
        "secret":
            "`isolab build --secret` gives one to a build, `isolab run -v FILE:PATH:ro` mounts one in a container",
        "service": "isolab works on this host only", "stack": "isolab works on this host only",
        "swarm": "isolab works on this host only", "node": "isolab works on this host only",
        "system events": "`isolab ps -a` shows the status of every container",
        "trust": "`isolab pull --referrers` includes signatures; isolab does not verify them",
    ]

    private static let options: [String: String] = [
        "--expose": "-p publishes a port; containers in one network reach all of each other's ports",
        "--link": "containers in one network reach each other", "--link-local-ip": "--ip and --ip6 give addresses",
        "-a": "standard output and standard error are always attached, standard input with -i",
        "--attach": "standard output and standard error are always attached, standard input with -i",
        "--volume-driver": "volumes are directories of this host",
        "--userns": "root's containers have the host's users; an ordinary user's are in a user namespace",
        "--cgroup-parent": "isolab keeps its cgroups in its own directory",
        "--runtime": "isolab has its own runtime; `isolab-runtime` serves other engines",
        "--isolation": "--vm runs the image in a guest", "--gpus": "--device gives the container a device of the host",
        "--domainname": "--hostname can include a domain",
        "--storage-opt": "the size of a container's root cannot be limited; that of a --tmpfs can (size=)",
        "--oom-kill-disable": "--oom-score-adj sets how likely the kernel is to kill it when memory runs out",
        "--memory-swappiness": "--memory-swap limits swap", "--kernel-memory": "--memory limits kernel memory as well",
        "--device-read-bps": "--blkio-weight sets its share of all block devices",
        "--device-write-bps": "--blkio-weight sets its share of all block devices",
        "--device-read-iops": "--blkio-weight sets its share of all block devices",
        "--device-write-iops": "--blkio-weight sets its share of all block devices",
        "--device-cgroup-rule": "--device SOURCE:TARGET:ACCESS grants a device",
        "--pod": "there are no pods",
        "--replace": "run `isolab rm -f NAME` first",
        "--disable-content-trust": "signatures are not verified; omit it",
    ]

    private static let executeOptions: [String: String] = [
        "--detach-keys": "a command ends with its `isolab exec`; with -d it continues in the background"
    ]

    private static let buildOptions: [String: String] = [
        "-o": "a build makes an image; `isolab save` writes it to a file",
        "--output": "a build makes an image; `isolab save` writes it to a file",
        "--push": "run `isolab push NAME` afterwards",
        "--squash": "each step makes a layer; `isolab image import` makes an image with one",
        "--ssh": "no SSH agent is forwarded; --secret passes a key to RUN --mount=type=secret",
        "--cache-from": "local layers are found automatically", "--cache-to": "layers are kept automatically",
        "--build-context": "COPY --from= takes stages and images",
        "--add-host": "RUN has loopback only, or a network and its names with --network",
        "--shm-size": "a RUN has 64 MiB; --mount=type=tmpfs takes size=",
        "--ulimit": "--memory, --cpus and --pids-limit bound a RUN",
        "--cpu-quota": "--cpus limits processors",
        "--cpu-period": "--cpus limits processors",
        "--cpuset-cpus": "--cpus limits processors", "--isolation": "each RUN is a container",
        "--builder": "isolab has one builder, its own", "--attest": "no attestations are made",
        "--provenance": "no attestations are made",
        "--sbom": "no attestations are made", "--metadata-file": "--iidfile writes the image's identifier",
        "--annotation": "use --label", "--layers": "each step makes a layer; omit it",
        "--no-cache-filter": "--no-cache runs every step", "--call": "--plan prints what would be done",
        "--check": "--plan reads the Containerfile and builds nothing",
    ]
}
