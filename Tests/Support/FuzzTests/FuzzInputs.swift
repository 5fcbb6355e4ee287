import FuzzSupport
import Glibc
import Linux
import TestSupport

/// Everything that is tried of a kind: the corpus as it is, then changed ones of it, every eighth of a shape.
struct FuzzInputs {
    let kind: FuzzKind
    private let mutator: Mutator

    init(_ kind: FuzzKind) throws {
        self.kind = kind
        let size =
            switch kind {
            case .layer, .run: 24576
            default: 8192
            }
        mutator = Mutator(
            corpus: try Self.corpus(kind.name).map(\.bytes),
            dictionary: try SystemFile.read(Self.directory + "/dictionary.txt"), greatestSize: size)
    }

    func input(seed: UInt64, number: UInt64) -> [UInt8] {
        if number < mutator.corpus.count { return mutator.corpus[Int(number)] }
        return number % 8 == 7
            ? Shapes.input(kind, seed: seed, number: number) : mutator.input(seed: seed, number: number)
    }

    /// `Tests/Fuzz`.
    private static let directory = Repository.path("Tests/Fuzz")

    /// The seeds of a kind, by name.
    static func corpus(_ name: String) throws -> [(name: String, bytes: [UInt8])] {
        let folder = "\(directory)/Corpus/\(name)"
        return try SystemFile.names(in: folder).map { ($0, try SystemFile.bytes(of: "\(folder)/\($0)")) }
    }
}

/// How far a process has come, in memory that outlives it.
final class FuzzProgress {
    private let words: UnsafeMutablePointer<UInt64>
    private static let count = 4

    init(_ path: String) throws(SystemError) {
        let file = try OwnedDescriptor(opening: path, O_RDWR | O_CREAT, mode: 0o600)
        let size = Self.count * MemoryLayout<UInt64>.stride
        if ftruncate(file.number, off_t(size)) != 0 { throw SystemError("ftruncate", path) }
        guard let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0), memory != MAP_FAILED
        else { throw SystemError("mmap", path) }
        words = memory.bindMemory(to: UInt64.self, capacity: Self.count)
    }

    deinit { munmap(words, Self.count * MemoryLayout<UInt64>.stride) }

    func begin(seed: UInt64, number: UInt64) {
        words[0] = seed
        words[1] = number
        words[2] += 1
    }

    func end() { words[3] = 1 }

    /// The input tried last.
    var last: (seed: UInt64, number: UInt64) { (words[0], words[1]) }
    var count: UInt64 { words[2] }
    var isDone: Bool { words[3] == 1 }
}
