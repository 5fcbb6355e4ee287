import Glibc
import Linux
import Machines
import Synchronization

/// What this process knows of the guests it started: the meeting point of libvirt's events, the reaper and the requests.
final class Guests: Sendable {
    struct Guest {
        /// The generation: a name may be used again, and an old deadline must not hit the new guest.
        var generation: Int
        var ready = false
        var pid: Int32?
        var isSpawnAnnounced = false
        var isReaped = false
        var isStopped = false
        var hasShutDown = false
    }

    private struct State {
        var guests: [String: Guest] = [:]
        var generation = 0
        /// Children reaped before their pid file was read.
        var reapedEarly: [Int32: GuestEvent] = [:]
    }

    private let state = Mutex(State())

    /// Announces a guest about to be created, and gives its generation.
    func begin(_ name: String) -> Int {
        state.withLock {
            $0.generation += 1
            $0.guests[name] = Guest(generation: $0.generation)
            return $0.generation
        }
    }

    func forget(_ name: String) { state.withLock { $0.guests[name] = nil } }

    func markReady(_ name: String) { state.withLock { $0.guests[name]?.ready = true } }

    func isLate(_ name: String, generation: Int) -> Bool {
        state.withLock {
            guard let guest = $0.guests[name] else { return false }
            return guest.generation == generation && !guest.ready && !guest.isStopped && !guest.isReaped
        }
    }

    var names: [String] { state.withLock { $0.guests.keys.sorted() } }

    /// QEMU processes that are not reaped yet.
    var runningProcesses: [Int32] {
        state.withLock { $0.guests.values.filter { !$0.isReaped }.compactMap(\.pid) }
    }

    /// The pid file of a guest appeared at `at`.
    func spawned(_ name: String, pid: Int32, at: UInt64) {
        let events: [GuestEvent] = state.withLock {
            guard var guest = $0.guests[name], !guest.isSpawnAnnounced else { return [] }
            guest.pid = pid
            guest.isSpawnAnnounced = true
            var events = [GuestEvent(.spawned, name: name, at: at, pid: pid)]
            if var reaped = $0.reapedEarly.removeValue(forKey: pid) {
                reaped.name = name
                guest.isReaped = true
                events.append(reaped)
            }
            $0.guests[name] = guest
            return events
        }
        for event in events { Output.send(event) }
    }

    /// A child was reaped: a guest's QEMU, or one that libvirt only probed.
    func reaped(_ event: GuestEvent, pid: Int32) {
        let named: GuestEvent? = state.withLock {
            guard let name = $0.guests.first(where: { $0.value.pid == pid && !$0.value.isReaped })?.key else {
                $0.reapedEarly[pid] = event
                return nil
            }
            $0.guests[name]?.isReaped = true
            var event = event
            event.name = name
            return event
        }
        if let named { Output.send(named) }
    }

    func shutDown(_ name: String) { state.withLock { $0.guests[name]?.hasShutDown = true } }

    /// The guest has run to its own end, or does so within half a second: its events may be on their way.
    ///
    /// - Parameter isOurChild: one whose process was never seen cannot have run; a daemon's never is.
    func hasRun(_ name: String, isOurChild: Bool) -> Bool {
        for _ in 0..<500 {
            let known: Bool? = state.withLock {
                guard let guest = $0.guests[name], guest.pid != nil || !isOurChild else { return false }
                return guest.hasShutDown ? true : nil
            }
            if let known { return known }
            usleep(1000)
        }
        return false
    }

    func stopped(_ name: String) { state.withLock { $0.guests[name]?.isStopped = true } }

    /// Its process was a child of this one and is reaped, whether or not libvirt has noticed.
    func hasEnded(_ name: String) -> Bool {
        state.withLock { $0.guests[name]?.isReaped ?? true }
    }

    /// Nothing of the guest is left: libvirt let it go and its process, if there was one, is reaped.
    func isGone(_ name: String) -> Bool {
        state.withLock {
            guard let guest = $0.guests[name] else { return true }
            return guest.isStopped && (guest.isReaped || guest.pid == nil)
        }
    }
}
