import Containers
import Glibc
import Linux
import OCI

/// Parts of volumes (`volume-subpath`), held open until the container has them: whoever writes to a volume may put a link in their way
/// at any time, and it must not lead elsewhere on the host.
struct VolumeParts: ~Copyable {
    private var held: [Int32] = []

    /// - Parameter creation: gets their descriptors as the sources of its mounts.
    init(_ uses: [VolumeUse], data: (String) -> String, _ creation: inout CreateRequest) throws {
        do {
            for use in uses {
                guard let subpath = use.subpath else { continue }
                let root = try OwnedDescriptor(opening: data(use.id), OwnedDescriptor.pathOnly | O_DIRECTORY)
                let number = EntryCalls.open(subpath, inRoot: root.number, OwnedDescriptor.pathOnly)
                guard number >= 0 else {
                    throw OptionError(
                        "--mount", "volume-subpath=\(subpath)",
                        errno == ENOENT
                            ? "there is no such file or directory in the volume" : SystemError.message(errno))
                }
                held.append(number)
                creation.setSource("/proc/self/fd/\(number)", ofMount: use.target)
            }
        } catch {
            for number in held { close(number) }
            throw error
        }
    }

    deinit { for number in held { close(number) } }
}

extension CreateRequest {
    fileprivate mutating func setSource(_ source: String, ofMount target: String) {
        var configuration = bundle.configuration
        for index in configuration.mounts.indices where configuration.mounts[index].destination == target {
            configuration.mounts[index].source = source
        }
        bundle = Bundle(at: bundle.path, configuration)
    }
}
