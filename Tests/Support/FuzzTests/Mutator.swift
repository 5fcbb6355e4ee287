/// Hostile inputs, each from a seed and a number alone: the same two give the same bytes, whatever was tried before.
struct Mutator {
    /// Honest and once hostile inputs of a kind, to begin with.
    let corpus: [[UInt8]]
    /// Words of such inputs, and numbers at the ends of their ranges.
    let words: [[UInt8]]
    let greatestSize: Int

    /// - Parameter dictionary: libFuzzer's, a quoted word a line (its documentation, "Dictionaries").
    init(corpus: [[UInt8]], dictionary: String, greatestSize: Int) {
        self.corpus = corpus
        self.greatestSize = greatestSize
        words = dictionary.split(separator: "\n").compactMap(Self.word) + Self.extremes.map { Array($0.utf8) }
    }

    private static let extremes = [
        "9223372036854775807", "9223372036854775806", "9223372036854775808", "-9223372036854775808",
        "18446744073709551615", "18446744073709551616", "99999999999999999999999999", "4294967296", "2147483648", "-1",
        "0", "1e308", "-1e308", "1e-324", "nan", "inf", "-0", "0x7fffffffffffffff", "777777777777",
    ]

    func input(seed: UInt64, number: UInt64) -> [UInt8] {
        var random = SplitMix(state: seed &* 0x9e37_79b9_7f4a_7c15 ^ number &* 0xd134_2543_de82_ef95)
        var bytes = corpus.isEmpty ? [] : random.pick(corpus)
        for _ in 0...random.below(6) { change(&bytes, &random) }
        return Array(bytes.prefix(greatestSize))
    }

    private func change(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        let place = random.below(bytes.count + 1)
        let length = min(bytes.count - place, 1 + random.below(random.below(8) == 0 ? 600 : 12))
        switch random.below(12) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(random.below(8))
        case 1 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 2: bytes.removeSubrange(place..<place + length)
        case 3: bytes.insert(contentsOf: random.pick(words), at: place)
        case 4: bytes.replaceSubrange(place..<place + length, with: random.pick(words))
        case 5, 6: changeNumber(&bytes, &random, from: place)
        case 7: bytes.insert(contentsOf: bytes[place..<place + length], at: random.below(bytes.count + 1))
        // The same thing within or behind itself, very often: brackets, records, headers.
        case 8:
            let piece = Array(bytes[place..<place + length])
            for _ in 0..<min(greatestSize / max(1, piece.count), 1 << random.below(13)) {
                bytes.insert(contentsOf: piece, at: place)
            }
        case 9: bytes.removeSubrange(place...)
        case 10: changeBlocks(&bytes, &random)
        default:
            let other = random.pick(corpus)
            let from = random.below(other.count + 1)
            bytes.replaceSubrange(place..<place + length, with: other[from...].prefix(1 + random.below(600)))
        }
    }

    /// Puts another number, at the end of some range, in the place of the next.
    private func changeNumber(_ bytes: inout [UInt8], _ random: inout SplitMix, from place: Int) {
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: Array(random.pick(Self.extremes).utf8))
    }

    /// Takes away, doubles or exchanges blocks of 512, as archives have them.
    private func changeBlocks(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        let count = bytes.count / 512
        guard count > 1 else { return }
        let (one, other) = (random.below(count) * 512, random.below(count) * 512)
        let block = Array(bytes[one..<one + 512])
        switch random.below(3) {
        case 0: bytes.removeSubrange(one..<one + 512)
        case 1: bytes.insert(contentsOf: block, at: other)
        default:
            bytes.replaceSubrange(one..<one + 512, with: bytes[other..<other + 512])
            bytes.replaceSubrange(other..<other + 512, with: block)
        }
    }

    /// A dictionary's word: what stands between its quotation marks, `\xNN`, `\\` and `\"` undone.
    static func word(_ line: Substring) -> [UInt8]? {
        let line = Array(line.utf8)
        guard let open = line.firstIndex(of: 0x22), let close = line.lastIndex(of: 0x22), open < close, line[0] != 0x23
        else { return nil }
        var word: [UInt8] = []
        var rest = line[(open + 1)..<close]
        while let byte = rest.popFirst() {
            guard byte == 0x5C, let next = rest.popFirst() else {
                word.append(byte)
                continue
            }
            if next == 0x78, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
                word.append(value)
                rest = rest.dropFirst(2)
            } else {
                word.append(next)
            }
        }
        return word
    }
}

/// Numbers from a seed (splitmix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    mutating func below(_ bound: Int) -> Int { bound < 2 ? 0 : Int(next() % UInt64(bound)) }
    mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }
}
