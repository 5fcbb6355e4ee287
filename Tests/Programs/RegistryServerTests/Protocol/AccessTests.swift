import Linux
import Testing

@testable import RegistryServer

/// Who may come in, and what is written of it.
struct AccessTests {
    /// `secret`, by `htpasswd -nbB -C 4`.
    private let hash = "$2y$04$A.CQhs7lvtG.fPD2/QFcD.ST1E4tPxfElqFyRPb4KWva0hgV/VjfC"

    @Test func passwordFiles() throws {
        let file = try PasswordFile(text: "# users\n\nana:\(hash)\r\n", path: "users")
        #expect(Array(file.hashes.keys) == ["ana"])
        #expect(file.holds("secret", of: "ana"))
        #expect(!file.holds("wrong", of: "ana"))
        #expect(!file.holds("secret", of: "nobody"))
        #expect(!file.holds("", of: "ana"))
        #expect(!file.holds("a\0b", of: "ana"))
    }

    @Test(arguments: [
        "ana", ":x", "ana:secret", "ana:$apr1$x$y", "ana:{SHA}x", "ana:$2y$99$" + String(repeating: "a", count: 53),
        "ana:$2y$05$short",
    ])
    func passwordFilesRefused(_ text: String) {
        #expect(throws: SystemError.self) { try PasswordFile(text: text, path: "users") }
    }

    @Test func passwordFilesWithOneUserTwice() {
        #expect(throws: SystemError.self) { try PasswordFile(text: "ana:\(hash)\nana:\(hash)\n", path: "users") }
    }

    /// What htpasswd writes is what crypt(3) finds right, once by bcrypt and then by memory; wrong ones wait longer each time.
    @Test(.enabled(if: Tools.exist("htpasswd"), "htpasswd (apache2-utils) is not installed"))
    func authentication() throws {
        let place = try Place()
        #expect(try place.shell("htpasswd -cbB -C 5 users ana 'se:cret ü'").status == 0)
        let authenticator = try PasswordAuthenticator(passwordFile: "\(place.path)/users")
        // ana:se:cret ü
        let right = "Basic YW5hOnNlOmNyZXQgw7w="
        #expect(authenticator.recall(right) == nil)
        #expect(authenticator.check(right) == .granted(user: "ana"))
        #expect(authenticator.recall(right) == "ana")
        #expect(authenticator.recall("basic YW5hOnNlOmNyZXQgw7w") == "ana")
        #expect(authenticator.check(nil) == .refused(delay: 0))
        var delays: [Int] = []
        for _ in 0..<4 {
            // ana:wrong
            if case .refused(let delay) = authenticator.check("Basic YW5hOndyb25n") { delays.append(delay) }
        }
        #expect(delays == [200, 400, 800, 1600])
        for header in ["", "Basic", "Basic !", "Basic YW5h", "Bearer YW5hOnNlOmNyZXQgw7w="] {
            guard case .refused = authenticator.check(header) else {
                Issue.record("'\(header)' was granted")
                continue
            }
        }
    }

    @Test func base64() {
        #expect(LooseBase64.decode("YTpi") == Array("a:b".utf8))
        #expect(LooseBase64.decode("YQ==") == [0x61])
        #expect(LooseBase64.decode("YWI") == Array("ab".utf8))
        #expect(LooseBase64.decode("") == [])
        for text in ["Y", "YQ==A", "Y Q=", "YQ===", "Ä"] { #expect(LooseBase64.decode(text) == nil, "\(text)") }
    }

    /// No request can end a line or a field of the log.
    @Test func logsEscape() {
        let request = RegistryRequest(
            method: "GET", target: "/v2/\"\n127.0.0.1 - - fake\u{1B}[2J",
            headers: ["user-agent": "a\"b\\c\r\n", "referer": "ü"], peer: "127.0.0.1")
        let entry = AccessEntry(request, user: "a b\n", status: 404, received: 1, sent: 2, seconds: 0.25, cause: "x\ny")
        let line = entry.combined
        #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value > 0x7E })
        #expect(
            line.contains(
                #""GET /v2/\x22\x0a127.0.0.1 - - fake\x1b[2J HTTP/1.1" 404 2 "\xc3\xbc" "a\x22b\x5cc\x0d\x0a" 0.250000"#
            ))
        #expect(line.hasPrefix(#"127.0.0.1 - a\x20b\x0a ["#) || line.hasPrefix(#"127.0.0.1 - a\x20b\x0a"#))
        #expect(!entry.json.contains("\n"))
        #expect(entry.json.contains(#""seconds":0.250000"#))
    }
}
