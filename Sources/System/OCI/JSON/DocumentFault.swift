/// What is wrong with a document, before it is known which document it is.
public struct DocumentFault: Error, Equatable, Sendable {
    /// The member, from the value that was read, e.g. `rlimits[0].soft`.
    public private(set) var path: String
    public let problem: String
    /// Where the text breaks off being JSON; nil where it is JSON that does not fit.
    let offset: Int?

    /// A value that does not fit where it stands.
    public init(_ problem: String) {
        self.init(path: "", problem)
    }

    init(path: String, _ problem: String) {
        self.path = path
        self.problem = problem
        offset = nil
    }

    /// Text that is not JSON.
    init(syntax problem: String, at offset: Int) {
        path = ""
        self.problem = problem
        self.offset = offset
    }

    /// The same fault as the value around it sees it: text that is not JSON belongs to no member.
    func inside(member name: StaticString) -> DocumentFault {
        inside(member: name.description)
    }

    func inside(member name: String) -> DocumentFault {
        guard offset == nil else { return self }
        let name = shown(name)
        var fault = self
        fault.path = path.isEmpty || path.hasPrefix("[") ? name + path : "\(name).\(path)"
        return fault
    }

    func inside(element index: Int) -> DocumentFault {
        guard offset == nil else { return self }
        var fault = self
        fault.path = path.isEmpty || path.hasPrefix("[") ? "[\(index)]\(path)" : "[\(index)].\(path)"
        return fault
    }
}
