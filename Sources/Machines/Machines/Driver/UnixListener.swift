internal import Glibc
internal import Linux

/// A listening socket at a path, for QEMU to connect to (unix(7)).
enum UnixListener {
    static func make(_ path: String) throws(SystemError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path) - 1
        guard path.utf8.count <= room else {
            throw SystemError("bind", path, errno: ENAMETOOLONG, advice: "choose a shorter state directory")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        unlink(path)
        let kind = Int32(SOCK_STREAM.rawValue) | 0x80000  // SOCK_CLOEXEC
        let socket = try retryingOnInterrupt("socket", path) { Glibc.socket(AF_UNIX, kind, 0) }
        do throws(SystemError) {
            try retryingOnInterrupt("bind", path) {
                withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        Glibc.bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                    }
                }
            }
            try retryingOnInterrupt("listen", path) { Glibc.listen(socket, 1) }
        } catch {
            Glibc.close(socket)
            throw error
        }
        return socket
    }
}
