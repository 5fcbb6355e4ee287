import Glibc

/// A few buffers that go round between one thread that fills them, one that hashes and one that empties them: bounded memory,
/// and all of them at work.
final class ChunkRing: @unchecked Sendable {
    // Unchecked: everything below is read and written under `mutex` alone; a buffer belongs to the thread that was given
    // it until that thread hands it on.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let storage: UnsafeMutableRawBufferPointer
    private let chunk: Int
    private var counts: [Int]
    /// How many chunks were ever filled, handed out and given back; positions modulo the number of buffers.
    private var filled = 0
    private var taken = 0
    private var released = 0
    /// How many chunks were hashed; the hashing thread neither waits for the emptying one nor the other way round.
    private var hashed = 0
    private var outcome: Result<Void, LayerError>?
    private var isCancelled = false
    private var isHashed = false

    init(chunks: Int = 8, of size: Int = 1 << 18) {
        chunk = size
        storage = .allocate(byteCount: chunks * size, alignment: 4096)
        counts = Array(repeating: 0, count: chunks)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    // MARK: The filling thread's

    /// A buffer to fill; nil once nobody wants any.
    func free() -> UnsafeMutableRawBufferPointer? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while filled - min(released, hashed) == counts.count, !isCancelled { pthread_cond_wait(condition, mutex) }
        guard !isCancelled else { return nil }
        return buffer(filled)
    }

    /// Hands on the buffer that `free` gave, with so many bytes in it.
    func commit(_ count: Int) {
        pthread_mutex_lock(mutex)
        counts[filled % counts.count] = count
        filled += 1
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// No more will come.
    func finish(_ outcome: Result<Void, LayerError>) {
        pthread_mutex_lock(mutex)
        self.outcome = outcome
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    // MARK: The hashing thread's

    /// Shows every chunk, until there are no more or nobody wants them.
    func forEachChunk(_ body: (UnsafeRawBufferPointer) -> Void) {
        pthread_mutex_lock(mutex)
        while true {
            while hashed == filled, outcome == nil, !isCancelled { pthread_cond_wait(condition, mutex) }
            guard hashed < filled, !isCancelled else { break }
            let ready = UnsafeRawBufferPointer(rebasing: buffer(hashed)[..<counts[hashed % counts.count]])
            pthread_mutex_unlock(mutex)
            body(ready)
            pthread_mutex_lock(mutex)
            hashed += 1
            pthread_cond_broadcast(condition)
        }
        pthread_mutex_unlock(mutex)
    }

    /// The hash is made.
    func finishHash() {
        pthread_mutex_lock(mutex)
        isHashed = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    // MARK: The emptying thread's

    /// Waits until the hashing thread is done.
    func waitForHash() {
        pthread_mutex_lock(mutex)
        while !isHashed { pthread_cond_wait(condition, mutex) }
        pthread_mutex_unlock(mutex)
    }

    /// The next filled buffer, valid until the following call; nil at the end.
    func next() throws(LayerError) -> UnsafeRawBufferPointer? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if released < taken {
            released = taken
            pthread_cond_broadcast(condition)
        }
        while filled == taken, outcome == nil { pthread_cond_wait(condition, mutex) }
        if filled == taken {
            try outcome?.get()
            return nil
        }
        let ready = UnsafeRawBufferPointer(rebasing: buffer(taken)[..<counts[taken % counts.count]])
        taken += 1
        return ready
    }

    /// Whether nothing was filled and nothing will be.
    func isAtEnd() throws(LayerError) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while filled == taken, outcome == nil { pthread_cond_wait(condition, mutex) }
        guard filled == taken else { return false }
        try outcome?.get()
        return true
    }

    /// Lets the filling thread end early.
    func cancel() {
        pthread_mutex_lock(mutex)
        isCancelled = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    private func buffer(_ position: Int) -> UnsafeMutableRawBufferPointer {
        let start = position % counts.count * chunk
        return UnsafeMutableRawBufferPointer(rebasing: storage[start..<start + chunk])
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
        storage.deallocate()
    }
}
