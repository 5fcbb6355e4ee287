import OCI
import Testing

@testable import Presentation

/// Templates with names, ranges that are left, and literals: the results are those of Go 1.24 (`docker context ls --format`).
@Suite struct TemplateLanguageTests {
    static let value = JSONTree.object([
        .init("Name", .text("default")), .init("Count", .number(3)),
        .init(
            "Config",
            .object([
                .init("Labels", .object([])), .init("Cmd", .list([])),
                .init("ExposedPorts", .object([.init("80/tcp", .object([])), .init("443/tcp", .object([]))])),
            ])),
    ])

    @Test(arguments: [
        (#"{{define "x"}}<{{.}}>{{end}}{{template "x" .Name}}"#, "<default>"),
        (#"{{template "x" .}}{{define "x"}}{{$x := .Name}}{{$x}}|{{$.Count}}{{end}}"#, "default|3"),
        (#"{{block "y" .Name}}({{.}}){{end}}{{template "y" 1}}"#, "(default)(1)"),
        (#"{{define "x"}}[{{.}}]{{end}}{{template "x"}}"#, "[<no value>]"),
        (
            #"{{define "q"}}{{range split . ","}}{{.}}{{break}}{{end}}{{end}}{{range split "a;b" ";"}}{{template "q" .}}{{end}}"#,
            "ab"
        ),
        (#"{{range $i, $e := split "a b c" " "}}{{if eq $e "b"}}{{continue}}{{end}}{{$e}}{{end}}"#, "ac"),
        (#"{{range $i, $e := split "a b c" " "}}{{if eq $e "b"}}{{break}}{{end}}{{$e}}{{end}}|"#, "a|"),
        (
            #"{{range $i := split "a,b" ","}}{{range split "1,2" ","}}{{with .}}{{if eq . "2"}}{{break}}{{end}}{{$i}}{{.}}{{end}}{{end}}{{end}}"#,
            "a1b1"
        ),
        ("{{range 3}}{{.}}{{end}} {{range $i := .Count}}{{$i}}{{end}}", "012 012"),
        (
            "{{1.0}} {{1e3}} {{0x1f}} {{017}} {{0b11}} {{1_000}} {{0o7}} {{1e30}} {{.5}} {{0x1p4}}",
            "1 1000 31 15 3 1000 7 1e+30 0.5 16"
        ),
        ("{{print +5 -0x10 -1.5}} {{-3}} {{3 -}} x", "5 -16 -1.5 -3 3x"),
        ("{{println 1234567.5}}{{println 0.00001}}{{println 100000.0}}", "1.2345675e+06\n1e-05\n100000\n"),
        (#"{{pad "x" 2 1}}|{{pad "" 2 1}}|"#, "  x ||"),
        (#"{{or "a" (index (split "a" ",") 9)}}{{and "" (index (split "a" ",") 9)}}"#, "a"),
        ("{{.Config.Labels}} {{.Config.Cmd}} {{.Config.ExposedPorts}}", "map[] [] map[443/tcp:{} 80/tcp:{}]"),
        ("{{-\n.Name\n-}} x", "defaultx"),
    ])
    func results(text: String, result: String) throws {
        #expect(try Template(text).render(Self.value) == result)
    }

    /// What does not fit its verb is marked in the text, as Go marks it.
    @Test(arguments: [
        (#"{{printf "%5.2f|%-8.1f|%+f|%08.2f" 3.14159 2.0 1.0 -2.5}}"#, " 3.14|2.0     |+1.000000|-0002.50"),
        (#"{{printf "%d" "x"}}"#, "%!d(string=x)"), (#"{{printf "%s %s" 1 true}}"#, "%!s(int=1) %!s(bool=true)"),
        (#"{{printf "%s|%d" 1.5 1.5}}"#, "%!s(float64=1.5)|%!d(float64=1.5)"),
        (#"{{printf "%s"}}"#, "%!s(MISSING)"), (#"{{printf "%d" 1 2 "a"}}"#, "1%!(EXTRA int=2, string=a)"),
        (#"{{printf "a%"}}"#, "a%!(NOVERB)"), (#"{{printf "%z" 1}}"#, "%!z(int=1)"),
        (#"{{printf "%v %s %d" nil nil nil}}"#, "<nil> %!s(<nil>) %!d(<nil>)"),
        (#"{{printf "%[2]d %[1]d" 1 2}}"#, "2 1"), (#"{{printf "%[3]d" 1 2}}"#, "%!d(BADINDEX)"),
        (#"{{printf "%.[2]*[1]f" 3.14159 2}}"#, "3.14"), (#"{{printf "%*d|" "a" 3}}"#, "%!(BADWIDTH)3|"),
        (#"{{printf "%.*f" "a" 3.0}}"#, "%!(BADPREC)3.000000"),
        (#"{{printf "%s %d" (split "a b" " ") (split "a b" " ")}}"#, "[a b] [%!d(string=a) %!d(string=b)]"),
        (#"{{printf "%q %+q %#q %q" "a\"\u00fc\a" "\u00fc" "a" 65}}"#, "\"a\\\"\u{FC}\\a\" \"\\u00fc\" `a` 'A'"),
        (#"{{printf "% x|%#x|%# x|%x" "hi" "hi" "hi" -255}}"#, "68 69|0x6869|0x68 0x69|-ff"),
        (#"{{printf "%05s|%06q|%05t|%05c" "ab" "a" true 65}}"#, "000ab|000\"a\"|0true|0000A"),
        (#"{{printf "%+.3d|%8.3d|%O|%#o|%#b|%#U" 5 6 8 8 5 65}}"#, "+005|     006|0o10|010|0b101|U+0041 'A'"),
        (#"{{printf "%T %T %#v %+v" 1.0 (split "a b" " ") "a" 1.5}}"#, "float64 []string \"a\" 1.5"),
        (#"{{printf "%6d|%-6s|" "abc" 4}}"#, "%!d(string=   abc)|%!s(int=4     )|"),
        (#"{{printf "%.3g %.10g %#g %G" 1234.0 100000000.0 1.0 1e-9}}"#, "1.23e+03 100000000 1.00000 1E-09"),
        (#"{{printf "%x" true}}"#, "%!x(bool=true)"),
    ])
    func formats(text: String, result: String) throws {
        #expect(try Template(text).render(Self.value) == result)
    }

    /// What Go refuses, and what is not there, is refused in words: when the template is read, though no row should come.
    @Test(arguments: [
        ("{{break}}", "outside of {{range}}"), ("{{if .Name}}{{continue}}{{end}}", "outside of {{range}}"),
        (#"{{range .Name}}{{else}}{{break}}{{end}}"#, "outside of {{range}}"),
        (#"{{range 2}}{{template "q"}}{{end}}{{define "q"}}{{break}}{{end}}"#, "outside of {{range}}"),
        (#"{{template "none"}}"#, #"there is no template "none""#), ("{{template x}}", "quotation marks"),
        (#"{{define "x"}}a{{end}}{{define "x"}}b{{end}}"#, "defined twice"),
        (#"{{block "a"}}x{{end}}"#, "{{block}} takes"),
        (#"{{if true}}{{define "q"}}{{end}}{{end}}"#, "inside another block"),
        (#"{{define "q" .}}{{end}}"#, "a name alone"),
        (#"{{define "q"}}x"#, "{{define}} has no {{end}}"), (#"{{define "q"}}{{else}}{{end}}"#, "takes no {{else}}"),
        ("{{$x}}", "no variable '$x'"), ("{{if true}}{{$x := 1}}{{end}}{{$x}}", "no variable '$x'"),
        (#"{{$x := 1}}{{define "q"}}{{$x}}{{end}}"#, "no variable '$x'"), ("{{$x = 1}}", "no variable '$x'"),
        ("{{1i}}", "imaginary"), ("{{0b2}}", "'0b2' is not a number"), ("{{3a}}", "'3a' is not a number"),
        ("{{1.2.3}}", "'1.2.3' is not a number"), ("{{1e400}}", "is not a number"),
        ("{{99999999999999999999}}", "too large"),
    ])
    func refusedWhenRead(text: String, words: String) {
        let error = #expect(throws: TemplateError.self) { _ = try Template(text) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        (#"{{define "r"}}{{template "r"}}{{end}}{{template "r"}}"#, "nested too deep"),
        ("{{range 10000000}}{{end}}", "1000000"), ("{{range $i, $e := 2}}{{end}}", "is neither"),
        (#"{{printf "%p" .Config}}"#, "'%p' is not supported"), (#"{{printf "%x" 1.5}}"#, "not supported"),
    ])
    func refusedWhenFilledIn(text: String, words: String) {
        let error = #expect(throws: TemplateError.self) { _ = try Template(text).render(Self.value) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    /// A field that is not there is found in what a template passes its value to, too.
    @Test(arguments: [
        (#"{{define "x"}}{{.Nothing}}{{end}}{{template "x" .}}"#, true),
        (#"{{define "x"}}{{.Nothing}}{{end}}{{range .ID}}{{template "x" $}}{{end}}"#, true),
        (#"{{define "x"}}{{.Nothing}}{{end}}{{template "x" .ID}}"#, false),
        (#"{{define "x"}}{{template "x" .}}{{.ID}}{{end}}{{template "x" .}}"#, false),
    ])
    func fieldsOfEmptyLists(text: String, isRefused: Bool) throws {
        let listing = Listing([.init("ID", "ID")], rows: [])
        let format = try ListFormat(text)
        if isRefused {
            #expect(throws: TemplateError.self) { try listing.text(format, limit: nil) }
        } else {
            #expect(try listing.text(format, limit: nil) == "")
        }
    }
}
