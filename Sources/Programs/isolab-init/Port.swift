import CWorkload
import Freestanding

/// The virtio port to the host, and what waits to be sent there.
struct Port {
    let descriptor: Int
    var outgoing = Queue(capacity: 262_144)

    /// Waits for the device, which the driver makes a moment after it is loaded.
    static func open() -> Port {
        let begin = milliseconds()
        while true {
            let descriptor = openFirst()
            if descriptor >= 0 { return Port(descriptor: descriptor) }
            if milliseconds() - begin > devicePatience { Machine.fail("virtio-port", errno: -descriptor) }
            sleep(milliseconds: 1)
        }
    }

    /// `/dev/vport0p1`, or with another number: it is the device's among all of virtio, in the order they were found.
    private static func openFirst() -> Int {
        let name: StaticString = "/dev/vport"
        let path = isolab_scratch()
        path.update(from: name.utf8Start, count: name.utf8CodeUnitCount)
        var index = 0
        while true {
            var end = name.utf8CodeUnitCount
            if index >= 10 {
                path[end] = 0x31
                end += 1
            }
            path[end] = 0x30 + UInt8(truncatingIfNeeded: index % 10)
            path[end + 1] = 0x70  // p1
            path[end + 2] = 0x31
            path[end + 3] = 0
            let descriptor = isolab_init.open(Int(bitPattern: path), Open.readWrite | Open.nonBlocking)
            index += 1
            if descriptor != -ErrorNumber.noEntry || index == 20 { return descriptor }
        }
    }

    /// The start frame's payload; nil where it is none.
    func readStart() -> Parameters? {
        let header = memory(Frame.header)
        readAll(header, Frame.header)
        let length = littleEndian(header + 4)
        guard header[0] == Frame.start, length <= Frame.longestStart else { return nil }
        let payload = memory(length + 1)
        readAll(payload, length)
        return Parameters(payload, length)
    }

    private func readAll(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) {
        var received = 0
        while received < count {
            let result = systemCall(
                SystemCall.read, descriptor, Int(bitPattern: bytes + received), count - received)
            if result > 0 {
                received += result
            } else if result == -ErrorNumber.tryAgain || result == 0 {
                // 0 before the host's end is open, and after it has closed: then nobody waits for this guest.
                if wait(for: 1) & 0x10 != 0 && result == 0 { sleep(milliseconds: 1) }
            } else if result != -ErrorNumber.interrupted {
                Machine.fail("read", errno: -result)
            }
        }
    }

    /// Waits for events of poll(2) on the port and answers those that came.
    func wait(for events: Int16) -> Int16 {
        var entry = isolab_pollfd(descriptor: Int32(descriptor), events: events, answered: 0)
        withUnsafeMutablePointer(to: &entry) { _ = systemCall(SystemCall.poll, Int(bitPattern: $0), 1, 1000) }
        return entry.answered
    }

    /// Tells why the command could not be started, and ends the machine.
    mutating func fail(_ stage: Int, errno: Int) -> Never {
        let payload = outgoing.frame(Frame.failed, 8)
        store(stage, payload)
        store(errno, payload + 4)
        finish(125)
    }

    /// Sends what waits, waits until the host has read it or has gone, and ends the machine: what lies in QEMU's hands at
    /// a reset is lost.
    mutating func finish(_ status: Int) -> Never {
        while !outgoing.isEmpty {
            let result = outgoing.write(to: descriptor)
            if result > 0 || result == -ErrorNumber.interrupted { continue }
            if result != -ErrorNumber.tryAgain || wait(for: 4) & 0x18 != 0 { Machine.done(status) }
        }
        let byte = memory(4096)
        var header = 0
        var skip = 0
        while true {
            // Frames that crossed with the end are read over, up to the goodbye.
            let wanted = skip > 0 ? (skip < 4096 ? skip : 4096) : Frame.header - header
            let result = systemCall(
                SystemCall.read, descriptor, Int(bitPattern: skip > 0 ? byte + 8 : byte + header),
                skip > 0 && wanted > 4088 ? 4088 : wanted)
            if result == -ErrorNumber.tryAgain || result == -ErrorNumber.interrupted {
                _ = wait(for: 1)
            } else if result <= 0 {
                Machine.done(status)
            } else if skip > 0 {
                skip -= result
            } else {
                header += result
                if header == Frame.header {
                    if byte[0] == Frame.goodbye { Machine.done(status) }
                    skip = littleEndian(byte + 4)
                    header = 0
                }
            }
        }
    }
}
