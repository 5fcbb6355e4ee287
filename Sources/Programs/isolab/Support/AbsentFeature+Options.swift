/// Options of docker's and podman's commands beside `run`, `exec` and `build`, and what was left out of those.
extension AbsentFeature {
    /// What is said of an option that is not there; nil where nothing is.
    static func furtherOption(_ name: String, of command: String) -> String? { further[command]?[name] }

    /// The values of an option that ask for what is so anyway; an empty one is the option alone.
    static func furtherHarmless(_ name: String, of command: String) -> Set<String>? { furtherHarmless[command]?[name] }

    /// By the command without its group: `container` and `image` have the same.
    private static let further: [String: [String: String]] = [
        "commit": [
            "-p": "`isolab commit` pauses the container unless --pause=false is given",
            "-f": "images have OCI's format", "--format": "images have OCI's format",
            "-s": "each commit makes a layer", "--squash": "each commit makes a layer",
        ],
        "history": [
            "-H": "--format '{{.Bytes}} {{.CreatedAt}}' shows numbers and times as they are",
            "--human": "--format '{{.Bytes}} {{.CreatedAt}}' shows numbers and times as they are",
        ],
        "prune": ["--filter": pruning, "--volumes": "`isolab volume prune` removes volumes"],
        "rm": ["-l": "there are no links between containers", "--link": "there are no links between containers"],
        "load": ["--platform": "an archive is loaded with all its platforms; `isolab run --platform` chooses"],
        "run": [
            "--health-on-failure": "--restart starts a container again that has ended",
            "--cpu-rt-runtime": realTime, "--cpu-rt-period": realTime,
            "--blkio-weight-device": "--blkio-weight sets its share of all block devices",
        ],
        "build": [
            "-c": processors, "--cpu-shares": processors, "--cpuset-mems": processors,
            "--memory-swap": "--memory limits the memory of each RUN",
            "--security-opt": "each RUN has Docker's default system call filter and masked paths",
            "--cgroup-parent": "isolab keeps its cgroups in its own directory",
            "--cap-add": "each RUN has Docker's default capabilities",
            "--cap-drop": "each RUN has Docker's default capabilities",
            "-v": "RUN --mount=type=bind mounts files of the build context",
            "--volume": "RUN --mount=type=bind mounts files of the build context",
            "--compress": "the build context is not sent anywhere: omit it",
        ],
    ]

    private static let furtherHarmless: [String: [String: Set<String>]] = [
        "commit": ["-p": [""]],
        "history": ["-H": [""], "--human": ["", "true"]],
        "rmi": ["--no-prune": ["", "true", "false"]],
        "rm": ["--no-prune": ["", "true", "false"], "--link": ["false"]],
        "build": ["--compress": ["", "true", "false"]],
    ]

    private static let pruning =
        "list them with `isolab images --filter` or `isolab ps --filter`, and remove them with rmi or rm"
    private static let realTime = "real-time scheduling cannot be limited: --cpus limits processors"
    private static let processors = "--cpus limits the processors of each RUN"
}
