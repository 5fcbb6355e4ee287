import CLinux

/// UNIX sockets by path, and the descriptors that they carry.
public enum UnixSocket {
    /// A stream socket, close-on-exec.
    ///
    /// - Parameter purpose: who is expected to listen, for the error.
    public static func connect(_ path: String, purpose: String? = nil) throws(SystemError) -> OwnedDescriptor {
        let number = isolab_socket_connect(path)
        guard number >= 0 else {
            throw SystemError("connect", path, advice: purpose.map { "\($0) must listen there" })
        }
        return OwnedDescriptor(owning: number)
    }

    /// A stream socket that listens at a path, which must not be there; −1 and errno.
    package static func listen(_ path: String) -> Int32 { isolab_socket_listen(path) }

    /// Sends bytes, at least one, with a descriptor.
    ///
    /// - Returns: whether it went well; else errno says why.
    package static func send(_ descriptor: Int32, with bytes: [UInt8], over socket: Int32) -> Bool {
        isolab_socket_send_descriptor(socket, descriptor, bytes, bytes.count) == 0
    }

    /// Receives bytes and a descriptor, close-on-exec.
    ///
    /// - Returns: the descriptor, or −1 and errno (ENOMSG where none came along); and the number of bytes.
    package static func receive(over socket: Int32, into bytes: inout [UInt8]) -> (descriptor: Int32, count: Int) {
        var count = 0
        let descriptor = isolab_socket_receive_descriptor(socket, &bytes, bytes.count, &count)
        return (descriptor, count)
    }
}
