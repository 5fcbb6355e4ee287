import Testing

@testable import SystemdUnits

/// Messages as the wire has them.
struct BusMessageTests {
    /// Every type, nested as StartTransientUnit nests them and deeper.
    static let everything: [BusValue] = [
        .byte(7), .boolean(true), .int16(-2), .uint16(3), .int32(-4), .uint32(5), .int64(-6), .uint64(.max),
        .double(0.5), .string("wörter"), .objectPath("/org/isolab"), .signature("a(sv)"), .strings([]),
        .array(of: "(sv)", []), .bytes([1, 2, 3]), .string(""),
        .array(of: "(sv)", [.structure([.string("MemoryMax"), .variant(.uint64(1 << 26))])]),
        .array(
            of: "(sa(sv))",
            [.structure([.string("x"), .array(of: "(sv)", [.structure([.string("y"), .variant(.strings(["z"]))])])])]),
        .array(of: "{sv}", [.entry(.string("key"), .variant(.variant(.byte(1))))]),
        .structure([.byte(1), .structure([.uint64(2)]), .uint16(3)]),
    ]

    /// The bytes of a call, written out by the specification's rules.
    @Test func bytesOfACall() {
        var message = BusMessage.call("Ping", of: "a.b", at: "/", to: nil, [.byte(1), .uint32(2)])
        message.serial = 3
        var expected: [UInt8] = [UInt8(ascii: "l"), 1, 0, 1, 8, 0, 0, 0, 3, 0, 0, 0]
        expected += [56, 0, 0, 0]
        expected += [1, 1, 0x6F, 0, 1, 0, 0, 0, 0x2F, 0, 0, 0, 0, 0, 0, 0]
        expected += [2, 1, 0x73, 0, 3, 0, 0, 0, 0x61, 0x2E, 0x62, 0, 0, 0, 0, 0]
        expected += [3, 1, 0x73, 0, 4, 0, 0, 0, 0x50, 0x69, 0x6E, 0x67, 0, 0, 0, 0]
        expected += [8, 1, 0x67, 0, 2, 0x79, 0x75, 0]
        expected += [1, 0, 0, 0, 2, 0, 0, 0]
        #expect(message.bytes == expected)
    }

    @Test func thereAndBack() throws {
        var message = BusMessage(.reply)
        message.serial = 9
        message.replySerial = 8
        message.sender = "org.freedesktop.systemd1"
        message.body = Self.everything
        #expect(try BusMessage.length(Array(message.bytes.prefix(BusMessage.prefix))) == message.bytes.count)
        #expect(try BusMessage(message.bytes) == message)
    }

    /// systemd on a machine that counts from the other end.
    @Test func otherByteOrder() throws {
        let bytes: [UInt8] =
            [UInt8(ascii: "B"), 2, 0, 1, 0, 0, 0, 4, 0, 0, 0, 9, 0, 0, 0, 15]
            + [5, 1, 0x75, 0, 0, 0, 0, 8, 8, 1, 0x67, 0, 1, 0x75, 0, 0] + [0, 0, 1, 2]
        let message = try BusMessage(bytes)
        #expect(message.replySerial == 8)
        #expect(message.body == [.uint32(258)])
    }

    /// A message cut off anywhere, and one with any byte another, is a fault or another message, and nothing worse.
    @Test func damaged() throws {
        var message = BusMessage(.signal)
        message.path = "/org/freedesktop/systemd1"
        message.interface = "org.freedesktop.systemd1.Manager"
        message.member = "JobRemoved"
        message.body = Self.everything
        let whole = message.bytes
        for count in 0..<whole.count {
            #expect(throws: BusFault.self) { try BusMessage(Array(whole.prefix(count))) }
        }
        var faults = 0
        for place in whole.indices {
            for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
                var bytes = whole
                bytes[place] = value
                do { _ = try BusMessage(bytes) } catch { faults += 1 }
                _ = try? BusMessage.length(Array(bytes.prefix(BusMessage.prefix)))
            }
        }
        #expect(faults > whole.count)
    }

    @Test(arguments: ["a", "(", "()", "(s", "{sv}s)", "z", "a{s}", String(repeating: "a", count: 200) + "y"])
    func badSignatures(signature: String) {
        var reader = BusReader([UInt8](repeating: 0, count: 64))
        #expect(throws: BusFault.self) { try reader.values(signature) }
    }

    @Test(
        arguments: [
            ("unix:path=/run/user/1000/bus", "/run/user/1000/bus"), ("tcp:host=x;unix:path=/a%20b,guid=0", "/a b"),
            ("unix:abstract=/tmp/x", nil), ("unix:path=%2", nil), ("unix:path=%00", nil), ("", nil),
        ] as [(String, String?)]) func addresses(list: String, path: String?)
    {
        #expect(BusAddress(list: list) == path.map { BusAddress(path: $0, isBus: true) })
    }
}
