/// Who the user is to a registry.
package enum Credential: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// A name and a password or a personal token.
    case password(user: String, password: String)
    /// A refresh token (OAuth 2), which only a token server takes.
    case identityToken(String)

    /// Never the secret: a value ends up in logs before anybody thinks of it.
    package var description: String {
        switch self {
        case .password(let user, _): "user \(shown(user))"
        case .identityToken: "an identity token"
        }
    }

    package var debugDescription: String { description }

    /// What docker's and containers' files keep: Base64 of `user:password`.
    var encoded: String? {
        guard case .password(let user, let password) = self else { return nil }
        return Base64.encode(Array("\(user):\(password)".utf8))
    }

    /// Reads Base64 of `user:password`; nil where it is nothing of the kind.
    init?(encoded: String) {
        guard let bytes = Base64.decode(encoded), let text = String(validating: bytes, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        // Docker's own files end with a NUL here and there.
        let password = text[text.index(after: colon)...].filter { $0 != "\0" }
        self = .password(user: String(text[..<colon]), password: String(password))
    }
}

/// RFC 4648, 4.
enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                text.append(place <= group.count ? digits[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for anything but whole groups of four.
    static func decode(_ text: String) -> [UInt8]? {
        var characters = Array(text.utf8.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0x20 })
        guard characters.count.isMultiple(of: 4) else { return nil }
        let padding = characters.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        characters.removeLast(padding)
        var bytes: [UInt8] = []
        var bits = 0
        var count = 0
        for character in characters {
            guard let digit = digits.firstIndex(of: character) else { return nil }
            bits = (bits << 6 | digit) & 0xFF_FFFF
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(bits >> count & 0xFF))
            }
        }
        return bytes
    }
}
