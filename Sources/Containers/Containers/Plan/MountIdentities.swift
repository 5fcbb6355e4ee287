import Linux
import OCI

/// The ids that an option `idmap=uids=0-1000-10#20-2000-5;gids=0-1000-10` of a mount names, as crun takes them: those of the file
/// system, what they are on the host, and how many. After an `@` the second is an id of the container.
enum MountIdentities {
    typealias Mapping = RuntimeConfiguration.IDMapping

    static func read(
        _ text: String, inside linux: RuntimeConfiguration.LinuxSettings, of field: String
    ) throws(PlanError) -> (users: [Mapping], groups: [Mapping]) {
        var result: (users: [Mapping], groups: [Mapping]) = ([], [])
        func refusal(_ problem: String) -> PlanError { PlanError(field, "'idmap=\(text)': \(problem)") }
        for part in text.parts(between: ";") {
            if let list = part.rest(after: "uids=") {
                result.users += try ranges(list, linux.uidMappings, refusal)
            } else if let list = part.rest(after: "gids=") {
                result.groups += try ranges(list, linux.gidMappings, refusal)
            } else {
                throw refusal("'\(part)' begins with neither uids= nor gids=")
            }
        }
        guard !result.users.isEmpty, !result.groups.isEmpty else { throw refusal("needs both uids= and gids=") }
        return result
    }

    private static func ranges(
        _ list: Substring, _ container: [Mapping], _ refusal: (String) -> PlanError
    ) throws(PlanError) -> [Mapping] {
        var result: [Mapping] = []
        for word in list.parts(between: "#") {
            let relative = word.rest(after: "@")
            let numbers = (relative ?? word).fields(between: "-").map { UInt32($0) }
            guard numbers.count == 3, let inside = numbers[0], let outside = numbers[1], let size = numbers[2], size > 0
            else { throw refusal("'\(word)' is not three numbers such as 0-1000-10") }
            var mapping = Mapping(containerID: inside, hostID: outside, size: size)
            if relative != nil {
                guard let host = hostID(of: outside, size, container) else {
                    throw refusal("\(outside) and what follows it are not mapped together in the container")
                }
                mapping.hostID = host
            }
            guard !mapping.containerID.addingReportingOverflow(size).overflow,
                !mapping.hostID.addingReportingOverflow(size).overflow
            else { throw refusal("'\(word)' goes beyond the greatest id") }
            result.append(mapping)
        }
        return result
    }

    /// Without a user namespace of its own a container's ids are the host's.
    private static func hostID(of identifier: UInt32, _ size: UInt32, _ container: [Mapping]) -> UInt32? {
        guard !container.isEmpty else { return identifier }
        for mapping in container where identifier >= mapping.containerID {
            let offset = identifier - mapping.containerID
            guard offset < mapping.size, size <= mapping.size - offset else { continue }
            let (host, overflow) = mapping.hostID.addingReportingOverflow(offset)
            return overflow ? nil : host
        }
        return nil
    }
}
