import Content
import Glibc
import Linux
import OCI

/// The name of an upload: when it began, what hashes its bytes, and something random, signed for its repository. It is known without
/// a record of its own, and no other repository's client can write to it.
///
/// ```
/// <8 digits: seconds since 1970><1: algorithm><23: random>-<32: signature>        all hexadecimal
/// ```
struct UploadName: Sendable {
    private static let partLength = 32

    let key: [UInt8]
    /// Seconds for which an upload may stay empty.
    let lifetime: Int

    func make(_ repository: String, _ algorithm: Digest.Algorithm) -> String {
        let moment = String(UInt32(truncatingIfNeeded: time(nil)), radix: 16)
        let index = Digest.Algorithm.allCases.firstIndex(of: algorithm) ?? 0
        let body =
            String(repeating: "0", count: 8 - moment.utf8.count) + moment + String(index, radix: 16)
            + RandomName.make().prefix(Self.partLength - 9)
        return "\(body)-\(signature(body, repository))"
    }

    /// Whether it is an upload's of that repository, be it that it has ended.
    func isValid(_ id: String, _ repository: String) -> Bool {
        guard Self.isOne(id) else { return false }
        return ConstantTime.equal(
            Array(id.utf8.suffix(Self.partLength)),
            Array(signature(String(id.prefix(Self.partLength)), repository).utf8))
    }

    /// Whether an upload of which there is no file may still be written to: it is empty, and began not long ago.
    func isFresh(_ id: String) -> Bool {
        guard Self.isOne(id), let moment = Int(id.prefix(8), radix: 16) else { return false }
        return abs(time(nil) - moment) <= lifetime
    }

    static func isOne(_ id: String) -> Bool {
        let bytes = Array(id.utf8)
        return bytes.count == 2 * partLength + 1 && bytes[partLength] == UInt8(ascii: "-")
            && bytes.indices.allSatisfy { index in
                index == partLength || (0x30...0x39).contains(bytes[index]) || (0x61...0x66).contains(bytes[index])
            }
    }

    static func algorithm(of id: String) -> Digest.Algorithm {
        let index = id.dropFirst(8).first?.hexDigitValue ?? 0
        return Digest.Algorithm.allCases.indices.contains(index) ? Digest.Algorithm.allCases[index] : .sha256
    }

    private func signature(_ body: String, _ repository: String) -> String {
        var hasher = ContentHasher(.sha256)
        for part in [key, Array(body.utf8), Array(repository.utf8)] { part.withUnsafeBytes { hasher.update($0) } }
        return String(hasher.finish().hexadecimal.prefix(Self.partLength))
    }
}

/// Names of uploads that have ended, the last so many: an older one has most likely expired.
struct EndedNames {
    private static let greatestCount = 16_384

    private var names: Set<String> = []
    private var order: [String] = []
    private var next = 0

    func contains(_ name: String) -> Bool { names.contains(name) }

    mutating func insert(_ name: String) {
        guard names.insert(name).inserted else { return }
        guard order.count == Self.greatestCount else {
            order.append(name)
            return
        }
        names.remove(order[next])
        order[next] = name
        next = (next + 1) % Self.greatestCount
    }
}
