import CLinux
import Glibc

/// A thread in a mount namespace of its own, in which some mounts are hidden: what it launches inherits that view.
///
/// For programs that refuse a host's mounts though they do not need them. The rest of the process sees nothing of it; a
/// wrapper program would do the same, but its start would be measured with theirs.
public final class PrivateMountThread: @unchecked Sendable {
    // Unchecked: everything below is read and written under `mutex` alone.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var work: (() -> Void)?
    private var isBusy = true
    private var isEnding = false
    private var failure: SystemError?

    /// Starts the thread and hides the mounts.
    ///
    /// - Parameter hidden: mount points, unmounted in the thread's namespace alone.
    public init(hiding hidden: [String]) throws(SystemError) {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Start(thread: self, hidden: hidden))
        let number = pthread_create(&thread, nil, enterPrivateMountThread, context.toOpaque())
        guard number == 0 else {
            context.release()
            throw SystemError("pthread_create", "a thread with mounts of its own", errno: number)
        }
        pthread_detach(thread)
        pthread_mutex_lock(mutex)
        while isBusy { pthread_cond_wait(condition, mutex) }
        pthread_mutex_unlock(mutex)
        if let failure { throw failure }
    }

    /// Runs a body on the thread and waits for it.
    public func run<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        var result: Swift.Result<Result, Failure>?
        withoutActuallyEscaping(body) { body in
            pthread_mutex_lock(mutex)
            work = {
                do throws(Failure) { result = .success(try body()) } catch { result = .failure(error) }
            }
            isBusy = true
            pthread_cond_broadcast(condition)
            while isBusy { pthread_cond_wait(condition, mutex) }
            work = nil
            pthread_mutex_unlock(mutex)
        }
        guard let result else { preconditionFailure("the thread ended without its work") }
        return try result.get()
    }

    /// Ends the thread; nothing may be run any more.
    public func end() {
        pthread_mutex_lock(mutex)
        isEnding = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    fileprivate func serve(_ hidden: [String]) {
        var problem: SystemError?
        // CLONE_FS and CLONE_NEWNS: a thread that shares its root and directory with others cannot change its mounts.
        if isolab_unshare_thread(0x200 | 0x20000) == -1 {
            problem = SystemError("unshare", "mounts")
        } else if mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil) == -1 {
            problem = SystemError("mount", "private /")
        } else {
            for path in hidden where umount2(path, Int32(MNT_DETACH)) == -1 { problem = SystemError("umount", path) }
        }
        pthread_mutex_lock(mutex)
        failure = problem
        isBusy = false
        pthread_cond_broadcast(condition)
        while problem == nil, !isEnding {
            if let work, isBusy {
                work()
                isBusy = false
                pthread_cond_broadcast(condition)
            }
            pthread_cond_wait(condition, mutex)
        }
        pthread_mutex_unlock(mutex)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }
}

private final class Start {
    let thread: PrivateMountThread
    let hidden: [String]

    init(thread: PrivateMountThread, hidden: [String]) {
        self.thread = thread
        self.hidden = hidden
    }
}

private func enterPrivateMountThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
    start.thread.serve(start.hidden)
    return nil
}
