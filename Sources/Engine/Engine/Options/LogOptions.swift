import Linux
package import OCI

/// `--log-driver` and `--log-opt`: what is kept of a container in the background.
package struct LogOptions: Equatable, Sendable {
    package enum Driver: String, CaseIterable, JSONValue, Sendable {
        /// A line of JSON for each line that was said, in the container's directory.
        case file = "json-file"
        /// Nothing.
        case none
    }

    package var driver = Driver.file
    /// Bytes of one file; 0: no limit.
    package var size: Int64 = 0
    package var files: Int64 = 1

    package init() {}

    /// - Parameters:
    ///   - driver: nil: a file.
    ///   - options: `NAME=VALUE`.
    package init(driver: String?, options: [String]) throws(OptionError) {
        if let driver {
            guard let known = Driver(rawValue: driver) else {
                throw OptionError(
                    "--log-driver", driver, "takes one of \(Driver.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            self.driver = known
        }
        for text in options {
            guard let parts = text.cut(at: "="), !parts.after.isEmpty else {
                throw OptionError("--log-opt", text, "takes NAME=VALUE")
            }
            guard self.driver == .file else {
                throw OptionError("--log-opt", text, "there is no log with --log-driver none")
            }
            let value = String(parts.after)
            switch parts.before {
            case "max-size":
                size = try ByteSize("--log-opt max-size", value, allowsUnlimited: true).bytes
                if size < 0 { size = 0 }
            case "max-file":
                guard let number = Int64(value), (1...1000).contains(number) else {
                    throw OptionError("--log-opt", text, "takes a number of files from 1 to 1000")
                }
                files = number
            default:
                throw OptionError(
                    "--log-opt", text, "takes max-size= and max-file=; '\(parts.before)' is not one of them")
            }
        }
        if files > 1, size == 0 {
            throw OptionError("--log-opt", "max-file=\(files)", "needs max-size= beside it")
        }
    }

    /// As `inspect` shows it.
    var configuration: [JSONTree.Member] {
        var members: [JSONTree.Member] = []
        if files > 1 { members.append(.init("max-file", .text("\(files)"))) }
        if size > 0 { members.append(.init("max-size", .text("\(size)"))) }
        return members
    }
}

extension LogOptions: JSONObject {
    package static var blank: LogOptions { LogOptions() }

    package mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("driver", &driver)
        try members.required("size", &size)
        try members.required("files", &files)
    }
}
