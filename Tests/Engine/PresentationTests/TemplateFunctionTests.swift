import OCI
import Testing

@testable import Presentation

/// Functions and texts of templates as Go's text/template has them, its results for the same.
@Suite struct TemplateFunctionTests {
    static let value = JSONTree.object([
        .init("Id", .text("0123456789abcdef")), .init("Count", .number(26)), .init("Less", .number(-5)),
        .init("Share", JSONTree.number("0.5")), .init("Words", .text("<a href='x'>&\"")),
        .init("Blank", .text("a b/c?ü~")),
        .init("On", .bool(true)), .init("Label", .object([.init("a", .text("1")), .init("b.c", .text("2"))])),
    ])

    @Test(arguments: [
        (#"{{printf "%.5s" .Id}}"#, "01234"), (#"{{printf "%8.3s|" .Id}}"#, "     012|"),
        (#"{{printf "%x %X %#x" .Count .Count .Count}}"#, "1a 1A 0x1a"), (#"{{printf "%x" "hi"}}"#, "6869"),
        (#"{{printf "%05d|%-5d|%+d|% d" .Count .Count .Count .Count}}"#, "00026|26   |+26| 26"),
        (#"{{printf "%05d" .Less}}"#, "-0005"), (#"{{printf "%o %b %c %U" .Count .Count 65 65}}"#, "32 11010 A U+0041"),
        (#"{{printf "%f %.2f %8.1f %e" .Share .Share .Share .Share}}"#, "0.500000 0.50      0.5 5.000000e-01"),
        (#"{{printf "%g %g" .Share .Count}}"#, "0.5 %!g(int=26)"),
        (#"{{printf "%T %T %T" .Id .Count .On}}"#, "string int bool"),
        (#"{{printf "%*d" 5 .Count}}"#, "   26"), (#"{{printf "%t %v %%" .On .On}}"#, "true true %"),
        (#"{{print "raw" 1 2}}"#, "raw1 2"), (#"{{print 1 2 "raw" "x"}}"#, "1 2rawx"),
        (#"{{print .Count .On}}"#, "26 true"),
        (#"{{println "raw" 1}}"#, "raw 1\n"),
        ("{{html .Words}}", "&lt;a href=&#39;x&#39;&gt;&amp;&#34;"),
        ("{{js .Words}}", #"\u003Ca href\u003D\'x\'\u003E\u0026\""#), ("{{urlquery .Blank}}", "a+b%2Fc%3F%C3%BC~"),
        (#"{{"\x41\u00fc\101\a" | printf "%q"}}"#, "\"A\u{FC}A\\a\""), (#"{{"\xc3\xbc"}}"#, "\u{FC}"),
        ("{{'a'}} {{'\\n'}} {{printf \"%c\" 'x'}}", "97 10 x"),
        (#"{{.Label "a"}}|{{.Label "b.c"}}|{{.Label "none"}}"#, "1|2|"), (#"{{if .Label "a"}}yes{{end}}"#, "yes"),
    ])
    func results(text: String, result: String) throws {
        #expect(try Template(text).render(Self.value) == result)
    }

    @Test(arguments: [
        (#"{{"\q"}}"#, "not an escape"), (#"{{"\x4"}}"#, "not an escape"), (#"{{"\ud800"}}"#, "not an escape"),
        ("{{'ab'}}", "one character"), ("{{''}}", "one character"), (#"{{printf "%#v" .Label}}"#, "single values"),
        (#"{{printf "%9999d" 1}}"#, "too much"), (#"{{printf "%.9999f" 1}}"#, "too much"),
        (#"{{printf 3}}"#, "takes a text first"),
        (#"{{pad .Id 1 2000}}"#, "0 to 1000"), (#"{{.Label "a" "b"}}"#, "is not a function"),
    ])
    func mistakes(text: String, words: String) {
        let error = #expect(throws: TemplateError.self) { _ = try Template(text).render(Self.value) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    /// A map that templates alone reach is not in what programs read, nor a field too many in tables.
    @Test func hiddenFields() throws {
        let listing = Listing(
            [.init("ID", "ID")], hidden: ["Label"],
            rows: [.object([.init("ID", .text("x")), .init("Label", .object([.init("a", .text("1"))]))])])
        #expect(try listing.text(.json, limit: nil) == "{\"ID\":\"x\"}\n")
        #expect(try listing.text(ListFormat(#"{{.ID}} {{.Label "a"}}"#), limit: nil) == "x 1\n")
        #expect(try listing.text(ListFormat(#"table {{.ID}}\t{{.Label "a"}}"#), limit: nil) == "ID\nx   1\n")
        let none = Listing([.init("ID", "ID")], hidden: ["Label"], rows: [])
        #expect(try none.text(ListFormat(#"{{.Label "a"}}"#), limit: nil) == "")
        #expect(try ListFormat("{{.ID}} {{len .Size}}").asks(for: "Size"))
        #expect(try !ListFormat("table").asks(for: "ID") && !ListFormat("{{.ID}}").asks(for: "Size"))
    }
}
