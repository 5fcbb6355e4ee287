internal import Linux

/// What `isolab-init` is told at its start, in bytes (Sources/Programs/isolab-init/Parameters.swift reads them).
///
/// Numbers are four bytes, little-endian; a text is its length, its bytes and a zero, so that the guest's kernel takes it
/// as it lies.
enum StartMessage {
    static let version: UInt32 = 3

    /// Linux's own bounds (`execve(2)`, MAX_ARG_STRLEN; `gethostname(2)`; PATH_MAX), and one of ours for the whole.
    static let longestText = 131_071
    static let longestHostname = 64
    static let longestPath = 4095
    static let mostGroups = 65536
    /// microvm has 24 places for devices.
    static let mostShares = 10
    static let mostInterfaces = 8
    static let longest = 4 << 20

    /// - Parameters:
    ///   - disk: the file system on the guest's disk; nil where the root lies in the initramfs.
    ///   - shares: what the command's shares are, once it is known.
    static func bytes(
        _ command: GuestCommand, disk: DiskFormat?, shares: [HostShare] = []
    ) throws(GuestCommandError) -> [UInt8] {
        try check(command)
        var message: [UInt8] = []
        append(version, to: &message)
        let flags: UInt32 =
            (command.terminal == nil ? 0 : 1) | (command.attachesInput ? 2 : 0) | (command.readOnlyRoot ? 4 : 0)
        append(flags, to: &message)
        append(UInt32(command.terminal?.rows ?? 0), to: &message)
        append(UInt32(command.terminal?.columns ?? 0), to: &message)
        append(command.user, to: &message)
        append(command.group, to: &message)
        append(UInt32(command.additionalGroups.count), to: &message)
        for group in command.additionalGroups { append(group, to: &message) }
        append(command.hostname, to: &message)
        append(command.workingDirectory, to: &message)
        append(disk?.rawValue ?? "", to: &message)
        append(command.arguments, to: &message)
        append(command.environment, to: &message)
        append(UInt32(command.files.count), to: &message)
        for file in command.files {
            append(file.mode, to: &message)
            append(file.path, to: &message)
            append(UInt32(file.content.count), to: &message)
            message += file.content
        }
        append(UInt32(command.shares.count), to: &message)
        for (index, share) in command.shares.enumerated() {
            let isFile = index < shares.count && shares[index].isFile
            append((isFile ? 1 : 0) | (share.readOnly ? 2 : 0), to: &message)
            append(share.target, to: &message)
        }
        append(command.interfaces, to: &message)
        guard message.count <= longest else {
            throw GuestCommandError("arguments, environment and files", "\(message.count) bytes, more than \(longest)")
        }
        return message
    }

    private static func check(_ command: GuestCommand) throws(GuestCommandError) {
        guard command.arguments.first?.isEmpty == false else { throw GuestCommandError("command", "it is empty") }
        for text in command.arguments { try check(text, "argument", longestText) }
        for text in command.environment { try check(text, "environment variable", longestText) }
        try check(command.hostname, "hostname", longestHostname)
        try check(path: command.workingDirectory, "working directory")
        for file in command.files {
            try check(path: file.path, "file")
            guard file.content.count <= longest else {
                throw GuestCommandError("file \(file.path)", "\(file.content.count) bytes, more than \(longest)")
            }
        }
        guard command.shares.count <= mostShares else {
            throw GuestCommandError("shares", "\(command.shares.count), more than \(mostShares)")
        }
        for share in command.shares {
            try check(path: share.source, "shared directory")
            try check(path: share.target, "place of a shared directory")
        }
        guard command.interfaces.count <= mostInterfaces else {
            throw GuestCommandError("networks", "\(command.interfaces.count), more than \(mostInterfaces)")
        }
        for interface in command.interfaces {
            guard interface.hardwareAddress.count == 6 else {
                throw GuestCommandError(
                    "network device \(interface.name)", "its hardware address is not one of six bytes")
            }
        }
        guard command.additionalGroups.count <= mostGroups else {
            throw GuestCommandError("additional groups", "more than \(mostGroups)")
        }
        guard (1...255).contains(command.vcpus) else {
            throw GuestCommandError("processors", "\(command.vcpus), not between 1 and 255")
        }
    }

    private static func check(path: String, _ what: String) throws(GuestCommandError) {
        try check(path, what, longestPath)
        guard path.hasPrefix("/") else { throw GuestCommandError(what, "\"\(path)\" is not absolute") }
    }

    private static func check(_ text: String, _ what: String, _ longest: Int) throws(GuestCommandError) {
        let bytes = text.utf8
        guard bytes.count <= longest else {
            throw GuestCommandError(what, "\(bytes.count) bytes, more than \(longest): \(text.prefix(40))…")
        }
        guard !bytes.contains(0) else { throw GuestCommandError(what, "it has a zero byte") }
    }

    private static func append(_ number: UInt32, to message: inout [UInt8]) {
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            message.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    private static func append(_ text: String, to message: inout [UInt8]) {
        append(UInt32(text.utf8.count), to: &message)
        message += text.utf8
        message.append(0)
    }

    /// Hardware addresses, then requests to the kernel: which device, what, how, which failures are none, and the content.
    private static func append(_ interfaces: [GuestInterface], to message: inout [UInt8]) {
        append(UInt32(interfaces.count), to: &message)
        for interface in interfaces { message += interface.hardwareAddress }
        let requests = GuestInterface.messages(interfaces)
        append(UInt32(requests.count), to: &message)
        for (place, request) in requests {
            append(UInt32(place), to: &message)
            append(UInt32(request.type), to: &message)
            append(UInt32(request.flags), to: &message)
            append(UInt32(request.tolerated.count), to: &message)
            for number in request.tolerated { append(UInt32(bitPattern: number), to: &message) }
            append(UInt32(request.payload.count), to: &message)
            message += request.payload
        }
    }

    private static func append(_ texts: [String], to message: inout [UInt8]) {
        append(UInt32(texts.count), to: &message)
        for text in texts { append(text, to: &message) }
    }
}

/// A command that no guest could be told.
package struct GuestCommandError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which part of it: `hostname`, `working directory`.
    package let part: String
    package let problem: String

    init(_ part: String, _ problem: String) {
        self.part = part
        self.problem = problem
    }

    package var description: String { "\(part): \(problem)" }
}
