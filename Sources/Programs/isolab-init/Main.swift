import CWorkload
import Freestanding

/// Called by `_start`: PID 1 of a guest that runs one command of an image; or, with `--` and a command, of a container.
///
/// The initramfs holds this program, the modules that the kernel lacks, and, unless the root lies on a disk, the image's
/// files below /image. What is to run comes over the virtio port, so that the archive is the same for every guest.
@_cdecl("isolab_init_main")
public func initMain(_ count: Int32, _ words: UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    guard systemCall(SystemCall.getpid) == 1 else {
        let usage: StaticString = "isolab-init: runs as the first process of a guest or a container only\n"
        _ = systemCall(SystemCall.write, 2, usage.address, usage.utf8CodeUnitCount)
        return 2
    }
    if count >= 3, let first = words[1], first[0] == 0x2d, first[1] == 0x2d, first[2] == 0 {
        Supervisor.run(Int(bitPattern: words + 2), Int(bitPattern: words + Int(count) + 1))
    }
    Machine.openPort()
    Machine.reportCrashes()
    Machine.say("init 1\n")
    Modules.load()
    Root.mountDevices()
    var port = Port.open()
    guard let parameters = port.readStart() else { port.fail(Stage.parameters, errno: ErrorNumber.invalid) }
    Root.prepare(parameters, &port)
    let child = Child.start(parameters, &port)
    var relay = Relay(port, child)
    relay.run()
}

/// The kernel's modules that the host put into the initramfs, in the order in which they need each other.
enum Modules {
    static func load() {
        // "/modules/00" and so on: one number after the other, until there is none.
        let name: StaticString = "/modules/00"
        let path = memory(16)
        path.update(from: name.utf8Start, count: name.utf8CodeUnitCount)
        let none: StaticString = ""
        var index = 0
        while index < 100 {
            path[9] = 0x30 + UInt8(index / 10)
            path[10] = 0x30 + UInt8(index % 10)
            let file = open(Int(bitPattern: path), 0)
            if file < 0 { return }
            let result = systemCall(SystemCall.loadModule, file, none.address, 0)
            close(file)
            // One that the kernel has built in is no loss; what is really missing is missed where it is needed.
            if result < 0 && result != -ErrorNumber.exists { Machine.complain("module", errno: -result) }
            index += 1
        }
    }
}
