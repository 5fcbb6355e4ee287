extension Lesson {
    /// Images: layers, shared and named by what is in them.
    static let images = Lesson(
        name: "images", title: "Images and layers",
        aim:
            "An *image* is a stack of *layers*, each named by the *digest* of its content, and shared by all images that have it.",
        steps: [build, shared, names, deleted, again],
        exercise: Exercise(
            task: """
                Build an image named `greeting` from busybox whose containers print the content of a file /greeting that the build \
                made.
                """,
            hints: ["A Containerfile has `FROM`, `RUN` and `CMD`.", "`isolab build -t greeting DIRECTORY`"],
            checks: [
                .init(
                    "the image greeting has a file /greeting",
                    command: "isolab run --rm --pull never greeting test -s /greeting"
                ) {
                    $0.check($0.status == 0, "it has not, or there is no such image")
                },
                .init(
                    "its containers print it",
                    command: """
                        isolab image inspect greeting > /dev/null &&
                          [ "$(isolab run --rm --pull never greeting)" = \\
                          "$(isolab run --rm --pull never greeting cat /greeting)" ]
                        """
                ) { $0.check($0.status == 0, "they print something else") },
            ]))

    private static let build = Step(
        id: "build", title: "Build one, step by step",
        text: """
            A Containerfile says from which *image* to start, and what to do. Each RUN makes a *container*, and what that changed \
            becomes a *layer*.
            """,
        command: """
            mkdir empty
            printf 'FROM busybox\\nRUN echo one > /one\\n' > first
            isolab build -q -t one -f first empty
            isolab history one --format 'layer {{.CreatedBy}}'
            """,
        question: Question(
            "How many layers will it have?",
            free: { observation in
                "\(observation.lines.count { $0.hasPrefix("layer ") })"
            }),
        marks: ["layer"],
        meaning: """
            Two steps, two *layers*: that of busybox, and one with a single file. An image is never changed; a build stacks one more \
            layer.
            """,
        claims: [
            Claim("The new image has two layers.") { observation in
                let count = observation.lines.count { $0.hasPrefix("layer ") }
                return observation.check(count == 2, "it has \(count)")
            }
        ])

    private static let shared = Step(
        id: "shared", title: "Layers are shared",
        text: "We build a second *image* from the first, and print the *layers* of both.",
        command: """
            printf 'FROM one\\nRUN rm /one && echo two > /two\\n' > second
            isolab build -q -t two -f second empty
            for image in one two; do
              isolab image inspect $image \\
                --format '{{range .RootFS.Layers}}{{println .}}{{end}}' |
                sed "s/^sha256:/$image /"
            done
            """,
        question: Question(
            "How many layers have both in common?", free: { observation in "\(Lesson.common(observation))" }),
        meaning: """
            Equal *layers* are there once, whoever uses them: on this disk, in a registry, and on the wire. A pull asks only for those \
            that are missing.
            """,
        claims: [
            Claim("Both layers of the first image are the first two of the second.") {
                $0.check(Lesson.common($0) == 2, "\(Lesson.common($0)) are")
            }
        ])

    private static func common(_ observation: Observation) -> Int {
        func layers(_ name: String) -> [String] {
            observation.lines.compactMap { line in
                let words = line.split(separator: " ").map(String.init)
                return words.count == 2 && words[0] == name && words[1].count == 64 ? words[1] : nil
            }
        }
        return zip(layers("one"), layers("two")).prefix { $0 == $1 }.count
    }

    private static let names = Step(
        id: "digest", title: "The name is the content",
        text:
            "We save the *image* as an archive, unpack that, and compute the SHA-256 of each file in it. Each file is named by a *digest*.",
        command: """
            isolab save two -o two.tar
            mkdir unpacked
            tar -xf two.tar -C unpacked
            cd unpacked/blobs/sha256
            for file in *; do
              [ "$(sha256sum < $file)" = "$file  -" ] && echo "equal $file"
            done
            echo "files $(ls | wc -l)"
            """,
        question: Question(
            "Whose sum is equal to its name?", ["that of every file", "that of the layers alone", "of none"], answer: 0),
        marks: ["files"],
        meaning: """
            Whoever has the *digest* can check what they received, wherever it came from. If one byte were another, so would be the \
            name: a digest always means the same image.
            """,
        claims: [
            Claim("Every file is named by its own SHA-256.") { observation in
                let equal = observation.lines.count { $0.hasPrefix("equal ") }
                return observation.check(equal > 3 && observation.value("files") == "\(equal)", "\(equal) are")
            }
        ])

    private static let deleted = Step(
        id: "deleted", title: "Deleted is not gone",
        text:
            "The second *image* deletes the file /one. We look into the archive of it for *layers* that speak of the file.",
        command: """
            echo "inside: $(isolab run --rm two ls /one 2>&1)"
            for layer in unpacked/blobs/sha256/*; do
              tar -tf $layer 2>/dev/null | grep -E '^(\\.wh\\.)?one$'
            done
            """,
        question: Question(
            "What is in the archive that you could give away?",
            ["nothing of the file", "a mark that it is deleted", "the mark, and the file itself"], answer: 2),
        marks: ["one"],
        meaning: """
            A *whiteout* (.wh.one) hides the file, but the *layer* below still has it. A password that a later step deletes is \
            published anyway.
            """,
        claims: [
            Claim("A container of the image does not see the file.") { $0.holds("No such file") },
            Claim("The archive has the file and its whiteout.") {
                $0.check($0.lines.contains("one") && $0.lines.contains(".wh.one"), "it has not both")
            },
        ])

    private static let again = Step(
        id: "cache", title: "The same build again",
        text: "We build the first *image* again under another name, and compare the *digests*.",
        command: """
            echo "one $(isolab image inspect one --format '{{.Id}}')"
            echo "again $(isolab build -q -t again -f first empty)"
            """,
        question: Question("Will the second have the same digest?", ["yes", "no: it is a new image"], answer: 0),
        meaning: """
            Nothing ran: for the same step on the same *layers* the result is in the store already. So put what changes often at the \
            end of a Containerfile.
            """,
        claims: [
            Claim("Both names mean the same image.") {
                $0.check($0.value("one") != nil && $0.value("one") == $0.value("again"), "they differ")
            }
        ])
}
