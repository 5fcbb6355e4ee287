extension Lesson {
    /// The eight kinds of namespaces, with the numbers of this host.
    static let namespaces = Lesson(
        name: "namespaces", title: "Namespaces",
        aim: "Each of the eight kinds of *namespaces* gives processes their own part of the state of the *kernel*.",
        steps: [eight, processes, mounts, names, network, queues, users, groups, joining],
        exercise: Exercise(
            task: """
                Start a container named `open` in the background that has no network *namespace* of its own, and one named `shut` that \
                has one.
                """,
            hints: ["`--network host` leaves it in the host's.", "Compare `readlink /proc/PID/ns/net`."],
            checks: [
                .init("open is in the network namespace of the host", command: inode("open")) {
                    $0.check(
                        $0.value("inside") != nil && $0.value("inside") == $0.value("host"),
                        "it is in another, or does not run")
                },
                .init("shut is in another one", command: inode("shut")) {
                    $0.check(
                        $0.value("inside") != nil && $0.value("inside") != $0.value("host"),
                        "it is in the host's, or does not run")
                },
            ]))

    private static func inode(_ name: String) -> String {
        """
        pid=$(isolab inspect \(name) --format '{{.State.Pid}}')
        echo "inside $(readlink /proc/$pid/ns/net)"; echo "host $(readlink /proc/self/ns/net)"
        """
    }

    /// Names as /proc has them.
    private static let kinds = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"]

    /// How many of the eight have another number inside.
    private static func own(_ observation: Observation) -> Int {
        kinds.count { kind in
            guard let words = observation.words(after: kind), words.count == 2 else { return false }
            return words[0] != words[1]
        }
    }

    private static let eight = Step(
        id: "eight", title: "Eight kinds, with their numbers",
        text: """
            Every process is in one *namespace* of each kind, and /proc/PID/ns shows which: two processes are in the same one if the \
            *inode number* is the same. The first column is this shell on the *host*, the second the *container*.
            """,
        command: """
            isolab run -d --name demo busybox sleep 1000
            pid=$(isolab inspect demo --format '{{.State.Pid}}')
            for kind in cgroup ipc mnt net pid time user uts; do
              printf '%-7s %-24s' $kind "$(readlink /proc/self/ns/$kind)"
              readlink /proc/$pid/ns/$kind
            done
            """,
        question: Question("How many of the eight will differ?", free: { "\(own($0))" }),
        marks: ["time", "user"],
        meaning: """
            A container is set apart only where its number differs; all else it shares with the host. As root isolab leaves the users \
            and the clock shared, and for an ordinary user the clock alone.
            """,
        depth: """
            A time namespace shifts the clocks that count from the start of the machine, which is of use when a container moves to \
            another host. isolab-runtime makes one if the config.json asks for it. The number is the inode of a file in nsfs, and as \
            long as a process is in the namespace, or the file is open or mounted, the namespace lives.
            """,
        claims: [
            Claim("Processes, mounts, network, host name, queues and cgroups are its own.") { observation in
                let shared = ["cgroup", "ipc", "mnt", "net", "pid", "uts"].filter { kind in
                    guard let words = observation.words(after: kind), words.count == 2 else { return true }
                    return words[0] == words[1]
                }
                return observation.check(shared.isEmpty, "shared: \(shared.joined(separator: ", "))")
            },
            Claim("The clock is shared with the host.") {
                let words = $0.words(after: "time") ?? []
                return $0.check(words.count == 2 && words[0] == words[1], "the time namespace is its own")
            },
            Claim("The users are shared if root runs it, and its own if an ordinary user does.") {
                let words = $0.words(after: "user") ?? []
                return $0.check(words.count == 2 && (words[0] == words[1]) == $0.isRoot, "it is the other way")
            },
        ])

    private static let processes = Step(
        id: "pid", title: "pid: the processes",
        text: "Inside, the list of processes holds only those of the *container*. The *host* sees them all.",
        command: "isolab exec demo sh -c 'echo \"inside $(ls -d /proc/[0-9]* | wc -l)\"; ps'",
        question: Question(
            "Can a process inside send a signal to one of the host?",
            ["yes, as root inside", "no: it has no number for it"], answer: 1),
        marks: ["inside"],
        meaning: """
            What has no number cannot be named, so it cannot be looked at or ended. The host still sees every process, under another \
            number.
            """,
        outside: Look(
            "How many the host has.", command: "echo \"host $(ls -d /proc/[0-9]* | wc -l)\"", marks: ["host"]),
        claims: [
            Claim("The container sees fewer processes than the host.") {
                guard let inside = $0.value("inside").flatMap(Int.init),
                    let host = $0.outsideValue("host").flatMap(Int.init)
                else {
                    return $0.check(false, "a number is missing")
                }
                return $0.check(inside < host, "it sees \(inside), and the host \(host)")
            }
        ])

    private static let mounts = Step(
        id: "mnt", title: "mnt: the mounts",
        text: """
            A *mount namespace* holds the *mounts* that processes see. The root of the *container* is a mount that the *host* does not \
            have.
            """,
        command: "isolab exec demo grep -E ' / | /proc ' /proc/self/mounts",
        marks: [" / "],
        meaning: """
            The container has a root of its own because its list of mounts is its own. A mount that it makes is not seen outside, and \
            goes with the container.
            """,
        outside: Look(
            "Nothing of it is among the mounts of the host.",
            command: "echo \"host $(grep -c lowerdir=0,upperdir /proc/self/mounts)\"", marks: ["host"]),
        claims: [
            Claim("The root of the container is an overlay.") {
                $0.check($0.lines.contains { $0.contains("overlay / overlay") }, "its root is something else")
            },
            Claim("The host does not see that mount.") {
                $0.check($0.outsideValue("host") == "0", "it does: \($0.outside)")
            },
        ])

    private static let names = Step(
        id: "uts", title: "uts: the host name",
        text: """
            We let a *container* change its host name. That takes a *capability* that containers do not have, so we add it for this \
            one alone.
            """,
        command: """
            isolab run --rm --cap-add SYS_ADMIN busybox sh -c '
              hostname lesson; hostname'
            """,
        question: Question("What is the name of the host afterwards?", ["lesson", "as before"], answer: 1),
        marks: ["lesson"],
        meaning: """
            The name belongs to the *namespace*, so changing it changes nothing outside. The same call without the namespace would \
            rename the host.
            """,
        outside: Look("The host.", command: "cat /proc/sys/kernel/hostname"),
        claims: [
            Claim("Inside, the name is changed.") { $0.check($0.output == "lesson", "it is another") },
            Claim("The name of the host is not changed.") {
                $0.check(!$0.outside.isEmpty && $0.outside != "lesson", "it is: \($0.outside)")
            },
        ])

    private static let network = Step(
        id: "net", title: "net: the interfaces",
        text:
            "A network *namespace* has its own interfaces, addresses, routes and ports. A new one has only the loopback.",
        command: "isolab exec demo cat /proc/net/dev",
        question: Question("Which interface does the container have?", free: { _ in "lo" }),
        marks: ["lo:"],
        meaning: """
            Without an interface that leads out there is no network to attack or to use. `isolab network` connects containers, and \
            `--network host` leaves them in the host's.
            """,
        outside: Look(
            "A container that is left in the network namespace of the host, beside this shell.",
            command: """
                isolab run --rm --network host busybox readlink /proc/self/ns/net
                readlink /proc/self/ns/net
                """),
        claims: [
            Claim("The container has the loopback and nothing else.") { observation in
                let names = observation.lines.filter { $0.contains(":") }.map {
                    $0.split(separator: ":")[0].drop { $0 == " " }
                }
                return observation.check(names == ["lo"], "its interfaces are \(names.joined(separator: ", "))")
            },
            Claim("With --network host it is in the same namespace as this shell.") {
                let lines = Observation.lines(of: $0.outside)
                return $0.check(lines.count == 2 && lines[0] == lines[1], "they differ: \($0.outside)")
            },
        ])

    private static let queues = Step(
        id: "ipc", title: "ipc: queues and shared memory",
        text: """
            Message queues have names that all processes of one *namespace* share. We make one in our *container*, and look from a \
            second one.
            """,
        command: "isolab exec demo sh -c 'touch /dev/mqueue/letters; ls /dev/mqueue'",
        question: Question("Does the second container see the queue?", ["yes", "no"], answer: 1),
        marks: ["letters"],
        meaning: """
            Names in one ipc namespace mean nothing in another. Two containers cannot meet by a queue or a shared memory unless they \
            share the namespace.
            """,
        outside: Look(
            "The second container.",
            command: "isolab run --rm busybox sh -c 'echo \"queues $(ls /dev/mqueue | wc -l)\"'"),
        claims: [
            Claim("The queue is there in the container that made it.") {
                $0.check($0.output == "letters", "it is not")
            },
            Claim("Another container does not see it.") {
                $0.check($0.outsideValue("queues") == "0", "it does: \($0.outside)")
            },
        ])

    private static let users = Step(
        id: "user", title: "user: who root is",
        text: """
            Inside, our process is root. A *user namespace* says which user of the *host* that is: the map has the first number \
            inside, the first outside, and how many.
            """,
        command: """
            pid=$(isolab inspect demo --format '{{.State.Pid}}')
            echo "inside $(isolab exec demo id -u)"
            echo "outside $(awk '/^Uid/ { print $2 }' /proc/$pid/status)"
            cat /proc/$pid/uid_map
            """,
        question: Question("Which user of the host is root of this container?", free: { $0.value("outside") }),
        marks: ["outside"],
        meaning: """
            If an ordinary user runs it, root inside is that user outside, and may do no more to the host than the user may. If root \
            runs it without a *user namespace*, root inside is root: other layers must hold it.
            """,
        depth: """
            The map of an ordinary user has two lines: root is the user, and the users from 1 on are the numbers of /etc/subuid. Those \
            are written by newuidmap, which has the right to.
            """,
        claims: [
            Claim("Inside, the process is user 0.") { $0.check($0.value("inside") == "0", "it is another") },
            Claim("Outside, it is the user who runs this lesson.") {
                guard let outside = $0.value("outside") else { return $0.check(false, "its user is missing") }
                return $0.check((outside == "0") == $0.isRoot, "it is user \(outside)")
            },
        ])

    private static let groups = Step(
        id: "cgroup", title: "cgroup: the path of one's group",
        text: """
            A *cgroup* has a path below those of the *host*. With a namespace, the path begins at the group that the *container* \
            started in.
            """,
        command: "isolab exec demo cat /proc/self/cgroup",
        question: Question("What path does the container see?", ["/", "the path that the host sees"], answer: 0),
        meaning: """
            The container cannot tell where it is in the tree of the host, and what is above it has no name. That hides names; limits \
            work with or without it.
            """,
        outside: Look(
            "The same process, as the host sees it.",
            command: """
                pid=$(isolab inspect demo --format '{{.State.Pid}}')
                cat /proc/$pid/cgroup
                """),
        claims: [
            Claim("Inside, every path is the root of the tree.") {
                $0.check(!$0.lines.isEmpty && $0.lines.allSatisfy { $0.hasSuffix(":/") }, "a path is not")
            }
        ])

    /// Of how many kinds a process and the first one of the container are in the same namespace.
    private static func together(_ observation: Observation) -> Int {
        observation.lines.count { line in
            let words = line.split(separator: " ")
            return words.count == 3 && words[1] == words[2]
        }
    }

    private static let joining = Step(
        id: "join", title: "Joining: what exec does",
        text: """
            `isolab exec` starts a new process and puts it into the *namespaces* of the *container*. We compare it with the first \
            process there.
            """,
        command: """
            isolab exec demo sh -c 'for kind in ipc mnt net pid user uts; do
              echo "$kind $(readlink /proc/1/ns/$kind) $(readlink /proc/self/ns/$kind)"
            done'
            """,
        question: Question(
            "In how many of these six are both together?",
            free: { "\(together($0))" }),
        meaning: """
            A namespace is not a place of one process: with setns(2) another can join. That is all that being inside of a container \
            means.
            """,
        depth: """
            From the host, nsenter(1) does the same by hand: `nsenter -t PID -a sh` as root, or with `-U --preserve-credentials` as \
            the user.
            """,
        claims: [
            Claim("The new process is in the same namespaces as the first one.") { observation in
                let same = together(observation)
                return observation.check(same == 6, "\(same) of 6 are the same")
            }
        ])
}
