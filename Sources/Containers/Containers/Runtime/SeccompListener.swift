import Glibc
import Linux
import OCI

/// A filter's listener, to be handed to the agent that will answer for the kernel (config-linux.md, "Seccomp", `listenerPath`).
final class SeccompListener {
    private let descriptor: Int32

    /// A copy of a process's.
    init(_ number: Int32, of pid: Int32) throws(SystemError) {
        descriptor = try ForeignDescriptor.copy(number, of: pid, "the seccomp listener of process \(pid)").release()
    }

    deinit { close(descriptor) }

    /// - Parameters:
    ///   - pid: the process that is under the filter.
    ///   - state: of its container.
    func send(
        of pid: Int32, _ configuration: RuntimeConfiguration, state: ContainerState
    ) throws(SystemError) {
        guard let path = configuration.linux?.seccomp?.listenerPath else { return }
        let socket = try UnixSocket.connect(path, purpose: "the seccomp agent")
        let message = ContainerProcessState(
            ociVersion: state.ociVersion, pid: pid, metadata: configuration.linux?.seccomp?.listenerMetadata,
            state: state
        ).json()
        if !UnixSocket.send(descriptor, with: message, over: socket.number) { throw SystemError("sendmsg", path) }
    }
}

/// A socket that waits for a descriptor of a container's process (`--pidfd-socket`, as runc has it): by it the process can be
/// signalled and waited for without taking another for it. Connected before there is a process, so that nobody listening is told early.
final class PidfdSocket {
    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws(SystemError) {
        self.path = path
        descriptor = try UnixSocket.connect(path, purpose: "the receiver of the process's descriptor").release()
    }

    deinit { close(descriptor) }

    /// - Parameter kind: `standard` for a container's first process, `setns` for one that joins it.
    func send(_ pidfd: Int32, _ kind: String) throws(SystemError) {
        if !UnixSocket.send(pidfd, with: Array(kind.utf8), over: descriptor) { throw SystemError("sendmsg", path) }
    }
}
