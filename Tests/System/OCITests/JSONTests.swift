import Foundation
import Testing

@testable import OCI

/// One member of every kind, to read and to write.
private struct Sample: JSONObject, Equatable {
    var text = ""
    var number: Int64 = 0
    var natural: UInt64?
    var flag = false
    var list: [String] = []
    var map: [String: UInt16] = [:]

    static var blank: Sample { Sample() }

    mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("text", &text)
        try members.required("number", &number)
        try members.optional("natural", &natural)
        try members.defaulted("flag", &flag)
        try members.defaulted("list", &list)
        try members.defaulted("map", &map)
    }
}

private func read(_ json: some Sequence<UInt8>) throws(ConfigurationError) -> Sample {
    try JSONDocument.read(Sample.self, from: json, document: "sample")
}

@Suite struct JSONReaderTests {
    @Test(arguments: [
        (#"{"text":"a","number":1}"#, Sample(text: "a", number: 1)),
        (" \t\r\n{ \"number\" : -0 , \"text\" : \"\" } \n", Sample(text: "", number: 0)),
        (
            #"{"text": "\"\\\/\b\f\n\r\tA\u00e9\u20AC\ud83d\uDE00é€😀", "number": -9223372036854775808}"#,
            Sample(text: "\"\\/\u{8}\u{C}\n\r\tAé€😀é€😀", number: .min)
        ),
        (
            #"{"number": 9223372036854775807, "text": "", "natural": 18446744073709551615, "flag": true}"#,
            Sample(text: "", number: .max, natural: .max, flag: true)
        ),
        (
            #"{"text": "", "number": 0, "natural": null, "flag": null, "list": null, "map": null}"#,
            Sample(text: "", number: 0)
        ),
        (
            #"{"text": "", "number": 0, "list": ["a", ""], "map": {"": 1, "k": 65535}}"#,
            Sample(text: "", number: 0, list: ["a", ""], map: ["": 1, "k": 65535])
        ),
        // A name may be written with escapes; members nobody knows may be anything.
        (
            #"{"te\u0078t": "a", "number": 1, "x": [{"y": [null, true, false, -1.5e+3, 0.0, 1E9, "\u0000"]}, {}, []]}"#,
            Sample(text: "a", number: 1)
        ),
    ])
    fileprivate func readsWhatTheStandardAllows(json: String, sample: Sample) throws {
        #expect(try read(json.utf8) == sample)
        // Foundation agrees that it is JSON.
        #expect(throws: Never.self) { _ = try JSONSerialization.jsonObject(with: Data(json.utf8)) }
    }

    /// Values that do not fit are named by their path.
    @Test(arguments: [
        (#"{}"#, "sample: text: is missing"), (#"{"text": ""}"#, "sample: number: is missing"),
        ("[]", "sample: expected an object, found an array"), ("null", "sample: expected an object, found null"),
        (#"{"text": null}"#, "sample: text: expected a string, found null"),
        (#"{"text": {}}"#, "sample: text: expected a string, found an object"),
        (#"{"number": true}"#, "sample: number: expected a whole number, found a truth value"),
        (#"{"number": "1"}"#, "sample: number: expected a whole number, found a string"),
        (#"{"number": 1.0}"#, "sample: number: expected a whole number, found 1.0"),
        (#"{"number": 1e3}"#, "sample: number: expected a whole number, found 1e3"),
        (
            #"{"number": 9223372036854775808}"#,
            "sample: number: the number 9223372036854775808 is out of range (-9223372036854775808 to "
                + "9223372036854775807)"
        ),
        (
            #"{"number": -9223372036854775809}"#,
            "sample: number: the number -9223372036854775809 is out of range (-9223372036854775808 to "
                + "9223372036854775807)"
        ),
        (
            #"{"natural": 18446744073709551616}"#,
            "sample: natural: the number 18446744073709551616 is out of range (0 to 18446744073709551615)"
        ),
        (#"{"natural": -1}"#, "sample: natural: the number -1 is out of range (0 to 18446744073709551615)"),
        (#"{"flag": 1}"#, "sample: flag: expected true or false, found a number"),
        (#"{"list": {}}"#, "sample: list: expected an array, found an object"),
        (#"{"list": ["a", null]}"#, "sample: list[1]: expected a string, found null"),
        (#"{"map": []}"#, "sample: map: expected an object, found an array"),
        (#"{"map": {"k": 65536}}"#, "sample: map.k: the number 65536 is out of range (0 to 65535)"),
        (#"{"text": "a", "text": "a"}"#, "sample: text: is given twice"),
        (#"{"natural": null, "natural": 1}"#, "sample: natural: is given twice"),
        (#"{"map": {"k": 1, "k": 1}}"#, "sample: map.k: is given twice"),
        (#"{"text": "a\u0000b"}"#, "sample: text: contains a NUL, which no system call can take"),
        (#"{"map": {"\u0000": 1}}"#, "sample: map: contains a NUL, which no system call can take"),
    ])
    func misfitsAreNamed(json: String, message: String) throws {
        let error = try #require(throws: ConfigurationError.self) { _ = try read(json.utf8) }
        #expect(error.description == message)
    }

    /// Text that is not JSON is shown where it breaks off, in members nobody knows as well. Foundation refuses it, too.
    @Test(arguments: [
        ("", 1, 1, "ends too early"), ("{", 1, 2, "ends too early"), ("{]", 1, 2, "expected the name of a member"),
        (#"{"text": "#, 1, 10, "ends too early"), (#"{"text" 1}"#, 1, 9, "expected a colon"),
        (#"{"text": "a" "b"}"#, 1, 14, "expected a comma"), (#"{"x": 1,}"#, 1, 9, "a comma before the closing bracket"),
        ("{\n  \"x\": [1,,2]}", 2, 11, "no value can begin"), ("{\n\n\"x\": [1", 3, 8, "ends too early"),
        (#"{"x": tru}"#, 1, 7, "no value can begin"), (#"{"x": nul"#, 1, 7, "no value can begin"),
        (#"{"x": 01}"#, 1, 8, "a leading zero"), (#"{"x": -}"#, 1, 8, "no value can begin"),
        (#"{"x": +1}"#, 1, 7, "no value can begin"), (#"{"x": .5}"#, 1, 7, "no value can begin"),
        (#"{"x": 1.}"#, 1, 9, "a number without digits"), (#"{"x": 1e}"#, 1, 9, "a number without digits"),
        (#"{"x": 1e+}"#, 1, 10, "a number without digits"), (#"{"x": NaN}"#, 1, 7, "no value can begin"),
        (#"{"x": "abc"#, 1, 11, "ends in a string"), (#"{"x": "a\"#, 1, 10, "ends in a string"),
        ("{\"x\": \"a\tb\"}", 1, 9, "a control character"), ("{\"x\": \"\\n\tb\"}", 1, 10, "a control character"),
        (#"{"x": "\x41"}"#, 1, 8, "an unknown escape"), (#"{"x": "\u12g4"}"#, 1, 12, "four hexadecimal digits"),
        (#"{"x": "\ud83d"}"#, 1, 8, "half a surrogate pair"), (#"{"x": "\udE00"}"#, 1, 8, "half a surrogate pair"),
        (#"{"x": "\ud83d\u0041"}"#, 1, 8, "half a surrogate pair"),
        (#"{"text": "", "number": 0} x"#, 1, 27, "data after the end of the document"),
        ("// a\n{}", 1, 1, "no value can begin"),
        ("\u{FEFF}{}", 1, 1, "no value can begin"), (#"{'x': 1}"#, 1, 2, "expected the name of a member"),
        (#"{"text": "", "number": 0}{}"#, 1, 26, "data after the end of the document"),
    ])
    func otherTextIsShownWhereItBreaksOff(text: String, line: Int, column: Int, problem: String) throws {
        let error = try #require(throws: ConfigurationError.self) { _ = try read(text.utf8) }
        #expect(error.path == "")
        #expect(error.problem.hasPrefix("is not valid JSON at line \(line), column \(column): "), "\(error)")
        #expect(error.problem.contains(problem), "\(error)")
        // Which steps over a byte order mark, and forgives the comma.
        guard !text.hasPrefix("\u{FEFF}"), !problem.hasPrefix("a comma") else { return }
        #expect(throws: (any Error).self) { _ = try JSONSerialization.jsonObject(with: Data(text.utf8)) }
    }

    /// Bytes that are not UTF-8 are refused wherever they stand in a string (overlong forms, surrogates, half characters).
    @Test(
        arguments: [
            [0xFF], [0x80], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3],
            [0xE2, 0x82],
        ] as [[UInt8]])
    func stringsAreUTF8(bytes: [UInt8]) throws {
        for (before, after) in [(#"{"x": "a"#, #"b"}"#), (#"{"x": "\n"#, #"\n"}"#), (#"{""#, #"": 1}"#)] {
            let error = try #require(throws: ConfigurationError.self) {
                _ = try read(Array(before.utf8) + bytes + Array(after.utf8))
            }
            #expect(error.problem.hasSuffix("a string that is not UTF-8"), "\(error)")
        }
    }

    /// Neither depth nor size can exhaust the program.
    @Test func greatDocumentsAreRefused() throws {
        func nested(_ depth: Int) -> String {
            #"{"text": "", "number": 0, "x": "# + String(repeating: "[", count: depth)
                + String(repeating: "]", count: depth) + "}"
        }
        #expect(throws: Never.self) { _ = try read(nested(JSONReader.greatestDepth - 1).utf8) }
        let deep = try #require(throws: ConfigurationError.self) { _ = try read(nested(100_000).utf8) }
        #expect(deep.problem.hasSuffix("nested deeper than 128"))

        let filler = Array(repeating: UInt8(ascii: " "), count: JSONDocument.greatestSize)
        let great = try #require(throws: ConfigurationError.self) {
            _ = try read(Array(#"{"text": "", "number": 0}"#.utf8) + filler)
        }
        #expect(great.description == "sample: is greater than 16 MiB")
    }

    /// Any sequence of bytes is read, not only those that lie in one piece.
    @Test func readsFromAnySequence() throws {
        let json = #"{"text": "a", "number": 7}"#
        #expect(try read(json.utf8.map { $0 }.lazy.map { $0 }) == Sample(text: "a", number: 7))
    }
}

@Suite struct JSONWriterTests {
    @Test func writesWhatFoundationReads() throws {
        let sample = Sample(
            text: "\u{1}\u{1F}\u{7F}\"\\/\n\r\té€😀", number: .min, natural: .max, flag: true, list: ["a", "}", "{"],
            map: ["b": 1, "a": 2])
        for indented in [false, true] {
            let bytes = JSONDocument.write(sample, indented: indented)
            #expect(try read(bytes) == sample)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
            #expect(object["text"] as? String == sample.text)
            #expect((object["natural"] as? NSNumber)?.uint64Value == .max)
        }
    }

    /// What steers a terminal is escaped, nothing else is; what is read is what was written.
    @Test func escapesWhatSteers() throws {
        let steering: [(String, String)] = [
            ("\u{1B}", "\\u001b"), ("\u{7F}", "\\u007f"), ("\u{9B}", "\\u009b"), ("\u{61C}", "\\u061c"),
            ("\u{200F}", "\\u200f"),
            ("\u{2028}", "\\u2028"), ("\u{202E}", "\\u202e"), ("\u{2066}", "\\u2066"),
        ]
        for (text, escaped) in steering {
            let value = JSONTree.text("a\(text)é\(text)")
            #expect(String(decoding: value.json(), as: UTF8.self) == "\"a\(escaped)é\(escaped)\"")
            #expect(try JSONTree(json: value.json(), document: "text") == value)
        }
        let plain = "é\u{A0}\u{61B}\u{200D}\u{2030}\u{206A}👩‍👩‍👧中文"
        #expect(String(decoding: JSONTree.text(plain).json(), as: UTF8.self) == "\"\(plain)\"")
    }

    @Test func isReadableByPeople() {
        let sample = Sample(text: "a", number: -1, list: ["x", "y"], map: ["b": 1, "a": 2])
        #expect(
            String(decoding: JSONDocument.write(sample, indented: true), as: UTF8.self) == """
                {
                  "text": "a",
                  "number": -1,
                  "list": [
                    "x",
                    "y"
                  ],
                  "map": {
                    "a": 2,
                    "b": 1
                  }
                }
                """)
        #expect(
            String(decoding: JSONDocument.write([[String]](), indented: true), as: UTF8.self) == "[]")
        #expect(
            String(decoding: JSONDocument.write(sample, indented: false), as: UTF8.self)
                == #"{"text":"a","number":-1,"list":["x","y"],"map":{"a":2,"b":1}}"#)
    }
}
