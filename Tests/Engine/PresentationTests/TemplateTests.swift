import OCI
import Testing

@testable import Presentation

/// Templates beyond single fields, by what docker's and podman's users write.
@Suite struct TemplateTests {
    static let value = JSONTree.object([
        .init("Id", .text("0123456789abcdef")), .init("Count", .number(3)),
        .init(
            "Mounts",
            .list(["/a", "/b"].map { .object([.init("Source", .text($0)), .init("RW", .bool($0 == "/a"))]) })),
        .init(
            "Config",
            .object([
                .init("Env", .list([.text("A=1"), .text("B=2")])), .init("Cmd", .list([])),
                .init("Labels", .object([.init("b", .text("2")), .init("a", .text("1"))])),
            ])),
        .init(
            "State",
            .object([.init("Running", .bool(true)), .init("Pid", .number(42)), .init("Health", .null)])),
    ])

    @Test(arguments: [
        ("{{range .Config.Env}}{{println .}}{{end}}", "A=1\nB=2\n"),
        ("{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}", "a=1;b=2;"),
        ("{{range .Mounts}}{{.Source}}:{{if .RW}}rw{{else}}ro{{end}} {{end}}", "/a:rw /b:ro "),
        ("{{range $i, $e := .Config.Env}}{{if $i}}, {{end}}{{$e}}{{end}}", "A=1, B=2"),
        ("{{range .Config.Cmd}}x{{else}}none{{end}}", "none"), ("{{range .State.Health}}x{{end}}|", "|"),
        ("{{range .Config.Env}}{{$.Count}}{{end}}", "33"),
        ("{{if .State.Running}}up{{else}}down{{end}}", "up"), ("{{if not .State.Running}}down{{end}}", ""),
        ("{{if eq .Count 3}}three{{else if eq .Count 4}}four{{else}}many{{end}}", "three"),
        ("{{if gt .Count 3}}more{{else if eq .Count 3}}three{{else}}less{{end}}", "three"),
        ("{{if and .State.Running (gt .State.Pid 0)}}yes{{end}}", "yes"),
        ("{{if or .State.Health .Config.Cmd}}yes{{else}}no{{end}}", "no"),
        ("{{with .Config}}{{.Labels.a}}{{$.Count}}{{end}}", "13"),
        ("{{with .State.Health}}x{{else}}none{{end}}", "none"),
        ("{{$x := .State.Pid}}{{$x}} {{$x}}", "42 42"),
        ("{{$x := 1}}{{range .Config.Env}}{{$x = .}}{{end}}{{$x}}", "B=2"),
        ("{{.State.Pid | json}}", "42"), ("{{json .Config.Labels}}", #"{"b":"2","a":"1"}"#),
        ("{{.Config.Env | len}}", "2"), ("{{join .Config.Env \", \" | upper}}", "A=1, B=2"),
        ("{{index .Config.Env 1}}", "B=2"), ("{{index .Config.Labels \"a\"}}", "1"),
        ("{{(index .Mounts 0).Source}}", "/a"),
        ("{{slice .Id 0 12}}", "0123456789ab"), ("{{truncate .Id 4}}", "0123"),
        ("{{index (split .Id \"4\") 0}}", "0123"),
        ("{{printf \"%-5s|%4d|%q\" .Id .Count \"a\"}}", "0123456789abcdef|   3|\"a\""),
        ("{{title \"ab cd\"}}", "Ab Cd"),
        ("{{.Config.Labels.none}}", "<no value>"), ("{{if .Config.Labels.none}}x{{else}}y{{end}}", "y"),
        ("a {{- .Count -}} b", "a3b"), ("{{/* words */}}{{.Count}}", "3"), ("{{\"{{\"}}", "{{"), ("{{`a\\b`}}", "a\\b"),
        ("{{ne .Count 4}} {{lt .Count 4}} {{le .Count 3}} {{ge .Count 4}}", "true true true false"),
        ("{{$.State.Pid}}{{.}}", "42" + Template.text(value)),
    ])
    func results(text: String, result: String) throws {
        #expect(try Template(text).render(Self.value) == result)
    }

    /// A mistake is told in words that name it.
    @Test(arguments: [
        ("{{range .Mounts}}{{.Source}}", "{{range}} has no {{end}}"), ("{{end}}", "{{end}} without"),
        ("{{if .A}}x{{else}}y{{else}}z{{end}}", "two {{else}}"), ("{{range .Id}}x{{end}}", "is neither"),
        ("{{range .Mounts}}{{.Nothing}}{{end}}", "there are Source, RW"), ("{{nothing .A}}", "is not a function"),
        ("{{.Count .Id}}", "is not a function"), ("{{(.Count}}", "not closed by ')'"), ("{{.Count)}}", "without '('"),
        ("{{eq .Count \"3\"}}", "cannot be compared"), ("{{$x}}", "no variable '$x'"), ("{{\"a}}", "not closed"),
        ("{{nil}}", "nil is not"), ("{{slice .Id 5 4}}", "outside"), ("{{if}}x{{end}}", "names no field"),
        ("{{range .Mounts}}x{{else range .Mounts}}y{{end}}", "{{else}}"), ("{{join .Config.Env}}", "join .List"),
        (String(repeating: "{{if .Id}}", count: 500), "nested too deep"),
        ("{{" + String(repeating: "(", count: 500) + "}}", "nested too deep"),
    ])
    func mistakes(text: String, words: String) {
        let error = #expect(throws: TemplateError.self) { _ = try Template(text).render(Self.value) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    /// Fields are known of lists without a row, too: those of the whole, not of what a block is about.
    @Test(arguments: [
        ("{{if .Nothing}}x{{end}}", true), ("{{range .ID}}{{.Anything}}{{end}}", false),
        ("{{len (upper .Nothing)}}", true),
        ("{{with .ID}}{{$.Nothing}}{{end}}", true), ("{{json .}}", false), ("{{if .ID}}{{.Names}}{{end}}", false),
    ])
    func emptyLists(text: String, isRefused: Bool) throws {
        let listing = Listing([.init("ID", "ID"), .init("Names", "NAMES")], rows: [])
        let format = try ListFormat(text)
        if isRefused {
            #expect(throws: TemplateError.self) { try listing.text(format, limit: nil) }
        } else {
            #expect(try listing.text(format, limit: nil) == "")
        }
    }

    /// What may give way first does; what is read first stays whole as long as it can.
    @Test func columns() {
        let table = ColumnTable(
            headings: ["ID", "NAME", "STATUS"], widths: [.whole, .cut, .cutLast],
            rows: [["0123456789ab", String(repeating: "n", count: 40), String(repeating: "s", count: 25)]])
        let lines = table.text(limit: 60).split(separator: "\n")
        #expect(lines[1].hasSuffix(String(repeating: "s", count: 25)) && lines.allSatisfy { $0.count <= 60 })
        #expect(table.text(limit: 40).split(separator: "\n").allSatisfy { $0.count <= 40 })
    }
}
