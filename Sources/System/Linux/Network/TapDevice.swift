internal import CLinux
internal import Glibc

/// A network device whose other end is a program: what that writes to a file comes out of the device, and the other way round.
package enum TapDevice {
    /// Makes one in a network namespace, and ends with it.
    ///
    /// - Parameters:
    ///   - namespace: the descriptor of it.
    ///   - owner: the user who may open it, without any capability.
    package static func make(_ name: String, in namespace: Int32, owner: UInt32) throws(SystemError) {
        let result = isolab_make_tap(namespace, name, owner)
        guard result != 0 else { return }
        let number = errno
        guard result == -2 else { throw SystemError("make network device", name, errno: number) }
        throw SystemError(
            "open", "/dev/net/tun", errno: number,
            advice: [ENOENT, ENODEV, ENXIO].contains(number)
                ? "guests in networks need the kernel's module tun: `modprobe tun`" : nil)
    }
}
