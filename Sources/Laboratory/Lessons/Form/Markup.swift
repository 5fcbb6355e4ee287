/// The texts of lessons in pieces: plain words, `code`, and *terms* of the glossary.
package enum Markup: Equatable, Sendable {
    case plain(String)
    case code(String)
    case term(String)

    package static func pieces(of text: String) -> [Markup] {
        var pieces: [Markup] = []
        var rest = text[...]
        while let start = rest.firstIndex(where: { $0 == "`" || $0 == "*" }) {
            let mark = rest[start]
            let after = rest.index(after: start)
            guard let end = rest[after...].firstIndex(of: mark) else { break }
            if start > rest.startIndex { pieces.append(.plain(String(rest[..<start]))) }
            let inner = String(rest[after..<end])
            pieces.append(mark == "`" ? .code(inner) : .term(inner))
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { pieces.append(.plain(String(rest))) }
        return pieces
    }

    /// The terms that a text uses.
    package static func terms(in text: String) -> [String] {
        pieces(of: text).compactMap { if case .term(let term) = $0 { term } else { nil } }
    }

    /// The text for a terminal without styles: code keeps its backticks, terms lose their asterisks.
    package static func plain(_ text: String) -> String {
        pieces(of: text).map { piece in
            switch piece {
            case .plain(let words), .term(let words): words
            case .code(let words): "`\(words)`"
            }
        }.joined()
    }
}
