import Linux

/// Identifiers and names of containers.
enum ContainerName {
    /// 64 random hexadecimal digits, as Docker's.
    static func identifier() -> String {
        RandomName.make() + RandomName.make()
    }

    static func isIdentifier(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// A name for a container whose user gave none: two words to remember it by, 2500 pairs and a number where they are taken.
    static func random(attempt: Int) -> String {
        let name = "\(adjectives.randomElement() ?? "plain")_\(nouns.randomElement() ?? "box")"
        return attempt < 3 ? name : name + "\(Int.random(in: 2..<100_000))"
    }

    private static let adjectives = words(
        """
        able airy amber apt arctic azure bold brave brief bright brisk calm clear cool coral crisp deft eager early even fair \
        fleet fond frank fresh gentle glad golden green hardy hazel honest ivory jolly keen kind level light lively lucid mild \
        neat noble plain prime quiet rapid ready sharp silver
        """)
    private static let nouns = words(
        """
        acorn alder anchor aspen badger bay beech birch brook canyon cedar cliff cove crane creek delta dune elm fern field \
        finch fjord glade grove harbor heron hill island juniper lagoon lake larch lynx maple marsh meadow mesa oak otter pine \
        pond reef ridge river robin sparrow spruce summit valley willow
        """)

    private static func words(_ text: String) -> [String] { text.parts(between: " ").map(String.init) }
}
