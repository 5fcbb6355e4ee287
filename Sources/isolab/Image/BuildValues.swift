import ArgumentParser
import Building
import CommandSupport
import Engine
import Glibc
import OCI

/// Words of the command line as what they mean to a build.
enum BuildValues {
    /// `NAME=value`, or `NAME` for the environment's; one that is set nowhere is not given.
    static func arguments(_ texts: [String]) -> [String: String] {
        var result: [String: String] = [:]
        for text in texts {
            let (name, value) = parted(text)
            result[name] = value ?? getenv(name).map { String(cString: $0) }
        }
        return result
    }

    /// `NAME=value`, or `NAME` for an empty one.
    static func labels(_ texts: [String]) throws -> [String: String] {
        var result: [String: String] = [:]
        for text in texts {
            let (name, value) = parted(text)
            guard !name.isEmpty else { throw ValidationError("--label \(text): a label has a name") }
            result[name] = value ?? ""
        }
        return result
    }

    static func platform(_ text: String) throws -> Platform {
        guard let platform = Platform(text) else {
            throw ValidationError("--platform \(text): not of the form os/architecture[/variant]")
        }
        return platform
    }

    static func compression(_ text: String) throws -> MediaType.Compression {
        switch text {
        case "gzip": return .gzip
        case "zstd": return .zstandard
        case "none": return .none
        default: throw ValidationError("--compression \(text): gzip, zstd or none")
        }
    }

    static func names(_ texts: [String]) throws -> [ImageReference] {
        try texts.map { text in
            let name = try ImageReference(text)
            guard name.digest == nil else { throw ValidationError("--tag \(text): what is made has its own digest") }
            return name.withDefaultTag
        }
    }

    /// SOURCE_DATE_EPOCH (reproducible-builds.org).
    static func epoch() throws -> Int64? {
        guard let text = getenv("SOURCE_DATE_EPOCH").map({ String(cString: $0) }), !text.isEmpty else { return nil }
        guard let seconds = Int64(text), seconds >= 0 else {
            throw ValidationError("SOURCE_DATE_EPOCH=\(text): not a number of seconds")
        }
        return seconds
    }

    private static func parted(_ text: String) -> (name: String, value: String?) {
        guard let end = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { return (text, nil) }
        return (String(text[..<end]), String(text[text.utf8.index(after: end)...]))
    }
}

/// What a build says, line by line: its commands write to the same places.
enum BuildOutput {
    static func say(_ event: BuildEvent) {
        if case .warning(let text) = event { return printToStandardError("isolab: \(text)") }
        print(event)
        fflush(nil)
    }
}

/// Errors of builds as exit statuses.
enum BuildFailure {
    static func exit(_ error: any Error) -> any Error {
        // An option's value, not the way the options are put.
        if let error = error as? ValidationError {
            printToStandardError("isolab: \(error.message)")
            return ExitCode(2)
        }
        printToStandardError("isolab: \(error)")
        if error is OptionError { return ExitCode(2) }
        return ExitCode((error as? BuildError)?.exitStatus ?? 1)
    }
}
