import Glibc
import Linux
public import OCI
import Synchronization

/// Compiled profiles, kept in memory and, where a directory is given, on disk under the digest of what they were made from.
///
/// The files are a convenience: one that is missing, unreadable or damaged is made again, and failing to write one is no
/// error.
public final class SeccompProgramCache: Sendable {
    private let directory: String?
    private let programs = Mutex<[Digest: SeccompProgram]>([:])

    /// - Parameter directory: Where the files are kept (`/var/cache/isolab/seccomp`); made on demand, for its owner alone.
    ///   Whoever can write there decides what containers may call.
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

    private func path(_ key: Digest) -> String? {
        directory.map { "\($0)/\(key.hexadecimal).bpf" }
    }

    private func read(_ key: Digest) -> SeccompProgram? {
        guard let path = path(key), let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        let greatest = SeccompProgramFile.greatestSize
        let bytes = [UInt8](unsafeUninitializedCapacity: greatest + 1) { buffer, count in
            count = fread(buffer.baseAddress, 1, greatest + 1, file)
        }
        return SeccompProgramFile.decode(bytes)
    }

    /// Written aside and renamed, so that no reader sees half a file.
    private func write(_ program: SeccompProgram, _ key: Digest) {
        guard let directory, let path = path(key) else { return }
        makeDirectory(directory)
        let aside = "\(path).\(RandomName.make())"
        guard let file = fopen(aside, "wxe") else { return }
        let bytes = SeccompProgramFile.encode(program)
        let written = fwrite(bytes, 1, bytes.count, file)
        let closed = fclose(file)
        guard written == bytes.count, closed == 0, rename(aside, path) == 0 else {
            unlink(aside)
            return
        }
    }

    private func makeDirectory(_ path: String) {
        if mkdir(path, 0o700) == 0 || errno != ENOENT { return }
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        makeDirectory(String(path[..<slash]))
        mkdir(path, 0o700)
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
