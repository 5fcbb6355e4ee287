import Glibc
import Linux

/// The host's own log (syslog, the journal), for warnings that have no other place: where nobody listens they are dropped.
enum SystemLog {
    private static let path = "/dev/log"
    /// LOG_DAEMON and LOG_WARNING of `syslog.h`, whose macros Swift does not see.
    private static let priority = 3 << 3 | 4

    static func warning(_ message: String) {
        // Without waiting: a log that is stuck must not hold up a container.
        let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return }
        let log = OwnedDescriptor(owning: number)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let line = Array("<\(priority)>isolab-runtime[\(getpid())]: warning: \(message)".utf8)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = sendto(
                    log.number, line, line.count, Int32(MSG_NOSIGNAL), address,
                    socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
