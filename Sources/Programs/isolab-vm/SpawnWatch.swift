import Glibc
import Linux
import Machines

/// Sees QEMU being spawned: libvirt writes `NAME.pid` at the moment QEMU's process exists (`inotify(7)`).
///
/// The file is written once and kept open, as a lock, for as long as QEMU runs: its closing would come too late.
enum SpawnWatch {
    /// `IN_CLOEXEC`, whose enumeration Swift does not import as a flag.
    private static let closeOnExec: Int32 = 0o2_000_000

    static func run(directory: String, guests: Guests) throws(SystemError) {
        let inotify = try retryingOnInterrupt("inotify_init1", directory) { inotify_init1(closeOnExec) }
        try retryingOnInterrupt("inotify_add_watch", directory) {
            inotify_add_watch(inotify, directory, UInt32(IN_CREATE | IN_MODIFY | IN_MOVED_TO))
        }
        BackgroundThread.start {
            var born: [String: UInt64] = [:]
            var buffer = [UInt8](repeating: 0, count: 16384)
            while true {
                let count = read(inotify, &buffer, buffer.count)
                let now = HostClock.now()
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return }
                for (name, mask) in entries(buffer[0..<count]) where name.hasSuffix(".pid") {
                    let guest = String(name.dropLast(4))
                    if mask & UInt32(IN_CREATE) != 0 { born[guest] = now }
                    guard mask & UInt32(IN_MODIFY | IN_MOVED_TO) != 0,
                        let text = try? SystemFile.read("\(directory)/\(name)"),
                        let pid = Int32(text.filter(\.isNumber))
                    else { continue }
                    guests.spawned(guest, pid: pid, at: born.removeValue(forKey: guest) ?? now)
                }
            }
        }
    }

    /// `struct inotify_event`s laid one after the other: wd, mask, cookie, length, then the padded name.
    private static func entries(_ bytes: ArraySlice<UInt8>) -> [(name: String, mask: UInt32)] {
        var result: [(name: String, mask: UInt32)] = []
        var position = bytes.startIndex
        func word(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << ($1 * 8) } }
        while position + 16 <= bytes.endIndex {
            let length = Int(word(position + 12))
            let name = bytes[(position + 16)..<min(position + 16 + length, bytes.endIndex)].prefix { $0 != 0 }
            result.append((String(decoding: name, as: UTF8.self), word(position + 4)))
            position += 16 + length
        }
        return result
    }
}
