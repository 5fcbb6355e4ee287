import Testing

@testable import Containerfiles

@Suite struct SubstitutionTests {
    static let values = ["A": "apple", "E": "", "P": "/usr/local/lib/x.tar.gz", "S": "one two"]
    static var substitution: Substitution { Substitution { values[$0] } }

    /// Every form of variables, quotation marks and escapes, as Docker's own table has them.
    @Test(arguments: [
        ("plain", "plain"), ("$A", "apple"), ("${A}", "apple"), ("x$A/y", "xapple/y"), ("$A$A", "appleapple"),
        ("$AB", ""), ("${A}B", "appleB"), ("$", "$"), ("a$", "a$"), ("$-", "$-"), ("$1x", "x"),
        (#"\$A"#, "$A"), (#"\\$A"#, #"\apple"#), (#"a\b"#, "ab"), (#"a\"#, #"a\"#), (#"a\ b"#, "a b"),
        ("'$A'", "$A"), (#"'a\b'"#, #"a\b"#), (#""$A""#, "apple"), (#""\$A""#, "$A"), (#""a\b""#, #"a\b"#),
        (#""a\"b""#, #"a"b"#), (#""it's""#, "it's"), (#"'say "x"'"#, #"say "x""#), ("$S", "one two"),
        ("${U:-d}", "d"), ("${E:-d}", "d"), ("${A:-d}", "apple"), ("${U-d}", "d"), ("${E-d}", ""), ("${A-d}", "apple"),
        ("${U:+d}", ""), ("${E:+d}", ""), ("${A:+d}", "d"), ("${U+d}", ""), ("${E+d}", "d"), ("${A+d}", "d"),
        ("${A:?no}", "apple"), ("${E?no}", ""), ("${U:-${A}x}", "applex"), ("${U:-${V:-z}}", "z"),
        (#"${U:-"a}b"}"#, "a}b"), ("${U:-'}'}", "}"), ("${U:-a b}", "a b"),
        ("${P#*/}", "usr/local/lib/x.tar.gz"), ("${P##*/}", "x.tar.gz"), ("${P%.*}", "/usr/local/lib/x.tar"),
        ("${P%%.*}", "/usr/local/lib/x"), ("${A#b}", "apple"), ("${A#?}", "pple"), ("${A%l?}", "app"),
        ("${A/p/q}", "aqple"), ("${A//p/q}", "aqqle"), ("${A/p}", "aple"), ("${A//p*/-}", "a-"), ("${U/a/b}", ""),
    ])
    func forms(text: String, expected: String) throws {
        #expect(try Self.substitution.word(text) == expected)
    }

    /// With a backtick as escape the backslash is a character like others.
    @Test(arguments: [(#"C:\$A"#, #"C:\apple"#), ("`$A", "$A"), ("``$A", "`apple")])
    func otherEscape(text: String, expected: String) throws {
        let substitution = Substitution(escape: UInt8(ascii: "`")) { Self.values[$0] }
        #expect(try substitution.word(text) == expected)
    }

    /// What has no end or no meaning is refused with what is missing.
    @Test(arguments: ["${A", "${", "${}", "${A:-x", "${A!x}", "${A:x}", "'x", #""x"#, "${U:?no value}", "${U?}"])
    func mistakesAreRefused(text: String) {
        #expect(throws: ContainerfileError.self) { try Self.substitution.word(text) }
    }

    /// A value's blanks part words, those in quotation marks do not.
    @Test(arguments: [
        ("$S", ["one", "two"]), (#""$S""#, ["one two"]), ("a$S b", ["aone", "two", "b"]), ("$E", []),
        (" a  b ", ["a", "b"]),
    ])
    func words(text: String, expected: [String]) throws {
        #expect(try Self.substitution.words(text) == expected)
    }

    /// In a document only variables mean something.
    @Test(arguments: [
        (#"say "$A" 'x'"#, #"say "apple" 'x'"#), (#"\$A \n"#, #"$A \n"#),
        ("no variable's \\ here", "no variable's \\ here"),
    ])
    func documents(text: String, expected: String) throws {
        #expect(try Self.substitution.document(text) == expected)
    }

    /// Doubling a variable again and again ends at a limit, not at the end of memory.
    @Test func growthIsBounded() throws {
        let long = String(repeating: "x", count: 100_000)
        #expect(throws: ContainerfileError.self) { try Substitution { _ in long }.word("$A$A") }
        let nested = String(repeating: "${U:-", count: 100) + String(repeating: "}", count: 100)
        #expect(throws: ContainerfileError.self) { try Self.substitution.word(nested) }
        let many = String(repeating: "*a", count: 500)
        #expect(try Substitution { _ in String(repeating: "a", count: 4000) + "b" }.word("${A%\(many)}").count == 4001)
    }
}
