import Glibc

/// A lock that may be held across any call, and released where it is not known who waits.
final class Semaphore: Sendable {
    // Unsafe: sem_wait(3) and sem_post(3) are made to be called by many threads.
    nonisolated(unsafe) private let value = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(value, 0, 1) }

    deinit {
        sem_destroy(value)
        value.deallocate()
    }

    func acquire() { while sem_wait(value) != 0 {} }

    func release() { sem_post(value) }
}
