import OCI
import Testing

@testable import Presentation

/// Templates, tables, sizes and ages.
@Suite struct OutputTests {
    static let value = JSONTree.object([
        .init("Repository", .text("busybox")), .init("Tag", .text("latest")), .init("Size", .number(12)),
        .init("List", .list([.text("a"), .text("b")])),
        .init("Config", .object([.init("Labels", .object([.init("x", .text("1"))])), .init("Empty", .null)])),
    ])

    @Test(arguments: [
        ("{{.Repository}}:{{.Tag}}", "busybox:latest"), ("{{ .Size }}\\t{{upper .Tag}}", "12\tLATEST"),
        ("{{json .Config.Labels}}", #"{"x":"1"}"#), ("{{.List}} {{len .List}}", "[a b] 2"),
        ("{{join .List \", \"}}", "a, b"), ("{{index .List 1}}", "b"), ("{{index .Config.Labels \"x\"}}", "1"),
        ("{{.Config.Labels}}", "map[x:1]"), ("{{.Config.Empty}}", "<nil>"), ("plain", "plain"),
        ("{{index .Config.Labels \"y\"}}|", "|"),
    ])
    func templates(text: String, result: String) throws {
        #expect(try Template(text).render(Self.value) == result)
    }

    /// The whole value as JSON keeps the members' order.
    @Test func whole() throws {
        #expect(
            try Template("{{json .}}").render(Self.value).hasPrefix(
                #"{"Repository":"busybox","Tag":"latest","Size":12"#))
    }

    /// A field that is not there names those that are; a form that is not known says which are.
    @Test(arguments: [
        ("{{.Name}}", "Repository, Tag"), ("{{.Config.Nothing}}", "Labels, Empty"), ("{{.Tag.More}}", "has no fields"),
        ("{{range .List}}", "range"), ("{{.Tag", "not closed"), ("{{}}", "names no field"), ("{{join .List}}", "join"),
        ("{{index .List 7}}", "2 elements"), ("{{len .Size}}", "no length"),
    ])
    func templatesRefused(text: String, word: String) {
        let error = #expect(throws: TemplateError.self) { _ = try Template(text).render(Self.value) }
        #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    }

    private static let listing = Listing(
        [.init("Repository", "REPOSITORY", .cut), .init("Tag", "TAG")], further: ["ID": "IMAGE ID"],
        rows: [value, value])

    @Test func forms() throws {
        func text(_ format: String?, quiet: Bool = false) throws -> String {
            try Self.listing.text(try ListFormat(format, quiet: quiet), limit: 80)
        }
        #expect(try text(nil) == "REPOSITORY  TAG\nbusybox     latest\nbusybox     latest\n")
        #expect(
            try text("table {{.Tag}}\\t{{.Repository}}") == "TAG     REPOSITORY\nlatest  busybox\nlatest  busybox\n")
        #expect(try text("{{.Tag}}") == "latest\nlatest\n")
        #expect(try text("json").split(separator: "\n").count == 2)
        #expect(throws: TemplateError.self) { try text("yaml") }
        #expect(throws: TemplateError.self) { try text("table {{.Nothing}}") }
    }

    /// A table fits the line: the widest column that may be cut is, to a sign that says so.
    @Test func narrow() {
        let table = ColumnTable(
            headings: ["NAME", "ID"], widths: [.cut, .whole],
            rows: [[String(repeating: "n", count: 90), "0123456789ab"]])
        let lines = table.text(limit: 40).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 40 })
        #expect(lines[1].contains("…") && lines[1].hasSuffix("0123456789ab"))
        #expect(table.text(limit: nil).contains(String(repeating: "n", count: 90)))
    }

    /// What is needed to call a thing by is never cut: it keeps a line, or stands below the row; where it fits it is a column.
    @Test func kept() {
        let name = String(repeating: "n", count: 50)
        let digest = "sha256:" + String(repeating: "d", count: 64)
        let table = ColumnTable(
            headings: ["REPOSITORY", "TAG", "DIGEST", "IMAGE ID", "SIZE"],
            widths: [.kept, .kept, .below, .whole, .whole],
            rows: [[name, "latest", digest, "0123456789ab", "1MB"], ["short", "1", digest, "0123456789ac", "2MB"]])
        #expect(
            table.text(limit: 60) == """
                REPOSITORY                        TAG     IMAGE ID      SIZE
                  DIGEST
                \(name)
                                                  latest  0123456789ab  1MB
                  \(digest)
                short                             1       0123456789ac  2MB
                  \(digest)

                """)
        #expect(table.text(limit: nil).split(separator: "\n").count == 3)
        #expect(table.text(limit: 170) == table.text(limit: nil))
    }

    /// A column that only some have: where the line is too long it is below those who have it, and nowhere if nobody does.
    @Test func below() {
        func text(_ ports: String, limit: Int?) -> String {
            ColumnTable(
                headings: ["IMAGE", "PORTS", "NAMES"], widths: [.cut, .below, .kept],
                rows: [["busybox", ports, "one"], ["busybox", "", "two"]]
            ).text(limit: limit)
        }
        #expect(text("", limit: nil) == "IMAGE    PORTS  NAMES\nbusybox         one\nbusybox         two\n")
        #expect(text("", limit: 20) == "IMAGE    NAMES\nbusybox  one\nbusybox  two\n")
        #expect(
            text("0.0.0.0:8080->80/tcp", limit: 30)
                == "IMAGE    NAMES\n  PORTS\nbusybox  one\n  0.0.0.0:8080->80/tcp\nbusybox  two\n")
    }

    @Test(
        arguments: [
            (0, "0B"), (999, "999B"), (1000, "1kB"), (1240, "1.24kB"), (1_200_000, "1.2MB"), (77_800_000, "77.8MB"),
            (999_600, "1MB"), (9_999_999, "10MB"), (123_456_789, "123MB"), (1_050_000_000, "1.05GB"),
        ] as [(Int64, String)])
    func sizes(bytes: Int64, text: String) { #expect(HumanSize.text(bytes) == text) }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-24T08:50:07Z", 1_795_510_207),
            ("2000-02-29T12:00:00.123456789+01:00", 951_822_000), ("2026-11-24", nil), ("2026-13-24T08:50:07Z", nil),
            ("2026-11-24T08:50:07", nil), ("", nil),
        ] as [(String, Int64?)])
    func instants(text: String, seconds: Int64?) { #expect(Age.seconds(of: text) == seconds) }

    @Test func ages() {
        #expect(Age.since("2026-11-24T08:50:07Z", now: 1_795_510_207 + 180) == "3 minutes ago")
        #expect(Age.since(nil) == "N/A")
        #expect(Age.text(seconds: 90) == "About a minute")
        #expect(Age.text(seconds: 86400 * 15) == "2 weeks")
    }
}
