extension Lesson {
    /// Control groups: count, limit, and what happens at the limit.
    static let limits = Lesson(
        name: "limits", title: "Control groups",
        aim:
            "A *cgroup* counts what a group of processes uses, and stops the group where it would use more than it may.",
        steps: [own, memory, processes, processor, account, change],
        exercise: Exercise(
            task: "Start a container named `small` in the background that may have 48 MiB of memory and 20 processes.",
            hints: ["`--memory 48m`", "`--pids-limit 20`"],
            checks: [
                .init(
                    "its memory is limited to 48 MiB",
                    command: "isolab inspect small --format 'memory {{.HostConfig.Memory}}'"
                ) {
                    $0.check($0.value("memory") == "50331648", "the limit is \($0.value("memory") ?? "missing")")
                },
                .init(
                    "it may have 20 processes",
                    command: "isolab inspect small --format 'pids {{.HostConfig.PidsLimit}}'"
                ) {
                    $0.check($0.value("pids") == "20", "the limit is \($0.value("pids") ?? "missing")")
                },
            ]))

    private static let own = Step(
        id: "ulimit", title: "Before cgroups: limits of one process",
        text: """
            Unix has always had limits for a single process, and everybody may lower their own. We allow files of 8192 bytes at most, \
            and write more.
            """,
        command: """
            isolab run --rm --ulimit fsize=8192 busybox sh -c '
              head -c 20000 /dev/zero > /big
              echo "status $?"
              wc -c < /big'
            """,
        question: Question("How many bytes does the file have?", ["0", "8192", "20000"], answer: 1),
        marks: ["8192"],
        meaning: """
            Such a limit holds for each process by itself: ten processes may use ten times as much. For a group as a whole the \
            *kernel* has *cgroups*.
            """,
        claims: [
            Claim("The file has 8192 bytes.") { $0.check($0.lines.last == "8192", "it has another size") },
            Claim("The writer was ended by a signal.") {
                $0.check(($0.value("status").flatMap(Int.init) ?? 0) > 128, "it ended otherwise")
            },
        ])

    private static let memory = Step(
        id: "memory", title: "Memory: a hog in 32 MiB",
        text: """
            The *container* may have 32 MiB. It reads its limit first, and only if that is in force it runs a program that takes all \
            the memory it can get.
            """,
        needs: [.containers, .limits],
        command: """
            isolab run --rm --memory 32m busybox sh -c '
              cd /sys/fs/cgroup
              limit=$(cat memory.max memory/memory.limit_in_bytes 2>/dev/null)
              echo "limit $limit"
              [ "$limit" = 33554432 ] && tail /dev/zero'
            echo "status $?"
            """,
        question: Question(
            "What happens at the limit?",
            ["the program waits", "the kernel kills a process of the group", "the host runs out of memory"], answer: 1),
        marks: ["limit", "status"],
        meaning: """
            At the limit the *kernel* first takes back what it can, then it kills a process of this *cgroup*, and of no other. Status \
            137 says: ended by signal 9.
            """,
        depth: """
            tail keeps what it has read until it finds a line's end, and /dev/zero has none. Memory that is only reserved does not \
            count: the group is charged for a page when it is first touched.
            """,
        claims: [
            Claim("The limit was 32 MiB before the hog began.") {
                $0.check($0.value("limit") == "33554432", "it was not, so the hog did not begin")
            },
            Claim("The hog was killed.") { $0.check($0.value("status") == "137", "it was not") },
        ])

    private static let processes = Step(
        id: "pids", title: "Processes: a bomb of thirty",
        text: "The *container* may have 10 processes. It reads that back, and then tries to start 30.",
        needs: [.containers, .limits],
        command: """
            isolab run --rm --pids-limit 10 busybox sh -c '
              cd /sys/fs/cgroup
              limit=$(cat pids.max pids/pids.max 2>/dev/null)
              echo "limit $limit"
              [ "$limit" = 10 ] || exit
              i=1
              while [ $i -le 30 ]; do sleep 9 & echo "started $i"; i=$((i+1)); done'
            """,
        question: Question(
            "How many will it start?", free: { observation in "\(observation.lines.count { $0.hasPrefix("started") })" }
        ),
        marks: ["fork"],
        meaning: """
            The shell itself counts, too, so one fewer than the limit is started. Without the limit a bomb that doubles itself would \
            take every number the *host* has.
            """,
        claims: [
            Claim("The limit was 10 before it began.") { $0.check($0.value("limit") == "10", "it was not") },
            Claim("Fewer than 10 were started, and the next was refused.") { observation in
                let started = observation.lines.count { $0.hasPrefix("started") }
                return observation.check(
                    started > 0 && started < 10 && observation.output.contains("fork"), "\(started) were started")
            },
        ])

    private static let processor = Step(
        id: "cpu", title: "Processor time: a twentieth of one",
        text: """
            With `--cpus 0.05` the group may run 5 ms in each 100 ms. It counts to 30000 as fast as it can, and then reads what the \
            *kernel* counted.
            """,
        needs: [.containers, .limits],
        command: """
            isolab run --rm --cpus 0.05 busybox sh -c '
              i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done
              cd /sys/fs/cgroup; cat cpu.stat cpu/cpu.stat 2>/dev/null'
            """,
        question: Question(
            "Does a busy group slow down evenly, or in jerks?", ["evenly", "in jerks: it runs, then it stands still"],
            answer: 1),
        marks: ["nr_periods", "nr_throttled"],
        meaning: """
            The group runs at full speed until its share of the period is used up, then it stands still until the next. A service may \
            look fast on average and yet be late.
            """,
        claims: [
            Claim("The kernel stopped the group in at least one period.") {
                $0.check(($0.value("nr_throttled").flatMap(Int.init) ?? 0) > 0, "it did not")
            }
        ])

    private static let account = Step(
        id: "account", title: "What it uses: the same files, read",
        text: "A *cgroup* counts whether it limits or not. `isolab stats` reads these counts.",
        needs: [.containers, .limits],
        command: """
            isolab run -d --name demo --memory 64m busybox sleep 1000
            isolab stats --no-stream --format 'memory {{.MemUsage}}' demo
            isolab stats --no-stream --format 'processes {{.PIDs}}' demo
            """,
        marks: ["memory", "processes"],
        meaning: """
            What a *container* uses is not guessed from outside: the *kernel* charges each page and each moment to a group. That is \
            why its figures are exact.
            """,
        claims: [
            Claim("It has one process.") { $0.check($0.value("processes") == "1", "it has another number") },
            Claim("Its memory is counted against 64 MiB.") {
                $0.check($0.words(after: "memory")?.last == "64MiB", "it is not")
            },
        ])

    private static let change = Step(
        id: "change", title: "A limit is a file: it can change",
        text:
            "Limits are numbers in files of /sys/fs/cgroup. We change one while the *container* runs, and it reads its own limit.",
        needs: [.containers, .limits],
        command: """
            isolab update --memory 96m demo
            isolab exec demo sh -c '
              cd /sys/fs/cgroup
              echo "limit $(cat memory.max memory/memory.limit_in_bytes 2>/dev/null)"'
            """,
        question: Question("Does the container have to start again for it?", ["yes", "no"], answer: 1),
        marks: ["limit"],
        meaning:
            "The *kernel* looks at the limit each time a page is charged. A *guest* is different: its memory is built in when it starts.",
        claims: [
            Claim("The new limit of 96 MiB is in force.") { $0.check($0.value("limit") == "100663296", "it is not") }
        ])
}
