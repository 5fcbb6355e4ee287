import Engine
import Linux

/// A file that an option names.
enum OptionFile {
    /// Its content.
    ///
    /// - Throws: `OptionError` where it cannot be read: by the option, which says more than the path.
    static func read(_ option: String, _ path: String) throws(OptionError) -> [UInt8] {
        do throws(SystemError) { return try SystemFile.document(path, takesPipes: true) } catch {
            throw OptionError(option, path, "\(error)")
        }
    }
}
