import Linux

/// What somebody may have meant who typed a word that there is not.
package enum NearWord {
    /// The one name that a slip of the finger makes of the word: letters swapped, left out, doubled or mistaken once, in a word long
    /// enough that it means something. Else the one name that the word begins with, or that begins with it: `--detached`, `--vol`.
    package static func guess(_ word: String, among names: [String]) -> String? {
        let near = guesses(word, among: names)
        if near.count == 1 { return near[0] }
        guard near.isEmpty, word.utf8.count > 4 else { return nil }
        let longer = Set(names).filter { $0.utf8.count > 4 && ($0.starts(word) || word.starts($0)) }
        return longer.count == 1 ? longer.first : nil
    }

    /// All such names; where letters of some are only swapped, those alone. Of three letters none is mistaken: they are swapped, or
    /// one is left out.
    package static func guesses(_ word: String, among names: [String]) -> [String] {
        let letters = Array(word.utf8)
        guard letters.count >= 3 else { return [] }
        let near = Set(names).filter { name in
            isSlip(letters, Array(name.utf8))
                && (letters.count > 3 || name.utf8.count > 3 || letters.sorted() == name.utf8.sorted())
        }
        let swapped = near.filter { $0.utf8.sorted() == letters.sorted() }
        return (swapped.isEmpty ? near : swapped).sorted()
    }

    private static func isSlip(_ word: [UInt8], _ name: [UInt8]) -> Bool {
        guard abs(word.count - name.count) <= 1, word != name else { return false }
        let start = zip(word, name).prefix { $0 == $1 }.count
        let (left, right) = (Array(word[start...]), Array(name[start...]))
        if left.count == right.count {
            if left.dropFirst() == right.dropFirst() { return true }
            return left.count >= 2 && left[0] == right[1] && left[1] == right[0]
                && left.dropFirst(2) == right.dropFirst(2)
        }
        return left.count > right.count ? Array(left.dropFirst()) == right : left == Array(right.dropFirst())
    }
}
