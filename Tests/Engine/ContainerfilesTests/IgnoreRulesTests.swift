import Testing

@testable import Containerfiles

@Suite struct IgnoreRulesTests {
    /// Single patterns against paths, with the verdicts of Docker's matcher.
    @Test(arguments: [
        ("**", "file", true), ("**", "dir/file", true), ("**/", "file", true), ("**/**", "dir/file", true),
        ("dir/**", "dir/file", true), ("dir/**", "dir", false), ("dir/**", "dir/dir2/file", true),
        ("**/dir", "dir/file", true),
        ("**/dir2/*", "dir/dir2/file", true), ("**/dir2/**", "dir/dir2/dir2/file", true), ("**file", "dir/file", true),
        ("**file", "xfile", true), ("**/file", "xfile", false), ("**/file", "file", true),
        ("**/*.txt", "a/b/file.txt", true),
        ("**/*.txt", "file.txt", true), ("**/**/*.txt", "file.txt", true), ("a**/*.txt", "a/file.txt", true),
        ("a**/*.txt", "a/dir/file.txt", true), ("a/*.txt", "a/b/file.txt", false), ("a/*.txt", "a/file.txt", true),
        ("abc.def", "abcxdef", false), ("abc.def", "abc.def", true), ("abc?def", "abcZdef", true),
        ("abc?def", "abc/def", false),
        ("a*", "a/b", true), ("*", "a", true), ("*a", "/a", true), ("a[b-d]e", "ace", true), ("a[b-d]e", "aae", false),
        ("a[^b-d]e", "aze", true), ("a[^b-d]e", "ace", false), (#"a\*b"#, "a*b", true), (#"a\*b"#, "axb", false),
        ("dir", "dir/x/y", true), ("dir/", "dir/x", true), ("/dir", "dir/x", true), ("./dir", "dir", true),
        ("a/../dir", "dir", true), ("../dir", "dir", false), ("*/*/x", "a/b/x", true), ("*/*/x", "a/x", false),
        ("foo/**/bar", "foo/bar", true), ("foo/**/bar", "foo/a/b/bar", true), ("foo/**/bar", "foo/abar", false),
        ("(a)+$", "(a)+$", true), ("ä?", "äö", true), (".", "a", false), ("/", "a", false),
    ])
    func patterns(pattern: String, path: String, expected: Bool) throws {
        #expect(try IgnoreRules(pattern.utf8).ignores(IgnoreRules.cleaned(path) ?? path) == expected)
    }

    /// The last rule that matches decides; an exception below an ignored directory is found.
    @Test(arguments: [
        ("*\n!keep", "keep", false), ("*\n!keep", "other", true), ("!keep\n*", "keep", true),
        ("dir\n!dir/keep", "dir/keep", false),
        ("dir\n!dir/keep", "dir/keep/below", false), ("dir\n!dir/keep", "dir/other", true),
        ("dir\n!dir/keep\ndir/keep/not", "dir/keep/not", true), ("**/*.md\n!README.md", "a/README.md", true),
        ("**/*.md\n!**/README.md", "a/README.md", false), ("# c\n\n  a  \n! b", "a", true), ("a\n! a", "a", false),
        ("*\n!a/b/c", "a/b/c/d", false), ("*\n!a/b/c", "a/b", true), ("\u{FEFF}a", "a", true), ("a\r\n", "a", true),
    ])
    func order(rules: String, path: String, expected: Bool) throws {
        #expect(try IgnoreRules(rules.utf8).ignores(path) == expected)
    }

    /// For messages: what has a path ignored, by its line.
    @Test(
        arguments: [
            ("# c\n\n*.txt\n", "a.txt", "x.dockerignore:3: *.txt"), ("dir/\n", "dir/a/b", "x.dockerignore:1: dir"),
            ("*\n!a\na/b", "a/b/c", "x.dockerignore:3: a/b"), ("*\n!a\na/b", "a/c", nil), ("", "a", nil),
        ] as [(String, String, String?)])
    func reasons(rules: String, path: String, reason: String?) throws {
        #expect(try IgnoreRules(rules.utf8, name: "/context/x.dockerignore").reason(toIgnore: path) == reason)
    }

    @Test(arguments: ["!", "a\n ! ", "[", "a[", "[a", "[]a]", #"a\"#, "[a-]", "[-]"])
    func malformedPatternsAreRefused(text: String) {
        #expect(throws: ContainerfileError.self) { try IgnoreRules(text.utf8) }
    }

    /// A pattern made to wake a search that goes back, and a path made for it, end at once.
    @Test func hostilePatternsEnd() throws {
        let pattern = String(repeating: "**/a*", count: 200)
        let path = String(repeating: "a/", count: 1000) + "b"
        #expect(try !PathPattern(pattern).matches(path))
    }

    /// A source of COPY: wildcards within one directory, `**` no more than `*`.
    @Test func sources() throws {
        #expect(try PathPattern("a/*.c", deep: false).matches("a/x.c"))
        #expect(try !PathPattern("**/x.c", deep: false).matches("a/b/x.c"))
        #expect(try PathPattern(#"a\[0]"#, deep: false).literal == "a[0]")
        #expect(try PathPattern("a?", deep: false).literal == nil)
    }
}
