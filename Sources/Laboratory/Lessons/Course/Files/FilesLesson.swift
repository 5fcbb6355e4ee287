extension Lesson {
    /// The file system of a container: overlayfs, what a write really writes, and how the old root goes.
    static let files = Lesson(
        name: "files", title: "The file system",
        aim:
            "The root of a *container* is an *overlayfs*: the *image* below stays as it is, and changes go into a directory above.",
        steps: [overlay, pivot, copyUp, whiteout, changes, bind],
        exercise: Exercise(
            task: "Make an image named `mine` from busybox in which the file /hello exists, without a Containerfile.",
            hints: [
                "Change a container that is not removed: `isolab run --name NAME …`.", "`isolab commit NAME IMAGE`",
            ],
            checks: [
                .init("the image mine has a file /hello", command: "isolab run --rm --pull never mine ls /hello") {
                    $0.check($0.status == 0, "it has not, or there is no such image")
                },
                .init("it stands on the layers of busybox", command: "isolab history -q mine | wc -l") {
                    $0.check((Int($0.output.filter { $0 != " " }) ?? 0) > 1, "it has one layer only")
                },
            ]))

    private static let overlay = Step(
        id: "overlay", title: "What the root is made of",
        text: """
            We look at the *mount* that is the root of our *container*: its type, the directories below (lowerdir) and the one above \
            (upperdir).
            """,
        command: """
            isolab run -d --name demo busybox sleep 1000
            pid=$(isolab inspect demo --format '{{.State.Pid}}')
            grep ' / / ' /proc/$pid/mountinfo | tr ', ' '\\n\\n' | grep -E 'overlay|dir='
            """,
        question: Question(
            "Where does a new file of the container go?",
            ["into the image", "into the upper directory", "into memory"], answer: 1),
        marks: ["upperdir"],
        meaning: """
            All containers of an image share its *layers*, which nobody writes to. What a container changes is in the upper directory \
            of its own.
            """,
        depth: """
            That is why a container starts without copying its image, and why a hundred of them take little more room than one. isolab \
            names each directory below by a short link, as the options of a mount must fit into one page.
            """,
        claims: [
            Claim("The root is an overlay.") { $0.holds("overlay") },
            Claim("It has a lower and an upper directory.") {
                $0.check($0.output.contains("lowerdir=") && $0.output.contains("upperdir="), "one is missing")
            },
        ])

    private static let pivot = Step(
        id: "pivot", title: "The old root is gone",
        text: """
            A process that only changes its idea of the root, by chroot(2), still has the old one mounted. Containers take another \
            way: *pivot_root* puts the new *mount* in the place of the old, which is then removed.
            """,
        command: """
            pid=$(isolab inspect demo --format '{{.State.Pid}}')
            echo "host $(grep -c . /proc/self/mounts)"
            echo "inside $(grep -c . /proc/$pid/mounts)"
            cd /proc/$pid
            echo "disks $(awk '$4 == "/" && / - (ext4|xfs|btrfs) /' mountinfo | wc -l)"
            """,
        question: Question(
            "Does the root of the host have a place among the mounts inside?",
            ["yes, but it is hidden", "no"], answer: 1),
        marks: ["disks"],
        meaning: """
            What is not mounted in a *mount namespace* has no name there: there is no path back, not even for root. A jail by chroot \
            alone can be left by root.
            """,
        outside: Look(
            "The parent of the root is the root: `..` leads nowhere else.",
            command: "isolab exec demo sh -c 'ls -id /; ls -id /../..'"),
        depth: """
            Single files can be mounted, too: isolab does so with /etc/hosts, which is a file of the host. Such a mount leads to that \
            file, and not to the directory it is in.
            """,
        claims: [
            Claim("No disk of the host is among the mounts of the container.") {
                $0.check($0.value("disks") == "0", "some are")
            },
            Claim("The way up from the root ends at the root.") {
                let numbers = Observation.lines(of: $0.outside).compactMap { $0.split(separator: " ").first }
                return $0.check(numbers.count == 2 && numbers[0] == numbers[1], "it leads elsewhere: \($0.outside)")
            },
        ])

    private static let copyUp = Step(
        id: "copyup", title: "Copy-up: what a small change costs",
        text: "We change only the time stamp of a file of the *image*, which is the program busybox itself.",
        command: """
            isolab exec demo touch /bin/busybox
            isolab exec demo stat -c 'inside %s' /bin/busybox
            """,
        question: Question(
            "How much of it is in the upper directory now?", ["nothing", "the time stamp", "the whole file"], answer: 2),
        marks: ["inside"],
        meaning: """
            Before the first change *overlayfs* copies the whole file up. A change of one byte in a big file costs the big file once: \
            such data belongs in a *volume*.
            """,
        outside: Look(
            "The upper directory, from the host.",
            command: """
                pid=$(isolab inspect demo --format '{{.State.Pid}}')
                upper=$(grep -o 'upperdir=[^,]*' /proc/$pid/mountinfo | cut -d= -f2)
                stat -c 'upper %s' $upper/bin/busybox
                """, marks: ["upper"]),
        claims: [
            Claim("The copy in the upper directory has the size of the whole file.") {
                $0.check(
                    $0.value("inside") != nil && $0.value("inside") == $0.outsideValue("upper"),
                    "it has another: \($0.outside)")
            }
        ])

    private static let whiteout = Step(
        id: "whiteout", title: "Whiteouts: how a file is deleted that cannot be",
        text: "The *layers* of the *image* are never written to. We delete one of its files anyway.",
        command: """
            isolab exec demo rm /etc/group
            isolab exec demo ls /etc
            """,
        question: Question(
            "What is left in the upper directory?", ["nothing", "an empty file", "a mark: a device 0, 0"], answer: 2),
        meaning: """
            The file is still in the *layer*; a *whiteout* above hides it. So deleting in a later layer makes no *image* smaller, and \
            hides no secret.
            """,
        outside: Look(
            "The upper directory, and a new container of the same image.",
            command: """
                pid=$(isolab inspect demo --format '{{.State.Pid}}')
                upper=$(grep -o 'upperdir=[^,]*' /proc/$pid/mountinfo | cut -d= -f2)
                ls -l $upper/etc/group
                isolab run --rm busybox ls -l /etc/group
                """, marks: ["c---"]),
        claims: [
            Claim("Inside, the file is gone.") {
                $0.check($0.status == 0 && !$0.lines.contains("group"), "it is still in the list")
            },
            Claim("In the upper directory there is a character device in its place.") {
                $0.check($0.outside.hasPrefix("c"), "there is something else: \($0.outside)")
            },
            Claim("The image still has the file.") {
                $0.check(Observation.lines(of: $0.outside).last?.hasPrefix("-") == true, "it has not: \($0.outside)")
            },
        ])

    private static let changes = Step(
        id: "changes", title: "diff and commit: the upper directory as a layer",
        text:
            "`isolab diff` reads the upper directory, and `isolab commit` packs it as one more *layer* on top of the *image*.",
        command: """
            isolab diff demo
            isolab commit demo mine
            isolab run --rm mine ls /etc/group
            """,
        marks: ["D /etc/group", "No such file"],
        meaning: """
            An *image* is made of what containers changed, one *layer* on the other. A build does the same, with a container for each \
            step.
            """,
        outside: Look("The layers of the new image.", command: "isolab history mine"),
        claims: [
            Claim("The list of changes has the deleted file.") { $0.holds("D /etc/group") },
            Claim("In the new image the file does not exist.") { $0.holds("No such file") },
            Claim("The new image has one layer more than busybox.") {
                $0.check(
                    Observation.lines(of: $0.outside).count { !$0.isEmpty } == 3, "it has another number: \($0.outside)"
                )
            },
        ])

    private static let bind = Step(
        id: "bind", title: "Bind mounts: a directory of the host",
        text: """
            A directory of the *host* can be mounted into a *container*. It is not an overlay: there is one directory, seen at two \
            places.
            """,
        command: """
            mkdir shared
            isolab run --rm -v "$PWD/shared:/shared" busybox \\
              sh -c 'echo kept > /shared/note'
            """,
        question: Question(
            "The container is removed when it ends. What is left of the note?", ["nothing", "the file, on the host"],
            answer: 1),
        meaning: """
            What is written there is written to the *host* at once, and stays. That is also the danger: a *container* with the root of \
            the host mounted is no longer apart.
            """,
        outside: Look("The host.", command: "cat shared/note", marks: ["kept"]),
        claims: [
            Claim("The file is on the host after the container has gone.") {
                $0.check($0.outside == "kept", "it is not: \($0.outside)")
            }
        ])
}
