/// What users of docker and podman type and what is not there yet: said by its name, with the nearest thing that is.
enum AbsentFeature {
    /// A command, by its words.
    static func command(_ word: String, below parent: [String]) -> String? {
        let name = (parent.dropFirst() + [word]).joined(separator: " ")
        return commands[name].map { "there is no `isolab \(name)` yet: \($0)" }
    }

    /// An option of a command.
    static func option(_ name: String, of command: [String]) -> String? {
        switch command.dropFirst().joined(separator: " ") {
        case "run", "container run": return options[name].map { "\(name): \($0)" }
        case "exec", "container exec": return executeOptions[name].map { "\(name): \($0)" }
        case "build", "image build": return buildOptions[name].map { "\(name): \($0)" }
        default: return nil
        }
    }

    /// A command line without an option that asks for what is so anyway; nil where it asks for something else.
    static func withoutHarmless(_ name: String, in words: [String], of command: [String]) -> [String]? {
        let group = command.last == "build" ? "build" : command.last == "run" ? "run" : ""
        guard let values = harmless[group]?[name] else { return nil }
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
            "--restart": ["no"], "--detach": ["false"], "-d": ["false"], "-P": ["false"], "--sig-proxy": ["", "true"],
            "--cgroupns": ["private"],
            "--log-driver": ["none"], "--isolation": ["default"], "--userns": ["host"], "--uts": ["private"],
            "--no-healthcheck": [""], "--disable-content-trust": ["", "true", "false"], "--publish-all": ["false"],
            "--oom-kill-disable": ["false"],
        ],
        "build": [
            "--load": ["", "true"], "--rm": ["", "true"], "--force-rm": ["", "true"], "--layers": ["", "true"],
            "--push": ["false"], "--squash": ["false"], "--provenance": ["false"], "--sbom": ["false"],
            "--disable-content-trust": ["", "true", "false"], "--isolation": ["default"],
        ],
    ]

    private static let ends =
        "a container ends with its command, with Ctrl-C or a signal to its `isolab run`, or by `isolab rm -f`"
    private static let once = "a container runs once, from `isolab run` to the end of its command"

    private static let commands: [String: String] = [
        "attach": "a container is attached where `isolab run` started it; `isolab exec -it` opens a shell in it",
        "builder": "what builds keep is removed by `isolab image prune --build-cache`",
        "buildx": "`isolab build` takes BuildKit's Containerfiles as it is",
        "compose": "each container is an `isolab run` of its own",
        "context": "isolab works on this host alone",
        "cp": "`isolab run -v` shows it files of the host, and `isolab exec NAME cat FILE` brings one out",
        "create": once, "start": once, "restart": once,
        "container attach": "a container is attached where `isolab run` started it",
        "container cp": "`isolab run -v` shows it files of the host, and `isolab exec NAME cat FILE` brings one out",
        "container create": once, "container start": once, "container restart": once, "container stop": ends,
        "container kill": ends, "container logs": "what it says goes where the output of `isolab run` goes",
        "container rename": "a container keeps the name that `isolab run --name` gives it",
        "container wait": "`isolab run` waits by itself, and ends with its status",
        "container top": "`isolab exec NAME ps` lists the processes of a container whose image has ps",
        "container stats": "`isolab inspect NAME` names its cgroup, in which the kernel counts",
        "container export": "`isolab commit NAME IMAGE` and `isolab save IMAGE` make an archive of it",
        "container pause": "`isolab commit` stops a container where it is for as long as it needs",
        "container unpause": "nothing stays paused", "container update": "limits are options of `isolab run`",
        "container port": "no ports are published yet; `isolab run --network host` has the host's network",
        "events": "`isolab ps -a` says how every container is",
        "export": "`isolab commit NAME IMAGE` and `isolab save IMAGE` make an archive of a container",
        "import": "`isolab image import` makes an image of an archive or a directory",
        "info": "`isolab doctor` says what this host can do, `isolab system df` what is stored",
        "kill": ends, "stop": ends,
        "logs":
            "what a container says goes where the output of `isolab run` goes: redirect it (isolab run … > FILE 2>&1)",
        "machine": "isolab needs none: it runs on Linux itself",
        "manifest": "`isolab copy --all-platforms` copies an index with all its images",
        "network": "a container has loopback alone, or the host's network (isolab run --network host)",
        "pause": "`isolab commit` stops a container where it is for as long as it needs",
        "unpause": "nothing stays paused",
        "play": "each container is an `isolab run` of its own", "kube": "each container is an `isolab run` of its own",
        "pod": "containers share the host's namespaces alone (--network host, --pid host, --ipc host)",
        "plugin": "isolab has none",
        "port": "no ports are published yet; `isolab run --network host` has the host's network",
        "rename": "a container keeps the name that `isolab run --name` gives it",
        "secret": "`isolab build --secret` shows one to a build, `isolab run -v FILE:PATH:ro` to a container",
        "service": "isolab works on this host alone", "stack": "isolab works on this host alone",
        "swarm": "isolab works on this host alone", "node": "isolab works on this host alone",
        "stats": "`isolab inspect NAME` names a container's cgroup, in which the kernel counts",
        "system info": "`isolab doctor` says what this host can do",
        "system prune": "`isolab container prune` and `isolab image prune --all --build-cache` do its parts",
        "system events": "`isolab ps -a` says how every container is",
        "top": "`isolab exec NAME ps` lists the processes of a container whose image has ps",
        "trust": "`isolab pull --referrers` takes signatures along, and checks none",
        "update": "limits are options of `isolab run`",
        "version": "`isolab --version` says it",
        "volume": "`isolab run -v /DIRECTORY:/PATH` shows a directory of the host, --tmpfs gives one in memory",
        "wait": "`isolab run` waits by itself, and ends with the command's status",
    ]

    private static let background =
        "containers in the background are not there yet: leave `isolab run` in a terminal of its own, or end its line with '&'"
    private static let ports =
        "no ports are published yet: --network host gives the container the host's network, and its ports with it"
    private static let addresses = "there are no networks with addresses yet: --network is none or host"
    private static let logs =
        "nothing keeps what a container says: it goes where the output of `isolab run` goes"

    private static let options: [String: String] = [
        "-d": background, "--detach": background, "--restart": "nobody looks after a container that has ended: \(once)",
        "-p": ports, "--publish": ports, "-P": ports, "--publish-all": ports,
        "--expose": "an image says its ports by EXPOSE; none is published yet",
        "--link": addresses, "--ip": addresses, "--ip6": addresses, "--mac-address": addresses,
        "--network-alias": addresses, "--net-alias": addresses, "--link-local-ip": addresses,
        "--dns": "with --network host a container has the host's /etc/resolv.conf; --add-host names an address",
        "--dns-option": addresses, "--dns-search": addresses, "--log-driver": logs, "--log-opt": logs,
        "-a": "standard output and standard error are attached as they are, standard input by -i",
        "--attach": "standard output and standard error are attached as they are, standard input by -i",
        "--volumes-from": "there are no volumes yet: give the same -v to both",
        "--volume-driver": "there are no volumes yet",
        "--userns": "root's containers have the host's users; an ordinary user's are in a namespace of his own",
        "--uts": "--network host shares the host's name, --hostname gives another",
        "--cgroupns": "a container has a cgroup namespace of its own",
        "--cgroup-parent": "isolab's cgroups are in one directory of its own",
        "--runtime": "isolab has its own; `isolab-runtime` serves other engines",
        "--isolation": "--vm runs the image in a guest", "--gpus": "--device shows single devices",
        "--domainname": "--hostname may have a domain in it",
        "--storage-opt": "a container may fill the disk it is on; --tmpfs takes size=",
        "--health-cmd": "nobody checks the health of containers",
        "--no-healthcheck": "nobody checks the health of containers: leave it out",
        "--oom-kill-disable": "--oom-score-adj sets how likely the kernel is to kill it when memory runs out",
        "--memory-swappiness": "--memory-swap limits swap", "--kernel-memory": "--memory limits all of it",
        "--blkio-weight": "input and output are not limited yet",
        "--device-read-bps": "input and output are not limited yet",
        "--device-write-bps": "input and output are not limited yet",
        "--device-read-iops": "input and output are not limited yet",
        "--device-write-iops": "input and output are not limited yet",
        "--device-cgroup-rule": "--device SOURCE:TARGET:ACCESS grants a device",
        "--detach-keys": "a container ends with its `isolab run`: there is nothing to detach from",
        "--sig-proxy": "signals reach the command as they are", "--pod": "there are no pods",
        "--replace": "`isolab rm -f NAME` first",
        "--disable-content-trust": "signatures are not checked: leave it out",
    ]

    private static let executeOptions: [String: String] = [
        "--detach-keys": "a command ends with its `isolab exec`: -d leaves one to the container"
    ]

    private static let buildOptions: [String: String] = [
        "-o": "an image is made; `isolab save` writes it to a file",
        "--output": "an image is made; `isolab save` writes it to a file",
        "--push": "`isolab push NAME` afterwards",
        "--squash": "each step has its layer; `isolab image import` makes an image of one",
        "--ssh": "no agent is passed on; --secret shows a key to a RUN --mount=type=secret",
        "--cache-from": "layers that are here are found by themselves", "--cache-to": "layers stay here by themselves",
        "--build-context": "COPY --from= takes stages and images",
        "--add-host": "a RUN has loopback alone, or with --network host the host's names",
        "--shm-size": "a RUN has 64 MiB; --mount=type=tmpfs takes size=",
        "--ulimit": "--memory, --cpus and --pids-limit bound a RUN",
        "-m": "it is called --memory here", "--cpu-quota": "--cpus limits processors",
        "--cpu-period": "--cpus limits processors",
        "--cpuset-cpus": "--cpus limits processors", "--isolation": "each RUN is a container",
        "--builder": "isolab builds by itself", "--attest": "no attestations are made",
        "--provenance": "no attestations are made",
        "--sbom": "no attestations are made", "--metadata-file": "--iidfile writes the image's identifier",
        "--annotation": "--label names labels", "--layers": "each step has its layer: leave it out",
        "--no-cache-filter": "--no-cache does every step", "--call": "--plan says what would be done",
        "--check": "--plan reads the file and does nothing",
    ]
}
