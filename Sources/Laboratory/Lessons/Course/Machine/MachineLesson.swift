extension Lesson {
    /// A guest: what it has of its own, and what it is to the host.
    static let machine = Lesson(
        name: "machine", title: "A virtual machine from nothing",
        aim: "A *guest* is a computer of its own, with its own *kernel*, and yet it is a process of the *host*.",
        steps: [accelerator, least, own, outside])

    private static let accelerator = Step(
        id: "kvm", title: "Can this host run the code of a guest?",
        text: """
            With *KVM* the processor runs a guest directly; without it QEMU translates every instruction (*software emulation*). \
            isolab does not trust that /dev/kvm is there: it runs a little code of a guest.
            """,
        needs: [],
        command: "isolab doctor | grep -A1 ' KVM '",
        marks: ["KVM"],
        meaning:
            "What the line says decides how fast guests are here, not whether they run. Every figure of isolab carries that label.",
        claims: [
            Claim("isolab found out whether KVM works here.") { $0.check($0.output.contains("KVM"), "it did not") }
        ])

    private static let least = Step(
        id: "least", title: "The least guest",
        text: """
            A *guest* needs no operating system: this one is a few kilobytes that write a line and switch off. We see each phase with \
            its time, from the call to the end.
            """,
        needs: [.guests],
        command: "isolab launch vm-micro",
        question: Question(
            "What takes most of the time?", ["the guest's own code", "what is around it: QEMU and libvirt"], answer: 1),
        marks: ["qemu", "libvirt", "ready"],
        meaning: """
            Most of the time is spent on making the machine and on taking it away. That is the least that any *guest* costs; a \
            *kernel* and its start come on top.
            """,
        claims: [
            Claim("The guest ran, and proved it.") {
                $0.check($0.status == 0 && $0.output.contains("ready"), "it did not")
            }
        ],
        limit: 200)

    private static let own = Step(
        id: "own", title: "Its own kernel, its own memory",
        text: """
            The same *image* as in the other lessons, now in a *guest*. We ask for the *kernel*, the number of its start, and the \
            memory it has.
            """,
        needs: [.image, .guests],
        command: """
            isolab run --rm --vm busybox sh -c 'uname -r
              cat /proc/sys/kernel/random/boot_id
              grep MemTotal /proc/meminfo'
            """,
        question: Question(
            "Which of the three are the same as on the host?", ["all", "the kernel", "none"], answer: 2),
        marks: ["MemTotal"],
        meaning: """
            It started a *kernel* of its own, and has what memory it was given. A fault in that kernel stays in the guest, and that is \
            what one pays for.
            """,
        outside: Look(
            "The same three on the host.",
            command: """
                uname -r
                cat /proc/sys/kernel/random/boot_id
                grep MemTotal /proc/meminfo
                """, marks: ["MemTotal"]),
        claims: [
            Claim("The number of the start is another: another kernel is running.") {
                let outside = Observation.lines(of: $0.outside)
                return $0.check(
                    $0.lines.count >= 3 && outside.count == 3 && $0.lines[1] != outside[1], "it is the same")
            },
            Claim("Its memory has another size.") {
                $0.check(
                    $0.value("MemTotal") != nil && $0.value("MemTotal") != $0.outsideValue("MemTotal"), "it is the same"
                )
            },
        ], limit: 300)

    private static let outside = Step(
        id: "outside", title: "A guest is a process, too",
        text:
            "While a *guest* runs we look for it among the processes of the *host*: it is QEMU, and its memory is memory of that process.",
        needs: [.image, .guests],
        command: """
            isolab run --rm --vm busybox sh -c 'echo up; sleep 600' > log &
            guest=$!
            until grep -q up log; do kill -0 $guest || exit; sleep 0.2; done
            qemu=$(pgrep -f "guest=isolab-$guest," | head -n 1)
            grep -E '^(Name|Uid|VmRSS|CapEff|Seccomp):' /proc/$qemu/status
            kill $guest
            wait $guest
            """,
        question: Question("As which user does QEMU run?", ["as root", "as a user that has nothing else"], answer: 1),
        marks: ["Name", "Uid", "VmRSS"],
        meaning: """
            A *guest* is apart by the processor, and QEMU by what containers have, too: a user of its own, no *capability*, a *seccomp \
            filter*. Whoever breaks out of the guest is in there.
            """,
        claims: [
            Claim("The process is QEMU.") { $0.check($0.value("Name")?.hasPrefix("qemu") == true, "it is another") },
            Claim("It has no capability, and a filter of system calls.") {
                $0.check(
                    $0.value("CapEff").map { $0.allSatisfy { $0 == "0" } } == true && $0.value("Seccomp") == "2",
                    "it has more")
            },
        ], limit: 300)
}
