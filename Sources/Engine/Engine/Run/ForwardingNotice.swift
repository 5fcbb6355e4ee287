import Linux
import Networks

/// That IP forwarding is off, as it is on many hosts: said once after each boot, not at each run.
struct ForwardingNotice {
    /// The file with the boot in which it was said last.
    private let path: String

    init(_ networks: NetworkStore) { path = networks.path + "/forwarding" }

    static var isOff: Bool { (try? SystemFile.readNumber("/proc/sys/net/ipv4/ip_forward")) == 0 }

    /// Whether it is still to be said; from now on it is not. What goes wrong here costs a line too many, and nothing else.
    func take() -> Bool {
        guard let boot = try? SystemFile.read("/proc/sys/kernel/random/boot_id") else { return true }
        if let told = try? SystemFile.read(path), told == boot { return false }
        try? remember(boot)
        return true
    }

    private func remember(_ boot: String) throws(SystemError) {
        var file = try NewFile(for: path, outlivesNobody: true)
        try file.write(Array(boot.utf8))
        try file.place(path)
    }
}
