import Linux
import Testing

/// What may steer whoever shows it.
struct SteeringTests {
    @Test func characters() {
        for scalar in "\u{0}\u{7}\u{1B}\u{7F}\u{80}\u{9B}\u{61C}\u{200E}\u{202E}\u{2028}\u{2066}\u{2069}\n\r\t"
            .unicodeScalars
        {
            #expect(scalar.isSteering, "\(scalar.value)")
        }
        for scalar in "aé→界🙂\u{A0}\u{200B}\u{301}".unicodeScalars { #expect(!scalar.isSteering, "\(scalar.value)") }
    }

    @Test func texts() {
        #expect("plain → text".displayable() == "plain → text")
        #expect("a\u{1B}[2Jb\nc\td".displayable() == "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d")
        #expect("a\u{202E}b\nc\td".displayable(keepingLines: true) == "a\u{FFFD}b\nc\td")
    }
}
