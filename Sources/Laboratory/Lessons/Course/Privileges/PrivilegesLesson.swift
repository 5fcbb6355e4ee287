extension Lesson {
    /// Root that may not: capabilities, the system call filter, read-only mounts.
    static let privileges = Lesson(
        name: "privileges", title: "Capabilities and seccomp",
        aim:
            "Root in a *container* is root in name: several layers of the *kernel* take away most of what root may do.",
        steps: [bits, allowed, dropped, filter, readOnly, ordinary],
        exercise: Exercise(
            task: "Start a container named `bare` in the background that has no *capability* at all and can gain none.",
            hints: ["`--cap-drop ALL`", "`--security-opt no-new-privileges`"],
            checks: [
                .init("its processes have no capability", command: "isolab exec bare grep CapEff /proc/1/status") {
                    $0.check(
                        $0.value("CapEff").map { $0.allSatisfy { $0 == "0" } } == true, "it has some, or does not run")
                },
                .init("they cannot gain any", command: "isolab exec bare grep NoNewPrivs /proc/1/status") {
                    $0.check($0.value("NoNewPrivs") == "1", "they can")
                },
            ]))

    private static func count(of hexadecimal: String?) -> Int? {
        hexadecimal.flatMap { UInt64($0, radix: 16) }?.nonzeroBitCount
    }

    private static let bits = Step(
        id: "bits", title: "Root, cut into pieces",
        text: """
            Linux divides the rights of root into *capabilities*. A process has them as bits, which /proc shows. This is root in a \
            *container*.
            """,
        command: """
            isolab run --rm busybox sh -c '
              echo "user $(id -u)"; grep CapEff /proc/self/status'
            echo "all $(cat /proc/sys/kernel/cap_last_cap)"
            """,
        question: Question(
            "How many capabilities does it have, of about 40?",
            free: { observation in
                observation.value("CapEff").flatMap { UInt64($0, radix: 16) }.map { "\($0.nonzeroBitCount)" }
            }),
        marks: ["CapEff"],
        meaning: """
            It is user 0, but it has only the 14 *capabilities* that usual programs need, such as to change owners of files. Those for \
            the host name, the clock and mounts are not among them.
            """,
        depth: """
            The number behind `all` is that of the last capability, counted from 0. capsh --decode=NUMBER names the bits. The set is \
            docker's, so that images run alike.
            """,
        claims: [
            Claim("It is user 0.") { $0.check($0.value("user") == "0", "it is another") },
            Claim("It has 14 capabilities.") {
                $0.check(Lesson.count(of: $0.value("CapEff")) == 14, "it has another number")
            },
        ])

    private static let allowed = Step(
        id: "allowed", title: "What root may do, and what not",
        text: "Two things that only root may do: give a file away, and change the host name.",
        command: """
            isolab run --rm busybox sh -c '
              chown 5 /etc/passwd && echo "chown done"
              hostname other || echo "hostname refused"'
            """,
        question: Question("What works?", ["both", "only the owner", "only the name", "nothing"], answer: 1),
        marks: ["done", "refused"],
        meaning: """
            The owner takes CAP_CHOWN, which it has, and the name CAP_SYS_ADMIN, which it does not have. The user number is not even \
            looked at.
            """,
        claims: [
            Claim("The file was given away.") { $0.holds("chown done") },
            Claim("The name was refused, with: Operation not permitted.") {
                $0.check(
                    $0.output.contains("hostname refused") && $0.output.contains("Operation not permitted"),
                    "it was not")
            },
        ])

    private static let dropped = Step(
        id: "drop", title: "One less",
        text: "A *container* can have fewer *capabilities* than usual. We drop the one for owners, and try again.",
        command: """
            isolab run --rm --cap-drop CHOWN busybox sh -c '
              chown 5 /etc/passwd || echo "chown refused"
              grep CapEff /proc/self/status'
            """,
        question: Question("Is root still root then?", ["yes: chown works", "no: chown is refused"], answer: 1),
        marks: ["refused"],
        meaning:
            "A program should have what it needs and no more. `--cap-drop ALL`, and then adding single ones, shows what it needs.",
        outside: Look(
            "The other way: with one more, the host name can be changed.",
            command: """
                isolab run --rm --cap-add SYS_ADMIN busybox sh -c '
                  hostname other && hostname'
                """),
        claims: [
            Claim("chown is refused.") { $0.holds("chown refused") },
            Claim("It has 13 capabilities left.") {
                $0.check(Lesson.count(of: $0.value("CapEff")) == 13, "it has another number")
            },
            Claim("With CAP_SYS_ADMIN added the name is changed.") {
                $0.check($0.outside == "other", "it is not: \($0.outside)")
            },
        ])

    private static let filter = Step(
        id: "seccomp", title: "The filter of system calls",
        text: """
            A new *user namespace* takes no *capability*: any process may make one. Still a *container* may not, and it is another \
            layer that refuses.
            """,
        command: """
            isolab run --rm busybox grep -w Seccomp /proc/self/status
            isolab run --rm busybox unshare -U id -u || echo "refused"
            """,
        question: Question(
            "What refuses it?", ["a missing capability", "the seccomp filter", "the file system"], answer: 1),
        marks: ["refused", "Seccomp"],
        meaning: """
            The *seccomp filter* decides by the *system call* and its arguments, before the *kernel* does anything. It keeps code out \
            of reach that a container does not need, and in which many faults were found.
            """,
        outside: Look(
            "The proof: the same without the filter. The user is nobody (65534), as nobody was mapped.",
            command: "isolab run --rm --security-opt seccomp=unconfined busybox unshare -U id -u", marks: ["65534"]),
        depth: """
            Mode 2 in /proc/PID/status means: a filter is in force. It is a program of the kernel's own packet filter machine, which \
            can never be removed by the process. isolab compiles Docker's profile to fewer instructions and proves that the verdicts \
            are the same.
            """,
        claims: [
            Claim("A filter is in force (mode 2).") { $0.check($0.value("Seccomp") == "2", "none is") },
            Claim("With the filter a new user namespace is refused.") { $0.holds("refused") },
            Claim("Without the filter the same call works.") {
                $0.check($0.outside == "65534", "it does not: \($0.outside)")
            },
        ])

    private static let readOnly = Step(
        id: "readonly", title: "Read-only and hidden files",
        text: """
            Some files of the *kernel* change the whole machine when they are written. In a *container* they are read-only *mounts*, \
            or hidden by empty ones.
            """,
        command: """
            isolab run --rm busybox sh -c '
              echo x > /proc/sys/kernel/hostname || echo "write refused"
              echo "firmware $(ls /sys/firmware | wc -l)"'
            """,
        marks: ["Read-only", "firmware"],
        meaning: """
            Here neither a *capability* nor the filter refuses, but the *mount*, with another error: Read-only file system. It is a \
            third layer, beside the two before.
            """,
        claims: [
            Claim("The write is refused because the mount is read-only.") { $0.holds("Read-only file system") },
            Claim("Nothing is shown in /sys/firmware.") { $0.check($0.value("firmware") == "0", "something is") },
        ])

    private static let ordinary = Step(
        id: "user", title: "Better than a bound root: no root",
        text: """
            With `-u` the command runs as another user. It then has no *capability* at all, and should not gain any by a set-user-ID \
            program.
            """,
        command: """
            isolab run --rm -u 1000 --security-opt no-new-privileges busybox sh -c '
              echo "user $(id -u)"
              grep -E "CapEff|NoNewPrivs" /proc/self/status
              chown 5 /etc/passwd || echo "chown refused"'
            """,
        question: Question(
            "How many capabilities does it have?",
            free: { observation in
                observation.value("CapEff").flatMap { UInt64($0, radix: 16) }.map { "\($0.nonzeroBitCount)" }
            }),
        marks: ["CapEff", "NoNewPrivs"],
        meaning:
            "What a process does not have nobody can take over with it. Most services need no root, neither outside nor inside.",
        claims: [
            Claim("It has no capability.") { $0.check(Lesson.count(of: $0.value("CapEff")) == 0, "it has some") },
            Claim("It cannot gain any.") { $0.check($0.value("NoNewPrivs") == "1", "it can") },
        ])
}
