import Glibc

/// Writes the settings of one directory of a cgroup. A file written to again stays open meanwhile: device rules are many lines
/// for one file.
struct CgroupWriter: ~Copyable {
    private let directory: String
    private var file = ""
    private var descriptor: Int32 = -1

    init(directory: String) { self.directory = directory }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// - Throws: also for a limit that this kernel has no file for: one that was asked for is not left out.
    mutating func write(_ setting: CgroupLimits.Setting) throws(SystemError) {
        do throws(SystemError) { try write(setting.value, to: setting.file) } catch {
            guard error.errno == ENOENT else { throw error }
            for alternative in setting.otherwise where SystemFile.exists("\(directory)/\(alternative.file)") {
                return try write(alternative.value, to: alternative.file)
            }
            switch setting.absence {
            case .tolerated: return
            case .refused(let field, let reason):
                throw SystemError("limit", "linux.resources.\(field)", errno: 0, advice: reason)
            case nil: throw error
            }
        }
    }

    private mutating func write(_ value: String, to name: String) throws(SystemError) {
        if name != file || descriptor < 0 {
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
            descriptor = try CgroupFile.open("\(directory)/\(name)", O_WRONLY).release()
            file = name
        }
        var value = value
        let result = value.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if result == -1 { throw SystemError("write", "\(directory)/\(name) (\(value))") }
    }
}
