import CLinux
import Glibc
public import Linux
import OCI

/// Hands a filter's listener to the agent that will answer for the kernel (config-linux.md, "Seccomp", `listenerPath`).
enum SeccompListener {
    /// A copy of a process's listener.
    static func take(_ number: Int32, of pid: Int32) throws(SystemError) -> OwnedDescriptor {
        let descriptor = isolab_pidfd_open(pid)
        guard descriptor >= 0 else { throw SystemError("pidfd_open", "process \(pid)") }
        let process = OwnedDescriptor(owning: descriptor)
        let copy = isolab_pidfd_getfd(process.number, number)
        guard copy >= 0 else { throw SystemError("pidfd_getfd", "the seccomp listener of process \(pid)") }
        return OwnedDescriptor(owning: copy)
    }

    static func send(
        _ listener: borrowing OwnedDescriptor, of pid: Int32, to path: String, metadata: String?, state: ContainerState
    ) throws(SystemError) {
        let socket = try UnixSocket.connect(path, purpose: "the seccomp agent")
        let message = ContainerProcessState(
            ociVersion: state.ociVersion, pid: pid, metadata: metadata, state: state
        ).json()
        if isolab_socket_send_descriptor(socket.number, listener.number, message, message.count) != 0 {
            throw SystemError("sendmsg", path)
        }
    }
}

/// UNIX sockets by path.
public enum UnixSocket {
    /// - Parameter purpose: who is expected to listen, for the error.
    public static func connect(_ path: String, purpose: String) throws(SystemError) -> OwnedDescriptor {
        let number = isolab_socket_connect(path)
        guard number >= 0 else {
            throw SystemError("connect", path, advice: "\(purpose) must listen there")
        }
        return OwnedDescriptor(owning: number)
    }
}
