import CZlib
import Glibc
import OCI

/// One gzip member made by several threads: pieces of the archive are deflated side by side, each knowing the 32 KiB before
/// it, and end at a byte (Z_SYNC_FLUSH), so that they can stand one after the other. The bytes do not depend on how many
/// threads there are.
final class GzipEncoder: LayerEncoder {
    private static let pieceSize = 1 << 18
    private static let window = 1 << 15

    private let queue: DeflateQueue
    private let threads: [WorkerThread]
    /// Pieces that may be under way at once.
    private let slots: Int
    private var piece: [UInt8] = []
    private var dictionary: [UInt8] = []
    private var submitted = 0
    private var written = 0
    private var checksum: UInt = crc32(0, nil, 0)
    private var length: UInt32 = 0
    private var hasHeader = false

    init(level: Int, workers: Int) throws(LayerError) {
        let queue = DeflateQueue()
        self.queue = queue
        slots = max(workers, 1) * 2 + 1
        var threads: [WorkerThread] = []
        do {
            for _ in 0..<max(workers, 1) {
                threads.append(try WorkerThread { queue.serve(level: level) })
            }
        } catch {
            // Fewer will do; none will not.
            guard !threads.isEmpty else { throw LayerError(error) }
        }
        self.threads = threads
        piece.reserveCapacity(Self.pieceSize)
    }

    deinit { queue.end() }

    func encode(_ bytes: UnsafeRawBufferPointer, to sink: BlobSink) throws(LayerError) {
        if let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) {
            checksum = crc32_z(checksum, start, bytes.count)
            length &+= UInt32(truncatingIfNeeded: bytes.count)
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.pieceSize - piece.count)
            piece.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
            if piece.count == Self.pieceSize { try submit(isLast: false, to: sink) }
        }
    }

    func finish(to sink: BlobSink) throws(LayerError) {
        try submit(isLast: true, to: sink)
        while written < submitted { try writeNext(to: sink) }
        var trailer: [UInt8] = []
        for value in [UInt32(truncatingIfNeeded: checksum), length] {
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                trailer.append(UInt8(truncatingIfNeeded: value >> shift))
            }
        }
        try write(trailer, to: sink)
    }

    private func submit(isLast: Bool, to sink: BlobSink) throws(LayerError) {
        if !hasHeader {
            hasHeader = true
            // RFC 1952, 2.3: deflate, no flags, no time, an unknown system: nothing of this machine.
            try write([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF], to: sink)
        }
        while submitted - written >= slots { try writeNext(to: sink) }
        let next = Array(piece.suffix(Self.window))
        queue.submit(DeflateQueue.Job(input: piece, dictionary: dictionary, isLast: isLast))
        submitted += 1
        dictionary = next
        piece.removeAll(keepingCapacity: true)
    }

    private func writeNext(to sink: BlobSink) throws(LayerError) {
        guard let output = queue.take() else { throw LayerError(.damaged("no memory to compress with")) }
        written += 1
        try write(output, to: sink)
    }

    private func write(_ bytes: [UInt8], to sink: BlobSink) throws(LayerError) {
        let result = bytes.withUnsafeBytes { raw in Result { () throws(LayerError) in try sink.write(raw) } }
        try result.get()
    }
}

/// Pieces on their way through threads that deflate them: handed out and taken back in order.
private final class DeflateQueue: @unchecked Sendable {
    // Unchecked: everything below is read and written under `mutex` alone.
    struct Job: Sendable {
        let input: [UInt8]
        /// The bytes before it that it may refer to.
        let dictionary: [UInt8]
        let isLast: Bool
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [Int: Job] = [:]
    private var results: [Int: [UInt8]?] = [:]
    private var submitted = 0
    private var started = 0
    private var taken = 0
    private var isEnding = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    func submit(_ job: Job) {
        pthread_mutex_lock(mutex)
        jobs[submitted] = job
        submitted += 1
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// The oldest piece that was not taken, once it is ready; nil where it could not be made.
    func take() -> [UInt8]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = results.removeValue(forKey: taken) {
                taken += 1
                return result
            }
            pthread_cond_wait(condition, mutex)
        }
    }

    /// Lets the threads end.
    func end() {
        pthread_mutex_lock(mutex)
        isEnding = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// A thread's work.
    func serve(level: Int) {
        var stream = z_stream()
        let isReady = isolab_deflate_raw(&stream, Int32(level)) == Z_OK
        defer { if isReady { deflateEnd(&stream) } }
        pthread_mutex_lock(mutex)
        while true {
            while started == submitted, !isEnding { pthread_cond_wait(condition, mutex) }
            if isEnding { break }
            let number = started
            started += 1
            let job = jobs.removeValue(forKey: number)
            pthread_mutex_unlock(mutex)
            let result = isReady ? job.flatMap { Self.deflated($0, &stream) } : nil
            pthread_mutex_lock(mutex)
            results[number] = .some(result)
            pthread_cond_broadcast(condition)
        }
        pthread_mutex_unlock(mutex)
    }

    private static func deflated(_ job: Job, _ stream: inout z_stream) -> [UInt8]? {
        guard deflateReset(&stream) == Z_OK else { return nil }
        if !job.dictionary.isEmpty,
            deflateSetDictionary(&stream, job.dictionary, UInt32(job.dictionary.count)) != Z_OK
        {
            return nil
        }
        // Besides what the data may take at worst, the empty block that ends the piece at a byte.
        let room = Int(deflateBound(&stream, UInt(job.input.count))) + 64
        var isDone = false
        let output = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            job.input.withUnsafeBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(room)
                let result = deflate(&stream, job.isLast ? Z_FINISH : Z_SYNC_FLUSH)
                isDone = stream.avail_in == 0 && result == (job.isLast ? Z_STREAM_END : Z_OK) && stream.avail_out > 0
            }
            count = room - Int(stream.avail_out)
        }
        return isDone ? output : nil
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }
}
