import CWorkload
import Freestanding

/// The guest's network devices: found by their hardware addresses, and set up by the requests that the host wrote (rtnetlink(7);
/// Machines/Session/GuestInterface.swift).
enum Network {
    /// Numbers of <linux/netlink.h>, <linux/rtnetlink.h> and <linux/if_link.h>.
    private enum Number {
        static let netlink = 16
        static let raw = 3
        static let failure: UInt16 = 2
        static let done: UInt16 = 3
        static let newLink: UInt16 = 16
        static let getLink: UInt16 = 18
        static let newRoute = 24
        static let dump: UInt16 = 0x301
        static let hardwareAddress: UInt16 = 1
        static let header = 16
        static let linkHeader = 16
    }

    private static let bufferSize = 65536

    static func prepare(_ parameters: Parameters, _ port: inout Port) {
        if parameters.interfaceCount == 0 { return }
        let socket = systemCall(SystemCall.socket, Number.netlink, Number.raw | Open.closeOnExec, 0)
        if socket < 0 { port.fail(Stage.network, errno: -socket) }
        let buffer = memory(bufferSize)
        // Four bytes each.
        let indices = memory(4 * parameters.interfaceCount)
        var place = 0
        while place < parameters.interfaceCount {
            let index = find(parameters.interfaces + 6 * place, socket, buffer, &port)
            store(index, indices + 4 * place)
            place += 1
        }
        var requests = parameters.requests
        var count = 0
        while count < parameters.requestCount {
            send(&requests, indices, parameters.interfaceCount, socket, buffer, &port)
            count += 1
        }
        close(socket)
    }

    /// The index of the device with a hardware address, which comes a moment after its driver.
    private static func find(
        _ address: UnsafePointer<UInt8>, _ socket: Int, _ buffer: UnsafeMutablePointer<UInt8>, _ port: inout Port
    ) -> Int {
        let begin = milliseconds()
        while true {
            writeHeader(buffer, Number.header + Number.linkHeader, Number.getLink, Number.dump)
            clear(buffer + Number.header, Number.linkHeader)
            need(write(socket, buffer, Number.header + Number.linkHeader), &port)
            var found = 0
            var isDone = false
            while !isDone {
                let count = read(socket, buffer, &port)
                var offset = 0
                while offset + Number.header <= count {
                    let message = buffer + offset
                    let length = littleEndian(message)
                    if length < Number.header || length > count - offset { break }
                    let type = number(message + 4)
                    if type == Number.done || type == Number.failure { isDone = true }
                    if type == Number.newLink && has(address, message, length) {
                        found = littleEndian(message + Number.header + 4)
                    }
                    offset += (length + 3) & ~3
                }
            }
            if found != 0 { return found }
            if milliseconds() - begin > devicePatience { port.fail(Stage.network, errno: ErrorNumber.noDevice) }
            sleep(milliseconds: 1)
        }
    }

    /// Whether a device's message has a hardware address among its attributes.
    private static func has(
        _ address: UnsafePointer<UInt8>, _ message: UnsafePointer<UInt8>, _ length: Int
    ) -> Bool {
        var offset = Number.header + Number.linkHeader
        while offset + 4 <= length {
            let size = Int(number(message + offset))
            if size < 4 || size > length - offset { return false }
            if number(message + offset + 2) == Number.hardwareAddress && size == 10 {
                var index = 0
                while index < 6 && message[offset + 4 + index] == address[index] { index += 1 }
                return index == 6
            }
            offset += (size + 3) & ~3
        }
        return false
    }

    /// Sends the next request, with its device's index in it, and waits until it is done.
    private static func send(
        _ requests: inout Cursor, _ indices: UnsafePointer<UInt8>, _ interfaceCount: Int, _ socket: Int,
        _ buffer: UnsafeMutablePointer<UInt8>, _ port: inout Port
    ) {
        let place = requests.number()
        let type = requests.number()
        let flags = requests.number()
        let toleratedCount = requests.number()
        guard toleratedCount <= 16, let tolerated = requests.bytes(4 * toleratedCount) else {
            port.fail(Stage.parameters, errno: ErrorNumber.invalid)
        }
        var length = 0
        guard let payload = requests.blob(&length), place < interfaceCount, length >= 8,
            length <= bufferSize - Number.header
        else { port.fail(Stage.parameters, errno: ErrorNumber.invalid) }
        writeHeader(
            buffer, Number.header + length, UInt16(truncatingIfNeeded: type), UInt16(truncatingIfNeeded: flags))
        let content = buffer + Number.header
        content.update(from: payload, count: length)
        // A route has its device as the last attribute; devices, addresses and neighbours in the header.
        let position = type == Number.newRoute ? length - 4 : 4
        content.advanced(by: position).update(from: indices + 4 * place, count: 4)
        need(write(socket, buffer, Number.header + length), &port)
        let errno = answer(socket, buffer, &port)
        var index = 0
        while index < toleratedCount {
            if littleEndian(tolerated + 4 * index) == errno { return }
            index += 1
        }
        if errno != 0 { port.fail(Stage.network, errno: errno) }
    }

    /// What the kernel says of one request: 0, or an error number.
    private static func answer(
        _ socket: Int, _ buffer: UnsafeMutablePointer<UInt8>, _ port: inout Port
    ) -> Int {
        while true {
            let count = read(socket, buffer, &port)
            if count < Number.header + 4 || number(buffer + 4) != Number.failure { continue }
            return -Int(Int32(truncatingIfNeeded: littleEndian(buffer + Number.header)))
        }
    }

    // MARK: - Bytes

    private static func writeHeader(
        _ bytes: UnsafeMutablePointer<UInt8>, _ length: Int, _ type: UInt16, _ flags: UInt16
    ) {
        clear(bytes, Number.header)
        store(length, bytes)
        bytes[4] = UInt8(truncatingIfNeeded: type)
        bytes[5] = UInt8(truncatingIfNeeded: type >> 8)
        bytes[6] = UInt8(truncatingIfNeeded: flags)
        bytes[7] = UInt8(truncatingIfNeeded: flags >> 8)
    }

    private static func clear(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) {
        var index = 0
        while index < count {
            bytes[index] = 0
            index += 1
        }
    }

    private static func number(_ bytes: UnsafePointer<UInt8>) -> UInt16 { UInt16(bytes[0]) | UInt16(bytes[1]) << 8 }

    private static func write(_ socket: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
        systemCall(SystemCall.write, socket, Int(bitPattern: bytes), count)
    }

    private static func read(_ socket: Int, _ buffer: UnsafeMutablePointer<UInt8>, _ port: inout Port) -> Int {
        while true {
            let count = systemCall(SystemCall.read, socket, Int(bitPattern: buffer), bufferSize)
            if count == -ErrorNumber.interrupted { continue }
            need(count, &port)
            return count
        }
    }

    private static func need(_ result: Int, _ port: inout Port) {
        if result < 0 { port.fail(Stage.network, errno: -result) }
    }
}
