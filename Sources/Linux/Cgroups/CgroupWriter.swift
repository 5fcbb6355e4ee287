import Glibc

/// Writes the settings of one directory of a cgroup. A file written to again stays open meanwhile: device rules are many lines
/// for one file.
struct CgroupWriter: ~Copyable {
    private let directory: String
    private let above: String
    private var file = ""
    private var descriptor: Int32 = -1

    /// - Parameter above: the directory whose values stand for those left empty.
    init(directory: String, above: String) {
        self.directory = directory
        self.above = above
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// - Returns: what to say where the kernel has no such file and can do without.
    mutating func write(_ setting: CgroupLimits.Setting) throws(SystemError) -> String? {
        var value = setting.value
        if value.isEmpty { value = try SystemFile.read("\(above)/\(setting.file)") }
        do throws(SystemError) { try write(value, to: setting.file) } catch {
            guard error.errno == ENOENT else { throw error }
            for alternative in setting.otherwise where SystemFile.exists("\(directory)/\(alternative.file)") {
                try write(alternative.value, to: alternative.file)
                return nil
            }
            guard let absence = setting.absence else { throw error }
            return absence.isEmpty ? nil : absence
        }
        return nil
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
