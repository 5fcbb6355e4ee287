/// A configuration that cannot be used: where in the document, and what was expected there.
///
/// Printed as one line: `config.json: process.args[1]: expected a string, found a number`.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The document's usual file name, e.g. `config.json`.
    public let document: String
    /// The member, from the root, e.g. `process.rlimits[0].soft`; empty for the document as a whole.
    public let path: String
    /// What is wrong there and what was expected, as a phrase.
    public let problem: String

    public init(document: String, path: String, problem: String) {
        self.document = document
        self.path = path
        self.problem = problem
    }

    public var description: String {
        path.isEmpty ? "\(document): \(problem)" : "\(document): \(path): \(problem)"
    }
}

extension ConfigurationError {
    /// Puts a decoder's error into the words of the document.
    init(document: String, decoding error: any Error) {
        guard let error = error as? DecodingError else {
            self.init(document: document, path: "", problem: "cannot be read: \(error)")
            return
        }
        switch error {
        case .typeMismatch(let type, let context):
            self.init(document: document, at: context.codingPath, "expected \(Self.words(for: type))")
        case .valueNotFound(let type, let context):
            self.init(document: document, at: context.codingPath, "expected \(Self.words(for: type)), found null")
        case .keyNotFound(let key, let context):
            self.init(document: document, at: context.codingPath + [key], "is missing")
        case .dataCorrupted(let context):
            self.init(
                document: document, at: context.codingPath,
                context.codingPath.isEmpty ? "is not valid JSON" : context.debugDescription)
        @unknown default:
            self.init(document: document, path: "", problem: "cannot be read: \(error)")
        }
    }

    private init(document: String, at codingPath: [any CodingKey], _ problem: String) {
        var path = ""
        for key in codingPath {
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += (path.isEmpty ? "" : ".") + key.stringValue
            }
        }
        self.init(document: document, path: path, problem: problem)
    }

    private static func words(for type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is any FixedWidthInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is any ArrayValue.Type: "an array"
        default: "an object"
        }
    }
}

/// Tells arrays from other generic types at run time.
private protocol ArrayValue {}
extension Array: ArrayValue {}
