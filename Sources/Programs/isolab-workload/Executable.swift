import CWorkload
import Freestanding

/// The workload's own file, as the kernel was asked to start it.
///
/// File calls are timed on it because it exists in every lane and lies on the file system that the lane gives an image:
/// the host's, an overlay, a guest's initramfs. The suite enters its directory, so that the path is one component long
/// everywhere.
struct Executable {
    /// Start of the vDSO's ELF header; 0 where the kernel gives none.
    let vdso: Int
    private let path: UnsafePointer<CChar>?

    /// Reads the auxiliary vector behind the environment (getauxval(3)).
    init(_ words: UnsafePointer<UnsafeMutablePointer<CChar>?>, count: Int) {
        var entry = words + count + 1
        while entry.pointee != nil { entry += 1 }
        var vector = UnsafeRawPointer(entry + 1).assumingMemoryBound(to: Int.self)
        var vdso = 0
        var path: UnsafePointer<CChar>?
        while vector[0] != 0 {
            if vector[0] == 33 { vdso = vector[1] }  // AT_SYSINFO_EHDR
            if vector[0] == 31 { path = UnsafePointer(bitPattern: vector[1]) }  // AT_EXECFN
            vector += 2
        }
        self.vdso = vdso
        self.path = path
    }

    /// Enters the directory of the file and answers its name there; nil where it cannot be opened by that name.
    func enterDirectory() -> UnsafePointer<CChar>? {
        // Started by descriptor (execveat), the path is /dev/fd/N; in every image the file is /isolab-workload.
        enter(path) ?? enter(UnsafeRawPointer(Self.pathInImage.utf8Start).assumingMemoryBound(to: CChar.self))
    }

    private static let pathInImage: StaticString = "/isolab-workload"

    private func enter(_ path: UnsafePointer<CChar>?) -> UnsafePointer<CChar>? {
        guard let path else { return nil }
        let directory = isolab_scratch()
        var length = 0
        var nameStart = 0
        while path[length] != 0 {
            if length >= isolab_scratch_capacity - 1 { return nil }
            directory[length] = UInt8(bitPattern: path[length])
            length += 1
            if path[length - 1] == 0x2f { nameStart = length }
        }
        if nameStart > 0 {
            directory[nameStart] = 0
            if systemCall(SystemCall.chdir, Int(bitPattern: directory)) < 0 { return nil }
        }
        let name = path + nameStart
        let descriptor = systemCall(SystemCall.open, Int(bitPattern: name))
        if descriptor < 0 { return nil }
        _ = systemCall(SystemCall.close, descriptor)
        return name
    }
}
