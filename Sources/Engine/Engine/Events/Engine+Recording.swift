import Images
import Linux
import Networks
import OCI

/// What the engine writes down of what it does.
extension Engine {
    /// - Parameter further: what belongs to the action, beside what the container is.
    func record(_ action: String, _ container: StoredContainer, _ further: [String: String] = [:]) {
        var attributes = container.labels
        attributes["image"] = container.image
        attributes["name"] = container.name
        attributes.merge(further) { $1 }
        journal.append([EngineEvent(.container, action, id: container.id, attributes: attributes)])
    }

    /// The end of a run.
    func recordEnd(of container: StoredContainer, status: Int32) {
        if container.memoryKills != nil { record("oom", container) }
        record("die", container, ["exitCode": "\(status)"])
    }

    func record(_ action: String, _ network: Network, container: String? = nil) {
        var attributes = ["name": network.name, "type": network.driver]
        attributes["container"] = container
        journal.append([EngineEvent(.network, action, id: network.id, attributes: attributes)])
    }

    /// As Docker has it, by its name.
    func record(_ action: String, volume name: String) {
        journal.append([EngineEvent(.volume, action, id: name, attributes: ["driver": "local"])])
    }

    func record(_ removal: Removal) {
        for name in removal.untagged { images.record("untag", name.familiar, name: name.familiar) }
        for id in removal.images { images.record("delete", "\(id)") }
    }

    /// Removes the record of a container, whose removal is written down once, whoever else removes it at the same time.
    func forget(_ container: StoredContainer) throws(SystemError) {
        let isThere = SystemFile.exists(shelf.directory(container.id) + "/record.json")
        try shelf.remove(container.id, name: container.name)
        if isThere { record("destroy", container) }
    }
}
