import ArgumentParser
import Building
import CommandSupport
import Engine
import Glibc
import Linux
import OCI

/// Words of the command line as what they mean to a build.
enum BuildValues {
    /// `NAME=value`, or `NAME` for the environment's; one that is set nowhere is not given.
    static func arguments(_ texts: [String]) throws -> [String: String] {
        var result: [String: String] = [:]
        for text in texts {
            let (name, value) = parted(text)
            guard !name.isEmpty else { throw OptionError("--build-arg", text, "has no name before '='") }
            result[name] = try value ?? CallerText.variable(name)
        }
        return result
    }

    /// `id=NAME[,src=FILE|,env=VARIABLE]`: without either, the variable of that name, else the file.
    static func secret(_ text: String) throws -> BuildSecret {
        func fail(_ problem: String) -> OptionError { OptionError("--secret", text, problem) }
        var values: [String: String] = [:]
        let fields: [(name: String, value: String?)]
        do throws(CommaSeparated.Fault) { fields = try CommaSeparated.fields(text) } catch { throw fail(error.problem) }
        for (name, value) in fields {
            let name = name == "source" ? "src" : name
            guard ["id", "src", "env", "type"].contains(name), let value, !value.isEmpty else {
                throw fail("takes id=NAME,src=FILE or id=NAME,env=VARIABLE")
            }
            guard values.updateValue(value, forKey: name) == nil else { throw fail("\(name) is given twice") }
        }
        guard let identifier = values["id"] else { throw fail("needs id=NAME") }
        guard values["src"] == nil || values["env"] == nil else { throw fail("is a file or a variable, not both") }
        switch values["type"] {
        case nil, "file", "env": break
        case .some(let type): throw fail("type is file or env, not '\(type)'")
        }
        if let file = values["src"] {
            // As BuildKit has it, type=env makes of src the name of a variable.
            return BuildSecret(identifier: identifier, source: values["type"] == "env" ? .variable(file) : .file(file))
        }
        if let variable = values["env"] { return BuildSecret(identifier: identifier, source: .variable(variable)) }
        let isVariable = values["type"] != "file" && getenv(identifier) != nil
        return BuildSecret(identifier: identifier, source: isVariable ? .variable(identifier) : .file(identifier))
    }

    /// A secret that is there: whether a command needs it is known late, or never where its layer is kept.
    static func checked(_ secret: BuildSecret, _ text: String) throws -> BuildSecret {
        guard case .file(let path) = secret.source else { return secret }
        var status = stat()
        guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
            throw OptionError("--secret", text, "\(path): \(SystemError.message(errno))")
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw OptionError("--secret", text, "\(path) is a directory: a secret is a file")
        }
        return secret
    }

    /// `NAME=value`, or `NAME` for an empty one.
    static func labels(_ texts: [String]) throws -> [String: String] {
        var result: [String: String] = [:]
        for text in texts {
            let (name, value) = parted(text)
            guard !name.isEmpty else { throw OptionError("--label", text, "has no name before '='") }
            result[name] = value ?? ""
        }
        return result
    }

    static func platform(_ text: String) throws -> Platform {
        try PlatformOption.parse("--platform", text)
    }

    static func compression(_ text: String) throws -> MediaType.Compression {
        switch text {
        case "gzip": return .gzip
        case "zstd": return .zstandard
        case "none": return .none
        default: throw OptionError("--compression", text, "takes gzip, zstd or none")
        }
    }

    static func names(_ texts: [String]) throws -> [ImageReference] {
        try texts.map { text in
            let name = try ImageReference(text)
            guard name.digest == nil else {
                throw OptionError("--tag", text, "takes a name without a digest: the image will have its own")
            }
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
        if case .warning(let text) = event { return printToStandardError("[Warning] \(text)") }
        print(event)
        fflush(nil)
    }
}

/// Errors of builds as exit statuses.
enum BuildFailure {
    static func exit(_ error: any Error) -> any Error {
        if error is ExitCode { return error }
        // An option's value, not the way the options are put.
        if let error = error as? ValidationError {
            printToStandardError("isolab: \(error.message)")
            return ExitCode(2)
        }
        // With --quiet, nothing else says why a command failed.
        if let output = (error as? BuildError)?.output, !output.isEmpty {
            printToStandardError(output.hasSuffix("\n") ? String(output.dropLast()) : output)
        }
        printToStandardError("isolab: \(error)")
        if error is OptionError { return ExitCode(2) }
        return ExitCode((error as? BuildError)?.exitStatus ?? 1)
    }
}
