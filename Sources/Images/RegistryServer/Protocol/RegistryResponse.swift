import Glibc
package import Linux
import OCI

/// What the registry answers.
package struct RegistryResponse: Sendable {
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        case file(FilePart)
    }

    package var status: Int
    /// In the order in which they are sent; the same name may come several times.
    package var headers: [(name: String, value: String)]
    package var body: Body
    /// Of the body as GET would give it, also where HEAD has none.
    package var contentLength: Int64
    /// Why it failed, for the operator alone.
    package var cause: String?

    init(_ status: Int, _ headers: [(name: String, value: String)] = []) {
        self.status = status
        self.headers = headers
        body = .none
        contentLength = 0
    }

    init(
        _ status: Int, json: [UInt8], type: String = "application/json", _ headers: [(name: String, value: String)] = []
    ) {
        self.status = status
        self.headers = [("Content-Type", type)] + headers
        body = .bytes(json)
        contentLength = Int64(json.count)
    }

    /// The same answer with its file's content in memory, where it is small: what is sent at once needs no file.
    ///
    /// - Parameter limit: in bytes.
    package func reading(filesUpTo limit: Int64) -> RegistryResponse {
        guard case .file(let part) = body, part.count <= limit else { return self }
        var bytes = [UInt8](repeating: 0, count: Int(part.count))
        let count = bytes.withUnsafeMutableBytes { buffer in try? part.read(at: 0, into: buffer) }
        guard count == bytes.count else {
            return RegistryFault(500, .unknown, "the registry failed", cause: "a blob is shorter than it was").response
        }
        var answer = self
        answer.body = .bytes(bytes)
        return answer
    }

    /// The same answer without its body: to HEAD.
    package var headerOnly: RegistryResponse {
        var answer = self
        answer.body = .none
        return answer
    }
}

/// A part of an open file: what is removed meanwhile is still sent to its end.
package final class FilePart: Sendable {
    package let file: OwnedDescriptor
    package let offset: Int64
    package let count: Int64

    init(_ file: consuming OwnedDescriptor, _ range: Range<Int64>) {
        self.file = file
        offset = range.lowerBound
        count = (range.upperBound -| range.lowerBound)
    }

    /// Whether all of a piece is in memory, so that whoever sends it need not wait for the disk: mincore(2) says so without waiting
    /// itself, and without reading. What was read or written lately is there as a rule.
    package func isInMemory(_ position: Int64, count: Int64) -> Bool {
        withResidency(position, count: count) { resident, _ in resident.allSatisfy { $0 & 1 != 0 } } ?? true
    }

    /// Sees to it that a piece is in memory.
    ///
    /// - Parameters:
    ///   - position: from the part's own beginning.
    ///   - scratch: what comes from the disk is read into it, and forgotten.
    package func warm(_ position: Int64, count: Int64, scratch: UnsafeMutableRawBufferPointer) {
        _ = withResidency(position, count: count) { resident, start in
            let step = max(1, scratch.count / Int(Self.page))
            var index = 0
            while index < resident.count {
                if resident[index] & 1 != 0 {
                    index += 1
                    continue
                }
                _ = pread(file.number, scratch.baseAddress, scratch.count, off_t(start +| Int64(index) *| Self.page))
                index += step
            }
        }
    }

    private static let page = Int64(sysconf(Int32(_SC_PAGESIZE)))

    /// - Parameter look: is given a byte for each page of the piece, whose lowest bit says that it is in memory, and where in the file
    ///   the first one begins.
    /// - Returns: nil where that cannot be told.
    private func withResidency<Answer>(
        _ position: Int64, count: Int64, _ look: (UnsafeMutableBufferPointer<UInt8>, Int64) -> Answer
    ) -> Answer? {
        let start = (offset +| position) / Self.page *| Self.page
        let length = Int(offset +| position +| count -| start)
        guard let map = mmap(nil, length, PROT_READ, MAP_SHARED, file.number, off_t(start)), map != MAP_FAILED else {
            return nil
        }
        defer { munmap(map, length) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: (length - 1) / Int(Self.page) + 1) { resident in
            resident.initialize(repeating: 0)
            guard mincore(map, length, resident.baseAddress) == 0 else { return nil }
            return look(resident, start)
        }
    }

    /// Reads a piece; shorter than asked for only at the end of the file.
    ///
    /// - Parameter position: from the part's own beginning.
    package func read(at position: Int64, into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        var total = 0
        while total < buffer.count {
            let count = try retryingOnInterrupt("pread", "blob") {
                pread(
                    file.number, buffer.baseAddress?.advanced(by: total), buffer.count - total,
                    off_t(offset +| position +| Int64(total)))
            }
            if count == 0 { break }
            total += count
        }
        return total
    }
}
