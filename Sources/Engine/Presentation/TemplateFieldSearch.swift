/// Looks for the fields that a template takes from the value as a whole.
struct TemplateFieldSearch {
    let definitions: [String: [TemplateNode]]
    /// Those that were looked into: a template may use itself.
    private var visited: Set<String> = []

    init(definitions: [String: [TemplateNode]]) { self.definitions = definitions }

    /// - Parameter isRoot: whether the dot is the value as a whole.
    mutating func fields(_ nodes: [TemplateNode], isRoot: Bool) -> [String] {
        var found: [String] = []
        for node in nodes {
            switch node {
            case .text, .leave: break
            case .output(let pipeline): found += fields(pipeline, isRoot: isRoot)
            case .condition(let pipeline, let body, let otherwise):
                found += fields(pipeline, isRoot: isRoot)
                found += fields(body, isRoot: isRoot)
                found += fields(otherwise, isRoot: isRoot)
            case .range(let pipeline, let body, let otherwise), .with(let pipeline, let body, let otherwise):
                found += fields(pipeline, isRoot: isRoot)
                found += fields(body, isRoot: false)
                found += fields(otherwise, isRoot: isRoot)
            case .template(let name, let pipeline?):
                found += fields(pipeline, isRoot: isRoot)
                // Of another value its `$` is another, too.
                let passesRoot =
                    pipeline.commands == [[.variable("$", [])]] || isRoot && pipeline.commands == [[.field([])]]
                if passesRoot, visited.insert(name).inserted, let body = definitions[name] {
                    found += fields(body, isRoot: true)
                }
            case .template(_, nil): break
            }
        }
        return found
    }

    private func fields(_ pipeline: TemplatePipeline, isRoot: Bool) -> [String] {
        pipeline.commands.joined().flatMap { operand in
            switch operand {
            case .field(let path): return isRoot ? Array(path.prefix(1)) : []
            case .variable("$", let path): return Array(path.prefix(1))
            case .group(let pipeline, _): return fields(pipeline, isRoot: isRoot)
            case .variable, .constant, .function: return [String]()
            }
        }
    }
}
