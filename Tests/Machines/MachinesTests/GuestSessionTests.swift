import Foundation
import Linux
import Testing

@testable import Machines

@Suite struct StartMessageTests {
    /// A command becomes exactly these bytes: what the guest reads is decided by the value alone.
    @Test func exactBytes() throws {
        let command = GuestCommand(
            ["a", ""], environment: ["B=é"], workingDirectory: "/w", user: 1, group: 2, additionalGroups: [3],
            hostname: "h", terminal: TerminalSize(rows: 5, columns: 258), attachesInput: true, readOnlyRoot: true,
            files: [.init(path: "/f", mode: 0o600, content: [9, 0])],
            shares: [.init(source: "/s", target: "/t", readOnly: true)])
        var expected: [UInt8] = [3, 0, 0, 0, 7, 0, 0, 0, 5, 0, 0, 0, 2, 1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]
        expected += [1, 0, 0, 0, 3, 0, 0, 0]
        expected += [1, 0, 0, 0] + Array("h\0".utf8)
        expected += [2, 0, 0, 0] + Array("/w\0".utf8)
        expected += [5, 0, 0, 0] + Array("erofs\0".utf8)
        expected += [2, 0, 0, 0, 1, 0, 0, 0] + Array("a\0".utf8) + [0, 0, 0, 0, 0]
        expected += [1, 0, 0, 0, 4, 0, 0, 0] + Array("B=é\0".utf8)
        expected += [1, 0, 0, 0, 0x80, 1, 0, 0, 2, 0, 0, 0] + Array("/f\0".utf8) + [2, 0, 0, 0, 9, 0]
        expected += [1, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0] + Array("/t\0".utf8)
        // No devices, and nothing to ask of the kernel about them.
        expected += [0, 0, 0, 0, 0, 0, 0, 0]
        let shares = command.shares.map { HostShare(share: $0, isFile: true) }
        #expect(try StartMessage.bytes(command, disk: .erofs, shares: shares) == expected)
    }

    /// Devices by their hardware addresses, then what the kernel is asked of each, as it reads it: first all are called something that
    /// no other is.
    @Test func devices() throws {
        var command = GuestCommand(["a"])
        let before = try StartMessage.bytes(command, disk: nil)
        command.interfaces = [
            GuestInterface(name: "eth0", device: "tap0", hardwareAddress: [2, 3, 4, 5, 6, 7]),
            GuestInterface(name: "eth1", device: "tap1", hardwareAddress: [2, 3, 4, 5, 6, 8]),
        ]
        let message = try StartMessage.bytes(command, disk: nil)
        var expected: [UInt8] = [2, 0, 0, 0, 2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6, 8, 8, 0, 0, 0]
        expected += [0, 0, 0, 0, 16, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0] + [UInt8](repeating: 0, count: 16)
        expected += [12, 0, 3, 0] + Array("isolab0\0".utf8)
        #expect(message.prefix(before.count - 8) == before.dropLast(8))
        #expect(Array(message.dropFirst(before.count - 8).prefix(expected.count)) == expected)
        for wrong in [[], [2, 3, 4, 5, 6], [2, 3, 4, 5, 6, 7, 8]] as [[UInt8]] {
            command.interfaces[1].hardwareAddress = wrong
            let error = #expect(throws: GuestCommandError.self) { try StartMessage.bytes(command, disk: nil) }
            #expect(error?.part == "network device eth1")
        }
    }

    /// What a guest asks of its kernel about a device, in order: its addresses before it is up, its routes after; the server of names is a
    /// neighbour that nobody has to ask for.
    @Test func requests() {
        let interface = GuestInterface(
            name: "eth0", device: "tap0", hardwareAddress: [2, 3, 4, 5, 6, 7], mtu: 1400,
            addresses: [.init(bytes: [10, 9, 0, 2], prefixLength: 24)], gateways: [[10, 9, 0, 1]],
            nameServer: .init(address: [169, 254, 127, 11], hardwareAddress: [6, 3, 4, 5, 6, 7]))
        let messages = GuestInterface.messages([interface]).map(\.message)
        #expect(
            messages.map { "\($0.operation) \($0.payload.count)" } == [
                "change network device 28", "change network device 28", "change network device 24", "add address 24",
                "change network device 32", "change network device 16", "add default route 28", "add neighbour 32",
                "add route 28",
            ])
        #expect(
            messages[7].payload == [
                2, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0,  // ndmsg: permanent
                8, 0, 1, 0, 169, 254, 127, 11, 10, 0, 2, 0, 6, 3, 4, 5, 6, 7, 0, 0,  // NDA_DST, NDA_LLADDR
            ])
        // The guest writes the device's index there.
        #expect(messages[8].payload.suffix(8) == [8, 0, 4, 0, 0, 0, 0, 0])
        #expect(messages[6].payload.suffix(8) == [8, 0, 4, 0, 0, 0, 0, 0] && messages[6].tolerated == [17])
        var both = interface
        both.addresses.append(.init(bytes: [0xFD] + [UInt8](repeating: 0, count: 15), prefixLength: 64))
        #expect(GuestInterface.messages([both]).count == 9, "no local address is refused where there is IPv6")
    }

    /// What no guest could take, or what would mean something else there, is refused by the name of its part. Not a test for each:
    /// what each is called would be written out, with all of its megabytes.
    @Test func refused() {
        let commands: [(GuestCommand, String)] = [
            (GuestCommand([]), "command"), (GuestCommand([""]), "command"), (GuestCommand(["a\0b"]), "argument"),
            (GuestCommand(["a"], environment: ["A=\0"]), "environment variable"),
            (GuestCommand([String(repeating: "x", count: 131_072)]), "argument"),
            (GuestCommand(["a"], workingDirectory: "relative"), "working directory"),
            (GuestCommand(["a"], workingDirectory: "/" + String(repeating: "x", count: 4095)), "working directory"),
            (GuestCommand(["a"], hostname: String(repeating: "h", count: 65)), "hostname"),
            (GuestCommand(["a"], additionalGroups: .init(repeating: 1, count: 65537)), "additional groups"),
            (GuestCommand(["a"], files: [.init(path: "etc/hosts", content: [])]), "file"),
            (
                GuestCommand(["a"], files: [.init(path: "/f", content: .init(repeating: 0, count: 4 << 20 + 1))]),
                "file /f"
            ),
            (GuestCommand(["a"], vcpus: 0), "processors"),
            (GuestCommand(["a"], shares: [.init(source: "here", target: "/t")]), "shared directory"),
            (GuestCommand(["a"], shares: [.init(source: "/s", target: "t")]), "place of a shared directory"),
            (GuestCommand(["a"], shares: .init(repeating: .init(source: "/s", target: "/t"), count: 11)), "shares"),
            (
                GuestCommand(
                    ["a"], environment: .init(repeating: "A=" + String(repeating: "x", count: 131_000), count: 40)),
                "arguments, environment and files"
            ),
        ]
        for (command, part) in commands {
            let error = #expect(throws: GuestCommandError.self) { try StartMessage.bytes(command, disk: nil) }
            #expect(error?.part == part)
        }
    }
}

@Suite struct SessionFrameTests {
    /// The frame's layout, byte by byte.
    @Test func exactBytes() {
        #expect(SessionFrame.input([7, 8]).bytes == [2, 0, 0, 0, 2, 0, 0, 0, 7, 8])
        #expect(SessionFrame.endOfInput.bytes == [3, 0, 0, 0, 0, 0, 0, 0])
        #expect(
            SessionFrame.resize(TerminalSize(rows: 24, columns: 300)).bytes
                == [4, 0, 0, 0, 8, 0, 0, 0, 24, 0, 0, 0, 44, 1, 0, 0])
        #expect(SessionFrame.signal(15).bytes == [5, 0, 0, 0, 4, 0, 0, 0, 15, 0, 0, 0])
    }

    /// However the bytes are cut on their way, the same frames come out.
    @Test(arguments: [1, 3, 8, 9, 1000])
    func anyCut(length: Int) throws {
        let sent: [SessionFrame] = [
            .output([1, 2, 3]), .errorOutput([]), .credit(65536), .inputClosed,
            .output(.init(repeating: 5, count: 65536)), .failed(stage: 12, errno: 2), .exited(0x0300),
        ]
        let bytes = sent.flatMap(\.bytes)
        var reader = SessionFrameReader()
        var received: [SessionFrame] = []
        for start in stride(from: 0, to: bytes.count, by: length) {
            reader.append(bytes[start..<min(start + length, bytes.count)])
            while let frame = try reader.next() { received.append(frame) }
        }
        let isSame = received == sent
        #expect(isSame)
    }

    /// What no isolab-init sends ends the session: a kind that is none, one of the host's own, too little, too much.
    @Test(
        arguments: [
            [0, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 1, 0, 0, 0, 9], [20, 0, 0, 0, 3, 0, 0, 0, 1, 1, 1],
            [16, 0, 0, 0, 1, 0, 1, 0], [16, 0, 0, 0, 255, 255, 255, 255], [21, 0, 0, 0, 4, 0, 0, 0, 1, 1, 1, 1],
        ] as [[UInt8]])
    func broken(bytes: [UInt8]) {
        var reader = SessionFrameReader()
        reader.append(bytes[...])
        #expect(throws: SessionFrameReader.Broken.self) { try reader.next() }
    }

    /// Random bytes never do more than be refused.
    @Test func random() {
        var generator = SystemRandomNumberGenerator()
        var refused = 0
        for _ in 0..<2000 {
            var reader = SessionFrameReader()
            let length = Int.random(in: 0...64, using: &generator)
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            reader.append(bytes[...])
            do { while try reader.next() != nil {} } catch { refused += 1 }
        }
        #expect(refused > 1000)
    }

    /// Statuses as a shell has them.
    @Test(
        arguments: [
            (GuestExit(waitStatus: 0), 0), (GuestExit(waitStatus: 0x2a00), 42), (GuestExit(waitStatus: 9), 137),
            (GuestExit(waitStatus: 0x8b), 139),
            (.notStarted(GuestStartFailure(stage: .execute, errno: ENOENT, program: "a")), 127),
            (.notStarted(GuestStartFailure(stage: .execute, errno: EACCES, program: "a")), 126),
            (.notStarted(GuestStartFailure(stage: .execute, errno: ENOEXEC, program: "a")), 126),
            (.notStarted(GuestStartFailure(stage: .directory, errno: ENOTDIR, program: "a")), 126),
            (.notStarted(GuestStartFailure(stage: .disk, errno: ENODEV, program: "a")), 125),
            (.notStarted(GuestStartFailure(stage: nil, errno: 1, program: "a")), 125),
        ] as [(GuestExit, Int32)])
    func status(exit: GuestExit, status: Int32) { #expect(exit.shellStatus == status) }
}
