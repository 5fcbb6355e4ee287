import Glibc
import Linux
import TestSupport
import Testing

@testable import Machines

/// Where another user's QEMU meets what isolab gives it.
struct DaemonDirectoryTests {
    /// Only a libvirt of this host can be measured; the rest is refused with what to do instead.
    @Test(
        arguments: [
            ("qemu:///system", nil), ("qemu+unix:///system?socket=/run/x/libvirt-sock", nil), ("test:///default", nil),
            ("qemu+ssh://root@localhost/system", nil), ("qemu+tls://[::1]:16514/system", nil),
            ("qemu+ssh://me@lab.example:22/system", "lab.example"), ("qemu://10.0.0.7/system", "10.0.0.7"),
        ] as [(String, String?)])
    func address(text: String, host: String?) {
        let address = LibvirtAddress(text: text)
        #expect(address.host == host)
        if let host {
            let error = #expect(throws: DriverError.self) { try address.check() }
            #expect(error?.message.contains(host) == true && error?.advice?.contains("qemu:///system") == true)
        } else {
            #expect(throws: Never.self) { try address.check() }
        }
    }

    /// What is no URI is told before libvirt guesses what it could mean.
    @Test(arguments: ["foo", "", "qemu:/system", "://x", "9p:///system", "qemu:\u{301}//system"])
    func malformedAddress(text: String) {
        let error = #expect(throws: DriverError.self) { try LibvirtAddress(text: text).check() }
        #expect(error?.message == "this is not a libvirt URI" && error?.advice?.contains("qemu:///system") == true)
    }

    /// The driver's own directory where others get there; else one below /tmp that its record names, gone with it.
    @Test(arguments: [0o755, 0o700] as [mode_t])
    func place(mode: mode_t) throws {
        let parent = "/tmp/ilt-\(getpid())-meeting-\(mode)"
        defer { try? TreeRemoval.remove(parent) }
        try SystemFile.makeDirectories(parent)
        chmod(parent, mode)
        let directory = parent + "/driver"
        try OwnedDirectory.make(directory)
        let place = try DaemonDirectory(in: directory)
        #expect((place.path == directory) == (mode == 0o755))
        #expect(DaemonDirectory.path(recordedIn: directory) == place.path)
        #expect(DaemonDirectory.othersPass(to: place.path))
        var status = stat()
        #expect(stat(place.path, &status) == 0 && status.st_mode & 0o777 == 0o711)
        DaemonDirectory.remove(place.path)
        #expect(access(place.path, F_OK) != 0)
    }

    /// A guest's files are copied, once each: libvirt gives what QEMU reads to QEMU's user.
    @Test func copies() throws {
        let parent = "/tmp/ilt-\(getpid())-copies"
        defer { try? TreeRemoval.remove(parent) }
        try SystemFile.makeDirectories(parent)
        let directory = parent + "/driver"
        try OwnedDirectory.make(directory)
        let place = try DaemonDirectory(in: directory)
        let kernel = parent + "/kernel"
        try WholeFile.replace(kernel, with: [1, 2, 3], mode: 0o600)
        let copy = try place.copy(of: kernel)
        #expect(copy.hasPrefix(place.path + "/"))
        #expect(try SystemFile.bytes(of: copy) == [1, 2, 3])
        // What a guest boots from may hold an image's secrets: QEMU's user gets it from libvirt, which makes it his, and nobody else.
        var status = stat()
        #expect(stat(copy, &status) == 0 && status.st_mode & 0o7777 == 0o600)
        #expect(try place.copy(of: kernel) == copy)
        #expect(try place.copy(of: copy) == copy)
        #expect(throws: (any Error).self) { try place.copy(of: parent + "/missing") }
        let domain = try place.staged(
            Domain(name: "n", machine: .pc, accelerator: .tcg, kernel: kernel, channelSocket: "s"))
        #expect(domain.kernel == copy && domain.initramfs == nil)
    }

    /// Of a process that is another's child its processor time is known while it lives, its end by its pidfd; what names no
    /// guest's socket is not taken for QEMU.
    @Test func foreignProcess() throws {
        let mark = "/tmp/ilt-\(getpid())-foreign.sock"
        let process = try ProcessPlan("sh", ["-c", "while [ ! -e \(mark) ]; do :; done"]).spawn()
        defer {
            try? process.kill()
            unlink(mark)
        }
        // A program that has just been executed has no arguments in /proc until the kernel has laid out its memory.
        try Eventually.holds("it has arguments", pause: 100) {
            try !SystemFile.bytes(of: "/proc/\(process.pid)/cmdline").isEmpty
        }
        #expect(ForeignProcess(pid: process.pid, using: "/tmp/another.sock") == nil)
        let foreign = try #require(ForeignProcess(pid: process.pid, using: mark))
        usleep(20_000)
        let usage = try #require(foreign.usage)
        #expect(usage.processorTime > 0 && usage.peakResident > 0)
        try WholeFile.replace(mark, with: [])
        foreign.waitForEnd()
        _ = try process.wait()
        #expect(foreign.usage == nil)
        #expect(ForeignProcess(pid: process.pid, using: mark) == nil)
    }
}
