import Glibc
import Linux
public import OCI
import Synchronization

/// Compiled profiles, kept in memory and, where a directory is given, on disk under the digest of what they were made from.
///
/// The files are a convenience: one that is missing, unreadable or damaged is made again, and failing to write one is no
/// error. What is read decides what containers may call: directory and file must be this user's own, and nobody else's to write.
/// That is asked of what is open, not of a name that others may give to something else.
public final class SeccompProgramCache: Sendable {
    private let directory: String?
    private let programs = Mutex<[Digest: SeccompProgram]>([:])

    /// - Parameter directory: Where the files are kept (`/var/cache/isolab/seccomp`); made on demand, for its owner alone.
    public init(directory: String? = nil) {
        self.directory = directory
    }

    /// The program of a profile, compiled at most once.
    public func program(for profile: SeccompProfile) throws(SeccompError) -> SeccompProgram {
        let key = key(of: profile)
        if let program = programs.withLock({ $0[key] }) { return program }
        let program: SeccompProgram
        if let kept = read(key) {
            program = kept
        } else {
            program = try SeccompCompiler.compile(profile)
            write(program, key)
        }
        programs.withLock { $0[key] = program }
        return program
    }

    /// A digest over all that the program depends on: the profile, what libseccomp knows, and the form of the file.
    private func key(of profile: SeccompProfile) -> Digest {
        let made = "\n\(SeccompProgramFile.format) libseccomp \(LibseccompCompiler.version)"
        return Digest(sha256Of: profile.json() + made.utf8)
    }

    // MARK: - Files

    private static func name(_ key: Digest) -> String { "\(key.hexadecimal).bpf" }

    /// Nil where there is none that may be believed.
    private func open() -> OwnedDescriptor? {
        guard let directory,
            let place = try? OwnedDescriptor(opening: directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
            Self.isOwn(place.number, S_IFDIR)
        else { return nil }
        return place
    }

    private static func isOwn(_ descriptor: Int32, _ kind: mode_t) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == kind && status.st_uid == geteuid()
            && status.st_mode & 0o022 == 0
    }

    private func read(_ key: Digest) -> SeccompProgram? {
        guard let place = open() else { return nil }
        let number = openat(place.number, Self.name(key), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let file = OwnedDescriptor(owning: number)
        guard Self.isOwn(file.number, S_IFREG) else { return nil }
        let greatest = SeccompProgramFile.greatestSize
        let bytes = [UInt8](unsafeUninitializedCapacity: greatest + 1) { buffer, count in
            count = 0
            while count <= greatest, let base = buffer.baseAddress {
                let more = Glibc.read(file.number, base + count, greatest + 1 - count)
                if more < 0, errno == EINTR { continue }
                guard more > 0 else { return }
                count += more
            }
        }
        return SeccompProgramFile.decode(bytes)
    }

    /// Written aside and renamed, so that no reader sees half a file.
    private func write(_ program: SeccompProgram, _ key: Digest) {
        guard let directory else { return }
        try? SystemFile.makeDirectories(directory, mode: 0o700)
        guard let place = open() else { return }
        let aside = "\(Self.name(key)).\(RandomName.make())"
        let number = openat(place.number, aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard number >= 0 else { return }
        let file = OwnedDescriptor(owning: number)
        let isWritten = (try? SystemFile.write(SeccompProgramFile.encode(program), to: file.number, aside)) != nil
        guard isWritten, renameat(place.number, aside, place.number, Self.name(key)) == 0 else {
            unlinkat(place.number, aside, 0)
            return
        }
    }
}

/// The form of a program on disk: a line that names the form and the digest of the rest; then flags, compactness and
/// instructions as the kernel takes them.
enum SeccompProgramFile {
    /// Changes with the form, and with what the compactor makes.
    static let format = "isolab-seccomp-2"
    static let greatestSize = 256 + FilterCheck.greatestLength * MemoryLayout<FilterInstruction>.stride

    static func encode(_ program: SeccompProgram) -> [UInt8] {
        var payload: [UInt8] = []
        withUnsafeBytes(of: program.flags.littleEndian) { payload += $0 }
        payload.append(program.isCompact ? 1 : 0)
        program.instructions.withUnsafeBytes { payload += $0 }
        return Array("\(format) \(Digest(sha256Of: payload))\n".utf8) + payload
    }

    /// Nil where the bytes are not, to the last one, what `encode` gives.
    static func decode(_ bytes: [UInt8]) -> SeccompProgram? {
        guard let newline = bytes.prefix(256).firstIndex(of: 0x0A) else { return nil }
        let payload = bytes[(newline + 1)...]
        let stride = MemoryLayout<FilterInstruction>.stride
        guard bytes.count <= greatestSize, payload.count > 5, (payload.count - 5) % stride == 0,
            String(decoding: bytes[..<newline], as: UTF8.self) == "\(format) \(Digest(sha256Of: payload))"
        else { return nil }
        let (flags, compact, instructions) = payload.withUnsafeBytes { raw in
            (
                UInt32(littleEndian: raw.loadUnaligned(as: UInt32.self)), raw[4] == 1,
                Swift.stride(from: 5, to: raw.count, by: stride).map {
                    raw.loadUnaligned(fromByteOffset: $0, as: FilterInstruction.self)
                }
            )
        }
        guard (try? FilterCheck.check(instructions)) != nil else { return nil }
        return SeccompProgram(instructions: instructions, flags: flags, isCompact: compact)
    }
}
