extension Lesson {
    /// A container is a process of the host.
    static let process = Lesson(
        name: "process", title: "A container is a process",
        aim:
            "A *container* is not a small machine but ordinary processes, which the *kernel* shows a part of the system.",
        steps: [start, twoNumbers, sameKernel, sameFiles, end],
        exercise: Exercise(
            task:
                "Start a container named `mine` in the background that runs `sleep 1000`, and whose host name is `lab`.",
            hints: ["`isolab run -d --name NAME --hostname NAME IMAGE COMMAND`", "`isolab ps` lists what runs."],
            checks: [
                .init(
                    "a container named mine runs", command: "isolab inspect mine --format 'state {{.State.Status}}'"
                ) { $0.check($0.value("state") == "running", "it does not run") },
                .init("its host name is lab", command: "isolab inspect mine --format 'name {{.Config.Hostname}}'") {
                    $0.check($0.value("name") == "lab", "the host name is '\($0.value("name") ?? "")'")
                },
                .init("its first process is sleep 1000", command: "isolab exec mine cat /proc/1/cmdline | tr '\\0' ' '")
                {
                    $0.check($0.output.contains("sleep 1000"), "it runs something else")
                },
            ]))

    private static let start = Step(
        id: "start", title: "Start one, and find it from the host",
        text: """
            We start a *container* that only sleeps. Then we ask the *host*, not isolab, what it knows of it: every process has a \
            directory in /proc.
            """,
        command: """
            isolab run -d --name demo busybox sleep 1000
            pid=$(isolab inspect demo --format '{{.State.Pid}}')
            grep -E '^(Name|State|Pid|PPid|Uid)' /proc/$pid/status
            """,
        question: Question(
            "What will the host show?",
            ["a process named sleep", "a process named busybox-container", "nothing: it is inside the container"],
            answer: 0),
        marks: ["Name:", "Pid:"],
        meaning: """
            The command of the container is a process of the host like any other, with a number, a parent and a user. There is no \
            machine around it.
            """,
        depth: """
            The parent is isolab-keeper, a small program that waits for the end of the container and keeps its output. No daemon is \
            involved: if nothing runs, nothing of isolab runs either.
            """,
        claims: [
            Claim("The host has a process of that number, whose program is sleep.") {
                $0.check($0.value("Name") == "sleep", "the program of the process is not sleep")
            }
        ])

    private static let twoNumbers = Step(
        id: "numbers", title: "One process, two numbers",
        text:
            "A process of a container has a number on the *host* and another inside. The *kernel* keeps both, and tells them as NSpid.",
        command: """
            pid=$(isolab inspect demo --format '{{.State.Pid}}')
            echo "host $pid"
            grep NSpid /proc/$pid/status
            """,
        question: Question("Which number has sleep inside the container?", free: { $0.words(after: "NSpid")?.last }),
        marks: ["NSpid"],
        meaning: """
            Inside, the first process is *pid 1*, whatever its number outside. Both numbers mean the same process.
            """,
        outside: Look(
            "The container itself sees only its own processes.", command: "isolab exec demo ps", marks: ["sleep"]),
        depth: """
            Pid 1 has duties: it inherits processes whose parents end, and signals that it does not handle are ignored. When it ends, \
            the kernel kills all others in its namespace.
            """,
        claims: [
            Claim("The last number of NSpid, the one inside, is 1.") {
                $0.check($0.words(after: "NSpid")?.last == "1", "the number inside is not 1")
            },
            Claim("The first number of NSpid is the one that the host knows.") {
                $0.check(
                    $0.value("host") != nil && $0.words(after: "NSpid")?.first == $0.value("host"),
                    "the first number is not the host's")
            },
            Claim("The list of processes inside begins with sleep as number 1.") {
                let lines = Observation.lines(of: $0.outside)
                return $0.check(
                    lines.contains { $0.split(separator: " ").first == "1" && $0.contains("sleep 1000") },
                    "sleep is not number 1: \($0.outside)")
            },
        ])

    private static let sameKernel = Step(
        id: "kernel", title: "The same kernel",
        text:
            "We ask the *kernel* for its version and for the number that it chose when it started. First inside, then on the *host*.",
        command: """
            isolab exec demo uname -r
            isolab exec demo cat /proc/sys/kernel/random/boot_id
            """,
        question: Question(
            "Is the boot number inside the same as on the host?",
            ["it is the same", "it is another one"], answer: 0),
        meaning: """
            A container has no *kernel* of its own: both asked the same one. A fault in it is a fault for all, and a container starts \
            in milliseconds because nothing boots.
            """,
        outside: Look(
            "The same two questions on the host.",
            command: """
                uname -r
                cat /proc/sys/kernel/random/boot_id
                """),
        claims: [
            Claim("Version and boot number are the same inside and outside.") {
                $0.check($0.lines.count == 2 && $0.output == $0.outside, "they differ: \($0.outside)")
            }
        ])

    private static let sameFiles = Step(
        id: "files", title: "Its files, seen from the host",
        text:
            "The *container* has a file tree of its own. The *host* sees it through /proc, where the root of every process is.",
        command: """
            isolab exec demo sh -c 'echo made inside > /note; cat /etc/os-release'
            """,
        marks: ["PRETTY_NAME"],
        meaning: """
            Another file tree is what makes a container look like another system. It hides the files of the host from the container, \
            but not those of the container from the host.
            """,
        outside: Look(
            "The same file, read through the process.",
            command: """
                pid=$(isolab inspect demo --format '{{.State.Pid}}')
                cat /proc/$pid/root/note
                """, marks: ["made inside"]),
        claims: [
            Claim("A file that is made inside can be read from the host.") {
                $0.check($0.outside == "made inside", "it reads: \($0.outside)")
            }
        ])

    private static let end = Step(
        id: "end", title: "End it as any process",
        text: "We send the process a signal from the *host*, without isolab, and ask isolab how the *container* ended.",
        command: """
            pid=$(isolab inspect demo --format '{{.State.Pid}}')
            kill -9 $pid
            isolab wait demo
            isolab ps -a --format 'state {{.Names}} {{.State}}'
            """,
        question: Question(
            "What happens to the container?",
            ["it ends", "it continues: only isolab can stop it", "isolab starts it again"], answer: 0),
        marks: ["137", "exited"],
        meaning: """
            The container is its process: it ends with it, with status 137, which is 128 and the number of the signal. What stays is a \
            record and the files that it wrote.
            """,
        claims: [
            Claim("The container ended with status 137.") {
                $0.check($0.lines.contains("137"), "its status is another")
            },
            Claim("isolab knows that it has ended.") {
                $0.check($0.words(after: "state") == ["demo", "exited"], "its state is another")
            },
        ])
}
