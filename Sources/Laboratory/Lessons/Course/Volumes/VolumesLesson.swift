extension Lesson {
    /// Volumes: data that outlives containers.
    static let volumes = Lesson(
        name: "volumes", title: "Volumes",
        aim: "A *volume* is a directory with a name that outlives the *containers* which use it.",
        steps: [lost, kept, together, renamed],
        exercise: Exercise(
            task: "Make a volume named `notes` in which a file first.txt is, written by a container.",
            hints: ["`isolab run --rm -v notes:/notes …` makes the volume, too."],
            checks: [
                .init(
                    "the volume notes has first.txt",
                    command: """
                        isolab volume inspect notes > /dev/null &&
                          isolab run --rm --pull never -v notes:/n:ro busybox test -f /n/first.txt
                        """
                ) {
                    $0.check($0.status == 0, "it has not, or there is no such volume")
                }
            ]))

    private static let lost = Step(
        id: "lost", title: "Without one: gone with the container",
        text: "One *container* writes a note and is removed. The next one of the same *image* looks for it.",
        command: """
            isolab run --rm busybox sh -c 'echo mine > /note'
            isolab run --rm busybox cat /note
            """,
        question: Question("Does the second find the note?", ["yes", "no"], answer: 1),
        meaning: """
            The note was in the upper directory of the first *container*, which was removed with it. Each container begins with the \
            *image* alone.
            """,
        claims: [Claim("The second container does not find the note.") { $0.holds("No such file") }])

    private static let kept = Step(
        id: "kept", title: "With one: the data stay",
        text: "The same with a *volume*, which both *mount* at /data.",
        command: """
            isolab volume create notes
            isolab run --rm -v notes:/data busybox sh -c 'echo mine > /data/note'
            isolab run --rm -v notes:/data busybox cat /data/note
            """,
        marks: ["mine"],
        meaning: "The *volume* belongs to no *container*. It is there until somebody removes it by name.",
        outside: Look(
            "It is a plain directory of the host.",
            command: "ls $(isolab volume inspect notes --format '{{.Mountpoint}}')"),
        claims: [
            Claim("The second container reads the note.") { $0.check($0.lines.last == "mine", "it does not") },
            Claim("The host has it as a file.") { $0.check($0.outside == "note", "it has not: \($0.outside)") },
        ])

    private static let together = Step(
        id: "together", title: "Two at once, and one may only read",
        text: "A writer runs in the background, and a reader *mounts* the same *volume* read-only.",
        command: """
            isolab run -d --name writer -v notes:/data busybox sleep 1000
            isolab exec writer sh -c 'echo more >> /data/note'
            isolab run --rm -v notes:/data:ro busybox sh -c '
              cat /data/note; echo no >> /data/note'
            """,
        question: Question(
            "What can the reader do?",
            ["read and write", "read what was just written, no more", "read what was there at its start"], answer: 1),
        marks: ["more", "Read-only"],
        meaning:
            "Both see one directory, so a change is seen at once. Read-only is a property of the *mount*, not of the *volume*.",
        claims: [
            Claim("The reader sees the new line.") { $0.check($0.lines.contains("more"), "it does not") },
            Claim("The reader cannot write.") { $0.holds("Read-only file system") },
        ])

    private static let renamed = Step(
        id: "renamed", title: "A new name while it is in use",
        text: "We rename the *volume* while the writer still has it, and then try to remove it.",
        command: """
            isolab volume rename notes letters
            isolab exec writer tail -n 1 /data/note
            isolab volume rm letters || echo "removal refused"
            """,
        question: Question("Does the writer lose its data by the new name?", ["yes", "no"], answer: 1),
        marks: ["more", "refused"],
        meaning:
            "A *mount* holds the directory, not its name, so the writer notices nothing. What is in use cannot be removed.",
        claims: [
            Claim("The writer still reads its file.") { $0.check($0.lines.contains("more"), "it does not") },
            Claim("The volume in use is not removed.") { $0.holds("removal refused") },
        ])
}
